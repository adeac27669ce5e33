//! Finds the configuration, reads it with all it includes, and has it checked.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check;
use super::environment::Environment;
use super::extent::TopicTables;
use super::later::no_effect;
use super::listed::ListFile;
use super::place::{Place, Problem, Severity, SourceFile};
use super::raw::{self, Entry, Table, Value, What};
use super::reader::Scope;
use super::settings::Config;
use super::text_file;
use super::topic::Topic;
use super::trail::{self, Trail};
use super::value::shorten;

/// Whether a command can do without a configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It needs one.
    Required,
    /// It goes on with the defaults.
    Optional,
}

/// What came of loading.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration, when nothing in it is wrong.
    pub config: Option<Config>,
    /// Its parts that could be read, when something in it is wrong: enough to look with, or to
    /// keep what is well.
    pub ruins: Option<Config>,
    /// The topics that could be read, also when something else is wrong: the matcher reports on
    /// their terms in the same breath.
    pub topics: Vec<Topic>,
    /// Everything that is wrong, by place.
    pub problems: Vec<Problem>,
    /// The main file, where there is one.
    pub file: Option<PathBuf>,
    /// The files that were read, in their order.
    pub files: Vec<Arc<SourceFile>>,
    /// Where each topic stands.
    pub topic_tables: TopicTables,
    /// The files as they were.
    pub trail: Trail,
}

/// Bytes of one file: beyond it somebody pointed at something else.
const MOST_BYTES: u64 = 64 << 20;
/// Files of one configuration.
const MOST_FILES: usize = 10_000;
/// Files that include each other in a chain.
const MOST_DEPTH: usize = 64;

/// Loads the file at `path`, or the first one found where configurations are looked for.
pub fn load(path: Option<&Path>, wanted: Wanted, environment: &Environment) -> Loaded {
    let named =
        path.map(Path::to_path_buf).or_else(|| environment.get("NEWSHOUND_CONFIG").map(PathBuf::from));
    let found = named.or_else(|| {
        environment.candidates().into_iter().find(|candidate| environment.absolute(candidate).is_file())
    });
    let mut files = Files::new(environment);
    match &found {
        Some(path) => {
            let absolute = environment.absolute(path);
            files.trail.file(&absolute);
            match text_file::read(&absolute, MOST_BYTES) {
                Ok(text) => files.add(path, &text),
                Err(error) => {
                    files.problems.push(without_place(format!("{}: {error}", path.display()), None));
                }
            }
        }
        None if wanted == Wanted::Required => {
            let candidates = environment.candidates();
            // One that comes again is noticed, as any other file is.
            for path in &candidates {
                files.trail.file(&environment.absolute(path));
            }
            let looked: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
            let tried = format!("looked for {}; `newshound init` writes one", looked.join(", "));
            files.problems.push(without_place("there is no configuration file".to_owned(), Some(tried)));
        }
        None => {}
    }
    files.check(found.map(|path| environment.absolute(&path)))
}

/// Loads a configuration from a text, as if it stood in a file of that name.
pub fn parse_str(name: &str, text: &str, environment: &Environment) -> Loaded {
    let mut files = Files::new(environment);
    files.add(Path::new(name), text);
    files.check(Some(PathBuf::from(name)))
}

/// The files read so far, and what they say together.
struct Files<'e> {
    environment: &'e Environment,
    root: Option<Table>,
    read: Vec<Arc<SourceFile>>,
    lists: Vec<ListFile>,
    seen: HashSet<PathBuf>,
    /// How many files are being read, each included by the one before.
    depth: usize,
    problems: Vec<Problem>,
    trail: Trail,
}

impl<'e> Files<'e> {
    fn new(environment: &'e Environment) -> Self {
        Files {
            environment,
            root: None,
            read: Vec::new(),
            lists: Vec::new(),
            seen: HashSet::new(),
            depth: 0,
            problems: Vec::new(),
            trail: Trail::default(),
        }
    }

    /// Takes in a file and all it includes.
    fn add(&mut self, path: &Path, text: &str) {
        let absolute = self.environment.absolute(path);
        self.seen.insert(absolute.canonicalize().unwrap_or(absolute));
        let mut parsed = raw::parse(path.to_path_buf(), text);
        self.read.push(parsed.file);
        let include = parsed.root.take("include");
        if parsed.errors.is_empty() {
            self.merge(parsed.root);
        } else if let Some(store) = parsed.root.take("store") {
            // The ruins of the file would only be mistaken for more mistakes, but those who look
            // at the store want to find it.
            let place = parsed.root.place;
            self.merge(Table { place, entries: vec![store] });
        }
        self.problems.append(&mut parsed.errors);
        self.depth += 1;
        for (pattern, place) in include.map(|entry| self.patterns(entry)).unwrap_or_default() {
            self.include(path, &pattern, &place);
        }
        self.depth -= 1;
    }

    fn merge(&mut self, table: Table) {
        match &mut self.root {
            Some(root) => root.merge(table, &mut self.problems),
            None => self.root = Some(table),
        }
    }

