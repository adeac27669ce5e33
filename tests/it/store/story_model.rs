//! The store places items as one long-lived shelf does, whatever comes together in one transaction,
//! whatever fails on the way, and however often it is opened anew.

use std::collections::BTreeMap;

use newshound::dedupe::{Past, Sight};
use newshound::matcher;
use newshound::model::PollRecord;
use newshound::store::{StoryPage, Turn, Wanted};
use newshound::story::{self, Arrival, Carrier, Counts, Settings};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const SOURCES: [&str; 3] = ["a@a", "b@b", "c@c"];
/// What items say: reports of four events in the words of two authors, and of whole paragraphs.
const EVENTS: [[&str; 2]; 4] = [
    ["tanker runs aground off northern cape", "oil slick spreads as tanker stuck on reef near cape"],
    ["parliament passes budget after all night debate", "deputies approve budget by three votes at dawn"],
    ["earthquake shakes mountain villages", "rescuers dig through rubble of mountain villages"],
    ["striker signs record contract with harbour club", "record fee takes striker to harbour club"],
];
const PARAGRAPHS: [&str; 4] = [
    "The ship lost power shortly before midnight and drifted for six hours while tugs fought waves of nine \
     metres. Its crew of twenty two was lifted off by helicopter and nobody was hurt, the coast guard said.",
    "The finance minister promised to cut the deficit in half within two years. The opposition called the plan \
     a fairy tale and announced a complaint before the constitutional court in the capital next Monday.",
    "The first shock came at dawn and was felt far across the border. Schools and hospitals stay closed while \
     engineers look at cracks in walls, bridges and the old dam above the valley of the river.",
    "The club pays in four parts and the player stays until he is thirty one. He had refused two offers from \
     abroad because his family wants to live by the sea, his agent told reporters at the airport.",
];

/// One item: its source, event, author, whether its text is whole or cut, and its number.
type News = (usize, usize, usize, usize, u8);
/// What one turn brings, the hours since the one before, and what happens behind it.
type Step = (Vec<News>, u32, Behind);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Behind {
    Nothing,
    Reopened,
    RolledBack,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let news = (0..3_usize, 0..4_usize, 0..2_usize, 0..3_usize, 0..4_u8);
    let behind = select(vec![Behind::Nothing, Behind::Nothing, Behind::Reopened, Behind::RolledBack]);
    proptest::collection::vec((proptest::collection::vec(news, 1..8), 1_u32..40, behind), 1..10)
}

fn seen_news((source, event, author, text, number): News) -> SeenItem {
    let source = &SOURCES[source][..1];
    let title = EVENTS[event][author];
    let text = match text {
        0 => String::new(),
        1 => PARAGRAPHS[event].to_owned(),
        _ => PARAGRAPHS[event].split(". ").next().unwrap().to_owned(),
    };
    // The same number at one source is the same item, be it with another text.
    let guid = format!("{event}{author}{number}");
    let mut item = seen(source, [&guid, "", &format!("{title} {text} {number}")]);
    item.item.title = title.to_owned();
    item.item.text = text;
    item.item.id = ItemId::of(&SourceId::new(source), &guid);
    item.sketch = story::sketch(&item.item, &matcher::words(&item.item));
    item
}

/// The same source's items of one turn, in the order of the sources.
fn by_source(news: &[News]) -> Vec<(&'static str, Vec<SeenItem>)> {
    let items = |source: usize| news.iter().filter(move |one| one.0 == source).map(|one| seen_news(*one));
    (0..SOURCES.len()).map(|source| (&SOURCES[source][..1], items(source).collect())).collect()
}

/// Each story with its outlets, and each article with the one it is a copy of.
type Placed = (BTreeMap<String, Vec<(String, bool)>>, BTreeMap<(String, String), (String, Option<String>)>);

async fn stored(steps: &[Step], together: bool) -> Placed {
    let mut shelf = Shelf::with(&SOURCES).await;
    let mut now = NOW;
    for (news, hours, behind) in steps {
        now = now + HOUR * *hours;
        let states = shelf.claim(&us(), now).await;
        let records: Vec<PollRecord> = by_source(news)
            .into_iter()
            .map(|(source, items)| {
                record(states.iter().find(|state| state.id.as_str() == source).unwrap(), items, now)
            })
            .collect();
        if *behind == Behind::RolledBack {
            // The last of what a poll writes.
            shelf
                .damage(
                    "create trigger refusal before update of last_poll on source
                     begin select raise(abort, 'no'); end",
                )
                .await;
            for record in &records {
                shelf.store.record_poll(&us(), record).await.unwrap_err();
            }
            shelf.damage("drop trigger refusal").await;
        }
        let records: Vec<&PollRecord> = records.iter().collect();
        if together {
            let turn = Turn {
                lease: &us(),
                per_host: PACE,
                records: &records,
                back: &[],
                wanted: Wanted::due(0, now),
            };
            let turned = shelf.store.turn(turn, now).await.unwrap();
            assert!(turned.recorded.iter().all(Result::is_ok), "{:?}", turned.recorded);
        } else {
            for record in records {
                shelf.store.record_poll(&us(), record).await.unwrap();
            }
        }
        if *behind == Behind::Reopened {
            shelf = shelf.reopened().await;
        }
    }
    placed(&shelf).await
}

