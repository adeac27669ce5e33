//! Reads `src/` and fails where the floors of `ARCHITECTURE.md` are broken: an import that climbs
//! or stays on its own floor, SQL outside the store, a clock, the environment or printing out of
//! their places. In-file test modules are not looked at.

use std::{fs, path::Path};

/// The modules, lowest floor first; those of one floor never import each other.
const FLOORS: &[&[&str]] = &[
    &["model"],
    &["clock", "config", "metrics"],
    &["schedule", "extract", "dedupe", "matcher", "story"],
    &["fetch", "store", "notify"],
    &["worker", "web"],
    &["app"],
    &["cli"],
    &["main"],
];

/// The floor of pure decisions: no `async`, no I/O.
const PURE_FLOOR: usize = 2;

#[test]
fn the_source_keeps_to_its_floors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut n_files = 0;
    walk(&root, &mut |path| {
        let text = fs::read_to_string(path).expect("a source file can be read");
        let inside = path.strip_prefix(&root).expect("the walk stays below its root");
        found.extend(violations(&inside.to_string_lossy().replace('\\', "/"), &text));
        n_files += 1;
    });
    assert!(n_files > 5, "the walk found only {n_files} files");
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    let entries = fs::read_dir(folder).expect("a source folder can be listed");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path);
        }
    }
}

/// Returns what is wrong with one file; `path` is relative to `src`, with slashes.
fn violations(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push("does not open with `//!`".to_owned());
    }
    let tokens = tokens(text.split("#[cfg(test)]\nmod ").next().unwrap_or(text));
    let segments: Vec<_> = path.trim_end_matches(".rs").split('/').collect();
    let module = segments[0];
    if module != "lib" {
        match floor_of(module) {
            None => {
                found.push(format!("`{module}` stands on no floor; give it one in tests/architecture.rs"));
            }
            Some(floor) => {
                let imports = imports(&tokens, segments.len(), floor > floor_of("app").unwrap_or(0));
                found.extend(imports.iter().filter_map(|other| climb(module, floor, other)));
                if floor == PURE_FLOOR {
                    found.extend(impurities(&tokens));
                }
            }
        }
    }
    found.extend(out_of_place(module, &tokens));
    found.sort();
    found.dedup();
    found.into_iter().map(|problem| format!("src/{path}: {problem}")).collect()
}

fn floor_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn climb(module: &str, floor: usize, other: &str) -> Option<String> {
    let other_floor = floor_of(other)?;
    let climbs = other != module && other_floor >= floor;
    climbs.then(|| format!("`{module}` (floor {floor}) imports `{other}` (floor {other_floor})"))
}

/// Returns the top-level modules that a file names, by `crate::`, by as many `super::` as lead to
/// the root, and in the binary by the library's name.
fn imports(tokens: &[Token], depth: usize, in_binary: bool) -> Vec<String> {
    let mut modules = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let root = match tokens[at].word() {
            Some("crate") => Some(at + 1),
            Some("newshound") if in_binary => Some(at + 1),
            Some("super") => {
                let chain = tokens[at..].chunks(2).take_while(|pair| is_super(pair)).count();
                at += 2 * chain.saturating_sub(1);
                (chain >= depth).then_some(at + 1)
            }
            _ => None,
        };
        if let Some(after) = root {
            modules.extend(first_names(&tokens[after.min(tokens.len())..]));
        }
        at += 1;
    }
    modules
}

fn is_super(pair: &[Token]) -> bool {
    matches!(pair, [Token::Word(word), Token::Path] if word == "super")
}

