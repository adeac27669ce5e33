//! What the topic doctor found, in words.

use newshound::matcher::doctor::Finding;

use super::ink::{Style, Terminal};
use super::words::{counted, number, plain, wrap};

/// Topics that are told of.
const TOPICS: usize = 20;
/// Terms that are named of one kind.
const TERMS: usize = 30;

/// Returns the findings; nothing where there are none.
pub(in crate::cli) fn findings(findings: &[Finding], terminal: Terminal) -> String {
    let telling: Vec<&Finding> = findings.iter().filter(|finding| finding.says_something()).collect();
    let Some(first) = telling.first() else { return String::new() };
    let mut lines = vec![format!("topic doctor, over {}", counted(first.items, "item", "items"))];
    for finding in telling.iter().take(TOPICS) {
        lines.push(terminal.style(Style::Bold, &plain(finding.topic.as_str())));
        let texts = sentences(finding);
        lines.extend(texts.iter().flat_map(|text| wrap(&plain(text), terminal.columns, "  ")));
    }
    let more = telling.len().saturating_sub(TOPICS) as u64;
    if more > 0 {
        lines.push(format!("and {}; `backtest --topic` looks at one", counted(more, "topic", "topics")));
    }
    lines.join("\n")
}

fn sentences(finding: &Finding) -> Vec<String> {
    let mut texts = Vec::new();
    if !finding.never.is_empty() {
        texts.push(format!("never there: {}", named(&finding.never)));
    }
    let twins: Vec<String> = finding.twins.iter().map(|(one, other)| format!("{one} = {other}")).collect();
    if !twins.is_empty() {
        texts.push(format!("the same twice, so that both count: {}", named(&twins)));
    }
    if let Some((term, items)) = &finding.cause {
        let misses = counted(finding.near_misses, "near miss", "near misses");
        texts.push(format!("{misses}, {} of them mostly by {term}", number(*items)));
    }
    let mut turns = Vec::new();
    if let Some((threshold, hits)) = finding.halved_at {
        turns.push(format!("{} with threshold {}", number(hits), rounded(threshold)));
    }
    if let Some((threshold, hits)) = finding.doubled_at {
        turns.push(format!("{} with {}", number(hits), rounded(threshold)));
    }
    if !turns.is_empty() {
        texts.push(format!("{} now, {}", counted(finding.hits, "hit", "hits"), turns.join(", ")));
    }
    texts
}

/// Returns a threshold as it would be written.
fn rounded(threshold: f64) -> String {
    let text = format!("{threshold:.3}");
    text.trim_end_matches('0').to_owned()
}

fn named(terms: &[String]) -> String {
    let more = terms.len().saturating_sub(TERMS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", terms[..terms.len().min(TERMS)].join(", "))
}

#[cfg(test)]
mod tests {
    use newshound::model::TopicId;

    use super::*;

    fn finding() -> Finding {
        Finding {
            topic: TopicId::new("kim"),
            items: 4200,
            hits: 0,
            never: Vec::new(),
            twins: Vec::new(),
            near_misses: 0,
            cause: None,
            halved_at: None,
            doubled_at: None,
        }
    }

    const TERMINAL: Terminal = Terminal { columns: 80, colour: false, utf8: true };

    #[test]
    fn all_that_was_found_is_told() {
        let full = Finding {
            hits: 12,
            never: vec!["Choe".into(), "=arms".into()],
            twins: vec![("visit".into(), "visits".into())],
            near_misses: 31,
            cause: Some(("ammunition".into(), 22)),
            halved_at: Some((0.62, 6)),
            doubled_at: Some((0.415, 25)),
            ..finding()
        };
        insta::assert_snapshot!(findings(&[full, finding()], TERMINAL), @r"
        topic doctor, over 4,200 items
        kim
          never there: Choe, =arms
          the same twice, so that both count: visit = visits
          31 near misses, 22 of them mostly by ammunition
          12 hits now, 6 with threshold 0.62, 25 with 0.415
        ");
    }

    #[test]
    fn nothing_found_is_nothing_said_and_much_is_cut() {
        assert_eq!(findings(&[finding()], TERMINAL), "");
        let many = Finding { never: (0..40).map(|n| format!("t{n}")).collect(), ..finding() };
        let wide = Terminal { columns: 1000, ..TERMINAL };
        let told = findings(&vec![many; 22], wide);
        assert!(told.contains("t28, t29 and 10 more\n"), "{told}");
        assert!(told.ends_with("\nand 2 topics; `backtest --topic` looks at one"), "{told}");
    }
}
