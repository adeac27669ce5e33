//! The only reader of environment variables, and what newshound concludes from them.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// Gives the value of a variable.
type Lookup = Box<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// The process's environment, or one made up by a test.
pub struct Environment {
    lookup: Lookup,
    directory: PathBuf,
}

impl Environment {
    /// Returns the environment of this process.
    pub fn real() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
        let lookup = |name: &str| std::env::var_os(name);
        let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        Environment { lookup: Box::new(lookup), directory }
    }

    /// Returns an environment of these variables only, with this as the current directory.
    pub fn of(directory: impl Into<PathBuf>, variables: &[(&str, &str)]) -> Self {
        let variables: std::collections::HashMap<String, OsString> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        let lookup = Box::new(move |name: &str| variables.get(name).cloned());
        Environment { lookup, directory: directory.into() }
    }

    /// Returns a variable that is set to something.
    pub(crate) fn get(&self, name: &str) -> Option<OsString> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// Says whether people want colour on their terminal (no-color.org).
    pub fn wants_colour(&self) -> bool {
        self.get("NO_COLOR").is_none() && self.get("TERM").is_none_or(|term| term != "dumb")
    }

    /// Says whether the terminal shows more than ASCII: unless the locale says otherwise.
    pub fn is_utf8(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| self.get(name));
        let Some(locale) = locale.map(|locale| locale.to_string_lossy().to_ascii_lowercase()) else {
            return true;
        };
        locale.contains("utf-8") || locale.contains("utf8")
    }

    /// Returns a path as seen from the current directory.
    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// Returns a path as it is written in the current directory; as a whole where it leads elsewhere.
    pub fn relative(&self, path: &Path) -> PathBuf {
        let mut whole = self.absolute(path);
        let mut here = self.directory.clone();
        // A way up and down again may lead here.
        if whole.components().any(|part| part == Component::ParentDir)
            && let (Some(folder), Some(name)) = (whole.parent(), whole.file_name())
            && let (Ok(folder), Ok(real)) = (folder.canonicalize(), here.canonicalize())
        {
            (whole, here) = (folder.join(name), real);
        }
        whole.strip_prefix(&here).map(Path::to_path_buf).unwrap_or(whole)
    }

    /// Returns where a configuration file is looked for, in order.
    pub(crate) fn candidates(&self) -> Vec<PathBuf> {
        const NAME: &str = "newshound/newshound.toml";
        let home = || Some(PathBuf::from(self.get("HOME")?).join(".config"));
        let user = self.get("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
        let mut candidates = vec![PathBuf::from("newshound.toml"), PathBuf::from("config/newshound.toml")];
        candidates.extend(user.map(|user| user.join(NAME)));
        candidates.push(Path::new("/etc").join(NAME));
        candidates
    }

    /// Returns the directory of everything that newshound keeps.
    pub fn state_directory(&self) -> PathBuf {
        // systemd gives a list where the unit names several directories.
        let systemd = self.get("STATE_DIRECTORY").and_then(|list| std::env::split_paths(&list).next());
        let user = || Some(PathBuf::from(self.get("XDG_STATE_HOME")?).join("newshound"));
        self.absolute(&systemd.or_else(user).unwrap_or_else(|| PathBuf::from("state")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn state(variables: &[(&str, &str)], expect: &str) {
        assert_eq!(Environment::of("/here", variables).state_directory(), Path::new(expect));
    }

    #[test]
    fn state_goes_where_the_system_says() {
        state(&[], "/here/state");
        state(&[("XDG_STATE_HOME", "/x")], "/x/newshound");
        state(&[("XDG_STATE_HOME", "/x"), ("STATE_DIRECTORY", "/var/lib/n")], "/var/lib/n");
        state(&[("STATE_DIRECTORY", "/a:/b")], "/a");
        state(&[("STATE_DIRECTORY", "")], "/here/state");
    }

    #[test]
    fn a_way_up_and_down_again_is_written_as_it_leads_from_here() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join("lists");
        std::fs::create_dir(&here).unwrap();
        let environment = Environment::of(here.to_str().unwrap(), &[]);
        assert_eq!(environment.relative(Path::new("../lists/t.toml")), Path::new("t.toml"));
        assert_eq!(environment.relative(&here.join("a/t.toml")), Path::new("a/t.toml"));
        let above = environment.relative(Path::new("../t.toml"));
        assert_eq!(above, folder.path().canonicalize().unwrap().join("t.toml"));
    }

    #[test]
    fn the_locale_says_whether_more_than_ascii_is_shown() {
        let utf8 = |variables: &[(&str, &str)]| Environment::of("/here", variables).is_utf8();
        assert!(utf8(&[]));
        assert!(utf8(&[("LANG", "de_DE.UTF-8")]));
        assert!(utf8(&[("LANG", "C"), ("LC_ALL", "C.utf8")]));
        assert!(!utf8(&[("LANG", "C")]));
        assert!(!utf8(&[("LANG", "de_DE.UTF-8"), ("LC_CTYPE", "POSIX")]));
        assert!(!utf8(&[("LC_ALL", "ru_RU.KOI8-R")]));
    }

    #[test]
    fn files_are_looked_for_from_near_to_far() {
        let shown = |variables: &[(&str, &str)]| {
            let candidates = Environment::of("/here", variables).candidates();
            candidates.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
        };
        let etc = "/etc/newshound/newshound.toml";
        let near = "newshound.toml config/newshound.toml";
        assert_eq!(shown(&[]), format!("{near} {etc}"));
        assert_eq!(shown(&[("HOME", "/h")]), format!("{near} /h/.config/newshound/newshound.toml {etc}"));
        assert_eq!(
            shown(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]),
            format!("{near} /x/newshound/newshound.toml {etc}")
        );
    }
}
