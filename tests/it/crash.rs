//! The real program, killed at any time and told to stop under load.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use newshound::clock::Clock;
use newshound::schedule::jitter;
use newshound::store::{DeliveryFigures, Store};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::http::{HANG_UP, Recorder, SILENCE};
use crate::wire::{Reply, Server};

const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
const ROUNDS: usize = 22;
const IN_FLIGHT: usize = 4;
/// Items a feed shows: more than it adds while nobody reads it.
const SHOWN: usize = 60;

/// A newshound in a process of its own.
struct Daemon {
    child: Child,
    status: String,
}

impl Daemon {
    /// Starts it and returns it once it is ready, with the time that took.
    async fn start(place: &Place) -> (Self, Duration) {
        let clock = Clock::system();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(place.folder.path().join("log"));
        let child = Command::new(env!("CARGO_BIN_EXE_newshound"))
            .arg("run")
            .arg("--config")
            .arg(place.folder.path().join("newshound.toml"))
            .stdout(Stdio::null())
            .stderr(log.unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut daemon = Daemon { child, status: place.status.clone() };
        let ready = tokio::time::timeout(Duration::from_secs(30), daemon.ready()).await;
        assert_eq!(ready, Ok(true), "not ready:\n{}", place.log());
        (daemon, clock.elapsed())
    }

    /// Waits until it is ready; false if it ends before.
    async fn ready(&mut self) -> bool {
        newshound::fetch::install_crypto_provider();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}/readyz", self.status);
        loop {
            let answer = client.get(&url).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return true;
            }
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
        }
    }

    /// SIGKILL
    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    async fn signal(&self) {
        let pid = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Returns how it ended, if within the ten seconds it may take.
    async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(Duration::from_secs(10), self.child.wait()).await;
        ended.expect("stopped within ten seconds").unwrap()
    }
}

/// Where a daemon lives.
struct Place {
    folder: TempDir,
    status: String,
}

