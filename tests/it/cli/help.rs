//! What the program says of itself.

use super::*;

#[tokio::test]
async fn every_command_explains_itself() {
    let home = Home::new();
    for command in [
        "",
        "run",
        "demo",
        "init",
        "check",
        "fetch",
        "explain",
        "search",
        "backtest",
        "plan",
        "feedback",
        "feedback suggest",
        "test channel",
        "status",
        "sources list",
        "stories list",
        "stories show",
        "alerts list",
        "alerts show",
        "deliveries list",
        "deliveries retry",
    ] {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.push("--help");
        let help = home.run(&arguments).await.expect(0);
        assert_eq!(help.err, "");
        assert!(help.out.lines().all(|line| line.chars().count() <= 100), "{}", help.out);
        let name = if command.is_empty() { "newshound".to_owned() } else { command.replace(' ', "-") };
        // What goes for every command is shown once, with the program's own help.
        let own = help.out.split("\nGlobal options:").next().unwrap().trim_end().to_owned();
        insta::assert_snapshot!(name, if command.is_empty() { help.out } else { own });
    }
}

#[tokio::test]
async fn wrong_usage_is_told_with_what_was_meant() {
    let home = Home::new();
    for (arguments, said) in [
        (&["statsu"][..], "'status'"),
        (&["alerts", "lst"], "'list'"),
        (&["check", "--netwrok"], "'--network'"),
        (&["alerts", "--topic", "x", "show", "al_1"], "goes with `list`"),
        (&["stories", "--source", "x", "show", "st_1"], "goes with `list`"),
        (&["deliveries", "--limit", "1", "retry"], "goes with `list`"),
        (&["test", "channel"], "<NAME>"),
        (&["--log-format", "xml", "status"], "text, json, journald"),
        (&["-v", "-q", "status"], "cannot be used"),
    ] {
        let ended = home.run(arguments).await.expect(2);
        assert_eq!(ended.out, "");
        assert!(ended.err.contains(said), "{arguments:?}: {}", ended.err);
    }
    let nothing = home.run(&[]).await.expect(2);
    assert!(nothing.err.contains("Usage: newshound") && nothing.out.is_empty());
    let version = home.run(&["--version"]).await.expect(0);
    assert_eq!(version.out, concat!("newshound ", env!("CARGO_PKG_VERSION"), "\n"));
}
