//! Random units of work against a plain picture of the same in memory.

use std::collections::{BTreeMap, HashMap, HashSet};

use newshound::model::{DeliveryClass, DeliveryId};
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;

/// One unit of work.
#[derive(Clone, Debug)]
enum Work {
    /// A source publishes these; each is an id, an address and a text of few possible ones.
    Poll { source: usize, items: Vec<(u8, u8, u8)> },
    /// The clock goes on.
    Wait { seconds: u64 },
    /// So many deliveries are taken in hand.
    Take { limit: usize },
    /// One of those in hand is settled.
    Settle { at: usize, outcome: u8 },
    /// The operator wants everything tried again.
    Retry,
    /// The process dies; another one starts.
    Crash,
}

const SOURCES: [&str; 2] = ["a@one", "b@two"];

fn work() -> impl Strategy<Value = Work> {
    let items = proptest::collection::vec((0..6_u8, 0..6_u8, 0..8_u8), 0..5);
    prop_oneof![
        4 => (0..2_usize, items).prop_map(|(source, items)| Work::Poll { source, items }),
        2 => (1..200_u64).prop_map(|seconds| Work::Wait { seconds }),
        4 => (1..4_usize).prop_map(|limit| Work::Take { limit }),
        6 => (0..4_usize, 0..4_u8).prop_map(|(at, outcome)| Work::Settle { at, outcome }),
        1 => Just(Work::Retry),
        1 => Just(Work::Crash),
    ]
}

/// The picture: what is known, what hit, and where each delivery stands.
#[derive(Default)]
struct Picture {
    known: HashMap<(String, String), String>,
    texts: HashMap<String, (usize, String)>,
    hit: HashSet<String>,
    deliveries: BTreeMap<DeliveryId, State>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Pending { due: Timestamp },
    Sending { until: Timestamp },
    Delivered,
    Failed,
}

impl Picture {
    /// Takes in an item; says whether it alerts.
    fn see(&mut self, source: usize, item: &SeenItem) -> bool {
        let keys = &item.item.keys;
        let given = [
            (format!("guid of {source}"), keys.guid.clone()),
            ("url".to_owned(), keys.url.clone()),
            ("text".to_owned(), keys.text.clone()),
        ];
        let given: Vec<_> = given.into_iter().filter_map(|(kind, value)| Some((kind, value?))).collect();
        let found = given.iter().find_map(|key| Some((self.known.get(key)?.clone(), key.0 == "text")));
        let text = keys.text.clone().unwrap();
        let id = found.as_ref().map_or_else(|| item.item.id.to_string(), |(id, _)| id.clone());
        for key in given {
            self.known.entry(key).or_insert_with(|| id.clone());
        }
        let hits = text.contains("war");
        match found {
            None => drop(self.texts.insert(id.clone(), (source, text))),
            Some((_, by_text)) => {
                let (owner, before) = self.texts[&id].clone();
                if owner == source && (by_text || before == text) {
                    return false;
                }
                if owner == source {
                    self.texts.insert(id.clone(), (owner, text));
                }
            }
        }
        hits && self.hit.insert(id)
    }

    fn count(&self, which: fn(&State) -> bool) -> u64 {
        self.deliveries.values().filter(|state| which(state)).count() as u64
    }
}

/// A store, its picture, and what a process has in hand.
struct Run {
    shelf: Shelf,
    picture: Picture,
    in_hand: Vec<Outgoing>,
    now: Timestamp,
}

impl Run {
    async fn new() -> Self {
        let shelf = Shelf::with(&SOURCES).await;
        Run { shelf, picture: Picture::default(), in_hand: Vec::new(), now: NOW }
    }

    async fn perform(mut self, work: Work) -> Self {
        match work {
            Work::Poll { source, items } => self.poll(source, items).await,
            Work::Wait { seconds } => self.now = self.now + SECOND * u32::try_from(seconds).unwrap(),
            Work::Take { limit } => self.take(limit).await,
            Work::Settle { at, outcome } => self.settle(at, outcome).await,
            Work::Retry => self.retry().await,
            Work::Crash => return self.crash().await,
        }
        self
    }

    async fn poll(&mut self, source: usize, items: Vec<(u8, u8, u8)>) {
        let name = SOURCES[source].split('@').next().unwrap();
        let items: Vec<SeenItem> = items
            .into_iter()
            .map(|(guid, url, text)| {
                let text = if text % 2 == 0 { format!("war {text}") } else { format!("peace {text}") };
                let url = if url == 0 { String::new() } else { format!("http://x/{url}") };
                let mut seen = seen(name, [&guid.to_string(), &url, &text]);
                // With nothing in common an item would not pass for an edit of another one.
                seen.item.title = "A headline of them all".to_owned();
                seen
            })
            .collect();
        let alerts = items.iter().filter(|item| self.picture.see(source, item)).count();
        // A day passes, so that the source is due and all claims have run out.
        self.now = self.now + DAY;
        let recorded = self.shelf.poll(name, items, self.now).await;
        assert_eq!((recorded.alerts(), recorded.deliveries), (alerts, alerts as u64));
        for delivery in self.shelf.store.deliveries(&newshound::store::Page::default()).await.unwrap() {
            let due = delivery.due;
            self.picture.deliveries.entry(delivery.id).or_insert(State::Pending { due });
        }
    }

