//! `[store]`: where everything is kept.

use std::path::Path;

use super::super::place::{Place, Problem};
use super::super::raw::Table;
use super::super::reader::{Reader, Scope, Written};
use super::super::settings::StoreConfig;

const DEFAULT: &str = "newshound.db";

pub(crate) fn store(scope: &Scope<'_>, table: Option<Table>) -> StoreConfig {
    let default = || sqlite(scope, DEFAULT);
    let Some(table) = table else { return StoreConfig { url: default(), place: None } };
    let mut reader = Reader::new(scope, "store", table);
    let url = reader.text("url");
    reader.finish();
    match url {
        None => StoreConfig { url: default(), place: None },
        Some(Written { value, place }) => {
            StoreConfig { url: address(scope, &value, &place).unwrap_or_else(default), place: Some(place) }
        }
    }
}

fn address(scope: &Scope<'_>, url: &str, place: &Place) -> Option<String> {
    let wrong = |message: &str, suggestion: &str| {
        scope.report(Problem::error(place, message).suggest(suggestion));
        None
    };
    let Some((scheme, rest)) = url.split_once(':') else {
        return wrong("`url` of the store is `sqlite:` and a path", "for example \"sqlite:newshound.db\"");
    };
    match scheme {
        "sqlite" => {}
        "postgres" | "postgresql" => {
            return wrong("postgres needs a later version", "use \"sqlite:newshound.db\"");
        }
        _ => return wrong("the store is `sqlite:` and a path", "for example \"sqlite:newshound.db\""),
    }
    let path = rest.strip_prefix("//").unwrap_or(rest);
    match path {
        "" => wrong("the store's path is missing", "for example \"sqlite:newshound.db\""),
        ":memory:" => wrong("a store in memory would forget its alerts", "name a file"),
        _ if path.contains('?') => wrong("the store takes no options", "write the path alone"),
        _ if path.ends_with('/') => wrong("the store is a file", "add the file's name"),
        _ => Some(sqlite(scope, path)),
    }
}

/// Returns the address of a path; one that is not absolute lies in the state directory.
fn sqlite(scope: &Scope<'_>, path: &str) -> String {
    let path = Path::new(path.strip_prefix("./").unwrap_or(path));
    format!("sqlite:{}", scope.environment.state_directory().join(path).display())
}
