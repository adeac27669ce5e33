//! The stage: scripted servers, a newshound between them, and a clock that goes from one due time
//! to the next, so that weeks pass in seconds.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use newshound::app::App;
use newshound::app::setup::{self, Outside};
use newshound::clock::Clock;
use newshound::config::{Environment, Problem, Wanted};
use newshound::model::Timestamp;
use newshound::notify::console::{Console, Look};
use newshound::worker::{dispatch, poll};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::http::Recorder;
use crate::program::Program;
use crate::wire::{Reply, Seen, Server};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_mins(1);
pub(super) const HOUR: Duration = Duration::from_hours(1);
pub(super) const DAY: Duration = Duration::from_hours(24);

/// More than anything here takes on a machine that others use too: what is not done by then hangs.
const PATIENCE: Duration = Duration::from_mins(3);

/// The least time that a loop sleeps: a clock set on by less does not wake it.
const SHORTEST_SLEEP: Duration = Duration::from_millis(20);

/// A request, as a server saw it.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// When, since the beginning.
    pub(super) at: Duration,
    /// The server's name.
    pub(super) server: &'static str,
    pub(super) seen: Seen,
}

impl Visit {
    /// Returns a header as text.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.seen.header(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Returns the validators it carries.
    pub(super) fn validators(&self) -> [Option<String>; 2] {
        ["if-none-match", "if-modified-since"].map(|name| self.header(name))
    }
}

/// Servers around one clock, before and while newshound runs.
pub(super) struct World {
    clock: Clock,
    began: Timestamp,
    visits: Arc<Mutex<Vec<Visit>>>,
    n_servers: Mutex<u8>,
}

impl World {
    /// Begins at 2027-01-15T08:00:00Z.
    pub(super) fn new() -> Self {
        World::at("2027-01-15T08:00:00Z")
    }

    /// Begins at this time.
    pub(super) fn at(time: &str) -> Self {
        let began = Timestamp::parse_rfc3339(time).unwrap();
        World { clock: Clock::by_hand(began), began, visits: Arc::default(), n_servers: Mutex::new(1) }
    }

    /// Starts a server on a host of its own, from 127.0.0.2 on.
    pub(super) async fn serve(
        &self,
        name: &'static str,
        script: impl Fn(&Visit) -> Reply + Send + Sync + 'static,
    ) -> Server {
        let n = {
            let mut n = self.n_servers.lock().unwrap();
            *n += 1;
            *n
        };
        self.serve_at(&format!("127.0.0.{n}"), name, script).await
    }

    /// Starts a server on this address.
    pub(super) async fn serve_at(
        &self,
        host: &str,
        name: &'static str,
        script: impl Fn(&Visit) -> Reply + Send + Sync + 'static,
    ) -> Server {
        let (clock, began, visits) = (self.clock.clone(), self.began, Arc::clone(&self.visits));
        Server::start(host, move |seen| {
            let visit = Visit { at: clock.now().since(began), server: name, seen: seen.clone() };
            visits.lock().unwrap().push(visit.clone());
            script(&visit)
        })
        .await
    }

    /// Starts a server that answers each request by the next of these, and then by the last of
    /// them for ever.
    pub(super) async fn replay(&self, name: &'static str, replies: Vec<Reply>) -> Server {
        self.serve(name, move |visit| replies[(visit.seen.number - 1).min(replies.len() - 1)].clone()).await
    }

    /// Starts newshound with these sources, hourly but for what their tables say otherwise.
    pub(super) async fn watch(self, sources: &[(&str, &str)]) -> Stage {
        self.watch_with("", &hourly(sources)).await
    }

    /// Starts newshound with these keys of `[fetch]` and these tables.
    pub(super) async fn watch_with(self, fetch: &str, tables: &str) -> Stage {
        let fetch = format!("allow_networks = ['127.0.0.0/24']\n{fetch}");
        self.watch_allowing(&fetch, "127.0.0.1/32", tables).await
    }

