//! `[[topic]]`. Terms stay text here: the matcher compiles them and knows what is wrong in them.

use super::super::place::Problem;
use super::super::raw::{Table, Value, What};
use super::super::reader::{Reader, Scope, Written};
use super::super::topic::{Example, Expect, Learn, Near, Query, Term, Topic, WEIGHTS, WITHIN};
use super::super::value::{self, shorten};
use super::names::{Names, Noun};
use super::source::language;
use crate::model::{FollowUps, TopicId, fingerprint};

/// Bytes of all terms of one topic.
const MOST_TERM_BYTES: usize = 64 << 10;

/// Checks a topic; `None` when it cannot be matched.
pub(crate) fn topic(scope: &Scope<'_>, names: &mut Names, table: Table) -> Option<Topic> {
    let mut reader = Reader::new(scope, "topic", table);
    let identity = identity(&mut reader, names);
    let label = identity.as_ref().map_or_else(|| "?".to_owned(), |(id, _)| id.value.clone());
    reader.owned_by(format!("topic {label}"));
    let mut topic = Topic {
        threshold: threshold(&mut reader),
        near_miss: reader.number("near_miss", 0.0..=1.0).map_or(0.25, |near_miss| near_miss.value),
        any: terms(&mut reader, "any"),
        all: groups(&mut reader),
        none: terms(&mut reader, "none"),
        ignore: terms(&mut reader, "ignore"),
        less: terms(&mut reader, "less"),
        near: near(&mut reader, &label),
        query: reader.text("query").map(|Written { value: text, place }| Query { text, place }),
        min_terms: reader.integer("min_terms", 1..=1000).map_or(1, |min_terms| min_terms.value),
        mention: reader.flag("mention").is_some_and(|mention| mention.value),
        sources: sources(&mut reader, names),
        languages: reader.parsed_list("languages", language).into_iter().map(|lang| lang.value).collect(),
        routes: routes(&mut reader, names),
        follow_ups: follow_ups(&mut reader),
        corrections: reader.flag("corrections").is_some_and(|corrections| corrections.value),
        learn: learn(&mut reader),
        examples: examples(&mut reader, &label),
        id: TopicId::new(label),
        name: String::new(),
        place: reader.place.clone(),
    };
    reader.finish();
    let (id, name) = identity?;
    (topic.name, topic.place) = (name, id.place);
    within_bounds(scope, &topic).then_some(topic)
}

/// Makes an id of a name; of one without any letter that an id may have, of its fingerprint.
pub(crate) fn made_id(name: &str) -> String {
    let slug = value::slug(name);
    if slug.is_empty() { format!("topic-{}", &fingerprint(name.as_bytes())[..8]) } else { slug }
}

/// Returns id and name, of which one is enough.
fn identity(reader: &mut Reader<'_>, names: &mut Names) -> Option<(Written<String>, String)> {
    let asked = reader.place_of("id").is_some();
    let id = reader.text("id");
    let name = reader.text("name").filter(|name| !name.value.trim().is_empty());
    let id = match (id, &name) {
        (Some(id), _) => id,
        (None, Some(name)) if !asked => Written { value: made_id(&name.value), place: name.place.clone() },
        (None, _) if asked => return None,
        (None, _) => {
            reader.missing("id", "\"kim-travel\"");
            return None;
        }
    };
    let slug = value::slug(&id.value);
    if id.value.is_empty() || slug != id.value {
        let message = format!("\"{}\" is not an id: a-z, 0-9 and `-` make one", shorten(&id.value));
        let mut problem = Problem::error(&id.place, message);
        problem.suggestion = if slug.is_empty() {
            Some("give the topic an `id`".to_owned())
        } else {
            Some(format!("for example \"{slug}\""))
        };
        reader.scope.report(problem);
        return None;
    }
    if !names.give(reader.scope, Noun::Topic, &id.value, &id.place) {
        return None;
    }
    let name = name.map_or_else(|| id.value.clone(), |name| name.value);
    Some((id, name))
}

fn threshold(reader: &mut Reader<'_>) -> f64 {
    let Some(Written { value, place }) = reader.any_number("threshold") else { return 0.5 };
    if value > 0.0 && value < 1.0 {
        return value;
    }
    reader.scope.report(Problem::error(&place, "`threshold` is above 0 and under 1"));
    0.5
}

fn terms(reader: &mut Reader<'_>, key: &'static str) -> Vec<Term> {
    let list = reader.list(key);
    list.into_iter().filter_map(|value| term(reader.scope, key, value)).collect()
}

/// Reads a term: a text, or a table with more to say.
fn term(scope: &Scope<'_>, key: &str, value: Value) -> Option<Term> {
    let Value { place, what } = value;
    let table = match what {
        What::Text(text) => return Some(Term { text, weight: None, field: None, with: Vec::new(), place }),
        What::Table(table) => table,
        other @ (What::Integer(_) | What::Number(_) | What::Flag(_) | What::Time | What::List(_)) => {
            let message = format!("`{key}`: expected a word, a phrase or a table, found {}", other.kind());
            scope.report(Problem::error(&place, message));
            return None;
        }
    };
    let mut reader = Reader::new(scope, "term", table);
    let text = reader.required("term", "\"Kim\"");
    let weight = reader.number("weight", WEIGHTS).map(|weight| weight.value);
    let field = reader.text("field").map(|field| field.value);
    let with = terms(&mut reader, "with");
    reader.finish();
    let Written { value: text, place } = text?;
    Some(Term { text, weight, field, with, place })
}

