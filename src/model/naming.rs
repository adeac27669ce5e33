//! Whether what a publisher calls its items stays the same from poll to poll: its ids, and the
//! addresses it gives them.

use super::id::Timestamp;

/// How far the ids and addresses of a source can be relied on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// The publisher's ids.
    pub guids: Trust,
    /// The addresses of its items.
    pub addresses: Trust,
    /// Ids that came back with another article, each soon after the one before.
    pub reuses: u32,
    /// When the latest of them did.
    pub reused_at: Option<Timestamp>,
}

/// Whether something can be relied on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// It can, as far as is known.
    #[default]
    Relied,
    /// It was found to change from poll to poll.
    Unstable {
        /// When.
        since: Timestamp,
        /// From when on it is looked at again.
        watched_from: Timestamp,
        /// Whether something of it was seen since then, so that what comes next can be compared.
        begun: bool,
    },
}

impl Trust {
    /// Returns what it is good for now.
    pub fn now(self, now: Timestamp) -> Use {
        match self {
            Trust::Relied => Use::Counts,
            Trust::Unstable { watched_from, .. } if watched_from <= now => Use::Watched,
            Trust::Unstable { .. } => Use::Ignored,
        }
    }
}

impl Naming {
    /// Says whether ids or addresses change from poll to poll.
    pub fn is_unstable(&self) -> bool {
        self.guids != Trust::Relied || self.addresses != Trust::Relied
    }

    /// Returns what ids and addresses are good for now.
    pub fn uses(&self, now: Timestamp) -> Uses {
        Uses { guid: self.guids.now(now), url: self.addresses.now(now) }
    }
}

/// What an id or an address is good for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Use {
    /// Items are recognised by it.
    #[default]
    Counts,
    /// It is only looked at, to see whether it stays the same: it recognises nothing.
    Watched,
    /// It is neither used nor kept.
    Ignored,
}

/// What the ids and addresses of a source are good for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Its ids.
    pub guid: Use,
    /// Its addresses.
    pub url: Use,
}

/// What the known items of a poll were called, as far as they were this source's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// By id.
    pub guid: Calls,
    /// By address.
    pub url: Calls,
    /// Items that came under the id of another article and were never seen before.
    pub reused: u64,
}

/// How many known items were called as before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// So many were.
    pub kept: u64,
    /// So many were known by something else.
    pub changed: u64,
}
