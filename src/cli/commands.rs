//! Each command: what it calls and what it prints.

mod ask;
mod check;
mod daemon;
mod look;

use anyhow::Context as _;
use newshound::app::stop;
use newshound::config::{self, Wanted};

use super::args::{Alerts, Args, Command, Deliveries, Filter, Sources, Test};
use super::{Exit, Session, say};

/// Runs a command.
pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let session = Session::new(&args);
    match args.command {
        Command::Run { once, no_send } => daemon::run(&session, once, no_send).await,
        Command::Demo { port, seconds, speed } => daemon::demo(&session, port, seconds, speed).await,
        Command::Init { dir } => init(&dir),
        Command::Check { network } => check::check(&session, network).await,
        Command::Fetch { base, content_type, what } => {
            ask::fetch(&session, (base, content_type), &what).await
        }
        Command::Explain { topic, title, lang, expect, what } => {
            ask::explain(&session, ask::Asked { topic, title, lang, expect }, &what).await
        }
        Command::Test(Test::Channel { name }) => ask::test_channel(&session, &name).await,
        Command::Status => look::status(&session).await,
        Command::Sources { command } => {
            let Sources::List(filter) = command.unwrap_or(Sources::List(Filter::default()));
            look::sources(&session, &filter).await
        }
        Command::Alerts { command } => match command.unwrap_or(Alerts::List(Filter::default())) {
            Alerts::List(filter) => look::alerts(&session, &filter).await,
            Alerts::Show { id } => look::alert(&session, &id).await,
        },
        Command::Deliveries { command } => match command.unwrap_or(Deliveries::List(Filter::default())) {
            Deliveries::List(filter) => look::deliveries(&session, &filter).await,
            Deliveries::Retry { channel, ids } => look::retry(&session, channel, &ids).await,
        },
    }
}

/// Writes the starter configuration; never over a file that is there.
fn init(dir: &std::path::Path) -> anyhow::Result<Exit> {
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
    say(&format!(
        "next: edit it, then  newshound check --config {0}  and  newshound run --config {0}",
        dir.join("newshound.toml").display()
    ));
    Ok(Exit::Done)
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

fn on_signal() -> anyhow::Result<tokio_util::sync::CancellationToken> {
    stop::on_signal().context("listening for signals")
}
