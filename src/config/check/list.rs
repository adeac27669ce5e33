//! Lists of addresses, one a line: which lines are addresses, and by which ids they go.
//!
//! An id is made of host and path. Where several addresses come to the same one, the address that
//! has neither port nor query keeps it, if there is one such, and the others are told apart by port
//! and query, and where that is not enough by the hash of the address. So an id does not depend on
//! the order of the lines, and changes only when another address comes to the same id, or the last
//! such goes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::super::listed::{Line, ListFile, Listed, place_of, text_of};
use super::super::place::{Place, Problem, Severity};
use super::super::reader::{Scope, Written};
use super::super::source::Source;
use super::super::value::MOST_ID;
use super::names::{Names, Noun};
use super::source::address;
use crate::model::fingerprint;

/// Problems of one list that are told one by one.
const MOST_TOLD: usize = 20;
/// Bytes of an address in a list.
const MOST_BYTES: usize = 4096;

/// Checks the addresses of lists, and gives each that is no other's its id. One that has a table of
/// its own is that source, with what the table says of it.
pub(super) fn listed(
    scope: &Scope<'_>,
    names: &mut Names,
    tables: &[Source],
    lists: Vec<ListFile>,
    backfill: Duration,
) -> Arc<Listed> {
    let mut repeated = Repeated::default();
    let addresses = read(scope, tables, &lists, &mut repeated);
    let by_id = name(&Naming { names, lists: &lists }, &addresses, &mut repeated);
    repeated.tell(scope);
    let mut listed = Listed::new(lists, backfill);
    for (id, line) in &by_id {
        listed.push(id.as_str(&addresses), *line);
    }
    listed.shrink();
    let listed = Arc::new(listed);
    names.listed(Arc::clone(&listed));
    listed
}

/// The lines that hold an address, in the order of the lists, with the id that host and path make.
#[derive(Default)]
struct Addresses {
    lines: Vec<Line>,
    /// All ids, one behind the other, and where each ends.
    plain: String,
    ends: Vec<u32>,
}

impl Addresses {
    fn push(&mut self, line: Line, plain: &str) {
        self.lines.push(line);
        self.plain.push_str(plain);
        self.ends.push(u32::try_from(self.plain.len()).expect("files are far shorter"));
    }

    fn plain(&self, at: u32) -> &str {
        let at = at as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.plain[start..self.ends[at] as usize]
    }

    /// Returns the lines by their plain ids, those of one in the order of the lists.
    fn by_plain(&self) -> Vec<u32> {
        let n_lines = u32::try_from(self.lines.len()).expect("files are far shorter");
        let mut order: Vec<u32> = (0..n_lines).collect();
        order.sort_unstable_by(|a, b| self.plain(*a).cmp(self.plain(*b)).then(a.cmp(b)));
        order
    }
}

/// Reads the lines of all lists; what is none is told, of each list so much as anybody reads.
fn read(scope: &Scope<'_>, tables: &[Source], lists: &[ListFile], repeated: &mut Repeated) -> Addresses {
    let of_tables: HashMap<&str, &Source> =
        tables.iter().map(|source| (source.url.as_str(), source)).collect();
    let mut addresses = Addresses::default();
    for (list, of) in (0..).zip(lists) {
        let mut faults = Faults::default();
        for (start, written) in written(of.text()) {
            let place = || Place { file: Arc::clone(&of.file), span: start..start + written.len() };
            let url = match plain_url(written) {
                Some(url) => url,
                None => match faults.read(scope, written, place()) {
                    Some(url) => url,
                    None => continue,
                },
            };
            if let Some(table) = of_tables.get(url.as_str()) {
                repeated.add(place, || table.place.clone());
                continue;
            }
            let line = Line {
                list,
                start: u32::try_from(start).expect("a list is far shorter"),
                len: u16::try_from(written.len()).expect("its length was looked at"),
            };
            addresses.push(line, Source::id_of(&url).as_str());
        }
        faults.tell_rest(scope, of);
    }
    addresses
}

/// Returns the lines that say something, and where each begins.
fn written(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at + line.len() - line.trim_start().len();
        at += line.len();
        let written = line.trim();
        (!written.is_empty() && !written.starts_with('#')).then_some((start, written))
    })
}

/// Returns the address, if there is nothing to say about it.
fn plain_url(written: &str) -> Option<Url> {
    let url = Url::parse(written).ok()?;
    let is_plain =
        written.len() <= MOST_BYTES && matches!(url.scheme(), "http" | "https") && url.password().is_none();
    is_plain.then_some(url)
}

/// What is wrong with the lines of one list.
#[derive(Default)]
struct Faults {
    n_told: usize,
    /// Lines of which nothing was told: those left out, and those to be warned of.
    n_errors: usize,
    n_warnings: usize,
    first_untold: Option<Place>,
}

impl Faults {
    /// Reads a line about which there is something to say, and says it, unless enough was said.
    fn read(&mut self, scope: &Scope<'_>, written: &str, place: Place) -> Option<Url> {
        let told =
            if self.n_told < MOST_TOLD { scope } else { &Scope::new(scope.environment, scope.partial) };
        let (is_error, url) = if written.len() > MOST_BYTES {
            let message = format!("this address has more than {MOST_BYTES} bytes");
            told.report(Problem::error(&place, message));
            (true, None)
        } else {
            let address = address(told, &Written { value: written.to_owned(), place: place.clone() });
            (address.is_none(), address.and_then(|address| address.value))
        };
        match (self.n_told < MOST_TOLD, is_error) {
            (true, _) => self.n_told += 1,
            (false, true) => self.n_errors += 1,
            (false, false) => self.n_warnings += 1,
        }
        if self.n_errors + self.n_warnings == 1 {
            self.first_untold.get_or_insert(place);
        }
        url
    }

