//! Loading from a directory: what is found, included, merged, and kept secret.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::super::*;
use super::lines;

/// Writes files into a new directory.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

/// Checks what is wrong in a directory's `newshound.toml`, the missing contact aside.
#[track_caller]
fn check(files: &[(&str, &str)], expect: &[&str]) -> Loaded {
    let directory = directory(files);
    let loaded = load(None, Wanted::Required, &Environment::of(directory.path(), &[]));
    let mut found = lines(&loaded.problems);
    found.retain(|line| !line.contains("contact"));
    assert_eq!(found, expect, "\n{found:#?}");
    loaded
}

#[test]
fn files_are_found_in_order_and_shown_as_given() {
    for (files, variables, shown) in [
        (&[("newshound.toml", ""), ("config/newshound.toml", "")][..], &[][..], "newshound.toml"),
        (&[("config/newshound.toml", "")], &[], "config/newshound.toml"),
        (&[("newshound.toml", ""), ("x.toml", "")], &[("NEWSHOUND_CONFIG", "x.toml")], "x.toml"),
    ] {
        let directory = directory(files);
        let loaded = load(None, Wanted::Required, &Environment::of(directory.path(), variables));
        assert_eq!(loaded.file.as_deref(), Some(directory.path().join(shown).as_path()));
        assert!(loaded.config.is_some());
    }
    let directory = directory(&[("newshound.toml", ""), ("y.toml", "")]);
    let environment = Environment::of(directory.path(), &[("NEWSHOUND_CONFIG", "x.toml")]);
    let loaded = load(Some(Path::new("y.toml")), Wanted::Required, &environment);
    assert_eq!(loaded.file, Some(directory.path().join("y.toml")));
}

#[test]
fn a_file_is_needed_or_not() {
    let nowhere = directory(&[]);
    let environment = Environment::of(nowhere.path(), &[]);
    let loaded = load(None, Wanted::Required, &environment);
    assert!(loaded.config.is_none());
    assert_eq!(
        loaded.problems[0].render(),
        "error: there is no configuration file\n       looked for newshound.toml, config/newshound.toml, \
         /etc/newshound/newshound.toml; `newshound init` writes one"
    );
    let loaded = load(None, Wanted::Optional, &environment);
    assert!(loaded.config.unwrap().sources.is_empty());
    assert!(loaded.problems.is_empty());
    let loaded = load(Some(Path::new("gone.toml")), Wanted::Optional, &environment);
    assert_eq!(lines(&loaded.problems), ["gone.toml: there is no such file"]);
}

#[test]
fn a_file_that_was_missing_is_noticed_when_it_comes() {
    let directory = directory(&[]);
    let loaded = load(None, Wanted::Required, &Environment::of(directory.path(), &[]));
    assert_eq!(loaded.trail.as_present(), loaded.trail.as_read());
    std::fs::write(directory.path().join("newshound.toml"), "").unwrap();
    assert_ne!(loaded.trail.as_present(), loaded.trail.as_read());
}

