//! One term as written to its marks and words: `=arms deal^1.4`, `title:Kim`.

use std::ops::Range;

use super::tree::Fields;
use super::words::term_words;
use crate::config::{Place, Problem, Severity, Term, WEIGHTS};

/// Words of one phrase.
pub(super) const MAX_WORDS: usize = 200;
/// The fields a term can be bound to.
const FIELDS: [(&str, Fields); 4] =
    [("title", Fields::TITLE), ("lead", Fields::LEAD), ("body", Fields::BODY), ("text", Fields::TEXT)];
/// Conditions of the professional form, which a term cannot have.
const CONDITIONS: [&str; 5] = ["source", "lang", "url", "author", "tag"];

/// A term taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parsed {
    /// The words as written, without marks.
    pub text: String,
    /// Whether only this form counts.
    pub exact: bool,
    /// Its weight, if it says one.
    pub weight: Option<f64>,
    /// Where it counts.
    pub fields: Fields,
}

impl Parsed {
    /// Returns the term as evidence shows it.
    pub(super) fn label(&self) -> String {
        if self.exact { format!("={}", self.text) } else { self.text.clone() }
    }
}

/// Takes a term apart; what is wrong goes to `problems`.
pub(super) fn parse(term: &Term, problems: &mut Vec<Problem>) -> Option<Parsed> {
    let mut marks = Marks { term, at: 0, end: term.text.len() };
    marks.trim();
    let before = problems.len();
    let weight = marks.weight(problems);
    let mut exact = marks.exact();
    let fields = marks.fields(problems);
    exact |= marks.exact();
    let text = marks.rest().to_owned();
    check_words(term, &text, problems);
    if text.contains(['*', '?']) {
        let problem = Problem::warning(&term.place, "`*` and `?` have no meaning in a term");
        problems.push(problem.suggest("leave them out: words are found in all their inflections"));
    }
    let failed = problems[before..].iter().any(|problem| problem.severity == Severity::Error);
    (!failed).then_some(Parsed { text, exact, weight, fields })
}

/// Finds what is wrong with the words of a term.
fn check_words(term: &Term, text: &str, problems: &mut Vec<Problem>) {
    // Every word has a byte, and a letter is always part of one: most terms need no count.
    if text.len() <= MAX_WORDS && text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return;
    }
    let n_words = term_words(text).plain().count();
    if text.is_empty() {
        problems.push(Problem::error(&term.place, "empty term"));
    } else if n_words == 0 {
        problems.push(Problem::error(&term.place, format!("no word in `{text}`")));
    } else if n_words > MAX_WORDS {
        let message = format!("a phrase of {n_words} words; at most {MAX_WORDS} are allowed");
        problems.push(Problem::error(&term.place, message));
    }
}

/// The text of a term between the marks that were read.
struct Marks<'a> {
    term: &'a Term,
    at: usize,
    end: usize,
}

impl<'a> Marks<'a> {
    fn rest(&self) -> &'a str {
        &self.term.text[self.at..self.end]
    }

    fn trim(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.end = self.at + rest.trim().len();
    }

    fn exact(&mut self) -> bool {
        let exact = self.rest().starts_with('=');
        self.at += usize::from(exact);
        self.trim();
        exact
    }

    /// Reads `^1.4`, or the table's `weight`.
    fn weight(&mut self, problems: &mut Vec<Problem>) -> Option<f64> {
        let Some(caret) = self.rest().rfind('^') else {
            let weight = self.term.weight?;
            return self.checked(weight, &weight.to_string(), 0..self.term.text.len(), problems);
        };
        let (from, to) = (self.at + caret, self.end);
        let number = self.term.text[from + 1..to].trim();
        (self.end, self.at) = (from, self.at.min(from));
        self.trim();
        if self.term.weight.is_some() {
            let problem = Problem::error(&within(self.term, from..to), "the weight is given twice");
            problems.push(problem.suggest("leave out `weight` or the `^`"));
            return None;
        }
        self.checked(number.parse().unwrap_or(f64::NAN), number, from..to, problems)
    }

    fn checked(
        &self,
        weight: f64,
        written: &str,
        at: Range<usize>,
        problems: &mut Vec<Problem>,
    ) -> Option<f64> {
        if WEIGHTS.contains(&weight) {
            return Some(weight);
        }
        let message = format!("bad weight `{written}`: expected a number from 0.05 to 10");
        let problem = Problem::error(&within(self.term, at), message);
        let nearest = weight.clamp(*WEIGHTS.start(), *WEIGHTS.end());
        problems.push(if weight.is_nan() {
            problem.suggest("write it like `word^1.4`")
        } else {
            problem.suggest(format!("the nearest is {nearest}"))
        });
        None
    }

    /// Reads `title:`, or the table's `field`.
    fn fields(&mut self, problems: &mut Vec<Problem>) -> Fields {
        let rest = self.rest();
        let name = rest.split(':').next().filter(|name| name.len() < rest.len());
        let name = name.filter(|name| {
            let glued = rest[name.len() + 1..].chars().next().is_some_and(|c| !c.is_whitespace() && c != '/');
            glued && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())
        });
        let table = self.term.field.as_deref();
        let (name, at) = match (name, table) {
            (None, None) => return Fields::ALL,
            (Some(name), _) => (name, self.at..self.at + name.len()),
            (None, Some(name)) => (name, 0..self.term.text.len()),
        };
        if let Some((_, fields)) = FIELDS.iter().find(|(known, _)| *known == name) {
            if table.is_none_or(|table| table == name) {
                self.at += if at.end == self.at + name.len() && rest.starts_with(&format!("{name}:")) {
                    name.len() + 1
                } else {
                    0
                };
                self.trim();
                return *fields;
            }
            problems.push(Problem::error(&within(self.term, at), "the field is given twice"));
        } else {
            problems.push(unknown_field(name, &within(self.term, at)));
        }
        Fields::ALL
    }
}

