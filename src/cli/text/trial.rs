//! One poll of a source, for people.

use newshound::app::trial::Trial;

use super::words::{duration, plain};

/// Tells of a poll in lines.
pub(in crate::cli) fn told(trial: &Trial) -> String {
    let mut lines = vec![format!("source    {}  {}", trial.source, trial.url)];
    let sent = [("If-None-Match", &trial.if_none_match), ("If-Modified-Since", &trial.if_modified_since)];
    let sent: Vec<String> =
        sent.iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?))).collect();
    lines.push(match sent.as_slice() {
        [] => "asked     for the whole, since nothing to compare with is known".to_owned(),
        sent => format!("asked     with {}", sent.join(", ")),
    });
    let took = duration(trial.took);
    lines.push(match &trial.message {
        Some(message) => format!("answered  {} after {took}: {message}", trial.class),
        None => format!("answered  {} after {took}", trial.class),
    });
    lines.push(format!("items     {}, of which {} are not in store", trial.items, trial.new));
    let reason = trial.reason.as_deref().unwrap_or("as configured");
    lines.push(format!("next      poll in {}: {reason}", duration(trial.interval)));
    lines.extend(trial.notes.iter().map(|note| format!("note      {note}")));
    lines.iter().map(|line| plain(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use newshound::model::{PollClass, SourceId, Timestamp};

    use super::*;

    #[test]
    fn every_decision_has_a_line() {
        let trial = Trial {
            source: SourceId::new("bbc"),
            url: "https://a.example/f".into(),
            if_none_match: Some("\"a\u{1b}[31m\"".into()),
            if_modified_since: None,
            class: PollClass::NotModified,
            message: None,
            took: 0.2,
            items: 0,
            new: 0,
            next_poll: Timestamp::default(),
            interval: 10_800.0,
            reason: Some("the server asked for max-age=10800".into()),
            notes: vec!["told".into()],
        };
        let expect = "source    bbc  https://a.example/f\nasked     with If-None-Match: \"a[31m\"\n\
            answered  not_modified after 200 ms\nitems     0, of which 0 are not in store\n\
            next      poll in 3 h: the server asked for max-age=10800\nnote      told";
        assert_eq!(told(&trial), expect);
        let bare = told(&Trial { if_none_match: None, message: Some("why".into()), ..trial });
        assert!(bare.contains("asked     for the whole") && bare.contains("after 200 ms: why"), "{bare}");
    }
}
