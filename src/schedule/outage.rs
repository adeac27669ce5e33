//! Whose fault it is when polls fail: when most hosts cannot be reached at once, it is ours.
//!
//! Only the connection counts. Whatever a server answers, it was reached; and a host counts once,
//! by what came of the latest poll there.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::model::{PollClass, Timestamp};

/// So many hosts are looked at: those that were polled last.
const HOSTS: usize = 20;
/// Fewer hosts say nothing.
const HANDFUL: usize = 5;
/// What lies longer back says nothing.
const WINDOW: Duration = Duration::from_hours(2);

/// What came of a poll, as far as the connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// The host answered.
    Reached,
    /// No connection came about.
    Failed,
    /// The poll did not try, or says nothing of the network.
    Untold,
}

impl Contact {
    /// Returns what a class says of the connection.
    pub fn of(class: PollClass) -> Self {
        match class {
            PollClass::Dns | PollClass::Connect | PollClass::Tls | PollClass::Timeout => Contact::Failed,
            PollClass::SchemeRefused
            | PollClass::AddressRefused
            | PollClass::PortRefused
            | PollClass::RobotsDenied
            | PollClass::Internal => Contact::Untold,
            PollClass::Ok
            | PollClass::NotModified
            | PollClass::TooSlow
            | PollClass::TooLarge
            | PollClass::HeaderLimit
            | PollClass::Protocol
            | PollClass::Truncated
            | PollClass::BadEncoding
            | PollClass::RedirectLoop
            | PollClass::RedirectInvalid
            | PollClass::HttpClientError
            | PollClass::AuthRequired
            | PollClass::Gone
            | PollClass::RateLimited
            | PollClass::Unavailable
            | PollClass::HttpServerError
            | PollClass::Empty
            | PollClass::NotAFeed
            | PollClass::ParseError
            | PollClass::ParseLimit
            | PollClass::Degraded => Contact::Reached,
        }
    }
}

/// What a poll changed about the view of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing.
    Same,
    /// Most hosts cannot be reached any more.
    Began,
    /// They answer again; so long it took.
    Ended(Duration),
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    host: u64,
    at: Timestamp,
    has_failed: bool,
}

/// The latest polls, and whether the network is taken to be down.
#[derive(Clone, Debug, Default)]
pub struct Outage {
    /// Oldest first, each host once.
    seen: VecDeque<Seen>,
    since: Option<Timestamp>,
}

impl Outage {
    /// Takes in what came of a poll.
    pub fn told(&mut self, host: &str, contact: Contact, now: Timestamp) -> Turn {
        if contact == Contact::Untold {
            return Turn::Same;
        }
        let mut hasher = DefaultHasher::new();
        host.hash(&mut hasher);
        let host = hasher.finish();
        // What lies in the future was read off a clock that is right no longer.
        self.seen.retain(|seen| seen.host != host && seen.at <= now && now.since(seen.at) <= WINDOW);
        self.seen.push_back(Seen { host, at: now, has_failed: contact == Contact::Failed });
        if self.seen.len() > HOSTS {
            self.seen.pop_front();
        }
        self.judge(contact == Contact::Failed, now)
    }