    /// Starts newshound with these keys of `[fetch]`, this network allowed to its webhook alone.
    pub(super) async fn watch_allowing(self, fetch: &str, hook_network: &str, tables: &str) -> Stage {
        let hook = Recorder::start(&["HTTP/1.1 204 No Content\r\n\r\n"]).await;
        let config = format!(
            "watch = false\nserver.listen = ''\n\
             [fetch]\ncontact = 'ops@example.org'\n{fetch}\n\
             [[topic]]\nname = 'War'\nany = ['war^2']\n\
             [[channel]]\nname = 'hook'\nkind = 'webhook'\nurl = 'http://{}/'\n\
             allow_networks = ['{hook_network}']\n{tables}",
            hook.address
        );
        let program = Program::new(&config);
        let app = open(&program, &self.clock).await;
        Stage { world: self, app: Some(app), program, hook }
    }
}

/// Returns the tables of sources that are polled every hour.
pub(super) fn hourly(sources: &[(&str, &str)]) -> String {
    let mut tables = String::new();
    for (id, url) in sources {
        let _ = write!(tables, "[[source]]\nid = '{id}'\nurl = '{url}'\ninterval = '1h'\n");
    }
    tables
}

async fn open(program: &Program, clock: &Clock) -> App {
    let folder = program.path("");
    let environment = Environment::of(&folder, &[]);
    let checked = setup::load(Some(&folder.join("newshound.toml")), Wanted::Required, &environment);
    let problems: Vec<_> = checked.problems.iter().map(Problem::render).collect();
    let ready = checked.ready.unwrap_or_else(|| panic!("{}", problems.join("\n")));
    let printed: Arc<Mutex<dyn std::io::Write + Send>> = Arc::new(Mutex::new(std::io::sink()));
    let console = Console::new(printed, Look::Line);
    App::open(ready, Outside { clock: clock.clone(), console }).await.unwrap()
}

/// A newshound at work.
pub(super) struct Stage {
    world: World,
    app: Option<App>,
    program: Program,
    hook: Recorder,
}

impl Stage {
    fn app(&self) -> &App {
        self.app.as_ref().expect("it runs")
    }

    /// Lets time pass while newshound works.
    pub(super) async fn go(&self, time: Duration) {
        let until = self.world.clock.now() + time;
        self.advance(until, || false).await;
        self.world.clock.set(until);
    }

    /// Lets time pass until so many requests came in all.
    pub(super) async fn until_visits(&self, count: usize) {
        let until = self.world.clock.now() + DAY * 60;
        self.advance(until, || self.visits().len() >= count).await;
        assert!(self.visits().len() >= count, "no {count} requests came, but {:?}", self.visits());
    }

    /// Lets the daemon poll and send, and sets the clock from one due time to the next, until
    /// a time, or until this is so and all that began has ended.
    async fn advance(&self, until: Timestamp, enough: impl Fn() -> bool) {
        let (ctx, clock) = (self.app().ctx(), &self.world.clock);
        let stop = CancellationToken::new();
        let driving = async {
            loop {
                let settled = tokio::time::timeout(PATIENCE, self.settled()).await;
                let next = settled.unwrap_or_else(|_| panic!("no end: {:?}", self.visits().last()));
                dispatch::run_once(ctx, &stop).await;
                let now = clock.now();
                match next.filter(|next| *next <= until && !enough()) {
                    Some(next) => clock.set(next.max(now + SHORTEST_SLEEP)),
                    None => break,
                }
            }
            stop.cancel();
        };
        tokio::join!(poll::run(ctx, &stop), driving);
    }

    /// Waits until no poll is under way and none is due; returns when the next one is.
    async fn settled(&self) -> Option<Timestamp> {
        let ctx = self.app().ctx();
        loop {
            // Between two turns of the loop what was claimed was counted too.
            let turn = ctx.turnstile.lock().await;
            let next = ctx.store.next_source_due().await.unwrap();
            if next.is_none_or(|next| next > self.world.clock.now()) && self.is_idle() {
                return next;
            }
            drop(turn);
            tokio::task::yield_now().await;
        }
    }

    /// Says whether as many polls ended as began.
    fn is_idle(&self) -> bool {
        let ctx = self.app().ctx();
        let metrics = ctx.metrics.render();
        let begun = metrics.lines().find_map(|line| line.strip_prefix("newshound_poll_lag_seconds_count "));
        begun.map_or(0, |count| count.parse::<u64>().unwrap()) == ctx.tally.counts().polled
    }

    /// Lets time pass while newshound does not run.
    pub(super) async fn stand_still(&mut self, time: Duration) {
        if let Some(app) = self.app.take() {
            app.ctx().store.close().await;
        }
        self.world.clock.set(self.world.clock.now() + time);
    }