    /// Says of how many lines nothing was said.
    fn tell_rest(&self, scope: &Scope<'_>, list: &ListFile) {
        let Some(place) = &self.first_untold else { return };
        let path = list.file.path.display();
        if self.n_errors > 0 {
            let message =
                format!("{} more lines of {path} are no addresses that can be polled", self.n_errors);
            scope.report(
                Problem::error(place, message).suggest("a list holds one http or https address a line"),
            );
        }
        if self.n_warnings > 0 {
            let message = format!("there are {} more such lines in {path}", self.n_warnings);
            scope.report(Problem::warning(place, message));
        }
    }
}

/// Lines whose address stands elsewhere already.
#[derive(Default)]
struct Repeated {
    n_lines: usize,
    /// The first of them, and where its address stands.
    first: Option<(Place, Option<Place>)>,
}

impl Repeated {
    fn add(&mut self, line: impl FnOnce() -> Place, at: impl FnOnce() -> Option<Place>) {
        self.n_lines += 1;
        self.first.get_or_insert_with(|| (line(), at()));
    }

    fn tell(self, scope: &Scope<'_>) {
        let Some((place, at)) = self.first else { return };
        let message = match self.n_lines {
            1 => "this address is given twice and polled once".to_owned(),
            n => format!("{n} lines, this one first, repeat addresses, which are polled once each"),
        };
        let problem = Problem { severity: Severity::Warning, ..Problem::error(&place, message) };
        scope.report(match at {
            Some(at) => problem.suggest(format!("it stands at {at:?} already")),
            None => problem,
        });
    }
}

/// The id that a line got.
enum Id {
    /// The plain one of this address.
    Plain(u32),
    /// One that tells it from others.
    Longer(String),
}

impl Id {
    fn as_str<'a>(&'a self, addresses: &'a Addresses) -> &'a str {
        match self {
            Id::Plain(at) => addresses.plain(*at),
            Id::Longer(id) => id,
        }
    }
}

/// What ids depend on besides the addresses.
struct Naming<'a> {
    names: &'a Names,
    lists: &'a [ListFile],
}

/// Gives each address an id of its own; returns them in the order of the ids.
fn name(naming: &Naming<'_>, addresses: &Addresses, repeated: &mut Repeated) -> Vec<(Id, Line)> {
    let order = addresses.by_plain();
    let mut named = Vec::with_capacity(order.len());
    let mut contested = Vec::new();
    for same in order.chunk_by(|a, b| addresses.plain(*a) == addresses.plain(*b)) {
        let is_free = naming.names.is_free(Noun::Source, addresses.plain(same[0]));
        if let ([only], true) = (same, is_free) {
            named.push((Id::Plain(*only), addresses.lines[*only as usize]));
            continue;
        }
        let urls = distinct(naming, addresses, same, repeated);
        let mut bare = urls.iter().filter(|(_, url)| url.port().is_none() && url.query().is_none());
        let keeps = match (urls.as_slice(), bare.next(), bare.next()) {
            _ if !is_free => None,
            ([(only, _)], ..) | (_, Some((only, _)), None) => Some(*only),
            _ => None,
        };
        for (at, url) in urls {
            let line = addresses.lines[at as usize];
            if keeps == Some(at) {
                named.push((Id::Plain(at), line));
            } else {
                contested.push((Source::long_id_of(&url).to_string(), url, line));
            }
        }
    }
    let longer = told_apart(naming, addresses, &named, contested);
    named.extend(longer);
    named.sort_by(|(a, _), (b, _)| a.as_str(addresses).cmp(b.as_str(addresses)));
    named
}

/// Returns the addresses among these lines, each once.
fn distinct(
    naming: &Naming<'_>,
    addresses: &Addresses,
    same: &[u32],
    repeated: &mut Repeated,
) -> Vec<(u32, Url)> {
    let mut seen: HashMap<String, Line> = HashMap::new();
    let mut urls = Vec::new();
    for at in same {
        let line = addresses.lines[*at as usize];
        let Ok(url) = Url::parse(text_of(naming.lists, line)) else { continue };
        if let Some(first) = seen.get(url.as_str()) {
            repeated.add(|| place_of(naming.lists, line), || Some(place_of(naming.lists, *first)));
            continue;
        }
        seen.insert(url.as_str().to_owned(), line);
        urls.push((*at, url));
    }
    urls
}

/// Gives ids to addresses that cannot have the plain one.
fn told_apart(
    naming: &Naming<'_>,
    addresses: &Addresses,
    plain: &[(Id, Line)],
    mut contested: Vec<(String, Url, Line)>,
) -> Vec<(Id, Line)> {
    let is_taken = |id: &str| {
        let listed = plain.binary_search_by(|(of, _)| of.as_str(addresses).cmp(id)).is_ok();
        listed || !naming.names.is_free(Noun::Source, id)
    };
    contested.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let mut given = Vec::with_capacity(contested.len());
    for same in contested.chunk_by(|(a, ..), (b, ..)| a == b) {
        let is_free = same.len() == 1 && !is_taken(&same[0].0);
        given.extend(same.iter().map(|(long, url, line)| {
            let id = if is_free { long.clone() } else { hashed(long, url) };
            (Id::Longer(id), *line)
        }));
    }
    given
}

/// Bits enough that no two addresses of a configuration share them, as hexadecimal digits.
const DIGITS: usize = 16;

/// Returns the id with the hash of the address behind it.
fn hashed(id: &str, url: &Url) -> String {
    let head: String = id.chars().take(MOST_ID - DIGITS - 1).collect();
    let hash = fingerprint(url.as_str().as_bytes());
    format!("{head}-{}", &hash[..DIGITS])
}
