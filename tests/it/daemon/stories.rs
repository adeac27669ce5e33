//! One event, told by several sources as it goes on: whom that alerts, and of what.

use newshound::model::{Change, Decision};
use newshound::store::AlertSheet;

use super::*;

/// An article: its id, headline and text.
type Article = (&'static str, &'static str, &'static str);

const QUIET: Article =
    ("quiet", "Choir of Hentzau wins a prize for its songs", "The choir sang for an hour.");
const FIRST: Article = (
    "first",
    "War in Ruritania: army crosses the Zenda river",
    "The army of Ruritania crossed the Zenda river on Sunday, the ministry said. Soldiers took the bridge at \
     Streslau after a night of shelling. Residents fled towards the capital while the government asked for help.",
);
/// The same in all but the last words.
const COPY: Article = (
    "copy",
    "War in Ruritania: army crosses the Zenda river",
    "The army of Ruritania crossed the Zenda river on Sunday, the ministry said. Soldiers took the bridge at \
     Streslau after a night of shelling. Residents fled towards the capital while the government asked for help. \
     More follows.",
);
/// Other words for the same.
const REWRITE: Article = (
    "rewrite",
    "Army of Ruritania crosses Zenda river in war",
    "Soldiers of Ruritania took a bridge at Streslau on Sunday. A ministry said that their army crossed the river \
     Zenda. Shelling lasted all night. The government asked help, residents fled: the capital is their shelter.",
);
/// Names and numbers that nobody had before.
const FACTS: Article = (
    "facts",
    "War in Ruritania: Rassendyll leads army over the Zenda river",
    "Colonel Rassendyll led 4,172 soldiers of Ruritania over the Zenda river at Streslau on Sunday, the ministry \
     said. Marshal Strakencz and 37 hussars are missing near Tarlenheim. The army took the bridge after shelling; \
     the government asked for help.",
);
const EDITED: Article = (
    "first",
    "War in Ruritania: army driven back over the Zenda river",
    "The army of Ruritania crossed the Zenda river on Sunday, the ministry said. Soldiers lost the bridge at \
     Streslau to 900 riders of Hentzau. Residents fled towards the capital while the government asked for help.",
);

fn told_by(articles: &[Article]) -> Reply {
    let item = |(id, title, text): &Article| {
        format!(
            "<item><guid>{id}</guid><link>http://news.example/{id}</link><title>{title}</title>\
             <description>{text}</description></item>"
        )
    };
    Reply::ok(&rss(&articles.iter().map(item).collect::<String>()))
}

/// Has three sources tell the story one article after the other, and the first of them edit its own
/// twice and take that back between; returns the alerts in their order.
async fn told(policy: &str) -> (Desk, Vec<AlertSheet>) {
    let (quiet, first, edited) = (told_by(&[QUIET]), told_by(&[FIRST, QUIET]), told_by(&[EDITED, QUIET]));
    let mut own = vec![quiet.clone()];
    own.extend(vec![first.clone(); 4]);
    own.extend([edited.clone(), first, edited]);
    let second = vec![quiet.clone(), quiet.clone(), told_by(&[COPY]), told_by(&[REWRITE, COPY])];
    let third = vec![quiet.clone(), quiet.clone(), quiet.clone(), quiet, told_by(&[FACTS])];
    let servers =
        [serve("127.0.0.1", own).await, serve("127.0.0.2", second).await, serve("127.0.0.3", third).await];
    let sources: Vec<String> = servers.iter().map(|server| server.url("/feed").to_string()).collect();
    let desk = Desk::open(&format!("{policy}\n{}", sources_at(&sources))).await;
    desk.rounds(8).await;
    let mut alerts = desk.app.ctx().store.alerts(&Page::default()).await.unwrap();
    alerts.reverse();
    (desk, alerts)
}

/// Checks which articles were told how.
#[track_caller]
fn check(alerts: &[AlertSheet], expect: &[(Decision, &Article)]) {
    let got: Vec<_> = alerts.iter().map(|sheet| (sheet.alert.decision, sheet.item.url.as_deref())).collect();
    let urls: Vec<String> = expect.iter().map(|(_, (id, ..))| format!("http://news.example/{id}")).collect();
    let expect: Vec<_> =
        expect.iter().zip(&urls).map(|((decision, _), url)| (*decision, Some(url.as_str()))).collect();
    assert_eq!(got, expect, "{:#?}", alerts.iter().map(|sheet| &sheet.alert.reason).collect::<Vec<_>>());
    let revisions: Vec<u32> = alerts.iter().map(|sheet| sheet.alert.revision).collect();
    assert_eq!(revisions, (1..).take(alerts.len()).collect::<Vec<u32>>());
    for pair in alerts.windows(2) {
        assert_eq!(pair[1].alert.follow_up.as_ref().unwrap().previous, pair[0].alert.id);
        assert_eq!(pair[1].alert.story.id, pair[0].alert.story.id);
    }
    assert!(alerts.iter().all(|sheet| sheet.deliveries.len() == 1), "one channel, one delivery an alert");
}

#[tokio::test]
async fn a_story_is_told_once_and_again_when_there_are_new_facts() {
    let (desk, alerts) = told("follow_ups = 'new-facts'").await;
    check(&alerts, &[(Decision::Alert, &FIRST), (Decision::FollowUp, &FACTS)]);
    let [first, later] = [&alerts[0].alert, &alerts[1].alert];
    assert_eq!(first.reason, "first article of the story");
    let facts = &later.follow_up.as_ref().unwrap().new_facts;
    for fact in ["Rassendyll", "Strakencz", "Tarlenheim"] {
        assert!(facts.iter().any(|known| known == fact), "{facts:?}");
    }
    assert!(later.reason.ends_with(&facts.join(", ")), "{}", later.reason);
    assert_eq!((later.story.outlets, later.story.independent), (3, 3));
    let printed = String::from_utf8(desk.printed.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    assert!(
        lines.len() == 2 && lines[1].contains(" follow_up war ") && lines[1].contains("Rassendyll"),
        "{printed}"
    );
    let items = ["copy", "rewrite"]
        .map(|id| newshound::model::ItemId::of(&SourceId::new("s1"), &format!("guid:{id}")));
    for (item, decision, reason) in [
        (&items[0], Decision::Duplicate, format!("a copy of {} (s0)", alerts[0].item.id)),
        (&items[1], Decision::SameStory, format!("same story as {}, nothing new", first.id)),
    ] {
        let stored = desk.app.ctx().store.item(item).await.unwrap().unwrap();
        let kept = &stored.decisions[0];
        assert_eq!((kept.decision, kept.reason.as_deref()), (decision, Some(reason.as_str())));
        assert_eq!(kept.story.as_ref(), Some(&first.story.id));
    }
}

#[tokio::test]
async fn a_topic_that_wants_no_follow_ups_hears_of_a_story_once() {
    let (_, alerts) = told("follow_ups = 'none'").await;
    check(&alerts, &[(Decision::Alert, &FIRST)]);
}

#[tokio::test]
async fn a_topic_that_wants_all_hears_of_every_article_but_of_no_copy() {
    let (_, alerts) = told("follow_ups = 'all'").await;
    check(
        &alerts,
        &[(Decision::Alert, &FIRST), (Decision::FollowUp, &REWRITE), (Decision::FollowUp, &FACTS)],
    );
}

#[tokio::test]
async fn what_changes_in_an_article_is_told_once_and_what_is_taken_back_is_not() {
    let (_, alerts) = told("follow_ups = 'none'\ncorrections = true").await;
    check(&alerts, &[(Decision::Alert, &FIRST), (Decision::FollowUp, &EDITED)]);
    let alert = &alerts[1].alert;
    assert_eq!(alert.reason, "the headline changed, 1 sentence added, 1 sentence removed");
    let change = alert.follow_up.as_ref().unwrap().change.as_ref();
    let owned = |text: &str| vec![text.to_owned()];
    assert_eq!(
        change,
        Some(&Change {
            title: Some((FIRST.1.to_owned(), EDITED.1.to_owned())),
            added: owned("Soldiers lost the bridge at Streslau to 900 riders of Hentzau."),
            removed: owned("Soldiers took the bridge at Streslau after a night of shelling."),
        })
    );
}
