//! Where a problem stands and how it looks: lines and columns in any writing, the caret under
//! what is meant, nothing that moves a terminal, and no secret.

use serde_json::json;

use super::super::*;
use super::{check, loaded};

/// Returns the problems as people see them, the missing contact aside.
fn rendered(text: &str) -> Vec<String> {
    let problems = loaded(text).problems;
    problems.iter().filter(|p| !p.message.contains("contact")).map(Problem::render).collect()
}

#[test]
fn lines_and_columns_are_those_of_an_editor() {
    let wrong = "unknown key `x`";
    for (text, place) in [
        ("x = 1", "1:1"),
        ("\n\n  x = 1", "3:3"),
        ("\r\n\r\nx = 1\r\n", "3:1"),
        ("\tx = 1", "1:2"),
        ("# Ünïcödé 北朝鮮 👍\nx = 1", "2:1"),
        ("x.y.z = 1", "1:1"),
        ("x = { y = 1,\n z = 2 }", "1:1"),
        ("\"x\" = 1", "1:1"),
        ("[x]", "1:2"),
        ("[ x . y ]", "1:3"),
        ("[[x]]", "1:3"),
        ("timezone = \"\"\"\nUTC\"\"\"\nx = 1", "3:1"),
    ] {
        check(text, &[&format!("n.toml:{place}: {wrong}")]);
    }
    check("fetch.timeout = 5", &["n.toml:1:17: `timeout`: a time has a unit, such as \"5s\" or \"5m\""]);
    check(
        "fetch = { timeout = 5 }",
        &["n.toml:1:21: `timeout`: a time has a unit, such as \"5s\" or \"5m\""],
    );
    check("fetch.per_host.gap = '9d'", &["n.toml:1:22: `gap` is from 0s to 1h"]);
    check(
        "source = [{ url = 'https://a.example/', tags = ['ä', 北 ] }]",
        &["n.toml:1:54: string values must be quoted, expected literal string"],
    );
    check(
        "topic = [{ id = '北', any = ['x'] }]",
        &["n.toml:1:17: \"北\" is not an id: a-z, 0-9 and `-` make one | give the topic an `id`"],
    );
}

#[test]
fn all_is_told_at_once_in_the_order_of_the_file() {
    check(
        "watsh = 1\n[[route]]\nname = 'r'\nchannels = ['c']\n[[topic]]\nid = 't'\nroute = 'q'\nthreshold = 2\n\
         [[source]]\nurl = 'x'\nweight = 'y'\n[fetch]\ntimeout = 1\nmax_items = true\n",
        &[
            "n.toml:1:1: unknown key `watsh` | did you mean `watch`?",
            "n.toml:4:13: no channel is named \"c\"",
            "n.toml:7:9: no route is named \"q\" | did you mean \"r\"?",
            "n.toml:8:13: `threshold` is above 0 and under 1",
            "n.toml:10:7: `url` has no scheme | begin with `https://`",
            "n.toml:11:10: `weight`: expected a number, found text",
            "n.toml:13:11: `timeout`: a time has a unit, such as \"1s\" or \"1m\"",
            "n.toml:14:13: `max_items`: expected an integer, found true or false",
        ],
    );
}

#[test]
fn several_syntax_errors_are_told_at_once() {
    check(
        "a = \nb = 1\nc = ]\n",
        &[
            "n.toml:1:5: string values must be quoted, expected literal string",
            "n.toml:3:5: missing array opening, expected `[`",
        ],
    );
}

#[test]
fn quotes_and_line_breaks_in_a_text_are_told_how_they_are_written() {
    let first = |text: &str| loaded(text).problems.remove(0).suggestion.unwrap_or_default();
    for broken in ["query = \"oil OR\ngas\"", "query = 'oil OR\ngas'"] {
        assert!(first(broken).contains("over several lines"), "{broken}: {}", first(broken));
    }
    for broken in ["query = \"oil price\" OR gas", "query = \"\"oil price\" OR gas\""] {
        assert!(first(broken).contains("with quotes in it"), "{broken}: {}", first(broken));
    }
}

#[test]
fn the_caret_stands_under_what_is_meant() {
    let shows = |text: &str, expect: &str| assert_eq!(rendered(text), [expect], "{text}");
    shows("x = 1", "n.toml:1:1: unknown key `x`\n    1 | x = 1\n      | ^");
    shows(
        "[fetch]\n\ttimeuot = '5s' # here",
        "n.toml:2:2: unknown key `timeuot`\n    2 |  timeuot = '5s' # here\n      |  ^^^^^^^ did you mean `timeout`?",
    );
    // Wide characters take two columns, joined ones none.
    shows(
        "timezone = '北京'",
        "n.toml:1:12: no time zone is named \"北京\"\n    1 | timezone = '北京'\n      |            ^^^^^^ for example \"Europe/Berlin\" or \"UTC\"",
    );
    shows(
        "topic = [{ name = '北京', id = 't', x = 1 }]",
        "n.toml:1:35: unknown key `x` in topic t\n    1 | topic = [{ name = '北京', id = 't', x = 1 }]\n      |                                     ^",
    );
    shows(
        "topic = [{ name = 'e\u{301}\u{200b}', id = 't', x = 1 }]",
        "n.toml:1:36: unknown key `x` in topic t\n    1 | topic = [{ name = 'e\u{301}', id = 't', x = 1 }]\n      |                                  ^",
    );
}