    fn patterns(&mut self, entry: Entry) -> Vec<(String, Place)> {
        let values = match entry.value {
            Value { what: What::List(list), .. } => list,
            alone => vec![alone],
        };
        let mut patterns = Vec::new();
        for Value { place, what } in values {
            if let What::Text(pattern) = what {
                patterns.push((pattern, place));
                continue;
            }
            let message = format!("`include`: expected text, found {}", what.kind());
            self.problems.push(Problem::error(&place, message));
        }
        patterns
    }

    /// Reads all files that a pattern names, from the directory of the file that includes them.
    fn include(&mut self, from: &Path, pattern: &str, place: &Place) {
        let beside = from.parent().unwrap_or(Path::new(""));
        let base = self.environment.absolute(beside);
        let full = format!("{}/{pattern}", glob::Pattern::escape(&base.to_string_lossy()));
        let full = if Path::new(pattern).is_absolute() { pattern.to_owned() } else { full };
        self.trail.pattern(&full);
        let paths = match glob::glob_with(&full, trail::OPTIONS) {
            Ok(paths) => paths,
            Err(error) => {
                return self.problems.push(Problem::error(place, format!("`include`: {}", error.msg)));
            }
        };
        let paths: Vec<_> = paths.collect();
        for path in paths.iter().filter_map(|path| path.as_ref().ok()) {
            self.trail.file(path);
        }
        let n_found = paths.len();
        for path in paths {
            let path = match path {
                Ok(path) => path,
                Err(error) => {
                    let reason = text_file::reason(error.error());
                    let message = format!("{}: {reason}", error.path().display());
                    self.problems.push(Problem::error(place, message));
                    continue;
                }
            };
            if self.read.len() >= MOST_FILES {
                return self.problems.push(Problem::error(place, format!("more than {MOST_FILES} files")));
            }
            let shown = path.strip_prefix(&base).map_or_else(|_| path.clone(), |rest| beside.join(rest));
            self.include_one(&shown, &path, place);
        }
        if n_found == 0 {
            let message = format!("no file matches \"{}\"", shorten(pattern));
            self.problems.push(if pattern.contains(['*', '?', '[']) {
                Problem::warning(place, message)
            } else {
                Problem::error(place, message)
            });
        }
    }

    fn include_one(&mut self, shown: &Path, path: &Path, place: &Place) {
        // A file that was read already adds nothing, so including in a circle ends.
        let identity = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if self.seen.contains(&identity) {
            return;
        }
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
        if extension == "opml" {
            return self.problems.push(no_effect(place, &format!("including {}", shown.display())));
        }
        if !matches!(extension, "toml" | "txt") {
            let message = format!("{} is neither .toml nor .txt nor .opml", shown.display());
            return self.problems.push(Problem::error(place, message));
        }
        match text_file::read(path, MOST_BYTES) {
            Err(error) => {
                self.problems.push(Problem::error(place, format!("{}: {error}", shown.display())));
            }
            Ok(_) if self.depth >= MOST_DEPTH => {
                let message = format!("more than {MOST_DEPTH} files include each other in a chain");
                self.problems.push(Problem::error(place, message));
            }
            Ok(text) if extension == "toml" => self.add(shown, &text),
            Ok(text) => {
                self.seen.insert(identity);
                self.add_addresses(shown, text);
            }
        }
    }

    /// Takes in a list of addresses, one a line.
    fn add_addresses(&mut self, path: &Path, text: String) {
        let shown = raw::hide_addresses(&text);
        let raw = (shown != text).then(|| text.into_boxed_str());
        let file = Arc::new(SourceFile { path: path.to_path_buf(), text: shown });
        self.read.push(Arc::clone(&file));
        self.lists.push(ListFile { file, raw });
    }

    /// Checks the whole of it.
    fn check(self, file: Option<PathBuf>) -> Loaded {
        let partial = self.problems.iter().any(|problem| problem.severity == Severity::Error);
        let scope = Scope::new(self.environment, partial);
        let root = self.root.unwrap_or_else(|| {
            let nowhere = Arc::new(SourceFile { path: PathBuf::new(), text: String::new() });
            Table::empty(Place { file: nowhere, span: 0..0 })
        });
        let files = self.read.clone();
        let (config, topic_tables) = check::config(&scope, root, (self.read, self.lists));
        let mut problems = self.problems;
        problems.extend(scope.into_problems());
        in_order(&mut problems, &files);
        let wrong = problems.iter().any(|problem| problem.severity == Severity::Error);
        let topics = config.topics.clone();
        let (config, ruins) = if wrong { (None, Some(config)) } else { (Some(config), None) };
        Loaded { config, ruins, topics, problems, file, files, topic_tables, trail: self.trail }
    }
}

/// Puts problems in the order of the files and of the places in them; those without come first.
pub fn in_order(problems: &mut [Problem], files: &[Arc<SourceFile>]) {
    problems.sort_by_key(|problem| {
        let place = problem.place.as_ref()?;
        let file = files.iter().position(|file| Arc::ptr_eq(file, &place.file));
        Some((file, place.span.start, problem.severity))
    });
}

fn without_place(message: String, suggestion: Option<String>) -> Problem {
    Problem { severity: Severity::Error, class: None, place: None, message, suggestion }
}
