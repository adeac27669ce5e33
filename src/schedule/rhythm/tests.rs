use super::*;

/// A made-up source: when it posts.
struct Posts(Vec<Timestamp>);

struct Run {
    polls: Vec<Timestamp>,
    delays: Vec<(Timestamp, Duration)>,
}

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000 / 86_400_000 * 86_400_000);
const BOUNDS: Bounds = Bounds { least: Duration::from_mins(10), most: Duration::from_hours(24) };

fn at(hours: f64) -> Timestamp {
    START + Duration::from_secs_f64(hours * 3600.0)
}

fn simulate(posts: &[f64], days: u32, fixed: Option<Duration>, seed: u64) -> Run {
    let end = START + Duration::from_hours(24) * days;
    let (mut now, mut seen, mut bytes) = (START, 0, Vec::new());
    let mut run = Run { polls: vec![], delays: vec![] };
    while now < end {
        run.polls.push(now);
        let mut n_new = 0;
        while seen < posts.len() && at(posts[seen]) <= now {
            if now > START {
                run.delays.push((at(posts[seen]), now.since(at(posts[seen]))));
                n_new += 1;
            }
            seen += 1;
        }
        let mut rhythm = Rhythm::decode(&bytes);
        rhythm.learn(n_new, now);
        let wait = fixed.unwrap_or_else(|| rhythm.next(BOUNDS, now));
        bytes = rhythm.encode();
        now = now + wait.mul_f64(1.0 + 0.1 * crate::schedule::jitter("x", seed + run.polls.len() as u64));
    }
    run
}

fn daily(from: f64, to: f64, every: f64, days: u32) -> Vec<f64> {
    let n = ((to - from) / every).round() as u32;
    (0..days).flat_map(|d| (0..n).map(move |i| f64::from(d) * 24.0 + from + f64::from(i) * every)).collect()
}

fn report(name: &str, posts: &[f64], days: u32) {
    for fixed in [None, Some(Duration::from_mins(15))] {
        let run = simulate(posts, days, fixed, 7);
        let last: Vec<_> = run.delays.iter().filter(|(p, _)| *p >= at(48.0)).collect();
        let mean = |d: &[&(Timestamp, Duration)]| {
            d.iter().map(|x| x.1.as_secs_f64()).sum::<f64>() / 60.0 / d.len().max(1) as f64
        };
        let all: Vec<_> = run.delays.iter().collect();
        let per_day: Vec<usize> = (0..days)
            .map(|d| {
                run.polls
                    .iter()
                    .filter(|p| **p >= at(f64::from(d) * 24.0) && **p < at(f64::from(d) * 24.0 + 24.0))
                    .count()
            })
            .collect();
        println!(
            "{name:28} {:8} polls {:5} delay {:6.1} from day 3 {:6.1}  {per_day:?}",
            if fixed.is_some() { "fixed15" } else { "adaptive" },
            run.polls.len(),
            mean(&all),
            mean(&last)
        );
    }
}

#[test]
fn figures() {
    for (from, to) in [(6.0, 22.0), (8.0, 20.0), (7.0, 23.0), (0.0, 12.0)] {
        let posts = daily(from, to, 0.2, 14);
        report(&format!("12 min {from}-{to}"), &posts, 14);
        let run = simulate(&posts, 14, None, 7);
        for d in 0..14 {
            let day = |p: &&Timestamp| **p >= at(f64::from(d) * 24.0) && **p < at(f64::from(d) * 24.0 + 24.0);
            let hour = |p: &&Timestamp| {
                let h = hours(p.since(START)) % 24.0;
                h >= from && h < to
            };
            let act = run.polls.iter().filter(day).filter(hour).count();
            let night = run.polls.iter().filter(day).filter(|p| !hour(p)).count();
            print!("{act}/{night} ");
        }
        println!();
    }
    report("silent", &[], 30);
    report("active then silent", &daily(6.0, 22.0, 0.2, 30), 60);
    report("daily 9:00", &daily(9.0, 10.0, 1.0, 30), 30);
    let weekdays: Vec<f64> =
        daily(8.0, 18.0, 0.5, 42).into_iter().filter(|h| (h / 24.0) as u32 % 7 < 5).collect();
    report("weekdays", &weekdays, 42);
    report("every 2 min", &daily(0.0, 24.0, 1.0 / 30.0, 7), 7);
    report("weekly", &(0..8).map(|w| f64::from(w) * 168.0 + 30.0).collect::<Vec<_>>(), 56);
    let random = |per_day: f64, days: f64| {
        let mut t = 0.0;
        let mut v = vec![];
        let mut i = 0;
        while t < days * 24.0 {
            t += -24.0 / per_day * (1.0 - crate::schedule::jitter("p", i)).ln();
            i += 1;
            v.push(t);
        }
        v
    };
    report("poisson 1/day", &random(1.0, 30.0), 30);
    report("poisson 5/day", &random(5.0, 30.0), 30);
    report("poisson 24/day", &random(24.0, 30.0), 30);
    let bursts: Vec<f64> =
        random(0.5, 30.0).iter().flat_map(|t| (0..6).map(move |i| t + f64::from(i) * 0.5)).collect();
    report(
        "bursts of 6 in 3h",
        &{
            let mut b = bursts;
            b.sort_by(f64::total_cmp);
            b
        },
        30,
    );
}
