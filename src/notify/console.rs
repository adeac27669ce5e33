//! Alerts on the output that is handed in: a block to read on a terminal, a line in a pipe, or the
//! webhook's body.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use unicode_width::UnicodeWidthStr;

use super::error::SendError;
use super::message::Message;
use super::{letter, payload, text};
use crate::model::{AlertKind, Timestamp};

/// Where alerts are written.
pub type Output = Arc<Mutex<dyn Write + Send>>;

/// How an alert looks on the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A block for people, on a terminal of so many columns.
    Block {
        /// The columns.
        columns: usize,
        /// Whether it is coloured.
        colour: bool,
    },
    /// One line.
    Line,
    /// The webhook's body on one line.
    Json,
}

/// The console.
#[derive(Clone)]
pub struct Console {
    output: Output,
    look: Look,
}

impl Console {
    /// Takes the output.
    pub fn new(output: Output, look: Look) -> Self {
        Console { output, look }
    }

    /// Writes one alert. A reader may stop reading at any time, so that this waits apart from
    /// everything else.
    pub(super) async fn send(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        let written = self.look.written(message, now);
        let output = Arc::clone(&self.output);
        let writing = tokio::task::spawn_blocking(move || {
            let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
            output.write_all(written.as_bytes())?;
            output.flush()
        });
        writing.await.map_err(|error| SendError::Render(error.to_string()))?.map_err(SendError::Output)
    }
}

impl Look {
    /// Returns an alert as it is written, with the line's end.
    pub fn written(self, message: &Message, now: Timestamp) -> String {
        match self {
            Look::Block { columns, colour } => block(message, now, columns, Ink { colour }),
            Look::Line => line(message, now),
            Look::Json => payload::envelope(message, now).to_json() + "\n",
        }
    }
}

/// What makes a terminal show text in bold.
pub const BOLD: &str = "\x1b[1m";
/// What makes it show text dimmed.
pub const DIM: &str = "\x1b[2m";
/// What makes it show matched words.
pub const EVIDENCE: &str = "\x1b[7;33m";
/// What ends each of these.
pub const PLAIN: &str = "\x1b[0m";

/// Writes with colour or without.
#[derive(Clone, Copy)]
struct Ink {
    colour: bool,
}

impl Ink {
    fn bold(self, text: &str) -> String {
        if self.colour { format!("{BOLD}{text}{PLAIN}") } else { text.to_owned() }
    }

    fn dim(self, text: &str) -> String {
        if self.colour { format!("{DIM}{text}{PLAIN}") } else { text.to_owned() }
    }

    fn evidence(self, text: &str) -> String {
        if self.colour { format!("{EVIDENCE}{text}{PLAIN}") } else { format!("«{text}»") }
    }
}

fn block(message: &Message, now: Timestamp, columns: usize, ink: Ink) -> String {
    const INDENT: &str = "          ";
    let alert = &message.alert;
    let time = now.to_jiff().to_zoned_datetime(message.timezone.clone()).strftime("%H:%M:%S").to_string();
    let topic = text::line(&alert.topic_name);
    let kind = match alert.kind {
        AlertKind::Created => "",
        AlertKind::FollowUp => "follow-up: ",
        AlertKind::Test => "test: ",
        AlertKind::Digest | AlertKind::SourceFailing | AlertKind::SourceRecovered => alert.kind.as_str(),
    };
    let head = format!("{time}  {topic} {:.2}  {kind}", alert.score);
    let room = columns.saturating_sub(width(&head)).max(20);
    let headline = text::fit(&letter::headline(message), room);
    let source = text::fit(&text::line(&message.source_name), columns / 3);
    let outlets = letter::split(message).unwrap_or_else(|| letter::counted(alert.story.outlets, "outlet"));
    let about = format!("{INDENT}{source}, {outlets}");
    let mut out = format!(
        "{}  {} {:.2}  {kind}{}\n{about}",
        ink.dim(&time),
        ink.bold(&topic),
        alert.score,
        ink.bold(&headline),
    );
    let mut room = columns.saturating_sub(width(&about));
    for (at, (field, phrases)) in matches(message).iter().enumerate() {
        let lead = format!("{}{field} ", if at == 0 { "; " } else { ", " });
        // The strongest line is shown in any case, as much of it as fits.
        let phrases =
            if at == 0 { fitted(phrases, room.saturating_sub(width(&lead))) } else { phrases.clone() };
        let taken = width(&lead) + taken(&phrases);
        if at > 0 && taken > room {
            break;
        }
        room = room.saturating_sub(taken);
        let phrases: Vec<String> = phrases.iter().map(|phrase| ink.evidence(phrase)).collect();
        let _ = write!(out, "{lead}{}", phrases.join(BETWEEN));
    }
    if alert.follow_up.is_some() {
        let news = text::fit(&text::line(&alert.reason), columns.saturating_sub(INDENT.len()).max(20));
        let _ = write!(out, "\n{INDENT}{news}");
    }
    if let Some(link) = link(message) {
        let _ = write!(out, "\n{INDENT}{}", ink.dim(&link));
    }
    out.push('\n');
    out
}