fn unknown_field(name: &str, place: &Place) -> Problem {
    if CONDITIONS.contains(&name) {
        let problem = Problem::error(place, format!("`{name}:` is no field of a term"));
        return match name {
            "source" | "tag" => problem.suggest("use the topic's `sources`"),
            "lang" => problem.suggest("use the topic's `languages`"),
            _ => problem.suggest("a term counts in `title`, `lead`, `body` or `text`"),
        };
    }
    let problem = Problem::error(place, format!("unknown field `{name}`"));
    let near = FIELDS.iter().map(|(known, _)| (strsim::damerau_levenshtein(known, name), *known)).min();
    match near {
        Some((distance, known)) if distance <= 2 => problem.suggest(format!("did you mean `{known}`?")),
        _ => problem.suggest("a field is `title`, `lead`, `body` or `text`; put a space behind the colon if it is part of the words"),
    }
}

/// Returns the place of some bytes of a term, where the file holds its text as it is.
pub(super) fn within(term: &Term, bytes: Range<usize>) -> Place {
    let whole = &term.place.span;
    let written = term.place.file.text.get(whole.clone()).unwrap_or_default();
    match written.find(&term.text) {
        Some(at) if !term.text.is_empty() => {
            let start = whole.start + at;
            Place { file: term.place.file.clone(), span: start + bytes.start..start + bytes.end }
        }
        _ => term.place.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::fixture::term;

    #[track_caller]
    fn check(text: &str, words: &str, exact: bool, weight: Option<f64>, fields: Fields) {
        let mut problems = Vec::new();
        let parsed = parse(&term(text), &mut problems);
        let expect = Parsed { text: words.into(), exact, weight, fields };
        assert_eq!((parsed, problems.len()), (Some(expect), 0), "{text}");
    }

    /// The first problem: its message, and the text it marks.
    #[track_caller]
    fn check_problem(text: &str, message: &str, marked: &str) {
        let mut problems = Vec::new();
        let term = term(text);
        assert_eq!(parse(&term, &mut problems), None, "{text}");
        assert_eq!(problems[0].message, message);
        assert_eq!(problems[0].place.as_ref().unwrap().marked(), marked);
    }

    #[test]
    fn marks_are_taken_off() {
        check("arms deal", "arms deal", false, None, Fields::ALL);
        check("=arms deal^1.4", "arms deal", true, Some(1.4), Fields::ALL);
        check(" title:=Kim ^ 2 ", "Kim", true, Some(2.0), Fields::TITLE);
        check("=lead:Kim", "Kim", true, None, Fields::LEAD);
        check("Breaking: news", "Breaking: news", false, None, Fields::ALL);
        check("AWS re:Invent", "AWS re:Invent", false, None, Fields::ALL);
        check("https://news.example", "https://news.example", false, None, Fields::ALL);
    }

    #[test]
    fn the_table_says_the_same() {
        let mut problems = Vec::new();
        let written = Term { weight: Some(0.5), field: Some("title".into()), ..term("Kim") };
        let parsed = parse(&written, &mut problems).unwrap();
        assert_eq!((parsed.weight, parsed.fields), (Some(0.5), Fields::TITLE));
        let both = Term { weight: Some(0.5), ..term("Kim^2") };
        assert_eq!(parse(&both, &mut problems), None);
        assert_eq!(problems[0].message, "the weight is given twice");
    }

    #[test]
    fn faults_are_marked_to_the_byte() {
        check_problem("arms deal^11", "bad weight `11`: expected a number from 0.05 to 10", "^11");
        check_problem("arms^x", "bad weight `x`: expected a number from 0.05 to 10", "^x");
        check_problem("titel:Kim", "unknown field `titel`", "titel");
        check_problem("lang:en", "`lang:` is no field of a term", "lang");
        check_problem("?!", "no word in `?!`", "\"?!\"");
        check_problem("^2", "empty term", "\"^2\"");
        let long = "a ".repeat(201);
        check_problem(&long, "a phrase of 201 words; at most 200 are allowed", &format!("\"{long}\""));
    }
}
