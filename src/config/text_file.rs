//! Reads a whole text file of bounded size, or says in words why it cannot.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// What some editors put before a text; it is no part of it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads the file at a path.
pub(crate) fn read(path: &Path, most_bytes: u64) -> Result<String, String> {
    let file = File::open(path).map_err(|error| reason(&error))?;
    read_open(file, most_bytes)
}

/// Reads a file that is open already.
pub(crate) fn read_open(file: File, most_bytes: u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    file.take(most_bytes + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > most_bytes {
        return Err(format!("it has more than {} KiB", most_bytes >> 10));
    }
    let mark = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    String::from_utf8(bytes.split_off(mark)).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let n_lines = String::from_utf8_lossy(&error.as_bytes()[..good]).matches('\n').count();
        format!("line {} is not UTF-8", n_lines + 1)
    })
}

/// Returns why a file cannot be read.
pub(crate) fn reason(error: &io::Error) -> String {
    const REASONS: &[(ErrorKind, &str)] = &[
        (ErrorKind::NotFound, "there is no such file"),
        (ErrorKind::PermissionDenied, "it may not be read"),
        (ErrorKind::IsADirectory, "it is a directory"),
    ];
    let known = REASONS.iter().find(|(kind, _)| *kind == error.kind());
    known.map_or_else(|| format!("it cannot be read: {error}"), |(_, reason)| (*reason).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        assert_eq!(read(&path, 10), Err("there is no such file".to_owned()));
        assert_eq!(read(directory.path(), 10), Err("it is a directory".to_owned()));
        std::fs::write(&path, "0123456789").unwrap();
        assert_eq!(read(&path, 10), Ok("0123456789".to_owned()));
        assert_eq!(read(&path, 9), Err("it has more than 0 KiB".to_owned()));
        std::fs::write(&path, b"a\n\xe9").unwrap();
        assert_eq!(read(&path, 9), Err("line 2 is not UTF-8".to_owned()));
    }
}
