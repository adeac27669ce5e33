//! Precision, recall, F1 and average precision.

/// A document as a topic ranked it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    /// From 0 to 1, or a count: higher is surer.
    pub(super) rank: f64,
    /// Whether an editor filed it under the topic.
    pub(super) right: bool,
}

/// How well one topic does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figures {
    pub(super) precision: f64,
    pub(super) recall: f64,
    pub(super) f1: f64,
    /// The mean of the precisions at each recall, weighted by the recall it adds; documents of
    /// equal rank come together.
    pub(super) average_precision: f64,
}

impl Figures {
    pub(super) fn of(mut judged: Vec<Judged>, threshold: f64) -> Figures {
        let n_right = count(judged.iter().filter(|judged| judged.right));
        let n_told = count(judged.iter().filter(|judged| judged.rank >= threshold));
        let n_good = count(judged.iter().filter(|judged| judged.rank >= threshold && judged.right));
        judged.sort_by(|one, other| other.rank.total_cmp(&one.rank));
        let (mut seen, mut good, mut average_precision) = (0.0, 0.0, 0.0);
        for equal in judged.chunk_by(|one, other| one.rank.total_cmp(&other.rank).is_eq()) {
            let more = count(equal.iter().filter(|judged| judged.right));
            seen += count(equal.iter());
            good += more;
            average_precision += share(more, n_right) * share(good, seen);
        }
        Figures {
            precision: share(n_good, n_told),
            recall: share(n_good, n_right),
            f1: share(2.0 * n_good, n_told + n_right),
            average_precision,
        }
    }
}

/// Returns the mean of a figure over the topics, each counting the same.
pub(super) fn macro_mean(figures: &[Figures], of: impl Fn(&Figures) -> f64) -> f64 {
    figures.iter().map(of).sum::<f64>() / count(figures.iter())
}

/// Returns how many there are, to reckon with.
#[expect(clippy::cast_precision_loss, reason = "there are fewer documents than 2^52")]
pub(super) fn count<T>(things: impl Iterator<Item = T>) -> f64 {
    things.count() as f64
}

fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

#[test]
fn figures_are_those_of_the_textbook() {
    let judged = |rank, right| Judged { rank, right };
    let ranked = vec![judged(0.9, true), judged(0.8, false), judged(0.6, true), judged(0.3, true)];
    let figures = Figures::of(ranked, 0.5);
    let expect = Figures {
        precision: 2.0 / 3.0,
        recall: 2.0 / 3.0,
        f1: 2.0 / 3.0,
        average_precision: (1.0 + 2.0 / 3.0 + 3.0 / 4.0) / 3.0,
    };
    assert!((figures.average_precision - expect.average_precision).abs() < 1e-9);
    assert_eq!(Figures { average_precision: 0.0, ..figures }, Figures { average_precision: 0.0, ..expect });
    let tied = Figures::of(vec![judged(0.9, false), judged(0.9, true)], 0.5);
    assert!((tied.average_precision - 0.5).abs() < 1e-9);
}
