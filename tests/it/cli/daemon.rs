//! `run` and `demo` as processes: what they say, what they hold, how they end.

use super::*;

#[tokio::test]
async fn a_running_daemon_is_seen_and_keeps_its_store_for_itself() {
    let server = newsroom().await;
    let home = Home::with(&watching(&server, ""));
    let mut daemon = home.start(&["run"], "newshound 0").await;
    let pid = daemon.pid();
    let alert = daemon.line("vladivostok").await;
    assert!(alert.contains(" alert vladivostok 0.65 \"Kim arrives in Vladivostok\" "), "{alert}");
    assert!(alert.trim_end().ends_with("title «Vladivostok»"), "{alert}");
    for arguments in [&["run"][..], &["run", "--once"]] {
        let second = home.run(arguments).await.expect(1);
        assert!(second.err.contains(&format!("process {pid}")), "{}", second.err);
        assert_eq!(second.out, "");
    }
    let status = home.run(&["status", "--json"]).await.expect(0).json();
    assert_eq!((&status["daemon"]["running"], &status["daemon"]["pid"]), (&true.into(), &pid.into()));
    assert_time(&status["daemon"]["started"]);
    assert_time(&status["config"]["loaded"]);
    assert_eq!(home.run(&["alerts", "list", "--json"]).await.expect(0).rows().len(), 1);
    assert_eq!(home.run(&["sources", "list", "--json"]).await.expect(0).rows().len(), 1);
    let item =
        home.run(&["alerts", "list", "--json"]).await.rows()[0]["item"]["id"].as_str().unwrap().to_owned();
    home.run(&["explain", &item]).await.expect(0);
    let (code, rest) = daemon.stop("-TERM").await;
    assert_eq!((code, rest.as_str()), (Some(0), ""));
    let status = home.run(&["status", "--json"]).await.expect(0).json();
    assert_eq!(status["daemon"]["running"], false);
}

#[tokio::test]
async fn a_daemon_ends_by_an_interrupt_with_0() {
    let server = newsroom().await;
    let home = Home::with(&watching(&server, ""));
    let daemon = home.start(&["run"], "newshound 0").await;
    assert_eq!(daemon.stop("-INT").await.0, Some(0));
}