async fn placed(shelf: &Shelf) -> Placed {
    let mut placed = Placed::default();
    for row in shelf.store.stories(&StoryPage::default()).await.unwrap() {
        let sheet = shelf.store.story(&row.story.id).await.unwrap().unwrap();
        let outlets = sheet.outlets.iter().map(|it| (it.source.to_string(), it.copies_only)).collect();
        placed.0.insert(row.story.id.to_string(), outlets);
        for article in sheet.articles {
            let copy_of = article.copy_of.map(|(item, _)| item.to_string());
            let key = (article.item.to_string(), article.source.to_string());
            placed.1.insert(key, (row.story.id.to_string(), copy_of));
        }
    }
    placed
}

fn shelved(steps: &[Step]) -> Placed {
    let (mut past, mut counts, mut now) = (Past::default(), Counts::default(), NOW);
    let mut shelf = story::Shelf::new(Settings { window: HOUR * 72 }, 0, 0);
    let mut placed = BTreeMap::new();
    let mut names: Vec<String> = Vec::new();
    for (news, hours, _) in steps {
        now = now + HOUR * *hours;
        for (source, items) in by_source(news) {
            let source = SourceId::new(source);
            for SeenItem { item, sketch, .. } in items {
                let recognised = past.take(&item, now);
                let number = i64::from(recognised.number);
                match recognised.sight {
                    Sight::New => {
                        let arrival = Arrival {
                            item: &item.id,
                            source: &source,
                            title: &item.title,
                            published: item.published,
                            sketch: &sketch,
                            at: now,
                        };
                        let taken = shelf.take(&mut counts, arrival);
                        assert_eq!(taken.article, number);
                        names.push(item.id.to_string());
                        let copy_of = taken.copy_of.map(|it| names[usize::try_from(it).unwrap()].clone());
                        placed.insert((item.id.to_string(), source.to_string()), (number, copy_of));
                    }
                    Sight::Copied => {
                        let carrier = Carrier { source: &source, published: item.published, seen: now };
                        shelf.echo(number, carrier);
                        let original = names[usize::try_from(number).unwrap()].clone();
                        let key = (original.clone(), source.to_string());
                        placed.entry(key).or_insert((number, Some(original)));
                    }
                    Sight::Edited | Sight::Again => {}
                }
            }
        }
    }
    let mut stories = BTreeMap::new();
    let articles = placed.into_iter().map(|(key, (number, copy_of))| {
        let story = shelf.story_of(number).unwrap();
        let mut outlets: Vec<(String, bool)> =
            story.outlets.iter().map(|(source, copies)| (source.to_string(), *copies)).collect();
        outlets.sort_by_key(|(_, copies)| *copies);
        stories.insert(story.id.to_string(), outlets);
        (key, (story.id.to_string(), copy_of))
    });
    let articles = articles.collect();
    (stories, articles)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn store_and_shelf_agree_on_stories(steps in steps(), together in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        prop_assert_eq!(runtime.block_on(stored(&steps, together)), shelved(&steps));
    }
}

/// The random news have something to find: copies, echoes and stories of several sources.
#[test]
fn the_news_of_the_model_have_copies_and_stories() {
    let news = |source, event, author, text| (source, event, author, text, 0);
    let step = |news, hours| (vec![news], hours, Behind::Nothing);
    let steps = [
        step(news(0, 0, 0, 1), 1),
        step(news(1, 0, 1, 1), 1),
        step(news(2, 0, 0, 1), 1),
        step(news(2, 0, 1, 2), 1),
        step(news(0, 1, 0, 1), 1),
    ];
    let (stories, articles) = shelved(&steps);
    let copies = articles.values().filter(|(_, copy_of)| copy_of.is_some()).count();
    assert!(stories.len() == 2 && articles.len() == 5 && copies >= 2, "{stories:?}\n{articles:?}");
}
