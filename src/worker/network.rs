//! Whether the network is there, as all polls of this process see it together.

use std::sync::{Mutex, PoisonError};

use super::{Ctx, fault};
use crate::model::{Note, PollClass, Timestamp};
use crate::schedule::outage::{Contact, Outage, Turn};

/// What polls say of the network.
#[derive(Debug, Default)]
pub struct Network(Mutex<Outage>);

impl Network {
    fn told(&self, host: &str, contact: Contact, now: Timestamp) -> (Turn, Option<Timestamp>) {
        let mut outage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = outage.told(host, contact, now);
        (turn, outage.since())
    }
}

/// Takes in what came of a poll; says whether it failed by our own fault.
pub(super) async fn is_own_fault(ctx: &Ctx, host: &str, class: PollClass) -> bool {
    let now = ctx.clock.now();
    let contact = Contact::of(class);
    let (turn, since) = ctx.network.told(host, contact, now);
    let note = match turn {
        Turn::Same => None,
        Turn::Began => {
            let message = "most hosts cannot be reached: taken for our own fault, and held against no source";
            tracing::error!("{message}");
            Some(Note { class: "network_down", message: message.to_owned() })
        }
        Turn::Ended(after) => {
            let message = format!("hosts can be reached again, after {} min", after.as_secs() / 60);
            tracing::warn!("{message}");
            Some(Note { class: "network_up", message })
        }
    };
    if let Some(note) = note
        && let Err(error) = ctx.store.note_outage(since, &note, now).await
    {
        fault(ctx, &error);
    }
    since.is_some() && contact == Contact::Failed
}