    async fn take(&mut self, limit: usize) {
        let now = self.now;
        let due = |state: &State| match state {
            State::Pending { due } => *due <= now,
            State::Sending { until } => *until <= now,
            State::Delivered | State::Failed => false,
        };
        let n_due = self.picture.deliveries.values().filter(|state| due(state)).count();
        let taken = self.shelf.deliveries(limit, now).await;
        assert_eq!(taken.len(), n_due.min(limit));
        for outgoing in taken {
            let state = self.picture.deliveries.get_mut(&outgoing.delivery.id).unwrap();
            assert!(due(state), "took {} which is {state:?}", outgoing.delivery.id);
            *state = State::Sending { until: now + us().length };
            self.in_hand.push(outgoing);
        }
    }

    async fn settle(&mut self, at: usize, outcome: u8) {
        if at >= self.in_hand.len() {
            return;
        }
        let outgoing = self.in_hand.remove(at);
        let again = |pause_until| Settled::Again {
            class: DeliveryClass::Transient,
            error: "500".into(),
            due: self.now + HOUR,
            pause_until,
        };
        let (settled, after) = match outcome {
            0 => (again(None), State::Pending { due: self.now + HOUR }),
            1 => {
                let failed =
                    Settled::Failed { class: DeliveryClass::Refused, error: "400".into(), pause_until: None };
                (failed, State::Failed)
            }
            _ => (Settled::Delivered, State::Delivered),
        };
        // Somebody else may have it in hand by now.
        let id = &outgoing.delivery.id;
        let ours = !self.in_hand[at..].iter().any(|other| other.delivery.id == *id)
            && matches!(self.picture.deliveries[id], State::Sending { .. });
        let result = self.shelf.settle(&outgoing, &settled, self.now).await;
        if ours {
            result.unwrap();
            self.picture.deliveries.insert(id.clone(), after);
        } else {
            assert!(matches!(result, Err(StoreError::ClaimLost(_))), "{result:?}");
        }
    }

    async fn retry(&mut self) {
        let retried = self.shelf.store.retry_deliveries(&[], None, self.now).await.unwrap();
        let now = self.now;
        let mut n_expected = 0;
        for state in self.picture.deliveries.values_mut() {
            if matches!(state, State::Failed) || matches!(state, State::Pending { due } if *due > now) {
                *state = State::Pending { due: now };
                n_expected += 1;
            }
        }
        assert_eq!(retried.len(), n_expected);
    }

    async fn crash(mut self) -> Self {
        self.shelf = self.shelf.reopened().await;
        self.shelf.store.release_claims().await.unwrap();
        for state in self.picture.deliveries.values_mut() {
            if let State::Sending { .. } = state {
                *state = State::Pending { due: self.now };
            }
        }
        // What the dead process had in hand is nobody's now.
        for outgoing in std::mem::take(&mut self.in_hand) {
            let lost = self.shelf.settle(&outgoing, &Settled::Delivered, self.now).await;
            assert!(matches!(lost, Err(StoreError::ClaimLost(_))), "{lost:?}");
        }
        self
    }

    async fn compare(&self) {
        let overview = self.shelf.store.overview(self.now).await.unwrap();
        let figures = overview.deliveries;
        let picture = &self.picture;
        assert_eq!(figures.pending, picture.count(|state| matches!(state, State::Pending { .. })));
        assert_eq!(figures.sending, picture.count(|state| matches!(state, State::Sending { .. })));
        assert_eq!(figures.delivered, picture.count(|state| *state == State::Delivered));
        assert_eq!(figures.failed, picture.count(|state| *state == State::Failed));
        assert_eq!(figures.created, picture.deliveries.len() as u64);
        let sum = figures.pending + figures.sending + figures.delivered + figures.failed + figures.cancelled;
        assert_eq!(figures.created, sum);
        assert_eq!(overview.items, picture.texts.len() as u64);
        assert_eq!(overview.alerts, picture.hit.len() as u64);
    }
}

proptest! {
    #![proptest_config(Config { cases: 16, max_shrink_iters: 200, ..Config::default() })]
    #[test]
    fn the_store_does_as_the_picture_does(works in proptest::collection::vec(work(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut run = Run::new().await;
            for work in works {
                run = run.perform(work).await;
                run.compare().await;
            }
        });
    }
}
