//! The configuration that `newshound init` writes: the one that is shipped.

/// Returns the files of a first configuration, each with its path and its text.
pub fn starter_files() -> &'static [(&'static str, &'static str)] {
    &[
        ("newshound.toml", include_str!("../../config/newshound.toml")),
        ("watchlists/mission.toml", include_str!("../../config/watchlists/mission.toml")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Wanted, guard_problems, load};

    #[test]
    fn the_starter_loads_without_an_error() {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in starter_files() {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let environment = Environment::of(directory.path(), &[]);
        let loaded = load(None, Wanted::Required, &environment);
        let shown: Vec<String> = loaded.problems.iter().map(|problem| problem.message.clone()).collect();
        let config = loaded.config.unwrap_or_else(|| panic!("{shown:#?}"));
        assert_eq!(shown.len(), 1, "only the contact is left to the user: {shown:?}");
        assert!(guard_problems(&config).is_empty());
        assert_eq!((config.topics.len(), config.channels.len(), config.routes.len()), (3, 1, 1));
        assert!(config.sources.len() >= 10);
    }

    #[test]
    fn what_is_commented_out_in_the_starter_is_right_too() {
        let (_, text) = starter_files()[0];
        let setting = |line: &str| {
            let bare = line.trim_start_matches("# ");
            let key = bare.split(['=', ' ']).next().unwrap_or("");
            let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            line.starts_with("# ") && (bare.starts_with('[') || (is_key && bare.contains(" = ")))
        };
        let active: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with("include"))
            .map(|line| if setting(line) { line.trim_start_matches("# ") } else { line })
            .collect();
        let active = active.join("\n");
        let loaded = crate::config::parse_str("n.toml", &active, &Environment::of("/here", &[]));
        let wrong: Vec<&str> = loaded.problems.iter().map(|problem| problem.message.as_str()).collect();
        for problem in wrong {
            // Secrets and topics are not at hand here; every key and value must be.
            let expected =
                ["variable", "credential", "secret's file", "no topic has", "public_url", "loopback only"];
            let expected = expected.iter().any(|part| problem.contains(part));
            assert!(expected || problem.contains("contradicts"), "{problem}");
        }
        assert!(active.lines().filter(|line| line.starts_with("max_")).count() >= 7);
    }
}
