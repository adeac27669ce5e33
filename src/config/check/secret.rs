//! Reads secrets from where the configuration says they are kept.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::super::place::{Place, Problem};
use super::super::raw::{Table, Value, What};
use super::super::reader::{Reader, Scope, Written};
use super::super::secret::Secret;
use super::super::text_file;

/// Whether a value that stands in the configuration itself deserves a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    Warned,
    Fine,
}

/// The ways out of a plain secret.
const KEPT_ELSEWHERE: &str = "use { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }";

/// Bytes of a secret's file.
const MOST_BYTES: u64 = 64 << 10;

/// Reads the secret under a key.
pub(crate) fn secret(reader: &mut Reader<'_>, key: &'static str, plain: Plain) -> Option<Written<Secret>> {
    let entry = reader.entry(key)?;
    if plain == Plain::Warned && matches!(&entry.value.what, What::Text(text) if !text.is_empty()) {
        warn_of_plain(reader.scope, key, &entry.place);
    }
    resolve(reader.scope, key, entry.value)
}

/// Warns of a secret that stands in the configuration file.
pub(crate) fn warn_of_plain(scope: &Scope<'_>, what: &str, place: &Place) {
    let path = scope.environment.absolute(&place.file.path);
    let open = std::fs::metadata(path).ok().map(|file| file.permissions().mode() & 0o777);
    let readers = open
        .filter(|mode| mode & 0o077 != 0)
        .map_or_else(String::new, |mode| format!(", which others may read (mode {mode:o})"));
    let message = format!("the secret `{what}` stands in the file{readers}");
    scope.report(Problem::warning(place, message).suggest(KEPT_ELSEWHERE));
}

/// Reads a secret from a value: a text, or a table that says where it is.
pub(crate) fn resolve(scope: &Scope<'_>, key: &str, value: Value) -> Option<Written<Secret>> {
    let place = value.place;
    let read = match value.what {
        What::Text(text) => Ok(text),
        What::Table(table) => from_table(scope, key, table)?,
        What::Integer(_) | What::Number(_) | What::Flag(_) | What::Time | What::List(_) => {
            Err((format!("`{key}`: expected a secret"), KEPT_ELSEWHERE.to_owned()))
        }
    };
    match read {
        Ok(text) => Some(Written { value: Secret::new(text), place }),
        Err((message, suggestion)) => {
            scope.report(Problem::error(&place, message).suggest(suggestion));
            None
        }
    }
}

type Read = Result<String, (String, String)>;

/// Returns `None` when what is wrong was reported already.
fn from_table(scope: &Scope<'_>, key: &str, table: Table) -> Option<Read> {
    let directory = table.place.file.path.parent().map(Path::to_path_buf).unwrap_or_default();
    let n_keys = table.entries.len();
    let mut reader = Reader::new(scope, "secret", table);
    let file = reader.text("file");
    let env = reader.text("env");
    let credential = reader.text("credential");
    let read = match (file, env, credential) {
        (Some(file), None, None) => {
            Some(from_file(&scope.environment.absolute(&directory.join(&file.value)), 0o077))
        }
        (None, Some(name), None) => Some(from_variable(scope, &name.value)),
        (None, None, Some(name)) => Some(from_credential(scope, &name.value)),
        (None, None, None) if n_keys > 0 => None,
        _ => Some(Err((
            format!("`{key}`: a secret is kept in one place"),
            "give one of `file`, `env` and `credential`".to_owned(),
        ))),
    };
    reader.finish();
    read
}

fn from_variable(scope: &Scope<'_>, name: &str) -> Read {
    let help = || format!("set {name}, for example in the service's EnvironmentFile");
    let value =
        scope.environment.get(name).ok_or_else(|| (format!("the variable {name} is not set"), help()))?;
    let value = value.into_string().map_err(|_| (format!("the variable {name} is not UTF-8"), help()))?;
    match value.trim_end_matches(['\n', '\r']) {
        "" => Err((format!("the variable {name} is empty"), help())),
        secret => Ok(secret.to_owned()),
    }
}

fn from_credential(scope: &Scope<'_>, name: &str) -> Read {
    let help = || format!("in the unit: LoadCredential={name}:/path/to/it");
    if name.is_empty() || name.contains('/') || name == ".." {
        return Err((format!("\"{name}\" is not the name of a credential"), help()));
    }
    let directory = scope
        .environment
        .get("CREDENTIALS_DIRECTORY")
        .ok_or_else(|| ("there are no credentials: $CREDENTIALS_DIRECTORY is not set".to_owned(), help()))?;
    // systemd gives the service's group access through an entry that shows as a group bit.
    from_file(&PathBuf::from(directory).join(name), 0o007)
}

/// Reads a file that must not grant any of these permissions.
fn from_file(path: &Path, forbidden: u32) -> Read {
    let shown = path.display();
    let wrong = |reason: String| {
        (format!("the secret's file {shown}: {reason}"), "write the secret there, with mode 600".to_owned())
    };
    let unreadable = |error: std::io::Error| wrong(text_file::reason(&error));
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.permissions().mode() & 0o777;
    if metadata.is_file() && mode & forbidden != 0 {
        let message = format!("the secret's file {shown} is open to others (mode {mode:o})");
        return Err((message, format!("chmod 600 {shown}")));
    }
    let text = text_file::read_open(file, MOST_BYTES).map_err(wrong)?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        return Err(wrong("it is empty".to_owned()));
    }
    Ok(secret.to_owned())
}
