//! What `search` says of the archive.

use super::*;
use crate::wire::Server;

async fn polled() -> (Home, Server) {
    let server = newsroom().await;
    let home = Home::with(&watching(&server, ""));
    home.run(&["run", "--once"]).await.expect(0);
    (home, server)
}

#[tokio::test]
async fn machines_get_the_items_with_their_scores() {
    let (home, _server) = polled().await;
    let rows = home.run(&["search", "--json", "Vladivostok OR grain"]).await.expect(0).rows();
    assert_eq!(rows.len(), 2);
    let fields = "id source url title summary text author published updated lang tags first_seen score";
    for row in &rows {
        assert_keys(row, fields);
        assert!(is_id(&row["id"], "it_") && row["source"] == "local", "{row}");
        assert_time(&row["first_seen"]);
        assert!((row["score"].as_f64().unwrap() - 0.646).abs() < 0.005, "{row}");
    }
    for (arguments, expect) in [
        (&["Vladivostok"][..], 1),
        (&["vladivostok", "train"], 1),
        (&["vladivostok", "grain"], 0),
        (&["Vladivostok OR grain", "--limit", "1"], 1),
        (&["Vladivostok OR grain", "--limit", "0"], 0),
        (&["--source", "local", "grain"], 1),
        (&["--source", "other", "grain"], 0),
        (&["--since", "1h", "grain"], 1),
        (&["grain AND tag:world"], 1),
        (&["grain AND tag:asia"], 0),
        (&["--", "-kim", "grain"], 1),
    ] {
        let found = home.run(&[&["search", "--json"], arguments].concat()).await.expect(0).rows();
        assert_eq!(found.len(), expect, "{arguments:?}");
    }
}

#[tokio::test]
async fn people_see_where_it_matched_and_how_many_there_are() {
    let (home, _server) = polled().await;
    let one = home.run(&["search", "Vladivostok NEAR/5 kim OR train"]).await.expect(0).out;
    let lines: Vec<&str> = one.lines().collect();
    assert!(lines[0].starts_with("0.8") && lines[0].contains("«Kim» arrives in «Vladivostok»"), "{one}");
    assert!(lines[1].contains("Local, 12 Sep 2023, it_"), "{one}");
    assert!(lines[2].contains("armoured «train» crossed"), "{one}");
    assert_eq!(lines[3..], ["1 item"], "{one}");
    let more = home.run(&["search", "--limit", "1", "Vladivostok OR grain"]).await.expect(0).out;
    assert!(more.ends_with("the newest 1; `--limit` shows more\n"), "{more}");
    assert_eq!(home.run(&["search", "nothing"]).await.expect(0).out, "nothing stored is like that\n");
}

#[tokio::test]
async fn a_query_with_a_fault_is_shown_with_a_caret() {
    let home = Home::with(TOPIC);
    let ended = home.run(&["search", "Kim NEAR/0 train"]).await.expect(2);
    assert!(ended.out.is_empty() && ended.err.starts_with("query:1:"), "{}", ended.err);
    let (quoted, caret) = (ended.err.lines().nth(1).unwrap(), ended.err.lines().nth(2).unwrap());
    assert!(quoted.ends_with("Kim NEAR/0 train"), "{}", ended.err);
    assert_eq!(caret.find('^'), quoted.find("NEAR/0"), "{}", ended.err);
    home.run(&["search"]).await.expect(2);
    home.run(&["search", "--since", "soon", "Kim"]).await.expect(2);
    let before = home.run(&["search", "Kim"]).await.expect(0);
    assert!(before.out.is_empty() && before.err.contains("there is no store"), "{}", before.err);
}