#[test]
fn of_a_very_long_line_the_part_that_matters_is_shown() {
    let padding = "北".repeat(40_000);
    let text = format!(
        "source = [{{ url = 'https://a.example/', name = '{padding}', id = 't', x = 1, headers = {{}}, tags = '{padding}' }}]"
    );
    let shown = &rendered(&text)[0];
    let [place, quoted, caret] = shown.lines().collect::<Vec<_>>()[..] else { panic!("{shown}") };
    assert_eq!(place, "n.toml:1:40062: unknown key `x` in source t");
    let column = caret.find('^').unwrap();
    let under = unicode_width::UnicodeWidthStr::width(&quoted[..quoted.find("x = 1").unwrap()]);
    assert_eq!(column, under, "{shown}");
    assert!(unicode_width::UnicodeWidthStr::width(quoted) < 120, "{shown}");
}

#[test]
fn nothing_written_in_a_file_moves_the_terminal() {
    for text in [
        "\"a\\u001b[31m\\nb\" = 1",
        "timezone = \"a\\u001b]0;x\\u0007\\r\\nb\\u202e\"",
        "[[topic]]\nid = \"a\\u0008\\u009b\\nb\"",
        "[[channel]]\nname = \"a\\u001b\\nb\"\nkind = 'console'",
        "[[source]]\nurl = 'https://a.example/'\nheaders = { \"a\\u001b\\nb\" = 'c' }",
        "[[source]]\nid = 'a'\nurl = \"\\u001b\\n\"",
        "include = \"\\u001b\\n.toml\"",
    ] {
        for shown in rendered(text) {
            assert_eq!(shown.lines().count(), 3, "{shown:?}");
            let moves = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!shown.contains(moves), "{shown:?}");
        }
    }
}

#[test]
fn no_secret_is_quoted_also_not_around_a_syntax_error() {
    for text in [
        "[server]\ntoken = hunter2\n",
        "[server]\ntoken = 'hunter2\n",
        "[server]\ntoken = 'hunter2' x\n",
        "[server]\ntoken = 'hunter2'\ntoken = 'hunter2'\n",
        "smtp = { url = 'smtps://m.example', password = 'hunter2', }}\n",
        "smtp.password = hunter2\n",
        "[[channel]]\nname = 'a'\nkind = 'webhook'\nurl = 'https://h.example/hunter2\n",
        "[[channel]]\nname = 'a'\nkind = 'webhook'\nurl = https://h.example/hunter2\n",
        "[[channel]]\nsecrets = ['whsec_hunter2\n",
        "[[source]]\nheaders = { X-Mine = 'hunter2 }\n",
        "[source.headers]\nX-Mine = 'hunter2\n",
        "[fetch]\nproxy = 'http://u:hunter2@p.example\n",
        "[[source]]\nurl = 'https://u:hunter2@a.example\n",
        "[smtp]\nurl = 'smtps://u:hunter2@m.example'\nfrom = 'a@b.example'\n",
        "[fetch]\nproxy = 'hunter2'\n",
        "[[channel]]\nname = 'a'\nkind = 'webhook'\nurl = 'hunter2'\n",
        "[server]\ntoken = ['hunter2']\n",
        "[server]\ntoken = { value = 'hunter2' }\n",
    ] {
        let problems = loaded(text).problems;
        assert!(problems.iter().any(|p| !p.message.contains("contact")), "{text}");
        let shown: String = problems.iter().map(|p| p.render() + &p.to_json().to_string()).collect();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn problems_have_a_form_for_programs() {
    let problems =
        loaded("[fetch]\ncontact = 'a@b.example'\ntimeuot = 'é'\n[store]\nretention = '1h'").problems;
    let json: Vec<_> = problems.iter().map(Problem::to_json).collect();
    assert_eq!(
        json,
        [
            json!({"severity": "error", "class": null, "file": "n.toml", "line": 3, "column": 1,
                "message": "unknown key `timeuot`", "suggestion": "did you mean `timeout`?"}),
            json!({"severity": "warning", "class": null, "file": "n.toml", "line": 5, "column": 1,
                "message": "`retention` has no effect in this version yet", "suggestion": null}),
        ]
    );
    let refused = loaded("[[source]]\nurl = 'ftp://a.example/'").problems;
    assert_eq!(refused.last().unwrap().to_json()["class"], "scheme_refused");
}

#[test]
fn each_table_of_the_contract_stands_alone() {
    let text = include_str!("contract.toml");
    let starts: Vec<usize> = text.match_indices("\n[").map(|(at, _)| at + 1).chain([text.len()]).collect();
    assert!(starts.len() > 12);
    for part in starts.windows(2).map(|bounds| &text[bounds[0]..bounds[1]]) {
        if part.starts_with("[[topic.") {
            continue;
        }
        for problem in loaded(part).problems.iter().filter(|p| p.severity == Severity::Error) {
            // What is named elsewhere is not here; every key and value is right.
            let expected = ["no route is named", "no channel is named", "no topic has the id", "is not set"];
            let expected = expected.iter().chain(&["there is no such file", "needs `[smtp]`"]);
            assert!(expected.into_iter().any(|part| problem.message.contains(part)), "{}", problem.render());
        }
    }
}

#[test]
fn depth_is_bounded() {
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1{}", "[".repeat(2000), "]".repeat(2000)),
        format!("a = {}", "{ a = ".repeat(50_000)),
        format!("{}a = 1", "a.".repeat(20_000)),
        format!("[{}a]", "a.".repeat(20_000)),
    ] {
        assert!(loaded(&text).config.is_none());
    }
}
