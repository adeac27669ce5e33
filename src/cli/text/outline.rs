//! The topics as they are understood, in words.

use newshound::config::Config;
use newshound::matcher::{Compared, Outline};

use super::ink::{Style, Terminal};
use super::words::{plain, wrap};

/// Columns of the names on the left.
const LABEL: usize = 10;
/// Parts of a list that are shown before the rest is only counted.
const MOST_LISTED: usize = 200;

/// Returns the topics one below the other.
pub(in crate::cli) fn topics(config: &Config, outlines: &[Outline], terminal: Terminal) -> String {
    let all: Vec<String> = outlines
        .iter()
        .map(|outline| {
            let topic = config.topics.iter().find(|topic| topic.id == outline.topic);
            one(topic.map_or("", |topic| topic.name.as_str()), outline, terminal)
        })
        .collect();
    all.join("\n\n")
}

fn one(name: &str, outline: &Outline, terminal: Terminal) -> String {
    let name = terminal.style(Style::Bold, &plain(name));
    let mention = if outline.mention { ", any mention counts" } else { "" };
    let mut lines = vec![format!("{name}  {}, threshold {:.2}{mention}", outline.topic, outline.threshold)];
    let mut list = |label: &str, parts: &[String]| {
        if !parts.is_empty() {
            lines.extend(hanging(label, &listed(parts), terminal));
        }
    };
    outline.all.iter().for_each(|group| list("all", std::slice::from_ref(group)));
    list("any", &outline.any);
    if outline.min_terms > 1 {
        list("", &[format!("at least {} of them", outline.min_terms)]);
    }
    outline.near.iter().for_each(|near| list("near", std::slice::from_ref(near)));
    list("less", &outline.less);
    list("none", &outline.none);
    list("ignore", &outline.ignore);
    list("sources", &outline.sources);
    list("languages", &outline.languages);
    let words: Vec<String> = outline.terms.iter().filter_map(compared).collect();
    list("words", &words);
    let anchors = &outline.anchors;
    let share = format!("{} (about {:.1} % of the items)", listed(&anchors.phrases), anchors.share * 100.0);
    list("looked at", &[share]);
    if !anchors.costly.is_empty() {
        list("costly", &[format!("{}: in so many items that the topic is slow", listed(&anchors.costly))]);
    }
    lines.join("\n")
}

/// Returns how a term is compared, where that is not plain to see.
fn compared(compared: &Compared) -> Option<String> {
    let words = compared.words.join(" ");
    (words != compared.term.to_lowercase()).then(|| format!("{} = {words}", compared.term))
}

fn listed(parts: &[String]) -> String {
    let mut shown: Vec<String> = parts.iter().take(MOST_LISTED).map(|part| plain(part)).collect();
    if parts.len() > MOST_LISTED {
        shown.push(format!("and {} more", parts.len() - MOST_LISTED));
    }
    shown.join(" · ")
}

fn hanging(label: &str, text: &str, terminal: Terminal) -> Vec<String> {
    let mut lines = wrap(text, terminal.columns, &" ".repeat(LABEL + 2));
    if let Some(first) = lines.first_mut() {
        *first = format!(
            "  {label}{}{}",
            " ".repeat(LABEL.saturating_sub(super::words::width(label))),
            first.trim_start()
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    use newshound::config::{Environment, parse_str};
    use newshound::matcher::Matcher;

    use super::*;

    #[test]
    fn all_of_a_topic_is_shown() {
        let text = "[[topic]]\nid = 'oil'\nname = 'Oil'\nany = ['OPEC', 'barrels^0.5']\nmin_terms = 2\nmention = true\n\
                    query = '(oil OR gas) NEAR/3 price* NOT \"palm oil\"'\nless = ['hockey']\nlanguages = ['en']";
        let loaded = parse_str("n.toml", text, &Environment::of("/nowhere", &[]));
        let config = loaded.config.unwrap();
        let (matcher, _) = Matcher::compile(&loaded.topics);
        let terminal = Terminal { columns: 60, colour: false, utf8: true };
        insta::assert_snapshot!(topics(&config, &matcher.outlines(), terminal), @r#"
        Oil  oil, threshold 0.50, any mention counts
          all       (oil OR gas) NEAR/3 price*
          any       OPEC · barrels^0.5
                    at least 2 of them
          less      hockey
          none      "palm oil"
          languages en
          words     barrels = barrel… · hockey = hockey… · oil =
                    oil… · gas = gas… · palm oil = palm… oil…
          looked at price* (about 4.0 % of the items)
        "#);
    }
}
