//! What is remembered of a source's last body.

use newshound::model::{Imprint, Imprints, KeyHashes, Memory};

use super::*;

fn imprints(print: u64) -> Imprints {
    Imprints { setting: 7, items: vec![Imprint { print, known_by: KeyHashes { key: 1, url: 0 } }] }
}

impl Shelf {
    /// Polls the source `a` with nothing but this to be remembered, and returns what is then.
    async fn remember(&self, memory: Memory, now: Timestamp) -> Option<Imprints> {
        let state = self.claim(&us(), now).await.remove(0);
        let record = PollRecord { memory, ..record(&state, Vec::new(), now) };
        self.store.record_poll(&us(), &record).await.unwrap();
        self.store.imprints(&SourceId::new("a")).await.unwrap()
    }
}

#[tokio::test]
async fn what_a_poll_says_is_remembered() {
    let shelf = Shelf::with(&["a@h"]).await;
    assert_eq!(shelf.remember(Memory::Kept, NOW).await, None);
    let steps = [
        (Memory::Replaced(imprints(1)), Some(imprints(1))),
        (Memory::Kept, Some(imprints(1))),
        (Memory::Replaced(imprints(2)), Some(imprints(2))),
        (Memory::Forgotten, None),
        (Memory::Forgotten, None),
    ];
    for (n, (memory, expect)) in (1..).zip(steps) {
        assert_eq!(shelf.remember(memory.clone(), NOW + HOUR * n).await, expect, "after {memory:?}");
    }
}

#[tokio::test]
async fn another_address_begins_without_a_memory() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.remember(Memory::Replaced(imprints(1)), NOW).await;
    shelf.sync(&["a@h"], NOW).await;
    assert!(shelf.store.imprints(&SourceId::new("a")).await.unwrap().is_some());
    shelf.damage("update source set address = 'elsewhere'").await;
    assert_eq!(shelf.store.imprints(&SourceId::new("a")).await.unwrap(), None);
}

/// Whoever laid the bytes out otherwise, they cost a whole reading and nothing else.
#[tokio::test]
async fn what_a_later_version_left_is_no_memory() {
    let shelf = Shelf::with(&["a@h"]).await;
    shelf.remember(Memory::Replaced(imprints(1)), NOW).await;
    shelf.damage("update source_seen set seen = x'02'").await;
    assert_eq!(shelf.store.imprints(&SourceId::new("a")).await.unwrap(), None);
}
