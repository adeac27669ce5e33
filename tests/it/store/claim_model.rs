//! Random claims, polls, pauses, configurations and clocks against a plain picture of the rule: hosts
//! whose time has come, in the order in which it came, give the source each that waits longest.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use newshound::model::Marker;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;

const SOURCES: usize = 9;
const HOSTS: usize = 3;

/// One unit of work.
#[derive(Clone, Debug)]
enum Work {
    /// The configuration names these sources, some of them switched off, at these hosts.
    Configure { named: u16, on: u16, shift: usize },
    /// Up to so many sources are claimed, by us or by another.
    Claim { limit: usize, by_us: bool },
    /// A poll of ours is recorded; the source is due again after a wait.
    Record { at: usize, wait: u64, end: End },
    /// The clock goes on.
    Wait { ms: u64 },
    /// The clock is set back.
    SetBack { ms: u64 },
    /// All claims are given back.
    Release,
}

/// How a poll ended.
#[derive(Clone, Copy, Debug)]
enum End {
    Well,
    Gone,
    /// The host wants a pause.
    Busy {
        seconds: u64,
    },
}

fn work() -> impl Strategy<Value = Work> {
    let end = prop_oneof![
        8 => Just(End::Well),
        1 => Just(End::Gone),
        2 => (1..200_u64).prop_map(|seconds| End::Busy { seconds }),
    ];
    prop_oneof![
        1 => (any::<u16>(), any::<u16>(), 0..HOSTS).prop_map(|(named, on, shift)| Work::Configure { named, on, shift }),
        6 => (1..8_usize, proptest::bool::weighted(0.8)).prop_map(|(limit, by_us)| Work::Claim { limit, by_us }),
        2 => Just(Work::Claim { limit: 100, by_us: true }),
        8 => (0..6_usize, 0..90_u64, end).prop_map(|(at, wait, end)| Work::Record { at, wait, end }),
        5 => (1..8_000_u64).prop_map(|ms| Work::Wait { ms }),
        1 => (1..90_000_u64).prop_map(|ms| Work::Wait { ms }),
        1 => (1..90_000_u64).prop_map(|ms| Work::SetBack { ms }),
        1 => Just(Work::Release),
    ]
}

#[derive(Clone, Debug)]
struct Source {
    host: String,
    on: bool,
    gone: bool,
    due: Timestamp,
    last_poll: Option<Timestamp>,
    /// Not polled since it has its address.
    is_new: bool,
    claim: Option<(String, Timestamp)>,
}

#[derive(Clone, Copy, Debug)]
struct Host {
    free_at: Timestamp,
    set_at: Timestamp,
    careful: bool,
}

/// The picture.
struct Picture {
    sources: BTreeMap<String, Source>,
    hosts: HashMap<String, Host>,
    pace: PerHost,
}

impl Picture {
    fn host(&mut self, name: &str) -> &mut Host {
        let never = Timestamp::from_millis(0);
        self.hosts.entry(name.to_owned()).or_insert(Host { free_at: never, set_at: never, careful: false })
    }

    fn has_room(&self, host: &str, at: Timestamp) -> bool {
        let holds = |source: &&Source| source.claim.as_ref().is_some_and(|(_, ends)| *ends > at);
        let busy = self.sources.values().filter(|source| source.host == host).filter(holds).count();
        let careful = self.hosts.get(host).is_some_and(|host| host.careful);
        busy < if careful { 1 } else { self.pace.concurrency }
    }

    /// Returns the sources of a host that could be claimed at a time if it were free, the one that
    /// waits longest first.
    fn waiting(&self, host: &str, at: Timestamp) -> Vec<String> {
        let waits = |source: &Source| {
            let in_hand = source.claim.as_ref().is_some_and(|(_, ends)| *ends > at);
            source.host == host && source.on && !source.gone && source.due <= at && !in_hand
        };
        let mut waiting: Vec<_> =
            self.sources.iter().filter(|(_, s)| waits(s)).map(|(id, s)| (s.due, id.clone())).collect();
        waiting.sort();
        waiting.into_iter().map(|(_, id)| id).collect()
    }

