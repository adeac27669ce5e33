//! Each command: what it calls and what it prints.

mod ask;
mod backtest;
mod check;
mod daemon;
mod feedback;
mod look;
mod orders;
mod plan;
mod search;
mod sources;
mod stories;

use std::path::Path;

use anyhow::Context as _;
use newshound::app::stop;
use newshound::config::{self, Wanted};
use newshound::store::Order;

use super::args::lists::{Alerts, Deliveries, Sources, Stories};
use super::args::{Args, Command, Feedback, Test};
use super::{Exit, Session, complain, say};

/// Runs a command.
pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let session = Session::new(&args);
    match args.command {
        Command::Run { once, no_send } => Box::pin(daemon::run(&session, once, no_send)).await,
        Command::Demo { port, seconds, speed } => {
            Box::pin(daemon::demo(&session, port, seconds, speed)).await
        }
        Command::Init { dir } => init(&dir),
        Command::Check { network, show } => check::check(&session, network, show).await,
        Command::Plan => plan::plan(&session).await,
        Command::Fetch { base, content_type, what } => {
            ask::fetch(&session, (base, content_type), &what).await
        }
        Command::Explain { topic, title, lang, expect, what } => {
            ask::explain(&session, ask::Asked { topic, title, lang, expect }, what.as_deref()).await
        }
        Command::Backtest(asked) => backtest::backtest(&session, asked).await,
        Command::Search(asked) => search::search(&session, asked).await,
        Command::Feedback { command: Some(Feedback::Suggest(asked)), .. } => {
            feedback::suggest(&session, asked).await
        }
        Command::Feedback { command: None, topic, ids, verdict } => {
            let verdict = verdict.expect("without a subcommand it is required");
            feedback::judge(&session, &ids, topic, verdict).await
        }
        Command::Test(Test::Channel { name }) => ask::test_channel(&session, &name).await,
        Command::Test(Test::Source { id }) => ask::test_source(&session, &id).await,
        Command::Status => look::status(&session).await,
        Command::Sources { command, filter } => match Sources::of(command, filter) {
            Ok(Sources::List(filter)) => sources::sources(&session, &filter).await,
            Ok(Sources::Refresh(named)) => orders::order(&session, &named.ids, Order::Refresh).await,
            Ok(Sources::Enable(named)) => orders::order(&session, &named.ids, Order::Enable).await,
            Ok(Sources::Disable(named)) => orders::order(&session, &named.ids, Order::Disable).await,
            Err(misplaced) => Ok(usage(&misplaced)),
        },
        Command::Stories { command, filter } => match Stories::of(command, filter) {
            Ok(Stories::List(filter)) => stories::stories(&session, filter).await,
            Ok(Stories::Show { id }) => stories::story(&session, &id).await,
            Err(misplaced) => Ok(usage(&misplaced)),
        },
        Command::Alerts { command, filter } => match Alerts::of(command, filter) {
            Ok(Alerts::List(filter)) => look::alerts(&session, &filter).await,
            Ok(Alerts::Show { id }) => look::alert(&session, &id).await,
            Err(misplaced) => Ok(usage(&misplaced)),
        },
        Command::Deliveries { command, filter } => match Deliveries::of(command, filter) {
            Ok(Deliveries::List(filter)) => look::deliveries(&session, &filter).await,
            Ok(Deliveries::Retry { channel, ids }) => look::retry(&session, channel, &ids).await,
            Err(misplaced) => Ok(usage(&misplaced)),
        },
    }
}

/// Says what is wrong with the arguments.
fn usage(message: &str) -> Exit {
    complain(&format!("error: {message}"));
    Exit::Usage
}

/// Writes the starter configuration; never over a file that is there.
fn init(dir: &Path) -> anyhow::Result<Exit> {
    let files = config::starter_files();
    for (name, _) in files {
        let path = dir.join(name);
        if path.exists() {
            anyhow::bail!("{} is there already; nothing was written", path.display());
        }
    }
    for (name, text) in files {
        let path = dir.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        say(&format!("wrote {}", path.display()));
    }
    let named = if dir == Path::new(".") {
        String::new()
    } else {
        format!(" --config {}", quoted(&dir.join("newshound.toml")))
    };
    say(&format!("next: edit it, then\n  newshound check{named}\n  newshound run{named}"));
    Ok(Exit::Done)
}

/// Returns a path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let safe = |c: char| c.is_alphanumeric() || "/._-+,:@%=".contains(c);
    if path.chars().all(safe) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// Loads what a command cannot do without.
macro_rules! load {
    ($session:expr, $wanted:ident) => {
        match $session.load(Wanted::$wanted) {
            Ok(ready) => ready,
            Err(exit) => return Ok(exit),
        }
    };
}
use load;

/// Loads what a command that looks at the store needs.
macro_rules! looking {
    ($session:expr) => {
        match $session.load_to_look().await {
            Ok(looking) => looking,
            Err(exit) => return Ok(exit),
        }
    };
}
use looking;

fn on_signal() -> anyhow::Result<tokio_util::sync::CancellationToken> {
    stop::on_signal().context("listening for signals")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_where_a_shell_would_split_it() {
        assert_eq!(quoted(Path::new("a/newshound.toml")), "a/newshound.toml");
        assert_eq!(quoted(Path::new("my news/n.toml")), "'my news/n.toml'");
        assert_eq!(quoted(Path::new("it's")), r"'it'\''s'");
    }
}
