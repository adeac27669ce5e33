//! Stories: what comes of items that tell of one event, and how it is looked at.

use newshound::model::{Shingle, Sketch, StoryId, Term};
use newshound::store::{StoryPage, StoryRow, StorySheet};

use super::*;

/// Returns an item whose words are these: a title of that name with a text of runs and rare words.
fn told(source: &str, guid: &str, title: &str, words: std::ops::Range<u32>) -> SeenItem {
    let mut seen = seen(source, [guid, &format!("http://{source}/{guid}"), title]);
    let term = |hash| Term { hash, count: 1.0, is_number: false };
    seen.sketch = Sketch {
        shingles: words.clone().map(|word| Shingle(u64::from(word) << 16)).collect(),
        n_words: 100,
        terms: words.map(term).collect(),
        n_terms: 100,
        ..Sketch::default()
    };
    seen
}

impl Shelf {
    async fn stories(&self, page: StoryPage) -> Vec<StoryRow> {
        self.store.stories(&page).await.unwrap()
    }

    async fn story(&self, id: &StoryId) -> StorySheet {
        self.store.story(id).await.unwrap().unwrap()
    }
}

fn titles(stories: &[StoryRow]) -> Vec<&str> {
    stories.iter().map(|row| row.story.title.as_str()).collect()
}

#[tokio::test]
async fn a_story_shows_its_articles_copies_and_echoes() {
    let shelf = Shelf::with(&["a@a", "b@b", "c@c"]).await;
    shelf.poll("a", vec![told("a", "1", "the war begins", 0..40)], NOW).await;
    shelf.poll("b", vec![told("b", "2", "War: it begins", 0..39)], NOW + HOUR * 2).await;
    let mut same = told("c", "3", "the war begins", 0..40);
    same.item.keys.url = Some("http://a/1".into());
    shelf.poll("c", vec![same], NOW + HOUR * 4).await;
    shelf.poll("a", vec![told("a", "4", "peace elsewhere", 100..140)], NOW + HOUR * 6).await;
    let stories = shelf.stories(StoryPage::default()).await;
    assert_eq!(titles(&stories), ["peace elsewhere", "the war begins"]);
    let war = &stories[1];
    assert_eq!((war.story.articles, war.story.outlets, war.story.independent), (2, 3, 1));
    assert_eq!((war.story.first_seen, war.last_seen), (NOW, NOW + HOUR * 4));
    assert_eq!((stories[0].topics.len(), &war.topics), (0, &vec![TopicId::new("war")]));
    let sheet = shelf.story(&war.story.id).await;
    let lines: Vec<_> = sheet
        .articles
        .iter()
        .map(|article| {
            (
                article.source.as_str(),
                article.copy_of.as_ref().map(|(_, source)| source.as_str()),
                article.is_echo(),
            )
        })
        .collect();
    assert_eq!(lines, [("a", None, false), ("b", Some("a"), false), ("c", Some("a"), true)]);
    assert_eq!((sheet.alerts.len(), sheet.goes_on_as), (1, None));
    let outlets = shelf.store.outlets_of(&war.story.id).await.unwrap();
    let outlets: Vec<_> = outlets.iter().map(|it| (it.source.as_str(), it.copies_only)).collect();
    assert_eq!(outlets, [("a", false), ("b", true), ("c", true)]);
}

#[tokio::test]
async fn stories_are_narrowed_and_paged() {
    let shelf = Shelf::with(&["a@a", "b@b"]).await;
    for (n, source, title) in [(0, "a", "war"), (1, "b", "peace"), (2, "a", "war again"), (3, "a", "calm")] {
        let item = told(source, &n.to_string(), title, n * 100..n * 100 + 40);
        shelf.poll(source, vec![item], NOW + HOUR * 2 * n).await;
    }
    let all = shelf.stories(StoryPage::default()).await;
    assert_eq!(titles(&all), ["calm", "war again", "peace", "war"]);
    let topic = Some(TopicId::new("war"));
    let of_topic = shelf.stories(StoryPage { topic, ..StoryPage::default() }).await;
    assert_eq!(titles(&of_topic), ["war again", "war"]);
    let source = Some(SourceId::new("b"));
    assert_eq!(titles(&shelf.stories(StoryPage { source, ..StoryPage::default() }).await), ["peace"]);
    let after = Some(all[0].cursor());
    let second = shelf.stories(StoryPage { after, limit: Some(2), ..StoryPage::default() }).await;
    assert_eq!(titles(&second), ["war again", "peace"]);
}

#[tokio::test]
async fn a_merged_story_says_where_it_goes_on() {
    let shelf = Shelf::with(&["a@a", "b@b"]).await;
    shelf.poll("a", vec![told("a", "1", "war", 0..40)], NOW).await;
    shelf.poll("b", vec![told("b", "2", "war too", 100..140)], NOW + HOUR * 2).await;
    shelf
        .damage(
            "update story set merged_into = 1 where number = 2;
             insert into story_event (time, kind, story, other) values (5, 'merged', 1, 2)",
        )
        .await;
    let [first, second] = ["1", "2"]
        .map(|guid| StoryId::of(&ItemId::of(&SourceId::new(if guid == "1" { "a" } else { "b" }), guid)));
    let goes_on = shelf.story(&second).await;
    assert_eq!((goes_on.goes_on_as.as_ref(), goes_on.articles.len()), (Some(&first), 1));
    let whole = shelf.story(&first).await;
    assert_eq!((whole.articles.len(), whole.alerts.len(), whole.events.len()), (2, 2, 1));
    assert_eq!((&whole.events[0].story, &whole.events[0].other), (&first, &second));
    assert_eq!(shelf.store.outlets_of(&second).await.unwrap(), shelf.store.outlets_of(&first).await.unwrap());
    assert_eq!(titles(&shelf.stories(StoryPage::default()).await), ["war"]);
}