/// Between two phrases of one line of evidence.
const BETWEEN: &str = " … ";
/// Columns of « and ».
const SIGNS: usize = 2;

fn taken(phrases: &[String]) -> usize {
    let gaps = BETWEEN.width() * phrases.len().saturating_sub(1);
    phrases.iter().map(|phrase| width(phrase) + SIGNS).sum::<usize>() + gaps
}

/// Returns the phrases that fit, the first cut where even that does not.
fn fitted(phrases: &[String], room: usize) -> Vec<String> {
    let n_fit = (1..=phrases.len()).rev().find(|n| taken(&phrases[..*n]) <= room);
    match (n_fit, phrases.first()) {
        (Some(n), _) => phrases[..n].to_vec(),
        (None, first) => {
            first.map(|first| text::fit(first, room.saturating_sub(SIGNS).max(8))).into_iter().collect()
        }
    }
}

fn width(text: &str) -> usize {
    text.width()
}

fn line(message: &Message, now: Timestamp) -> String {
    let alert = &message.alert;
    let time = now
        .to_jiff()
        .to_zoned_datetime(message.timezone.clone())
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string();
    let kind = alert.kind.as_str();
    let kind = match alert.kind {
        AlertKind::Created => "alert",
        AlertKind::FollowUp => "follow_up",
        AlertKind::Test | AlertKind::Digest | AlertKind::SourceFailing | AlertKind::SourceRecovered => kind,
    };
    let headline = letter::headline(message).replace('\\', "\\\\").replace('"', "\\\"");
    let mut out =
        format!("{time} {kind} {} {:.2} \"{headline}\"", text::line(alert.topic.as_str()), alert.score);
    if let Some(link) = link(message) {
        let _ = write!(out, " {link}");
    }
    for (at, (field, phrases)) in matches(message).iter().enumerate() {
        let _ = write!(out, "{}{field} «{}»", if at == 0 { " " } else { ", " }, phrases.join("» … «"));
    }
    if alert.follow_up.is_some() {
        let _ = write!(out, "; {}", text::line(&alert.reason));
    }
    out.push('\n');
    out
}

/// The story's page where there is one, else the article.
fn link(message: &Message) -> Option<String> {
    message
        .links
        .story
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| letter::article(message).map(String::from))
}