/// Returns the names right behind a root: the one after `::`, or each head of `::{…}`.
fn first_names(after_root: &[Token]) -> Vec<String> {
    match after_root {
        [Token::Path, Token::Word(name), ..] => vec![name.clone()],
        [Token::Path, Token::Mark('{'), group @ ..] => {
            let mut names = Vec::new();
            let mut depth = 1;
            let mut head = true;
            for token in group {
                match (token, token.word()) {
                    (Token::Mark('{'), _) => depth += 1,
                    (Token::Mark('}'), _) => depth -= 1,
                    (_, Some(name)) if head && depth == 1 => names.push(name.to_owned()),
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                head = matches!(token, Token::Mark(',')) && depth == 1;
            }
            names
        }
        _ => Vec::new(),
    }
}

fn impurities(tokens: &[Token]) -> Vec<String> {
    let words = tokens.iter().filter_map(Token::word);
    let impure = words.filter(|word| ["async", "await", "tokio", "reqwest", "sqlx", "fs"].contains(word));
    impure.map(|word| format!("`{word}` on the floor of pure decisions")).collect()
}

/// Returns what belongs to other modules: clocks, the environment, printing, SQL.
fn out_of_place(module: &str, tokens: &[Token]) -> Vec<String> {
    let mut found = Vec::new();
    let prints = |name: &str| ["println", "print", "eprintln", "eprint", "dbg"].contains(&name);
    let clock =
        |what: &str| ["SystemTime", "Instant", "Timestamp", "ZonedDateTime", "Utc", "Local"].contains(&what);
    for pair in tokens.windows(2) {
        if let [Token::Word(name), Token::Mark('!')] = pair
            && prints(name)
            && !["cli", "main"].contains(&module)
        {
            found.push(format!("`{name}!`; only `cli` prints"));
        }
    }
    for three in tokens.windows(3) {
        let [Token::Word(what), Token::Path, Token::Word(name)] = three else { continue };
        if module != "clock" && name == "now" && clock(what) {
            found.push(format!("`{what}::now`; only `clock` reads a clock"));
        }
        if module != "config" && what == "env" && name.starts_with("var") {
            found.push(format!("`env::{name}`; only `config` reads the environment"));
        }
    }
    let statements = tokens.iter().filter_map(Token::text).filter(|text| module != "store" && is_sql(text));
    found.extend(statements.map(|text| format!("SQL outside the store: {text:?}")));
    found
}

fn is_sql(text: &str) -> bool {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let starts = ["insert into ", "delete from ", "create table ", "alter table ", "drop table ", "pragma "];
    starts.iter().any(|start| text.starts_with(start))
        || (text.starts_with("select ") && text.contains(" from "))
        || (text.starts_with("update ") && text.contains(" set ") && text.contains('='))
}

/// What matters of Rust's tokens.
#[derive(Debug, PartialEq)]
enum Token {
    /// An identifier, a keyword or a number.
    Word(String),
    /// `::`
    Path,
    /// The inside of a string literal.
    Text(String),
    /// Any other character.
    Mark(char),
}

impl Token {
    fn word(&self) -> Option<&str> {
        if let Token::Word(word) = self { Some(word) } else { None }
    }

    fn text(&self) -> Option<&str> {
        if let Token::Text(text) = self { Some(text) } else { None }
    }
}

/// Splits a text into tokens and drops its comments, lifetimes and character literals.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = if rest.starts_with("//") {
            (None, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (None, block_comment(rest))
        } else if let Some(hashes) = raw_string(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let inside = &rest[rest.find('"').map_or(0, |at| at + 1)..];
            let length = inside.find(&end).unwrap_or(inside.len());
            (Some(Token::Text(inside[..length].to_owned())), rest.len() - inside.len() + length + end.len())
        } else if first == '"' {
            let inside = string(&rest[1..]);
            (Some(Token::Text(rest[1..=inside].to_owned())), inside + 2)
        } else if first == '\'' {
            (None, quote(rest))
        } else if rest.starts_with("::") {
            (Some(Token::Path), 2)
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (Some(Token::Word(rest[..length].to_owned())), length)
        } else {
            ((!first.is_whitespace()).then_some(Token::Mark(first)), first.len_utf8())
        };
        tokens.extend(token);
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        let step = match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// Returns the number of `#` where a raw string begins here.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// Returns the length of what stands before the closing quote.
fn string(inside: &str) -> usize {
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            '"' if !escaped => return at,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    inside.len().saturating_sub(1)
}

/// Returns the length of a character literal, or 1 for the mark of a lifetime.
fn quote(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((escape, _))) => {
            let after = escape + 1;
            rest[after..].find('\'').map_or(1, |at| after + at + 1)
        }
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1,
    }
}

#[track_caller]
fn check(path: &str, code: &str, expect: &[&str]) {
    let found = violations(path, &format!("//! A file.\n{code}"));
    let matched = found.len() == expect.len() && found.iter().zip(expect).all(|(f, e)| f.contains(e));
    assert!(matched, "{code}\nfound {found:#?}\nexpected {expect:#?}");
}