    /// Starts newshound again on its store.
    pub(super) async fn start(&mut self) {
        self.app = Some(open(&self.program, &self.world.clock).await);
    }

    /// Runs newshound as a daemon while this is done.
    pub(super) async fn while_it_runs(&self, done: impl Future<Output = ()>) {
        let ctx = self.app().ctx();
        let stop = CancellationToken::new();
        let running = async { tokio::join!(poll::run(ctx, &stop), dispatch::run(ctx, &stop)) };
        let done = async {
            let done = tokio::time::timeout(PATIENCE, done).await;
            assert!(done.is_ok(), "it takes too long: {:?}", self.visits().last());
        };
        tokio::select! {
            _ = running => panic!("it ended"),
            () = done => (),
        }
    }

    /// Waits until so many webhooks came, and lets time pass then.
    pub(super) async fn pass_when_sent(&self, count: usize, time: Duration) {
        self.hook.arrived(count).await;
        let polled = || self.app().ctx().tally.counts().polled;
        while polled() <= count as u64 {
            tokio::task::yield_now().await;
        }
        self.world.clock.set(self.world.clock.now() + time);
    }

    /// Returns the requests so far.
    pub(super) fn visits(&self) -> Vec<Visit> {
        self.world.visits.lock().unwrap().clone()
    }

    /// Returns the requests so far to the server of this name.
    pub(super) fn visits_to(&self, server: &str) -> Vec<Visit> {
        self.visits().into_iter().filter(|visit| visit.server == server).collect()
    }

    /// Returns the waits between the requests to this server.
    pub(super) fn gaps(&self, server: &str) -> Vec<Duration> {
        self.visits_to(server).windows(2).map(|pair| pair[1].at.saturating_sub(pair[0].at)).collect()
    }

    /// Returns the headlines that were alerted, in order.
    pub(super) fn alerted(&self) -> Vec<String> {
        let body = |request: crate::http::Request| serde_json::from_str::<Value>(&request.body).unwrap();
        let alerts = self.hook.requests().into_iter().map(body);
        let alerts = alerts.filter(|body| body["type"] == "alert.created");
        alerts.map(|body| body["data"]["item"]["title"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns what `sources list` says of a source.
    pub(super) async fn source(&self, id: &str) -> Value {
        let listed = self.program.json(&["sources", "list", "--source", id]).await;
        listed.into_iter().next().unwrap_or_else(|| panic!("no source {id}"))
    }

    /// Returns the class of a source's last poll.
    pub(super) async fn class(&self, id: &str) -> String {
        self.source(id).await["class"].as_str().unwrap_or("none").to_owned()
    }

    /// Returns what `sources list` says.
    pub(super) async fn sources(&self) -> Vec<Value> {
        self.program.json(&["sources", "list"]).await
    }

    /// Returns what `status` says.
    pub(super) async fn status(&self) -> Value {
        self.program.json(&["status"]).await.remove(0)
    }

    /// Returns the events of a source: class, count and message.
    pub(super) async fn events(&self, id: &str) -> Vec<(String, u64, String)> {
        let status = self.status().await;
        let events = status["events"].as_array().unwrap().iter().filter(|event| event["source"] == id);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        events
            .map(|event| (text(&event["class"]), event["count"].as_u64().unwrap(), text(&event["message"])))
            .collect()
    }

    /// Returns how many items are stored.
    pub(super) async fn items(&self) -> u64 {
        self.status().await["items"]["total"].as_u64().unwrap()
    }

    /// Returns a time as the commands write it, counted from the beginning.
    pub(super) fn since_the_beginning(&self, time: &str) -> Duration {
        Timestamp::parse_rfc3339(time).unwrap().since(self.world.began)
    }

    /// Returns the folder it runs in.
    pub(super) fn program(&self) -> &Program {
        &self.program
    }
}

/// Says a time in words, to the minute.
pub(super) fn told(time: Duration) -> String {
    let minutes = (time.as_secs() + 30) / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}

/// Fails unless a wait is this long, or up to a tenth longer.
#[track_caller]
pub(super) fn check_wait(wait: Duration, least: Duration) {
    let most = least.mul_f64(1.1) + SECOND * 2;
    assert!((least..=most).contains(&wait), "{wait:?} is not {least:?} to a tenth more");
}