    /// Returns the first moment at which a host could give a source, if nothing else happened.
    fn ready_at(&self, host: &str) -> Option<Timestamp> {
        let free_at = self.hosts.get(host).map_or(Timestamp::from_millis(0), |host| host.free_at);
        let of_host = self.sources.values().filter(|source| source.host == host);
        let moments: BTreeSet<Timestamp> = of_host
            .flat_map(|source| [Some(source.due), source.claim.as_ref().map(|(_, ends)| *ends)])
            .flatten()
            .map(|at| at.max(free_at))
            .collect();
        moments.into_iter().find(|at| self.has_room(host, *at) && !self.waiting(host, *at).is_empty())
    }

    fn names(&self) -> BTreeSet<String> {
        self.sources.values().map(|source| source.host.clone()).collect()
    }

    fn first_ready(&self) -> Option<Timestamp> {
        self.names().iter().filter_map(|host| self.ready_at(host)).min()
    }

    fn claim(&mut self, id: &str, lease: &Lease, now: Timestamp) {
        let gap = self.pace.gap;
        let source = self.sources.get_mut(id).unwrap();
        source.claim = Some((lease.holder.clone(), now + lease.length));
        let name = source.host.clone();
        let host = self.host(&name);
        (host.free_at, host.set_at) = (now + gap, now);
    }

    /// Checks a claim against the rule, source by source, and takes note of it.
    fn follow(&mut self, claimed: &[String], limit: usize, lease: &Lease, now: Timestamp) {
        for id in claimed {
            let host = self.sources[id].host.clone();
            assert!(self.ready_at(&host).is_some_and(|at| at <= now), "{host} was not ready for {id}");
            assert_eq!(self.waiting(&host, now).first(), Some(id), "another waited longer at {host}");
            self.claim(id, lease, now);
        }
        let left = self.first_ready().filter(|at| *at <= now);
        assert!(claimed.len() == limit || left.is_none(), "{claimed:?} of {limit}, but more was ready");
    }

    fn set_back(&mut self, now: Timestamp) {
        for source in self.sources.values_mut() {
            if let Some(last) = source.last_poll.filter(|last| *last > now) {
                source.due = source.due - last.since(now);
                source.last_poll = Some(now);
            }
            if source.is_new {
                source.due = source.due.min(now);
            }
            if let Some((holder, ends)) = &mut source.claim
                && *holder == us().holder
            {
                *ends = now + us().length;
            }
        }
        for host in self.hosts.values_mut().filter(|host| host.set_at > now) {
            host.free_at = host.free_at - host.set_at.since(now);
            host.set_at = now;
        }
    }
}

/// A store, its picture, and the polls under way.
struct Run {
    shelf: Shelf,
    picture: Picture,
    under_way: Vec<SourceState>,
    now: Timestamp,
}

impl Run {
    async fn new(pace: PerHost) -> Self {
        let picture = Picture { sources: BTreeMap::new(), hosts: HashMap::new(), pace };
        let mut run = Run { shelf: Shelf::empty().await, picture, under_way: Vec::new(), now: NOW };
        run.configure(u16::MAX, u16::MAX, 0).await;
        run
    }

    async fn perform(&mut self, work: Work) {
        match work {
            Work::Configure { named, on, shift } => self.configure(named, on, shift).await,
            Work::Claim { limit, by_us } => self.claim(limit, by_us).await,
            Work::Record { at, wait, end } => self.record(at, wait, end).await,
            Work::Wait { ms } => self.now = self.now + Duration::from_millis(ms),
            Work::SetBack { ms } => {
                self.now = self.now - Duration::from_millis(ms);
                self.shelf.store.mend_poll_times(&us(), self.now).await.unwrap();
                self.picture.set_back(self.now);
            }
            Work::Release => {
                self.shelf.store.release_claims().await.unwrap();
                self.picture.sources.values_mut().for_each(|source| source.claim = None);
            }
        }
        let next = self.shelf.store.next_source_due().await.unwrap();
        if let Some(first) = self.picture.first_ready() {
            assert!(next.is_some_and(|next| next <= first), "{next:?} is later than {first:?}");
        }
    }

    async fn configure(&mut self, named: u16, on: u16, shift: usize) {
        let mut list = Vec::new();
        for n in (0..SOURCES).filter(|n| named & (1 << n) != 0) {
            let mut watched = watched(&format!("s{n}@h{}", (n / 3 + shift * (n % 2)) % HOSTS));
            watched.enabled = on & (1 << n) != 0;
            list.push(watched);
        }
        self.shelf.store.sync_sources(&list, self.now).await.unwrap();
        self.picture.sources.values_mut().for_each(|source| source.on = false);
        for Watched { id, host, enabled, .. } in list {
            let known = self.picture.sources.remove(id.as_str());
            let same = known.as_ref().filter(|known| known.host == host).cloned();
            let source = same.unwrap_or(Source {
                host,
                on: false,
                gone: false,
                due: self.now,
                last_poll: known.and_then(|known| known.last_poll),
                is_new: true,
                claim: None,
            });
            self.picture.sources.insert(id.to_string(), Source { on: enabled, ..source });
        }
    }