    /// Says since when most hosts cannot be reached.
    pub fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// It begins when four of five hosts fail, and ends when half of them answer, or too few fail.
    fn judge(&mut self, has_failed: bool, now: Timestamp) -> Turn {
        let failed = self.seen.iter().filter(|seen| seen.has_failed).count();
        let all = self.seen.len();
        match self.since {
            None if has_failed && failed >= HANDFUL && failed * 5 >= all * 4 => {
                self.since = Some(now);
                Turn::Began
            }
            Some(since) if !has_failed && (failed < HANDFUL || failed * 2 <= all) => {
                self.since = None;
                Turn::Ended(now.since(since))
            }
            None | Some(_) => Turn::Same,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    /// Tells of polls of these hosts, a second apart, and returns how it stands after each.
    fn after(outage: &mut Outage, hosts: std::ops::Range<u64>, contact: Contact, from: u64) -> Vec<Turn> {
        let at = |host| NOW + Duration::from_secs(from + host);
        hosts.map(|host| outage.told(&format!("h{host}"), contact, at(host))).collect()
    }

    #[test]
    fn a_handful_of_hosts_that_all_fail_is_our_fault_and_fewer_are_not() {
        let mut outage = Outage::default();
        let turns = after(&mut outage, 0..6, Contact::Failed, 0);
        assert_eq!(turns, [Turn::Same, Turn::Same, Turn::Same, Turn::Same, Turn::Began, Turn::Same]);
        assert_eq!(outage.since(), Some(NOW + Duration::from_secs(4)));
    }

    #[test]
    fn one_host_that_fails_often_is_one_host() {
        let mut outage = Outage::default();
        for n in 0..50 {
            assert_eq!(outage.told("h", Contact::Failed, NOW + Duration::from_secs(n)), Turn::Same);
        }
    }

    #[test]
    fn hosts_that_answer_show_that_the_fault_is_not_ours() {
        let mut outage = Outage::default();
        after(&mut outage, 0..10, Contact::Reached, 0);
        let turns = after(&mut outage, 10..20, Contact::Failed, 0);
        assert!(turns.iter().all(|turn| *turn == Turn::Same));
        // Hosts that were not heard of for two hours say nothing any more.
        assert_eq!(after(&mut outage, 30..31, Contact::Failed, 7180), [Turn::Began]);
    }

    #[test]
    fn it_ends_when_half_of_them_answer() {
        let mut outage = Outage::default();
        after(&mut outage, 0..10, Contact::Failed, 0);
        let turns = after(&mut outage, 0..6, Contact::Reached, 100);
        assert_eq!(turns[3], Turn::Same);
        assert_eq!(turns[4], Turn::Ended(Duration::from_secs(100)));
        assert_eq!(outage.since(), None);
    }

    #[test]
    fn what_an_answer_says_is_no_matter_and_a_refusal_of_ours_says_nothing() {
        for class in PollClass::ALL {
            let mut outage = Outage::default();
            after(&mut outage, 0..5, Contact::Failed, 0);
            let turns = after(&mut outage, 10..20, Contact::of(*class), 0);
            let ends = turns.iter().any(|turn| matches!(turn, Turn::Ended(_)));
            assert_eq!(ends, Contact::of(*class) == Contact::Reached, "{class}");
        }
    }

    #[test]
    fn a_clock_set_back_forgets_what_lies_ahead() {
        let mut outage = Outage::default();
        after(&mut outage, 0..4, Contact::Failed, 1000);
        assert_eq!(outage.told("x", Contact::Failed, NOW), Turn::Same);
    }

    #[test]
    fn it_goes_on_however_long_nobody_answers() {
        let mut outage = Outage::default();
        after(&mut outage, 0..5, Contact::Failed, 0);
        assert_eq!(after(&mut outage, 0..5, Contact::Failed, 100_000), [Turn::Same; 5]);
        assert_eq!(outage.since(), Some(NOW + Duration::from_secs(4)));
        let ended = Turn::Ended(Duration::from_secs(99_997));
        assert_eq!(after(&mut outage, 1..2, Contact::Reached, 100_000), [ended]);
    }

    proptest! {
        #[test]
        fn beginnings_and_ends_take_turns_and_little_is_kept(
            polls in proptest::collection::vec((0_u64..40, any::<bool>(), 0_u64..1000), 0..200),
        ) {
            let (mut outage, mut now, mut down) = (Outage::default(), NOW, false);
            for (host, failed, pause) in polls {
                now = now + Duration::from_secs(pause);
                let contact = if failed { Contact::Failed } else { Contact::Reached };
                match outage.told(&host.to_string(), contact, now) {
                    Turn::Same => (),
                    Turn::Began => { prop_assert!(failed && !down); down = true; }
                    Turn::Ended(_) => { prop_assert!(!failed && down); down = false; }
                }
                prop_assert_eq!(outage.since().is_some(), down);
                prop_assert!(outage.seen.len() <= HOSTS);
            }
        }
    }
}
