//! The figures of `docs/polling.md`: `cargo test --test it schedule::figures -- --nocapture`.

use super::*;

/// What polling one source came to.
struct Figures {
    polls_a_day: f64,
    delay_minutes: f64,
}

fn figures(posts: &[Timestamp], days: u32, pace: Pace) -> Figures {
    let mut world = World { posts: posts.to_vec(), ..World::new(pace) };
    world.live(DAY * days, &good());
    let delays = world.polls.iter().flat_map(|poll| &poll.delays).map(|(_, delay)| *delay);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let polls_a_day = world.polls.len() as f64 / f64::from(days);
    Figures { polls_a_day, delay_minutes: mean_minutes(delays) }
}

/// Posts at random: so many a day on the average.
fn random(a_day: f64, days: u32) -> Vec<Timestamp> {
    let mut at = START;
    let gaps = (0..).map(|n| -(1.0 - newshound::schedule::jitter("posts", n)).ln() / a_day);
    let times = gaps.map(|gap| {
        at = at + DAY.mul_f64(gap);
        at
    });
    times.take_while(|at| *at < START + DAY * days).collect()
}

/// "Against a fixed 15-minute poller: fewer requests and earlier news, both figures", of everything
/// from the first poll on, the days of learning included.
#[test]
fn fewer_requests_and_earlier_news_than_every_quarter_of_an_hour() {
    let adaptive = Pace::of(None, &FetchConfig::default());
    let fixed = Pace::Every(MINUTE * 15);
    let mut burst = random(0.5, 30);
    burst = burst.iter().flat_map(|at| (0..6).map(|n| *at + MINUTE * 30 * n)).collect();
    burst.sort_unstable();
    let silent_then = daily(9.0, 12.0, HOUR, 33).into_iter().filter(|at| *at > START + DAY * 30).collect();
    println!("{:46} {:>24} {:>24}", "", "adaptive", "every 15 min");
    println!("{:46} {:>24} {:>24}", "source", "polls/day   delay, min", "polls/day   delay, min");
    let compare = |name: &str, posts: Vec<Timestamp>, days| {
        let [ours, theirs] = [adaptive, fixed].map(|pace| figures(&posts, days, pace));
        let cells = [&ours, &theirs].map(|f| match posts.len() {
            0 => format!("{:9.1} {:>12}", f.polls_a_day, "-"),
            _ => format!("{:9.1} {:12.1}", f.polls_a_day, f.delay_minutes),
        });
        println!("{name:46} {:>24} {:>24}", cells[0], cells[1]);
        (ours, theirs)
    };
    for (from, to) in [(6.0, 22.0), (8.0, 20.0)] {
        let name = format!("every 12 min from {from} to {to} h, 14 days");
        let (ours, theirs) = compare(&name, daily(from, to, MINUTE * 12, 14), 14);
        assert!(ours.polls_a_day < theirs.polls_a_day && ours.delay_minutes < theirs.delay_minutes);
    }
    let (ours, _) = compare("silent for 30 days", Vec::new(), 30);
    assert!(ours.polls_a_day <= 2.0);
    compare("silent for 30 days, then hourly in the morning", silent_then, 33);
    compare("every minute, 7 days", daily(0.0, 24.0, MINUTE, 7), 7);
    compare("24 a day at random, 30 days", random(24.0, 30), 30);
    compare("5 a day at random, 30 days", random(5.0, 30), 30);
    compare("1 a day at random, 30 days", random(1.0, 30), 30);
    compare("1 a day at 9 h, 30 days", daily(9.0, 10.0, HOUR, 30), 30);
    compare("6 within 3 h, every other day, 30 days", burst, 30);
}