#[tokio::test]
async fn other_commands_end_by_an_interrupt_with_130() {
    let home = Home::with(TOPIC);
    let server = Server::start("127.0.0.1", |_| Reply::raw("HTTP/1.1 200 OK\r\n").wait()).await;
    home.write("newshound.toml", &watching(&server, ""));
    let child = home.command(&["fetch", "local"]).spawn().unwrap();
    // The request shows that the command waits for its answer now.
    tokio::time::timeout(DEADLINE, async {
        while server.seen().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
    let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(130));
}

#[tokio::test]
async fn a_port_in_use_is_told_with_a_way_out() {
    let server = newsroom().await;
    let address = format!("127.0.0.1:{}", server.port());
    let configuration = watching(&server, "").replace("listen = \"\"", &format!("listen = \"{address}\""));
    let home = Home::with(&configuration);
    let ended = home.run(&["run"]).await.expect(1);
    let last = ended.err.lines().last().unwrap();
    assert!(last.starts_with(&format!("error: {address} cannot be had")), "{}", ended.err);
    assert!(last.contains("[server] listen") && !last.contains("os error"), "{last}");
    let port = server.port().to_string();
    let demo = home.run(&["demo", "--port", &port, "--seconds", "1"]).await.expect(1);
    assert!(demo.err.contains("--port") && demo.err.contains(&port), "{}", demo.err);
}

#[tokio::test]
async fn a_store_that_cannot_be_had_is_told_with_its_class_and_a_way_out() {
    let home = Home::new();
    home.write("text.db", &"this is no database, whatever its name says. ".repeat(40));
    home.write("file", "");
    std::fs::create_dir(home.path("folder.db")).unwrap();
    for (path, class, said) in [
        ("text.db", "corrupt", "not a database"),
        ("folder.db", "io_error", "is a directory"),
        ("file/n.db", "", "could not make the folder"),
    ] {
        let url = format!("sqlite:{}", home.path(path).display());
        home.write("newshound.toml", &format!("[store]\nurl = \"{url}\"\n[server]\nlisten = \"\"\n{TOPIC}"));
        let ended = home.run(&["run", "--once"]).await.expect(1);
        let error: String = ended.err.lines().skip_while(|line| !line.starts_with("error: ")).collect();
        assert!(error.contains(said) && error.contains(path.split('/').next().unwrap()), "{}", ended.err);
        assert!(error.contains("[store] url") || error.contains("move the file away"), "{}", ended.err);
        assert!(!error.contains("code:") && !error.contains("os error"), "{error}");
        if !class.is_empty() {
            let status = home.run(&["status", "--json"]).await.expect(1).json();
            assert_eq!((&status["health"], &status["store"]["class"]), (&"failing".into(), &class.into()));
            let text = home.run(&["status"]).await.expect(1).out;
            assert!(text.starts_with(&format!("The store cannot be used: {class}.\n")), "{text}");
        }
    }
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_no_error() {
    let server = newsroom().await;
    let home = Home::with(&watching(&server, ""));
    home.run(&["run", "--once"]).await.expect(0);
    for arguments in
        [&["alerts", "list", "--json"][..], &["status"], &["fetch", "local"], &["explain", "--title", "x"]]
    {
        let mut child = home.command(arguments).spawn().unwrap();
        drop(child.stdout.take());
        let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await.unwrap().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{arguments:?}");
    }
}

#[tokio::test]
async fn the_demo_tells_a_story_and_leaves_nothing_behind() {
    let home = Home::new();
    let scratch = home.path("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let mut command = home.command(&["demo", "--speed", "20"]);
    let mut child = command.env("TMPDIR", &scratch).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut demo = Running { child, out };
    let first = demo.line("status page").await;
    assert!(first.contains("http://127.0.0.1:"), "{first}");
    demo.line("read as the baseline, none alerted. Listening.").await;
    let mut waiting = vec!["kim-travel", "vladivostok", "arms-deal"];
    while !waiting.is_empty() {
        let line = demo.line(" alert ").await;
        assert!(line.contains('«') && line.contains(" 0."), "{line}");
        waiting.retain(|topic| !line.contains(topic));
    }
    assert!(!names(&scratch).is_empty());
    let mut err = demo.child.stderr.take().unwrap();
    let (code, _) = demo.stop("-INT").await;
    assert_eq!(code, Some(0));
    assert_eq!(names(&scratch), Vec::<String>::new());
    assert_eq!(names(home.directory.path()), ["scratch"]);
    let mut said = String::new();
    err.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "", "the log does not disturb the story");
}

#[tokio::test]
async fn the_demo_ends_when_nobody_reads_it_any_more() {
    let home = Home::new();
    let scratch = home.path("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let mut command = home.command(&["demo", "--speed", "20"]);
    let mut child = command.env("TMPDIR", &scratch).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).await.unwrap();
    drop(out);
    let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(names(&scratch), Vec::<String>::new());
}

#[tokio::test]
async fn the_demo_ends_by_itself_and_speaks_json() {
    let home = Home::new();
    let ended = home.run(&["demo", "--seconds", "1", "--json"]).await.expect(0);
    assert!(ended.err.contains("status page"), "{}", ended.err);
    for row in ended.rows() {
        assert_eq!(row["type"], "alert.created");
    }
    let mut demo = home.start(&["demo", "--speed", "20", "--json"], "Listening.").await;
    let alert: Value = serde_json::from_str(&demo.line("").await).unwrap();
    assert_keys(&alert, "type timestamp data");
    assert_eq!(demo.stop("-TERM").await.0, Some(0));
    for arguments in [&["--speed", "0"][..], &["--speed", "NaN"], &["--seconds", "-1"], &["--port", "70000"]]
    {
        let ended = home.run(&[&["demo"], arguments].concat()).await.expect(2);
        assert!(ended.err.contains(arguments[0]) && ended.out.is_empty(), "{ended:?}");
    }
}