#[test]
fn includes_are_merged_in_order() {
    let loaded = check(
        &[
            (
                "newshound.toml",
                "include = ['lists/*.toml', 'urls.txt']\n[[topic]]\nid = 'a'\n[fetch]\ntimeout = '5s'",
            ),
            ("lists/b.toml", "include = 'deep/c.toml'\n[[topic]]\nid = 'b'\n[fetch]\nmax_items = 7\n"),
            ("lists/deep/c.toml", "include = '../b.toml'\n[[topic]]\nid = 'c'\n"),
            ("urls.txt", "# mine\nhttps://a.example/1\n\n  https://a.example/2\n"),
        ],
        &[],
    );
    let config = loaded.config.unwrap();
    assert_eq!(loaded.files.len(), 4);
    assert_eq!(config.topics.iter().map(|topic| topic.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!((config.fetch.timeout.as_secs(), config.fetch.max_items), (5, 7));
    assert_eq!(
        config.sources.iter().map(|s| s.id.to_string()).collect::<Vec<_>>(),
        ["a-example-1", "a-example-2"]
    );
    assert_eq!(
        format!("{:?}", config.sources.iter().nth(1).unwrap().place.as_ref().unwrap()),
        "urls.txt:4:3"
    );
}

#[test]
fn problems_name_the_file_they_stand_in() {
    check(
        &[
            (
                "newshound.toml",
                "include = ['b.toml', 'none/*.toml', 'gone.toml', 'x.opml', 'x.csv', 'a/[', 7]\n[fetch]\ntimeout = '5s'\n[[topic]]\nid='a'",
            ),
            ("b.toml", "[fetch]\ntimeout = '6s'\n[[topic]]\nid = 'a'\nroute = 'r'"),
            ("x.opml", ""),
            ("x.csv", ""),
        ],
        &[
            "newshound.toml:1:22: warning: no file matches \"none/*.toml\"",
            "newshound.toml:1:37: no file matches \"gone.toml\"",
            "newshound.toml:1:50: warning: including x.opml has no effect in this version yet",
            "newshound.toml:1:60: x.csv is neither .toml nor .txt nor .opml",
            "newshound.toml:1:69: `include`: invalid range pattern",
            "newshound.toml:1:76: `include`: expected text, found an integer",
            "b.toml:2:1: `timeout` is given twice | it stands at newshound.toml:3:1 already",
            "b.toml:4:6: topic \"a\" is given twice | it stands at newshound.toml:5:4 already",
        ],
    );
}

#[test]
fn a_file_that_is_not_text_is_refused() {
    let directory = directory(&[("newshound.toml", "include = 'b.toml'")]);
    std::fs::write(directory.path().join("b.toml"), b"a = 1\nb = \"\xe9\"").unwrap();
    let loaded = load(None, Wanted::Required, &Environment::of(directory.path(), &[]));
    assert_eq!(lines(&loaded.problems), ["newshound.toml:1:11: b.toml: line 2 is not UTF-8"]);
}

#[test]
fn a_secret_file_is_for_its_owner_alone() {
    let directory =
        directory(&[("newshound.toml", "[server]\ntoken = { file = 'token' }"), ("token", "s3cret\r\n\n")]);
    let token = directory.path().join("token");
    let environment = Environment::of(directory.path(), &[]);
    let with_mode = |mode| {
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(mode)).unwrap();
        load(None, Wanted::Required, &environment)
    };
    assert_eq!(with_mode(0o600).config.unwrap().server.token.unwrap().expose(), "s3cret");
    for mode in [0o644, 0o640, 0o604] {
        let shown = token.display();
        let problem = format!(
            "newshound.toml:2:9: the secret's file {shown} is open to others (mode {mode:o}) | chmod 600 {shown}"
        );
        assert!(lines(&with_mode(mode).problems).contains(&problem));
    }
    std::fs::write(&token, "\n").unwrap();
    assert!(lines(&with_mode(0o600).problems)[1].contains("is empty"));
    std::fs::remove_file(&token).unwrap();
    let gone = load(None, Wanted::Required, &environment);
    assert!(
        lines(&gone.problems)[1].contains("there is no such file | write the secret there, with mode 600")
    );
}

#[test]
fn credentials_come_from_the_directory_that_systemd_names() {
    let directory = directory(&[
        ("newshound.toml", "[server]\ntoken = { credential = 'token' }"),
        ("cred/token", "s3cret\n"),
    ]);
    let credentials = directory.path().join("cred");
    std::fs::set_permissions(credentials.join("token"), std::fs::Permissions::from_mode(0o440)).unwrap();
    let variables = [("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap())];
    let loaded = load(None, Wanted::Required, &Environment::of(directory.path(), &variables));
    assert_eq!(loaded.config.unwrap().server.token.unwrap().expose(), "s3cret");
    let without = load(None, Wanted::Required, &Environment::of(directory.path(), &[]));
    assert!(lines(&without.problems)[1].contains("$CREDENTIALS_DIRECTORY is not set"));
    let escape =
        parse_str("n.toml", "[server]\ntoken={credential='../x'}", &Environment::of("/", &variables));
    assert!(lines(&escape.problems)[1].contains("\"../x\" is not the name of a credential"));
}

#[test]
fn a_warning_of_a_plain_secret_says_who_may_read_it() {
    let directory = directory(&[("newshound.toml", "[fetch]\ncontact='a@b.example'\n[server]\ntoken = 'x'")]);
    let path = directory.path().join("newshound.toml");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let loaded = load(None, Wanted::Required, &Environment::of(directory.path(), &[]));
    assert_eq!(
        lines(&loaded.problems),
        [
            "newshound.toml:4:1: warning: the secret `token` stands in the file, which others may read (mode 644) | \
          use { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }"
        ]
    );
}

#[test]
fn ten_thousand_sources_load_in_no_time() {
    let one = |n| format!("[[source]]\nurl = 'https://h{n}.example/feed'\ntags = ['world']\n");
    let text: Vec<String> = (0..10_000).map(one).collect();
    let loaded = parse_str("n.toml", &text.concat(), &Environment::of("/here", &[]));
    assert_eq!(loaded.config.unwrap().sources.len(), 10_000);
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_text() {
    let loaded = check(
        &[
            ("newshound.toml", "\u{feff}include = ['u.txt', 'b.toml']\nx = 1\n"),
            ("u.txt", "\u{feff}https://a.example/1\r\nnews\r\n"),
            ("b.toml", "\u{feff}y = 1"),
        ],
        &[
            "newshound.toml:2:1: unknown key `x`",
            "u.txt:2:1: `url` has no scheme | begin with `https://`",
            "b.toml:1:1: unknown key `y`",
        ],
    );
    assert_eq!(loaded.files.len(), 3);
}

#[test]
fn what_editors_hide_beside_a_list_is_not_included() {
    let directory = directory(&[
        ("newshound.toml", "include = ['lists/*.toml', '.mine/a.toml']"),
        ("lists/a.toml", "[[topic]]\nid = 'a'"),
        ("lists/.b.toml", "broken"),
        (".mine/a.toml", "[[topic]]\nid = 'c'"),
    ]);
    std::os::unix::fs::symlink("user@host.1:2", directory.path().join("lists/.#a.toml")).unwrap();
    let loaded = load(None, Wanted::Required, &Environment::of(directory.path(), &[]));
    let config = loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.problems));
    assert_eq!(config.topics.iter().map(|topic| topic.id.as_str()).collect::<Vec<_>>(), ["a", "c"]);
}

#[test]
fn includes_go_anywhere_and_in_circles_but_only_once() {
    let elsewhere = directory(&[("a[1].toml", "[[topic]]\nid = 'far'"), ("d.toml/x", ""), ("gone.txt", "")]);
    let far = elsewhere.path().display();
    let main = format!("include = ['{far}/a[[]1].toml', 'b.toml', './b.toml', '*.toml', 'newshound.toml']");
    let loaded = check(
        &[
            ("newshound.toml", &main),
            ("b.toml", "include = ['c.toml']\n[[topic]]\nid = 'b'"),
            ("c.toml", "include = ['newshound.toml', 'b.toml', 'c.toml']\n[[topic]]\nid = 'c'"),
        ],
        &[],
    );
    let topics: Vec<_> = loaded.topics.iter().map(|topic| topic.id.as_str()).collect();
    assert_eq!((topics, loaded.files.len()), (vec!["far", "b", "c"], 4));
    let dangling = format!("include = ['{far}/d.toml', '{far}/*.toml/x', 'l.toml']");
    let directory = directory(&[("newshound.toml", &dangling)]);
    std::os::unix::fs::symlink("nowhere", directory.path().join("l.toml")).unwrap();
    let loaded = load(None, Wanted::Required, &Environment::of(directory.path(), &[]));
    assert_eq!(
        lines(&loaded.problems),
        [
            format!("newshound.toml:1:12: {far}/d.toml: it is a directory"),
            format!(
                "newshound.toml:1:{}: {far}/d.toml/x is neither .toml nor .txt nor .opml",
                23 + far.to_string().len()
            ),
            format!("newshound.toml:1:{}: l.toml: there is no such file", 36 + 2 * far.to_string().len()),
        ]
    );
}

#[test]
fn names_are_given_once_over_all_files() {
    check(
        &[
            ("newshound.toml", "include = ['a.toml', 'b.toml']"),
            (
                "a.toml",
                "[[source]]\nid = 's'\nurl = 'https://a.example/'\n[[channel]]\nname = 'c'\nkind = 'console'\n\
                [[route]]\nname = 'r'\nchannels = 'c'\n[smtp]\nurl = 'smtps://m.example'\n",
            ),
            (
                "b.toml",
                "[[source]]\nid = 's'\nurl = 'https://b.example/'\n[[channel]]\nname = 'c'\nkind = 'console'\n\
                [[route]]\nname = 'r'\nchannels = 'c'\n[smtp]\nurl = 'smtps://m.example'\nfrom = 'a@b.example'\n",
            ),
        ],
        &[
            "b.toml:2:6: source \"s\" is given twice | it stands at a.toml:2:6 already",
            "b.toml:5:8: channel \"c\" is given twice | it stands at a.toml:5:8 already",
            "b.toml:8:8: route \"r\" is given twice | it stands at a.toml:8:8 already",
            "b.toml:11:1: `url` is given twice | it stands at a.toml:11:1 already",
        ],
    );
}

#[test]
fn a_variable_is_trimmed_like_a_file() {
    let token = |value: &str| {
        let environment = Environment::of("/here", &[("T", value)]);
        parse_str("n.toml", "[server]\ntoken = { env = 'T' }", &environment)
    };
    assert_eq!(token("s3cret\r\n").config.unwrap().server.token.unwrap().expose(), "s3cret");
    assert_eq!(token(" s3 cret ").config.unwrap().server.token.unwrap().expose(), " s3 cret ");
    assert!(lines(&token("\n").problems)[1].contains("the variable T is empty"));
    assert!(lines(&token("").problems)[1].contains("the variable T is not set"));
}

#[test]
fn a_chain_of_files_has_an_end() {
    let chain = |length: usize| -> Vec<(String, String)> {
        let text = |n| if n < length { format!("include = 'f{n}.toml'") } else { "x = 1".to_owned() };
        let name = |n| if n == 1 { "newshound.toml".to_owned() } else { format!("f{}.toml", n - 1) };
        (1..=length).map(|n| (name(n), text(n))).collect()
    };
    for (length, expect) in [
        (64, "f63.toml:1:1: unknown key `x`"),
        (70, "f63.toml:1:11: more than 64 files include each other in a chain"),
    ] {
        let files = chain(length);
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
        check(&files, &[expect]);
    }
}