#[test]
fn lower_floors_and_the_own_module_may_be_imported() {
    check("fetch.rs", "use crate::model::Item;\nuse crate::{clock::Clock, config::{Config, Secret}};", &[]);
    check("fetch/body.rs", "use super::client::Client;\nuse crate::fetch::guard;", &[]);
    check("cli/check.rs", "use newshound::app;\nuse crate::cli::Args;", &[]);
    check("main.rs", "mod cli;\nuse newshound::config::Config;\nfn main() { crate::cli::run() }", &[]);
    check("lib.rs", "pub mod app;\npub use crate::app::App;", &[]);
}

#[test]
fn a_climb_is_found_in_every_way_of_writing_it() {
    let climb = ["`model` (floor 0) imports `store` (floor 3)"];
    for code in [
        "use crate::store::Store;",
        "use crate::{clock_face, store};",
        "fn f() { crate::store::open() }",
        "use super::store;",
        "use super::{store::Store, model};",
        "/* a /* nested */ comment */ use crate:: store ::Store;",
        "const Q: char = '\"'; use crate::store::Store; const R: char = '\"';",
        "const Q: &str = r#\"a \" b\"#; use crate::store::Store;",
        "const Q: &str = \"\\\"\"; use crate::store::Store;",
        "fn f<'a>(x: &'a str) { crate::store::open(x) }",
    ] {
        check("model.rs", code, &climb);
    }
    check("model/item.rs", "use super::super::store::Store;", &climb);
    check("app.rs", "use crate::cli;", &["imports `cli`"]);
    check("cli.rs", "use crate::main::x;", &["imports `main`"]);
}

#[test]
fn an_own_floor_is_no_lower_one() {
    check("matcher.rs", "use crate::dedupe::identify;", &["`matcher` (floor 2) imports `dedupe` (floor 2)"]);
    check("web/page.rs", "use crate::{app::App, worker};", &["imports `app`", "imports `worker`"]);
}

#[test]
fn what_is_no_code_imports_nothing() {
    check(
        "model.rs",
        "// use crate::store::Store;\n/* crate::store */\nconst A: &str = \"crate::store::x\";",
        &[],
    );
    check("model.rs", "use other::store;\nfn store() {}\nlet x = self::store::y;", &[]);
    check("model.rs", "fn f() {}\n#[cfg(test)]\nmod tests { use crate::store::Store; }", &[]);
}

#[test]
fn a_module_without_a_floor_is_named() {
    check("helpers.rs", "", &["`helpers` stands on no floor"]);
}

#[test]
fn a_file_without_its_sentence_is_named() {
    assert_eq!(violations("model.rs", "use std::fmt;"), ["src/model.rs: does not open with `//!`"]);
}

#[test]
fn clocks_environment_printing_and_sql_have_one_place_each() {
    check("web.rs", "fn f() { std::time::Instant::now(); }", &["`Instant::now`"]);
    check("web.rs", "fn f() { jiff::Timestamp::now(); }", &["`Timestamp::now`"]);
    check("clock.rs", "fn f() { std::time::Instant::now(); }", &[]);
    check(
        "web.rs",
        "fn f() { std::env::var_os(\"HOME\"); env!(\"CARGO_PKG_VERSION\"); }",
        &["`env::var_os`"],
    );
    check("config/secret.rs", "fn f() { std::env::var(\"HOME\"); }", &[]);
    check("app.rs", "fn f() { eprintln!(\"x\"); }", &["`eprintln!`"]);
    check("cli/check.rs", "fn f() { println!(\"x\"); }", &[]);
    check("worker.rs", "const Q: &str = \"select id\n  from item\";", &["SQL outside the store"]);
    check("worker.rs", "const Q: &str = \"update the page\"; const R: &str = \"pragmatic\";", &[]);
    check("store/items.rs", "const Q: &str = \"delete from item\";", &[]);
}

#[test]
fn pure_floors_do_not_wait_or_touch_the_world() {
    check("matcher/score.rs", "async fn f() { g().await }", &["`async`", "`await`"]);
    check("extract.rs", "use std::fs;", &["`fs`"]);
    check("fetch.rs", "async fn f() { g().await }", &[]);
}
