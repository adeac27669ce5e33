//! One poll's way: at which of its addresses a source is asked, and how, and what is made of
//! where that led.

use std::time::UNIX_EPOCH;

use url::Url;

use super::{Ctx, Live};
use crate::config::Source;
use crate::fetch::{FetchError, Fetched};
use crate::model::{Found, Next, SourceId, SourceState, Timestamp, Validators};
use crate::schedule::interval::{Outcome, succeeded};
use crate::schedule::moves::{self, Arrival, Asked};
use crate::schedule::{naming, probe, window};
use crate::store::Elsewhere;

/// One poll's way.
pub(super) struct Trip {
    asked: Asked,
    /// Where it is asked instead of its configured address.
    pub(super) at: Option<Url>,
    /// Asked without the validators it has.
    plainly: bool,
    /// The configured address, without user info and fragment.
    configured: Url,
    has_secrets: bool,
    landed: Option<Landed>,
    same_as: Option<SourceId>,
}

/// Where a poll ended.
struct Landed {
    status: u16,
    url: Url,
    moved_to: Option<Url>,
    same_validators: bool,
    modified: Option<Timestamp>,
}

impl Trip {
    /// Says where and how a source is asked now.
    pub(super) fn begin(source: &Source, state: &SourceState, now: Timestamp) -> Self {
        let at = moves::moved(state);
        Trip {
            asked: if at.is_some() { Asked::Moved } else { Asked::Configured },
            at,
            plainly: probe::asks_plainly(state, now),
            configured: bare(&source.url),
            has_secrets: source.has_secrets(),
            landed: None,
            same_as: None,
        }
    }

    /// Returns what it is asked with.
    pub(super) fn validators<'a>(&self, state: &'a SourceState) -> Option<&'a Validators> {
        state.validators.as_ref().filter(|_| !self.plainly)
    }

    /// Takes note of where it ended.
    pub(super) fn land(
        &mut self,
        fetched: &Result<Fetched, FetchError>,
        state: &SourceState,
        polled_at: Timestamp,
    ) {
        self.landed = fetched.as_ref().ok().map(|fetched| Landed {
            status: fetched.status,
            url: fetched.url.clone(),
            moved_to: fetched.moved_to.clone(),
            same_validators: fetched.validators.is_some() && fetched.validators == state.validators,
            modified: modified(fetched, polled_at),
        });
    }

    /// Finds out whether another source has the address where this one ended, and takes what the
    /// poll learned for what it is worth.
    pub(super) async fn settle(
        &mut self,
        (ctx, live): (&Ctx, &Live),
        state: &SourceState,
        outcome: &mut Outcome,
    ) {
        let Some(landed) = self.landed.as_ref().filter(|_| succeeded(outcome.class)) else {
            self.landed = None;
            self.same_as.clone_from(&state.landing.same_as);
            return;
        };
        if let Some(learned) = outcome.learned.as_mut().filter(|_| state.unchanged.lies) {
            learned.validators = None;
        }
        if landed.url == self.configured {
            return;
        }
        let owner = live.config.sources.at_address(&landed.url);
        let elsewhere = Elsewhere {
            source: &state.id,
            address: landed.url.as_str(),
            owner: owner.as_ref().map(|source| &source.id),
        };
        // A store that fails now fails again when the poll is recorded, and is told of then.
        self.same_as = ctx.store.first_at(elsewhere).await.unwrap_or_default();
    }

    /// Adds to what becomes of a source what follows from where its poll ended.
    pub(super) fn end(
        &self,
        mut next: Next,
        (before, outcome): (&SourceState, &Outcome),
        found: Found,
        now: Timestamp,
    ) -> Next {
        let Next { state, notes, host } = &mut next;
        let landed = self.landed.as_ref();
        let arrival = Arrival {
            asked: self.asked,
            configured: &self.configured,
            ended: landed.map(|landed| &landed.url),
            moved_to: landed.and_then(|landed| landed.moved_to.as_ref()),
            has_secrets: self.has_secrets,
        };
        let answer = landed.map(|landed| probe::Answer {
            plainly: self.plainly && !before.unchanged.lies,
            unchanged: landed.status == 304,
            same_validators: landed.same_validators,
            modified: landed.modified,
        });
        let showing = outcome.learned.as_ref().map(|learned| learned.showing).unwrap_or_default();
        notes.extend(moves::follow(state, before, &arrival, now));
        notes.extend(probe::learn(state, before, (answer, found), now));
        notes.extend(naming::learn(state, before, found, now));
        notes.extend(window::keep(state, before, showing, found));
        notes.extend(moves::shadow(state, before, self.same_as.as_ref(), now));
        let paced_by = |state| moves::host(moves::moved(state).as_ref().unwrap_or(&self.configured));
        let is_other = state.landing != before.landing || paced_by(state) != paced_by(before);
        *host = is_other.then(|| paced_by(state));
        next
    }
}

/// What is sent of an address.
fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// Returns when a server says that its feed last changed, by our clock.
fn modified(fetched: &Fetched, polled_at: Timestamp) -> Option<Timestamp> {
    let parse = |text: &str| httpdate::parse_http_date(text.trim()).ok()?.duration_since(UNIX_EPOCH).ok();
    let modified = str::from_utf8(fetched.validators.as_ref()?.last_modified.as_ref()?).ok()?;
    let ago = parse(fetched.freshness.date.as_ref()?)?.checked_sub(parse(modified)?)?;
    Some(polled_at - ago)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::Place;

    fn fetched(date: Option<&str>, modified: Option<&str>) -> Fetched {
        let url: Url = "http://a.example/".parse().unwrap();
        let last_modified = modified.map(|text| text.as_bytes().to_vec());
        let validators = Some(Validators { url: url.to_string(), etag: None, last_modified });
        let freshness =
            crate::fetch::Freshness { date: date.map(str::to_owned), ..crate::fetch::Freshness::default() };
        Fetched {
            status: 200,
            url,
            moved_to: None,
            body: Vec::new(),
            place: Place::default(),
            content_type: None,
            validators,
            retry_after: None,
            freshness,
        }
    }

    #[test]
    fn a_server_is_read_by_its_own_clock() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let (then, later) = ("Tue, 03 Mar 2020 10:00:00 GMT", "Tue, 03 Mar 2020 11:00:00 GMT");
        let hour = std::time::Duration::from_hours(1);
        assert_eq!(modified(&fetched(Some(later), Some(then)), now), Some(now - hour));
        assert_eq!(modified(&fetched(Some(then), Some(later)), now), None);
        assert_eq!(modified(&fetched(None, Some(then)), now), None);
        assert_eq!(modified(&fetched(Some(later), Some("yesterday")), now), None);
        assert_eq!(modified(&fetched(Some(later), None), now), None);
    }
}