#[tokio::test]
async fn a_story_of_before_there_were_any_shows_its_alert() {
    let shelf = Shelf::with(&["a@a"]).await;
    shelf.poll("a", vec![seen("a", ["1", "http://a/1", "war"])], NOW).await;
    shelf.damage("delete from story; delete from article").await;
    let id = StoryId::of(&ItemId::of(&SourceId::new("a"), "1"));
    let sheet = shelf.story(&id).await;
    assert_eq!((sheet.row.story.title.as_str(), sheet.articles.len(), sheet.alerts.len()), ("war", 1, 1));
    assert!(shelf.store.story(&StoryId::new("st_unknown")).await.unwrap().is_none());
}

/// Stores items as the schema before stories did: one that nobody was told of, and one that is much
/// the same and made an alert.
const BEFORE_STORIES: &str = "
    insert into item (id, source, title, summary, text, tags, baseline, first_seen, url)
    values ('it_first', 'a', 'war begins in the north', '', TEXT, '[]', 0, 1800000000000, 'http://a/1'),
        ('it_told', 'b', 'War: it begins in the north', '', TEXT, '[]', 0, 1800000060000, 'http://b/2');
    insert into hit (item, topic, decision, score, threshold, evidence, created)
    values ('it_told', 'war', 'alert', 0.75, 0.5, '[]', 1800000060000);
    insert into alert (id, kind, topic, topic_name, story, story_title, story_articles, story_outlets,
        story_first_seen, revision, decision, item, score, threshold, reason, evidence, created)
    values ('al_1', 'alert.created', 'war', 'war', STORY, 'War: it begins', 1, 1, 1800000060000, 1, 'alert',
        'it_told', 0.75, 0.5, 'first article of the story', '[]', 1800000060000)";

const TEXT: &str = "The first shots were heard shortly after midnight when columns crossed the river at three \
    places, officials said. Schools in the border towns stay closed and trains to the capital are full.";

/// Makes a store by the migrations of before there were stories.
async fn before_stories(folder: &TempDir) {
    let migrations = tempfile::tempdir().unwrap();
    let all = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    for entry in std::fs::read_dir(all).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap() < "0011" {
            std::fs::copy(entry.path(), migrations.path().join(entry.file_name())).unwrap();
        }
    }
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.path().join("newshound.db"))
        .create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::migrate::Migrator::new(migrations.path()).await.unwrap().run(&pool).await.unwrap();
    let story = StoryId::of(&ItemId::new("it_told"));
    let statements =
        BEFORE_STORIES.replace("TEXT", &format!("'{TEXT}'")).replace("STORY", &format!("'{story}'"));
    sqlx::query(sqlx::AssertSqlSafe(statements)).execute(&pool).await.unwrap();
    pool.close().await;
}

#[tokio::test]
async fn items_of_before_stories_are_placed_once() {
    let folder = tempfile::tempdir().unwrap();
    before_stories(&folder).await;
    let shelf = Shelf { store: Store::open(&url(&folder)).await.unwrap(), folder };
    shelf.sync(&["a@a", "b@b", "c@c"], NOW).await;
    assert_eq!(shelf.store.place_older(NOW + HOUR, HOUR * 72).await.unwrap(), 2);
    assert_eq!(shelf.store.place_older(NOW + HOUR, HOUR * 72).await.unwrap(), 0);
    let stories = shelf.stories(StoryPage::default()).await;
    assert_eq!(titles(&stories), ["war begins in the north"]);
    let sheet = shelf.story(&stories[0].story.id).await;
    let copies: Vec<bool> = sheet.articles.iter().map(|article| article.copy_of.is_some()).collect();
    assert_eq!((copies, sheet.alerts.len(), sheet.events.len()), (vec![false, true], 1, 1));
    let told = shelf.story(&StoryId::of(&ItemId::new("it_told"))).await;
    assert_eq!(told.goes_on_as, Some(stories[0].story.id.clone()));
    let mut copy = seen("c", ["3", "http://c/3", "war begins in the north country"]);
    copy.item.text = TEXT.to_owned();
    copy.sketch = newshound::story::sketch(&copy.item, &newshound::matcher::words(&copy.item));
    let recorded = shelf.poll("c", vec![copy], NOW + HOUR * 2).await;
    assert_eq!((recorded.new, recorded.alerts()), (1, 0), "{:?}", recorded.hits);
}

#[tokio::test]
async fn what_is_older_than_a_story_lasts_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    before_stories(&folder).await;
    let shelf = Shelf { store: Store::open(&url(&folder)).await.unwrap(), folder };
    assert_eq!(shelf.store.place_older(NOW + DAY * 4, HOUR * 72).await.unwrap(), 0);
    let told = shelf.story(&StoryId::of(&ItemId::new("it_told"))).await;
    assert_eq!((told.row.story.title.as_str(), told.articles.len()), ("War: it begins", 1));
}