/// Reads `all`: each group is a term or a list of alternatives.
fn groups(reader: &mut Reader<'_>) -> Vec<Vec<Term>> {
    let scope = reader.scope;
    let group = |value: Value| {
        let What::List(list) = value.what else { return Vec::from_iter(term(scope, "all", value)) };
        if list.is_empty() {
            scope.report(Problem::error(&value.place, "an empty group of `all` can never have points"));
        }
        list.into_iter().filter_map(|value| term(scope, "all", value)).collect()
    };
    reader.list("all").into_iter().map(group).filter(|group: &Vec<Term>| !group.is_empty()).collect()
}

fn near(reader: &mut Reader<'_>, topic: &str) -> Vec<Near> {
    // `[topic.near]` is as good as a list of one.
    let tables = reader.list("near");
    let scope = reader.scope;
    let one = |value: Value| {
        let What::Table(table) = value.what else {
            scope.report(
                Problem::error(
                    &value.place,
                    format!("`near`: expected a table, found {}", value.what.kind()),
                )
                .suggest("write `[[topic.near]]` with `a` and `b`"),
            );
            return None;
        };
        let mut reader = Reader::new(scope, "topic.near", table);
        reader.owned_by(format!("topic {topic}"));
        for side in ["a", "b"] {
            if reader.place_of(side).is_none() {
                reader.missing(side, "[\"visit\", \"trip\"]");
            }
        }
        let near = Near {
            a: terms(&mut reader, "a"),
            b: terms(&mut reader, "b"),
            within: reader.integer("within", WITHIN).map_or(10, |within| within.value),
            ordered: reader.flag("ordered").is_some_and(|ordered| ordered.value),
            weight: reader.number("weight", WEIGHTS).map_or(1.0, |weight| weight.value),
            place: reader.place.clone(),
        };
        reader.finish();
        Some(near)
    };
    tables.into_iter().filter_map(one).collect()
}

fn sources(reader: &mut Reader<'_>, names: &mut Names) -> Vec<String> {
    let sources = reader.texts("sources");
    for source in &sources {
        match source.value.strip_prefix("tag:") {
            Some(tag) => {
                names.mention(Noun::Tag, &Written { value: tag.to_owned(), place: source.place.clone() });
            }
            None => names.mention(Noun::Source, source),
        }
    }
    sources.into_iter().map(|source| source.value).collect()
}

fn routes(reader: &mut Reader<'_>, names: &mut Names) -> Vec<String> {
    let routes = reader.texts("route");
    names.mention_all(Noun::Route, &routes);
    routes.into_iter().map(|route| route.value).collect()
}

fn follow_ups(reader: &mut Reader<'_>) -> FollowUps {
    let follow_ups = reader.parsed("follow_ups", |text| match text {
        "none" => Ok(FollowUps::None),
        "new-facts" => Ok(FollowUps::NewFacts),
        "all" => Ok(FollowUps::All),
        other => Err(format!("\"{}\" is none of \"none\", \"new-facts\", \"all\"", shorten(other))),
    });
    follow_ups.map_or(FollowUps::NewFacts, |follow_ups| follow_ups.value)
}

fn learn(reader: &mut Reader<'_>) -> Learn {
    let learn = reader.parsed("learn", |text| match text {
        "suggest" => Ok(Learn::Suggest),
        "apply" => Ok(Learn::Apply),
        "off" => Ok(Learn::Off),
        other => Err(format!("\"{}\" is none of \"suggest\", \"apply\", \"off\"", shorten(other))),
    });
    learn.map_or(Learn::Suggest, |learn| learn.value)
}

fn examples(reader: &mut Reader<'_>, topic: &str) -> Vec<Example> {
    let scope = reader.scope;
    let example = |table: Table| {
        let mut reader = Reader::new(scope, "topic.example", table);
        reader.owned_by(format!("an example of topic {topic}"));
        let text = reader.required("text", "\"Kim Jong Un left for Vladivostok\"");
        if reader.place_of("expect").is_none() {
            reader.missing("expect", "\"hit\"");
        }
        let expect = reader.parsed("expect", |text| match text {
            "hit" => Ok(Expect::Hit),
            "miss" => Ok(Expect::Miss),
            other => Err(format!("\"{}\" is neither \"hit\" nor \"miss\"", shorten(other))),
        });
        reader.finish();
        let Written { value: text, place } = text?;
        Some(Example { text, expect: expect?.value, place })
    };
    reader.tables("example").into_iter().filter_map(example).collect()
}

fn within_bounds(scope: &Scope<'_>, topic: &Topic) -> bool {
    let near = topic.near.iter().flat_map(|near| [&near.a, &near.b]);
    let lists =
        [&topic.any, &topic.none, &topic.ignore, &topic.less].into_iter().chain(&topic.all).chain(near);
    let bytes: usize = lists.flatten().map(term_bytes).sum();
    if bytes <= MOST_TERM_BYTES {
        return true;
    }
    let message = format!(
        "the terms of topic {} have {} KiB, at most {} are taken",
        topic.id,
        bytes >> 10,
        MOST_TERM_BYTES >> 10
    );
    scope.report(Problem::error(&topic.place, message).suggest("make several topics of it"));
    false
}

fn term_bytes(term: &Term) -> usize {
    term.text.len() + term.with.iter().map(term_bytes).sum::<usize>()
}