impl Place {
    /// Writes a configuration; the status server listens on an address that no other test uses.
    fn new(address: &str, feeds: &[&Server], receiver: &Recorder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = std::net::TcpListener::bind((address, 0)).unwrap();
        let status = free.local_addr().unwrap().to_string();
        let mut config = format!(
            "store.url = 'sqlite:{}'\nserver.listen = '{status}'\n[fetch]\ninterval = '1s'\n\
             per_host = {{ concurrency = 1, gap = '50ms' }}\nallow_networks = ['127.0.0.0/24']\n\
             [[topic]]\nname = 'War'\nany = ['war^2']\nfollow_ups = 'all'\n\
             [[topic]]\nname = 'News'\nany = ['news^2']\nfollow_ups = 'all'\n\
             [[channel]]\nname = 'hook'\nkind = 'webhook'\nurl = 'http://{}/'\nrate = '9000/min'\n\
             in_flight = {IN_FLIGHT}\nretry = [{}]\n",
            folder.path().join("n.db").display(),
            receiver.address,
            vec!["'1s'"; 50].join(", "),
        );
        for feed in feeds {
            let _ = writeln!(config, "[[source]]\nid = 's{}'\nurl = '{}'", feed.port(), feed.url("/feed"));
        }
        std::fs::write(folder.path().join("newshound.toml"), config).unwrap();
        Place { folder, status }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Looks into the store while nobody works on it.
    async fn figures(&self) -> DeliveryFigures {
        let path = self.folder.path().join("n.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        let (verdict,): (String,) = sqlx::query_as("pragma integrity_check").fetch_one(&pool).await.unwrap();
        assert_eq!(verdict, "ok");
        pool.close().await;
        let store = Store::open_existing(&format!("sqlite:{}", path.display())).await.unwrap();
        let figures = store.overview(Clock::system().now()).await.unwrap().deliveries;
        store.close().await;
        let DeliveryFigures { created, pending, sending, delivered, failed, cancelled, .. } = figures;
        assert_eq!(created, pending + sending + delivered + failed + cancelled);
        figures
    }
}

/// A feed that has two more items each time it is read, after a first time without any.
struct Feed {
    name: &'static str,
    server: Server,
    published: Arc<AtomicUsize>,
}

impl Feed {
    async fn growing(host: &str, name: &'static str, grows: &Arc<AtomicBool>) -> Self {
        let published = Arc::new(AtomicUsize::new(0));
        let (count, grows) = (Arc::clone(&published), Arc::clone(grows));
        let server = Server::start(host, move |seen| {
            if seen.number > 1 && grows.load(Ordering::SeqCst) {
                count.fetch_add(2, Ordering::SeqCst);
            }
            let last = count.load(Ordering::SeqCst);
            let mut items = String::from("<item><guid>old</guid><title>old</title></item>");
            for n in last.saturating_sub(SHOWN)..last {
                let _ = write!(items, "<item><guid>{n}</guid><title>war news {name} {n}</title></item>");
            }
            Reply::ok(
                format!("<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>")
                    .as_bytes(),
            )
        })
        .await;
        Feed { name, server, published }
    }
}

/// Feeds that grow, a receiver that fails at times, and what it took.
struct World {
    grows: Arc<AtomicBool>,
    heals: Arc<AtomicBool>,
    feeds: Vec<Feed>,
    hook: Recorder,
    /// Each request's number, and whether it was answered by a yes.
    answered: Arc<watch::Sender<Vec<(usize, bool)>>>,
}

/// What the receiver took, by topic and headline: each id it came under, and how often.
type Taken = BTreeMap<(String, String), BTreeMap<String, u64>>;

impl World {
    async fn new() -> Self {
        let (grows, heals) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let answered = Arc::new(watch::Sender::new(Vec::new()));
        let (healed, noted) = (Arc::clone(&heals), Arc::clone(&answered));
        let hook = Recorder::answering(move |n| {
            let answer = match jitter("receiver", n as u64) {
                _ if healed.load(Ordering::SeqCst) => OK,
                fate if fate < 0.1 => BROKEN,
                fate if fate < 0.2 => HANG_UP,
                _ => OK,
            };
            noted.send_modify(|answered| answered.push((n, answer == OK)));
            answer
        })
        .await;
        let mut feeds = Vec::new();
        for (host, name) in [("127.0.0.1", "one"), ("127.0.0.2", "two"), ("127.0.0.3", "three")] {
            feeds.push(Feed::growing(host, name, &grows).await);
        }
        World { grows, heals, feeds, hook, answered }
    }

    /// Waits for a moment in the middle of the work, another one in each round.
    async fn moment(&self, round: usize) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let among = |what: &str, most: f64| (jitter(what, round as u64) * most) as usize;
        let feed = &self.feeds[among("feed", 3.0)].server;
        if among("side", 2.0) == 0 {
            self.hook.arrived(self.hook.requests().len() + 1 + among("more", 12.0)).await;
        } else {
            feed.asked(feed.seen().len() + 1 + among("polls", 2.0)).await;
        }
        for _ in 0..among("moment", 400.0) {
            tokio::task::yield_now().await;
        }
    }

    /// Returns what all the feeds published, by topic and headline.
    fn published(&self) -> BTreeSet<(String, String)> {
        let of = |feed: &Feed, n: usize| {
            ["war", "news"].map(|topic| (topic.to_owned(), format!("war news {} {n}", feed.name)))
        };
        let count = |feed: &Feed| 0..feed.published.load(Ordering::SeqCst);
        self.feeds.iter().flat_map(|feed| count(feed).flat_map(move |n| of(feed, n))).collect()
    }

    fn taken(&self, answered: &[(usize, bool)]) -> Taken {
        let requests = self.hook.requests();
        let mut all = Taken::new();
        for (n, yes) in answered {
            let request = &requests[n - 1];
            let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
            let text = |path: &str| body.pointer(path).unwrap().as_str().unwrap().to_owned();
            let ids = all.entry((text("/data/topic/id"), text("/data/item/title"))).or_default();
            *ids.entry(request.header("webhook-id").unwrap().to_owned()).or_default() += u64::from(*yes);
        }
        all.retain(|_, ids| ids.values().any(|count| *count > 0));
        all
    }

    /// Lets the feeds rest and the receiver take all, and waits until it has all.
    async fn settle(&self) {
        self.grows.store(false, Ordering::SeqCst);
        self.heals.store(true, Ordering::SeqCst);
        let expected = self.published().len();
        let mut news = self.answered.subscribe();
        let all = news.wait_for(|answered| self.taken(answered).len() >= expected);
        let all = tokio::time::timeout(Duration::from_mins(1), all).await.map(drop);
        assert!(all.is_ok(), "{} of {expected} came", self.taken(&self.answered.borrow()).len());
    }
}

/// Kills the daemon at another moment each round and starts it again; returns how many deliveries
/// were in hand when it was killed, and the slowest start.
async fn siege(world: &World, place: &Place, mut daemon: Daemon) -> (Daemon, u64, Duration) {
    let (mut in_hand, mut slowest) = (0, Duration::ZERO);
    for round in 0..ROUNDS {
        world.moment(round).await;
        daemon.kill().await;
        let DeliveryFigures { created, pending, sending, delivered, failed, .. } = place.figures().await;
        println!(
            "round {round:2}: {created:3} created, {delivered:3} delivered, {pending:2} pending, {sending} in \
             hand, {failed} failed; {} requests so far",
            world.hook.requests().len()
        );
        assert!(sending <= IN_FLIGHT as u64);
        in_hand += sending;
        let (next, took) = Daemon::start(place).await;
        assert!(took < Duration::from_secs(5), "ready after {took:?}");
        (daemon, slowest) = (next, slowest.max(took));
    }
    (daemon, in_hand, slowest)
}

/// H-40
#[tokio::test]
async fn nothing_is_lost_and_nothing_is_another_thing_after_kills_at_any_time() {
    let world = World::new().await;
    let feeds: Vec<&Server> = world.feeds.iter().map(|feed| &feed.server).collect();
    let place = Place::new("127.0.77.1", &feeds, &world.hook);
    let (daemon, _) = Daemon::start(&place).await;
    for feed in feeds {
        // The second request tells that the first, the baseline, is recorded.
        feed.asked(2).await;
    }
    let (mut daemon, in_hand, slowest) = siege(&world, &place, daemon).await;
    world.settle().await;
    // One that was taken just before the last kill may be under way once more.
    let recorded = async { while place.figures().await.pending + place.figures().await.sending > 0 {} };
    assert!(tokio::time::timeout(Duration::from_mins(1), recorded).await.is_ok(), "deliveries wait on");
    daemon.signal().await;
    assert_eq!(daemon.ended().await.code(), Some(0));

    let (expected, taken) = (world.published(), world.taken(&world.answered.borrow()));
    assert_eq!(taken.keys().cloned().collect::<BTreeSet<_>>(), expected, "lost or made up");
    let mut repeated = 0;
    for (key, ids) in &taken {
        assert_eq!(ids.len(), 1, "{key:?} came under several ids: {ids:?}");
        repeated += ids.values().sum::<u64>() - 1;
    }
    println!(
        "{ROUNDS} kills: {} items for 2 topics, {} alerts taken in {} requests, {repeated} of them twice with \
         {in_hand} in hand at the kills; slowest start {slowest:?}",
        expected.len() / 2,
        taken.len(),
        world.hook.requests().len()
    );
    assert!(repeated <= in_hand, "{repeated} came twice, but the kills caught only {in_hand} in hand");
    let figures = place.figures().await;
    assert_eq!((figures.created, figures.delivered), (expected.len() as u64, expected.len() as u64));
}

#[tokio::test]
async fn a_daemon_stops_in_time_whatever_hangs_and_leaves_its_work_waiting() {
    let grows = Arc::new(AtomicBool::new(true));
    let receiver = Recorder::start(&[SILENCE]).await;
    let feed = Feed::growing("127.0.0.1", "one", &grows).await;
    let silent = Server::start("127.0.0.2", |_| Reply::raw("").wait()).await;
    let place = Place::new("127.0.77.2", &[&feed.server, &silent], &receiver);
    let (mut daemon, _) = Daemon::start(&place).await;
    receiver.arrived(IN_FLIGHT).await;
    silent.asked(1).await;
    // Somebody who looks at the page and says nothing does not hold it up either.
    let _idle = TcpStream::connect(&place.status).await.unwrap();
    daemon.signal().await;
    assert_eq!(daemon.ended().await.code(), Some(0), "{}", place.log());
    let figures = place.figures().await;
    assert!(figures.created >= IN_FLIGHT as u64);
    assert_eq!((figures.pending, figures.sending), (figures.created, 0));
    let ids: BTreeSet<_> =
        receiver.requests().iter().map(|request| request.header("webhook-id").unwrap().to_owned()).collect();
    assert_eq!(ids.len(), receiver.requests().len(), "each was tried once");
}

#[tokio::test]
async fn a_second_signal_stops_at_once() {
    let receiver = Recorder::start(&[SILENCE]).await;
    let feed = Feed::growing("127.0.0.1", "one", &Arc::new(AtomicBool::new(true))).await;
    let place = Place::new("127.0.77.3", &[&feed.server], &receiver);
    let (mut daemon, _) = Daemon::start(&place).await;
    receiver.arrived(1).await;
    daemon.signal().await;
    // Signals of one kind that come before the first is seen are one: insist until it is.
    let code = loop {
        tokio::select! {
            ended = daemon.child.wait() => break ended.unwrap().code(),
            () = tokio::task::yield_now() => (),
        }
        let pid = daemon.child.id().unwrap().to_string();
        Command::new("kill").args(["-TERM", &pid]).stderr(Stdio::null()).status().await.unwrap();
    };
    assert_eq!(code, Some(130));
}
