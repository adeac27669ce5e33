//! Why a command failed: every cause once, in words, and a way out where there is one.

use std::{error::Error, io};

use newshound::store::StoreError;

use super::words::plain;

/// Returns what is said of an error.
pub(in crate::cli) fn told(error: &anyhow::Error) -> String {
    let way_out = error.chain().find_map(|cause| cause.downcast_ref::<StoreError>()?.way_out());
    let way_out = way_out.map(|way_out| format!("\n       {way_out}")).unwrap_or_default();
    format!("error: {}{way_out}", causes(error.chain()))
}

/// Returns what is said of a fault of the store, in one line.
pub(in crate::cli) fn of_store(error: &StoreError) -> String {
    let chain = std::iter::successors(Some(error as &(dyn Error + 'static)), |error| (*error).source());
    let way_out = error.way_out().map(|way_out| format!("; {way_out}")).unwrap_or_default();
    format!("{}{way_out}", causes(chain))
}

/// Joins the causes; libraries often repeat theirs, and their kind before it.
fn causes<'a>(chain: impl Iterator<Item = &'a (dyn Error + 'static)>) -> String {
    let mut told = String::new();
    for cause in chain {
        let text = match cause.downcast_ref::<io::Error>() {
            Some(error) => of_system(error),
            None => cause.to_string(),
        };
        let text = plain(without_kind(&text));
        if told.contains(&text) {
            continue;
        }
        if !told.is_empty() {
            told.push_str(": ");
        }
        told.push_str(&text);
    }
    told
}

/// Returns what a database said, without how its library announces that.
fn without_kind(text: &str) -> &str {
    let text = text.strip_prefix("error returned from database: ").unwrap_or(text);
    let code = text.strip_prefix("(code: ").and_then(|rest| rest.split_once(") "));
    code.map_or(text, |(_, text)| text)
}

/// Returns the system's words in lower case and without its number.
fn of_system(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_told_once_and_in_lower_case() {
        let cause = io::Error::from_raw_os_error(2);
        let error = anyhow::Error::new(cause).context("reading the feed");
        assert_eq!(told(&error), "error: reading the feed: no such file or directory");
        let twice = anyhow::anyhow!("unable to open").context("the database failed: unable to open");
        assert_eq!(told(&twice), "error: the database failed: unable to open");
        let coded = anyhow::anyhow!("error returned from database: (code: 26) file is not a database");
        assert_eq!(
            told(&coded.context("the database failed")),
            "error: the database failed: file is not a database"
        );
    }

    #[test]
    fn a_fault_of_the_store_has_a_way_out() {
        let cause = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = StoreError::Folder { folder: "/var/lib/n".into(), cause };
        let told = told(&anyhow::Error::new(error).context("opening the store"));
        assert_eq!(
            told,
            "error: opening the store: could not make the folder /var/lib/n: permission denied\n       \
             let the user that newshound runs as write there, or name another [store] url"
        );
    }
}
