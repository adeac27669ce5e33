//! Which files a configuration was read from, as they were just before, and whether that is so
//! still: editors replace files, and a pattern of `include` may come to name more of them.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// How a file stood; `None` where there was none.
type Mark = Option<(u64, u64, i64, i64, u64)>;

/// The files read, and the patterns that named them.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    files: BTreeMap<PathBuf, Mark>,
    patterns: Vec<String>,
}

/// The files as they stand at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks(BTreeMap<PathBuf, Mark>);

impl Trail {
    /// Notes a file that is about to be read.
    pub(super) fn file(&mut self, path: &Path) {
        self.files.insert(path.to_path_buf(), mark(path));
    }

    /// Notes a pattern that is about to be looked up.
    pub(super) fn pattern(&mut self, pattern: &str) {
        self.patterns.push(pattern.to_owned());
    }

    /// Returns the files as they were when they were read.
    pub fn as_read(&self) -> Marks {
        Marks(self.files.clone())
    }

    /// Returns the files as they stand now, those included that a pattern names since.
    pub fn as_present(&self) -> Marks {
        let mut files: BTreeMap<PathBuf, Mark> =
            self.files.keys().map(|path| (path.clone(), mark(path))).collect();
        for path in self.patterns.iter().flat_map(|pattern| named(pattern)) {
            files.entry(path).or_insert_with_key(|path| mark(path));
        }
        Marks(files)
    }
}

/// Returns the files that an absolute pattern names.
pub(super) fn named(pattern: &str) -> Vec<PathBuf> {
    let found = glob::glob_with(pattern, OPTIONS);
    found.map(|paths| paths.filter_map(Result::ok).collect()).unwrap_or_default()
}

/// As in a shell: what editors and tools hide beside a file is not asked for by `*`.
pub(super) const OPTIONS: glob::MatchOptions = glob::MatchOptions {
    case_sensitive: true,
    require_literal_separator: false,
    require_literal_leading_dot: true,
};

fn mark(path: &Path) -> Mark {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.dev(), meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_replaced_gone_or_new_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("a.toml"), folder.path().join("b.toml"));
        std::fs::write(&one, "x = 1").unwrap();
        let mut trail = Trail::default();
        trail.pattern(&format!("{}/*.toml", folder.path().display()));
        trail.file(&one);
        assert_eq!(trail.as_read(), trail.as_present());
        std::fs::write(folder.path().join(".b.toml.swp"), "").unwrap();
        std::fs::write(folder.path().join(".hidden.toml"), "").unwrap();
        assert_eq!(trail.as_read(), trail.as_present());
        std::fs::write(&two, "").unwrap();
        assert_ne!(trail.as_read(), trail.as_present());
        std::fs::remove_file(&two).unwrap();
        assert_eq!(trail.as_read(), trail.as_present());
        std::fs::write(&two, "x = 2").unwrap();
        std::fs::rename(&two, &one).unwrap();
        assert_ne!(trail.as_read(), trail.as_present(), "same length, perhaps the same time, another file");
        std::fs::remove_file(&one).unwrap();
        assert_ne!(trail.as_read(), trail.as_present());
    }
}
