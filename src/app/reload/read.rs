//! Reads the files for a configuration that runs already: what of them can be taken, and what has
//! to stay as it was.

use std::collections::HashSet;
use std::path::Path;

use crate::app::setup::Ready;
use crate::config::{
    self, Config, Environment, Loaded, Problem, Severity, Topic, TopicTables, Trail, Wanted,
};
use crate::matcher::Matcher;
use crate::matcher::learn::Corrections;
use crate::model::TopicId;

/// What came of reading the files again.
pub(in crate::app) struct Reading {
    /// What can be run, the topics that stay as they were included; `None` where nothing is taken.
    pub(in crate::app) ready: Option<Ready>,
    /// What could be read, where nothing is taken.
    pub(in crate::app) ruins: Option<Config>,
    /// The topics that have an error now and stay as they were.
    pub(in crate::app) kept: Vec<TopicId>,
    /// Everything that is wrong, by place.
    pub(in crate::app) problems: Vec<Problem>,
    /// The files as they were.
    pub(in crate::app) trail: Trail,
}

impl Reading {
    /// Returns the first error, with its place, and how many more there are.
    pub(in crate::app) fn error(&self) -> Option<String> {
        let mut errors = self.problems.iter().filter(|problem| problem.severity == Severity::Error);
        let first = told(errors.next()?);
        match errors.count() {
            0 => Some(first),
            more => Some(format!("{first} (and {more} more)")),
        }
    }
}

/// Returns a problem in one line: place, message, way out.
pub(super) fn told(problem: &Problem) -> String {
    let place = problem.place.as_ref().map(|place| format!("{place:?}: ")).unwrap_or_default();
    let help = problem.suggestion.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{place}{}{help}", problem.message)
}

/// Reads the files beside the configuration that runs. An error inside a topic leaves that topic
/// as it was; any other leaves everything as it was.
pub(in crate::app) fn read(path: Option<&Path>, environment: &Environment, before: &[Topic]) -> Reading {
    beside(config::load(path, Wanted::Required, environment), before)
}

fn beside(loaded: Loaded, before: &[Topic]) -> Reading {
    let Loaded { config, ruins, problems, file, files, topic_tables, trail, .. } = loaded;
    let mut reading = Reading { ready: None, ruins: None, kept: Vec::new(), problems, trail };
    let Some(mut config) = config.or(ruins) else { return reading };
    let (mut matcher, faults) = Matcher::compile(&config.topics);
    reading.problems.extend(faults);
    config::in_order(&mut reading.problems, &files);
    let can_be_taken = match broken(&topic_tables, &reading.problems) {
        Err(()) => false,
        Ok(broken) if broken.is_empty() => true,
        Ok(broken) => {
            reading.kept = mend(&mut config, &topic_tables, &broken, before);
            let lost = lost_route(&config, &reading.kept);
            (matcher, _) = Matcher::compile(&config.topics);
            let is_whole = lost.is_none();
            reading.problems.splice(0..0, lost);
            is_whole
        }
    };
    if can_be_taken {
        reading.ready = Some(Ready {
            config,
            matcher,
            corrections: Corrections::default(),
            file,
            trail: reading.trail.clone(),
        });
    } else {
        reading.kept.clear();
        reading.ruins = Some(config);
    }
    reading
}

/// The topics with an error: the places where they stand, and their ids where these can be read.
struct Broken {
    places: HashSet<(usize, usize)>,
    ids: HashSet<TopicId>,
    nameless: bool,
}