/// Returns the matched words of the strongest evidence, each line with its field.
fn matches(message: &Message) -> Vec<(&'static str, Vec<String>)> {
    let mut matches: Vec<(&'static str, Vec<String>)> = Vec::new();
    for line in message.alert.evidence.iter().filter(|line| line.points > 0.0) {
        let found = (line.field.as_str(), matched(&line.snippet, &line.term));
        let told = |known: &Vec<String>| found.1.iter().all(|word| known.iter().any(|k| k.contains(word)));
        if !matches.iter().any(|(field, known)| *field == found.0 && told(known)) {
            matches.push(found);
        }
    }
    matches.truncate(MOST_MATCHES);
    matches
}

/// Lines of evidence that are told.
const MOST_MATCHES: usize = 2;
/// Characters between two marks that are still told as one phrase.
const PHRASE: usize = 24;

/// Returns all marked words of a snippet; those near each other as one phrase, with what stands
/// between them.
fn matched(snippet: &str, term: &str) -> Vec<String> {
    let snippet = text::line(snippet);
    let parts = text::marked(&snippet);
    let mut phrases: Vec<String> = Vec::new();
    let mut between = None;
    for (marked, part) in parts {
        match (marked, between.take(), phrases.last_mut()) {
            (true, Some(gap), Some(phrase)) => {
                phrase.push_str(gap);
                phrase.push_str(part);
            }
            (true, _, _) => phrases.push(part.to_owned()),
            (false, _, _) if part.chars().count() <= PHRASE && !part.contains('…') => between = Some(part),
            (false, _, _) => {}
        }
    }
    if phrases.is_empty() {
        phrases.push(text::line(term));
    }
    phrases.iter().map(|phrase| text::fit(phrase, 60)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::message::tests::message;

    const NOW: Timestamp = Timestamp::from_millis(1_694_452_920_000);

    #[test]
    fn a_block_is_read_at_a_glance() {
        let look = Look::Block { columns: 80, colour: false };
        insta::assert_snapshot!(look.written(&message(), NOW), @"
        19:22:00  Kim travel 0.65  Kim Jong-un’s train leaves Pyongyang, Seoul says
                  BBC World, 1 outlet; title «Kim Jong-un’s train leaves»
                  https://news.example/world/kim-train
        ");
    }

    #[test]
    fn all_marked_words_of_a_line_are_told() {
        for (snippet, expect) in [
            ("«Kim» Jong-un’s train «leaves» Pyongyang", &["Kim Jong-un’s train leaves"][..]),
            ("«김정은», 러시아 «방문»", &["김정은, 러시아 방문"]),
            ("«Kim» said nothing of this … said nothing of this «train»", &["Kim", "train"]),
            ("the «train», of which so much has been said and written, «left»", &["train", "left"]),
            ("nothing is marked", &["Kim"]),
        ] {
            assert_eq!(matched(snippet, "Kim"), expect, "{snippet}");
        }
    }

    #[test]
    fn what_a_stronger_line_tells_already_is_not_told_again() {
        let mut message = message();
        let line = message.alert.evidence[0].clone();
        let told = |snippet: &str| crate::model::Evidence { snippet: snippet.to_owned(), ..line.clone() };
        message.alert.evidence =
            vec![told("against «arms deals»"), told("against «arms» deals"), told("«Moscow»")];
        assert_eq!(
            matches(&message),
            [("title", vec!["arms deals".to_owned()]), ("title", vec!["Moscow".to_owned()])]
        );
    }

    #[test]
    fn colour_replaces_the_marks() {
        let written = Look::Block { columns: 80, colour: true }.written(&message(), NOW);
        assert!(written.contains("\x1b[7;33mKim Jong-un’s train leaves\x1b[0m"));
        assert!(!written.contains('«'));
    }

    #[test]
    fn a_pipe_gets_one_line() {
        let mut message = message();
        message.item.title = "He said \"no\"\nand left".to_owned();
        insta::assert_snapshot!(Look::Line.written(&message, NOW), @r#"2023-09-11T19:22:00+02:00 alert kim-travel 0.65 "He said \"no\" and left" https://news.example/world/kim-train title «Kim Jong-un’s train leaves»"#);
    }

    #[test]
    fn no_headline_moves_the_cursor_or_leaves_its_line() {
        let mut message = message();
        message.item.title = format!("\u{1b}[2J\u{9b}31m{}\u{202e}", "金正恩".repeat(100));
        message.source_name = "\u{7}bell".to_owned();
        message.alert.topic_name = "Kim\ttravel\u{85}".to_owned();
        for look in [Look::Block { columns: 80, colour: false }, Look::Line, Look::Json] {
            let written = look.written(&message, NOW);
            let (body, end) = written.split_at(written.len() - 1);
            assert_eq!(end, "\n");
            assert!(!body.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{body:?}");
        }
        message.alert.evidence[0].snippet = format!("«{}» «{}»", "金正恩".repeat(9), "訪露".repeat(9));
        let block = Look::Block { columns: 80, colour: false }.written(&message, NOW);
        assert!(block.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 80), "{block}");
    }
}
