//! The posts of the day's events, as `event.toml` has them: what each says, where and when.

use std::time::Duration;

use serde::Deserialize;

const WRITTEN: &str = include_str!("event.toml");

/// What a post is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// The first report of the event.
    First,
    /// A report of something new.
    News,
    /// An outlet's own words on what is known.
    Own,
    /// Another outlet's text.
    Copy,
    /// A post changed in place.
    Edit,
    /// A post once more, by other means.
    Again,
    /// Of another ship.
    Ship,
    /// Of another port.
    Port,
}

impl Kind {
    /// Says whether the post is of the event that the day is about.
    pub(super) fn is_of_the_event(self) -> bool {
        !matches!(self, Kind::Ship | Kind::Port)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Day {
    post: Vec<Written>,
}

/// A post as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    at: String,
    outlet: String,
    slug: String,
    kind: Kind,
    does: String,
    title: Option<String>,
    text: Option<String>,
    of: Option<String>,
    edits: Option<String>,
    cut: Option<usize>,
    before: Option<String>,
    after: Option<String>,
    path: Option<String>,
    guid: Option<String>,
}

/// A post as its outlet's feed has it from some time on.
#[derive(Clone, Debug)]
pub(super) struct Post {
    /// Since when, from midnight.
    pub(super) at: Duration,
    /// When the post that it edits came, else as `at`.
    pub(super) published: Duration,
    pub(super) outlet: String,
    pub(super) slug: String,
    pub(super) kind: Kind,
    /// What it does, in words.
    pub(super) does: String,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) url: String,
    pub(super) guid: String,
}

/// Returns the posts in the order in which they come.
pub(super) fn posts() -> Vec<Post> {
    let day: Day = toml::from_str(WRITTEN).unwrap();
    let mut posts: Vec<Post> = Vec::new();
    for written in day.post {
        let post = resolved(written, &posts);
        assert!(posts.last().is_none_or(|last| last.at < post.at), "{} is out of order", post.slug);
        posts.push(post);
    }
    posts
}

fn resolved(written: Written, before: &[Post]) -> Post {
    let base = written.edits.as_ref().or(written.of.as_ref()).map(|slug| {
        let found = before.iter().rev().find(|post| post.slug == *slug);
        found.unwrap_or_else(|| panic!("{slug} does not stand before {}", written.slug))
    });
    let edited = base.filter(|_| written.edits.is_some());
    let text = written.text.or_else(|| base.map(|base| base.text.clone())).unwrap();
    let text = written.cut.map_or(text.clone(), |sentences| cut(&text, sentences));
    let parts = [written.before, Some(text), written.after];
    let at = time(&written.at);
    let url = match (written.path, edited) {
        (Some(path), _) => address(&written.outlet, &path.replace("{slug}", &written.slug)),
        (None, Some(edited)) => edited.url.clone(),
        (None, None) => address(&written.outlet, &format!("/{}", written.slug)),
    };
    Post {
        at,
        published: edited.map_or(at, |edited| edited.published),
        title: written.title.or_else(|| base.map(|base| base.title.clone())).unwrap(),
        text: parts.into_iter().flatten().collect::<Vec<_>>().join(" "),
        guid: written
            .guid
            .or_else(|| edited.map(|edited| edited.guid.clone()))
            .unwrap_or_else(|| format!("{}:{}", written.outlet, written.slug)),
        url,
        outlet: written.outlet,
        slug: written.slug,
        kind: written.kind,
        does: written.does,
    }
}

fn address(outlet: &str, path: &str) -> String {
    if path.starts_with('/') { format!("https://www.{outlet}.example{path}") } else { path.to_owned() }
}

/// Returns so many sentences, as a teaser ends.
fn cut(text: &str, sentences: usize) -> String {
    let kept: Vec<&str> = text.split_inclusive(". ").take(sentences).collect();
    format!("{} …", kept.concat().trim_end())
}

fn time(text: &str) -> Duration {
    let (hours, minutes) = text.split_once(':').unwrap();
    Duration::from_mins(hours.parse::<u64>().unwrap() * 60 + minutes.parse::<u64>().unwrap())
}
