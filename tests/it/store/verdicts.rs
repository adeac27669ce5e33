//! Verdicts: what is kept of them, and for how long.

use newshound::model::{AlertId, Verdict};
use newshound::store::{Judging, Page, Subject, VERDICTS_KEPT};

use super::*;

async fn judge(shelf: &Shelf, subject: Subject, verdict: Verdict, now: Timestamp) -> Option<Verdict> {
    match shelf.store.judge(&[subject], verdict, now).await.unwrap() {
        Judging::Taken(taken) => taken[0].was,
        Judging::Unknown(unknown) => panic!("{unknown:?}"),
    }
}

/// Opens a store with so many alerts on the topic `war`.
async fn shelf(n: usize) -> (Shelf, Vec<Subject>) {
    let shelf = Shelf::with(&["a@one"]).await;
    let items = (0..n).map(|n| seen("a", [&format!("g{n}"), "", &format!("war {n}")]));
    shelf.poll("a", items.collect(), NOW).await;
    let alerts = shelf.store.alerts(&Page::default()).await.unwrap();
    let subjects: Vec<Subject> =
        alerts.iter().map(|sheet| Subject::Item(sheet.item.id.clone(), sheet.alert.topic.clone())).collect();
    assert_eq!(subjects.len(), n);
    (shelf, subjects)
}

#[tokio::test]
async fn one_verdict_an_alert_is_kept_whichever_way_it_is_named() {
    let (shelf, subjects) = shelf(1).await;
    let sheet = shelf.store.alerts(&Page::default()).await.unwrap().remove(0);
    let topic = sheet.alert.topic.clone();
    assert_eq!(shelf.store.verdicts_mark().await.unwrap(), 0);
    assert_eq!(judge(&shelf, subjects[0].clone(), Verdict::Useful, NOW).await, None);
    let first = shelf.store.verdicts_mark().await.unwrap();
    let by_alert = Subject::Alert(sheet.alert.id.clone());
    assert_eq!(judge(&shelf, by_alert, Verdict::Noise, NOW + HOUR).await, Some(Verdict::Useful));
    assert!(shelf.store.verdicts_mark().await.unwrap() > first, "a running daemon sees it");
    let judged = shelf.store.judged_items(&topic).await.unwrap();
    assert_eq!(judged.len(), 1);
    let judged = &judged[0];
    assert_eq!(
        (judged.verdict, judged.told, judged.alert.as_ref()),
        (Verdict::Noise, NOW + HOUR, Some(&sheet.alert.id))
    );
    assert_eq!(judged.item, sheet.item);
    assert_eq!(shelf.store.verdict_marks().await.unwrap().keys().collect::<Vec<_>>(), [&topic]);
}

#[tokio::test]
async fn a_judged_item_outlives_the_archive() {
    let (shelf, subjects) = shelf(1).await;
    let Subject::Item(_, topic) = subjects[0].clone() else { unreachable!() };
    judge(&shelf, subjects[0].clone(), Verdict::Useful, NOW).await;
    shelf.damage("delete from item").await;
    let judged = shelf.store.judged_items(&topic).await.unwrap();
    assert_eq!(judged[0].item.title, "war 0");
}

#[tokio::test]
async fn an_unknown_one_among_several_takes_none() {
    let (shelf, mut subjects) = shelf(2).await;
    let unknown = Subject::Alert(AlertId::new("al_none"));
    subjects.push(unknown.clone());
    let judging = shelf.store.judge(&subjects, Verdict::Useful, NOW).await.unwrap();
    assert_eq!(judging, Judging::Unknown(vec![unknown]));
    assert_eq!(shelf.store.verdicts_mark().await.unwrap(), 0);
}

#[tokio::test]
async fn the_newest_verdicts_and_the_beginnings_of_texts_are_kept() {
    let kept = usize::try_from(VERDICTS_KEPT).unwrap();
    let (shelf, subjects) = shelf(kept + 3).await;
    shelf.damage("update item set text = replace(hex(zeroblob(40000)), '0', 'ä')").await;
    let Subject::Item(first, topic) = subjects[0].clone() else { unreachable!() };
    judge(&shelf, subjects[0].clone(), Verdict::Noise, NOW).await;
    shelf.store.judge(&subjects[1..kept], Verdict::Noise, NOW).await.unwrap();
    assert_eq!(shelf.store.judged_items(&topic).await.unwrap().len(), kept);
    // Judged again, it is the newest.
    judge(&shelf, subjects[0].clone(), Verdict::Useful, NOW).await;
    shelf.store.judge(&subjects[kept..], Verdict::Noise, NOW).await.unwrap();
    let judged = shelf.store.judged_items(&topic).await.unwrap();
    assert_eq!(judged.len(), kept);
    assert!(judged.iter().any(|judged| judged.item.id == first && judged.verdict == Verdict::Useful));
    assert!(judged.iter().all(|judged| judged.item.text.len() == 32 << 10));
}