impl Broken {
    fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// Finds the topics with an error; fails where there is an error outside of topics.
fn broken(tables: &TopicTables, problems: &[Problem]) -> Result<Broken, ()> {
    let mut broken = Broken { places: HashSet::new(), ids: HashSet::new(), nameless: false };
    for problem in problems.iter().filter(|problem| problem.severity == Severity::Error) {
        let table = tables.of(problem).ok_or(())?;
        broken.places.insert(key(&table.place));
        match &table.id {
            Some(id) => drop(broken.ids.insert(id.clone())),
            None => broken.nameless = true,
        }
    }
    Ok(broken)
}

fn key(place: &config::Place) -> (usize, usize) {
    (std::sync::Arc::as_ptr(&place.file).addr(), place.span.start)
}

/// Takes the broken topics out, and puts those in that run already under their ids. Returns the
/// ids of these.
fn mend(config: &mut Config, tables: &TopicTables, broken: &Broken, before: &[Topic]) -> Vec<TopicId> {
    let is_broken = |topic: &Topic| {
        tables.at(&topic.place).is_some_and(|table| broken.places.contains(&key(&table.place)))
    };
    config.topics.retain(|topic| !is_broken(topic));
    let present: HashSet<TopicId> = config.topics.iter().map(|topic| topic.id.clone()).collect();
    // Where an id cannot be read, any topic that is missing may be the one meant.
    let stays =
        |topic: &&Topic| !present.contains(&topic.id) && (broken.nameless || broken.ids.contains(&topic.id));
    let kept: Vec<Topic> = before.iter().filter(stays).cloned().collect();
    let ids: HashSet<&str> = present.iter().map(TopicId::as_str).collect();
    config.definitions.retain(|definition| {
        definition.kind != crate::model::DefinitionKind::Topic || ids.contains(definition.id.as_str())
    });
    let kept_ids = kept.iter().map(|topic| topic.id.clone()).collect();
    config.topics.extend(kept);
    kept_ids
}

/// A topic that stays as it was needs its routes, or its alerts would go nowhere.
fn lost_route(config: &Config, kept: &[TopicId]) -> Option<Problem> {
    let kept: HashSet<&TopicId> = kept.iter().collect();
    let topics = config.topics.iter().filter(|topic| kept.contains(&topic.id));
    let known: HashSet<&str> = config.routes.iter().map(|route| route.name.as_str()).collect();
    topics.flat_map(|topic| topic.routes.iter().map(move |route| (topic, route))).find_map(
        |(topic, route)| {
            let lost = !known.contains(route.as_str());
            lost.then(|| Problem {
            severity: Severity::Error,
            class: None,
            place: None,
            message: format!(
                "topic {} has an error, and as it was before it needs the route \"{route}\", which is gone",
                topic.id
            ),
            suggestion: Some("correct the topic, or leave the route until then".to_owned()),
        })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse_str;

    const BASE: &str = "store.url = 'sqlite:/n.db'\n[fetch]\ncontact = 'a@example.org'\n";

    fn loaded(text: &str) -> Loaded {
        parse_str("newshound.toml", &format!("{BASE}{text}"), &Environment::of("/nowhere", &[]))
    }

    fn before(text: &str) -> Vec<Topic> {
        loaded(text).config.unwrap().topics
    }

    /// What runs after a reload from one text to another: `id: first term`, and what is said.
    fn after(from: &str, to: &str) -> (Option<Vec<String>>, Option<String>) {
        let reading = beside(loaded(to), &before(from));
        let shown = |topic: &Topic| format!("{}: {}", topic.id, topic.any[0].text);
        let topics = reading.ready.as_ref().map(|ready| {
            let mut topics: Vec<String> = ready.config.topics.iter().map(shown).collect();
            topics.sort();
            topics
        });
        let definitions = reading.ready.as_ref().map(|ready| ready.config.definitions.len());
        assert!(definitions.is_none_or(|n| n > 0));
        (topics, reading.error())
    }

    const TWO: &str = "[[topic]]\nid = 'a'\nany = ['one']\n[[topic]]\nid = 'b'\nany = ['two']\n";

    #[track_caller]
    fn check(to: &str, expect: &[&str], says: &str) {
        let (topics, error) = after(TWO, to);
        assert_eq!(topics.unwrap(), expect);
        let error = error.unwrap();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn a_topic_with_an_error_stays_as_it_was_and_the_rest_is_taken() {
        let bad = "[[topic]]\nid = 'a'\nany = ['ONE']\n[[topic]]\nid = 'b'\nany = ['TWO']\nwrong = 1\n";
        check(bad, &["a: ONE", "b: two"], "newshound.toml:10:1: unknown key `wrong` in topic b");
        let uncompiled = "[[topic]]\nid = 'a'\nany = ['x^99']\n[[topic]]\nid = 'c'\nany = ['three']\n";
        check(uncompiled, &["a: one", "c: three"], "bad weight");
    }

    #[test]
    fn a_new_topic_with_an_error_is_left_out() {
        let new = format!("{TWO}[[topic]]\nid = 'c'\nany = ['x']\nthreshold = 7\n");
        check(&new, &["a: one", "b: two"], "threshold");
        let twice = format!("{TWO}[[topic]]\nid = 'b'\nany = ['other']\n");
        check(&twice, &["a: one", "b: two"], "is given twice");
    }

    #[test]
    fn where_an_id_cannot_be_read_what_is_missing_stays() {
        let renamed = "[[topic]]\nid = 'a'\nany = ['ONE']\n[[topic]]\nid = 7\nany = ['TWO']\n";
        check(renamed, &["a: ONE", "b: two"], "expected text");
        let removed = "[[topic]]\nid = 'a'\nany = ['ONE']\nwrong = 1\n";
        check(removed, &["a: one"], "wrong");
    }

    #[test]
    fn an_error_outside_of_topics_leaves_everything_as_it_was() {
        for bad in [
            "[fetch]\n",
            "[[topic]\n",
            "[[source]]\nurl = 'https://a.example/'\nwrong = 1\n",
            "[[route]]\nname = 'r'\nchannels = ['nowhere']\n",
        ] {
            let (topics, error) = after(TWO, &format!("{TWO}{bad}"));
            assert_eq!(topics, None, "{bad}");
            assert!(error.unwrap().starts_with("newshound.toml:"));
        }
    }

    #[test]
    fn a_topic_that_stays_needs_its_route() {
        let with = "[[channel]]\nname = 'd'\nkind = 'console'\n[[route]]\nname = 'r'\nchannels = ['d']\n\
                    [[topic]]\nid = 'a'\nany = ['one']\nroute = 'r'\n";
        let without = "[[topic]]\nid = 'a'\nany = ['one']\nroute = 'default'\nwrong = 1\n";
        let (topics, error) = after(with, without);
        assert_eq!(topics, None);
        assert!(error.unwrap().contains("needs the route \"r\", which is gone"));
    }

    #[test]
    fn many_errors_are_told_as_their_number() {
        let error = after(TWO, "[[topic]]\nid = 'a'\nany = ['x']\nu = 1\nv = 1\nw = 1\n").1.unwrap();
        assert!(error.ends_with("(and 2 more)"), "{error}");
    }
}