    async fn claim(&mut self, limit: usize, by_us: bool) {
        let lease = if by_us { us() } else { lease("other") };
        let pace = self.picture.pace;
        let mut waiting = self.picture.names();
        let claimed = self.shelf.store.claim_sources(&lease, pace, limit, self.now).await.unwrap();
        // Hosts whose order cannot be told from outside: a claim there ended by itself.
        let ran_out =
            |host: &String| self.picture.sources.values().any(|s| s.host == *host && s.claim.is_some());
        waiting.retain(|host| self.picture.ready_at(host).is_some_and(|at| at <= self.now) && !ran_out(host));
        let hosts: Vec<&String> =
            claimed.iter().map(|one| &one.host).filter(|host| waiting.contains(*host)).collect();
        let mut order: Vec<_> = waiting.iter().map(|host| (self.picture.ready_at(host), host)).collect();
        order.sort();
        for (host, (_, expected)) in hosts.iter().zip(&order) {
            assert_eq!(host, expected, "the order was {order:?}");
        }
        let ids: Vec<String> = claimed.iter().map(|one| one.state.id.to_string()).collect();
        self.picture.follow(&ids, limit, &lease, self.now);
        let next = self.shelf.store.next_source_due().await.unwrap();
        assert!(
            ids.len() == limit || next.is_none_or(|next| next > self.now),
            "nothing is left, but due {next:?}"
        );
        if by_us {
            self.under_way.retain(|state| !ids.contains(&state.id.to_string()));
            self.under_way.extend(claimed.into_iter().map(|one| one.state));
        }
    }

    async fn record(&mut self, at: usize, wait: u64, end: End) {
        if at >= self.under_way.len() {
            return;
        }
        let (now, state) = (self.now, self.under_way.remove(at));
        let due = now + SECOND * u32::try_from(wait).unwrap();
        let class = if let End::Busy { .. } = end { PollClass::RateLimited } else { PollClass::Ok };
        let mut record = changed(&state, now, |state| {
            (state.next_due, state.class) = (due, Some(class));
            state.marker = if let End::Gone = end { Marker::Gone } else { Marker::None };
        });
        let id = state.id.to_string();
        let name = self.picture.sources[&id].host.clone();
        let pause =
            if let End::Busy { seconds } = end { Some(now + Duration::from_secs(seconds)) } else { None };
        record.host_pause = pause.map(|until| (name.clone(), until));
        let result = self.shelf.store.record_poll(&us(), &record).await;
        let source = self.picture.sources.get_mut(&id).unwrap();
        if source.claim.as_ref().is_none_or(|(holder, _)| *holder != us().holder) {
            assert!(matches!(result, Err(StoreError::ClaimLost(_))), "{result:?}");
            return;
        }
        result.unwrap();
        (source.due, source.last_poll, source.claim) = (due, Some(now), None);
        (source.gone, source.is_new) = (matches!(end, End::Gone), false);
        let gap = self.picture.pace.gap;
        let host = self.picture.host(&name);
        if !gap.is_zero() {
            host.free_at = host.free_at.max(now + gap);
        }
        host.careful &= class != PollClass::Ok;
        if let Some(until) = pause {
            (host.free_at, host.set_at, host.careful) = (host.free_at.max(until), now, true);
        }
    }
}

fn pace() -> impl Strategy<Value = PerHost> {
    let gap = prop_oneof![Just(Duration::ZERO), Just(PACE.gap)];
    (1..4_usize, gap).prop_map(|(concurrency, gap)| PerHost { concurrency, gap })
}

proptest! {
    #![proptest_config(Config { cases: 24, max_shrink_iters: 300, ..Config::default() })]
    #[test]
    fn claims_follow_the_rule(pace in pace(), works in proptest::collection::vec(work(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut run = Run::new(pace).await;
            for work in works {
                run.perform(work).await;
            }
        });
    }
}
