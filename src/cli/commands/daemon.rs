//! `run` and `demo`.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use newshound::app::demo::{self, Stage};
use newshound::app::reload::{Asks, Files, Reloads};
use newshound::app::setup::{Outside, Ready};
use newshound::app::{App, Send};
use newshound::config::{ChannelKind, Config, Environment};
use newshound::notify::console::{Console, Look};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Wanted, load, on_signal};
use crate::cli::{Exit, Session, complain, say, say_json, text};

pub(super) async fn run(session: &Session, once: bool, no_send: bool) -> anyhow::Result<Exit> {
    // From here on a SIGHUP is no end: it is heard once there is something to reload.
    let asks = Asks::on_signal().context("listening for signals")?;
    let ready = load!(session, Required);
    let stop = on_signal()?;
    let send = if no_send { Send::No } else { Send::Yes };
    let outside = Outside::real(look(session));
    if once {
        let app = App::open(ready, outside).await?;
        let counts = app.run_once(send, &stop).await?;
        let result = text::counts::Counted::of(&counts);
        if session.json {
            say_json(&result);
        } else {
            say(&result.in_words());
        }
        return Ok(Exit::Done);
    }
    let greeting = greeting(&ready);
    let address = ready.config.server.listen;
    let files = Files { path: session.config.clone(), environment: Environment::real() };
    let reloads = Reloads { files, asks, trail: ready.trail.clone() };
    // The store first: of two daemons on one store, the second must hear of the first.
    let app = App::open(ready, outside).await?;
    let listener = listen(address).await?;
    for line in &greeting {
        tracing::info!("{line}");
    }
    app.run(listener, send, Some(reloads), &stop).await;
    tracing::info!("stopped");
    Ok(Exit::Done)
}

async fn listen(address: Option<SocketAddr>) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("{address} cannot be had: choose another [server] listen, or \"\" for no status page")
    })?;
    Ok(Some(listener))
}

fn greeting(ready: &Ready) -> Vec<String> {
    let Config { sources, topics, channels, server, .. } = &ready.config;
    let page =
        server.listen.map_or_else(|| "no status page".to_owned(), |listen| format!("http://{listen}/"));
    let n = |n: usize, one: &str| text::words::counted(n as u64, one, &format!("{one}s"));
    let mut lines = vec![format!(
        "newshound {}: {}, {}, {}, {page}",
        env!("CARGO_PKG_VERSION"),
        n(sources.len(), "source"),
        n(topics.len(), "topic"),
        n(channels.len(), "channel"),
    )];
    if channels.iter().all(|channel| matches!(channel.kind, ChannelKind::Console)) {
        lines.push("alerts go to standard output only".to_owned());
    }
    lines
}

/// Alerts for people on a terminal, one line each in a pipe, JSON where asked for.
pub(super) fn look(session: &Session) -> Look {
    match (session.json, std::io::IsTerminal::is_terminal(&std::io::stdout())) {
        (true, _) => Look::Json,
        (false, true) => Look::Block { columns: session.terminal.columns, colour: session.terminal.colour },
        (false, false) => Look::Line,
    }
}

/// Standard output, as long as somebody reads it; after that the demo stops as if it were told
/// to, and clears its stage.
#[derive(Clone)]
struct Audience {
    stop: CancellationToken,
}

impl Write for Audience {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().write(bytes).inspect_err(|_| self.stop.cancel())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush().inspect_err(|_| self.stop.cancel())
    }
}

pub(super) async fn demo(
    session: &Session,
    port: Option<u16>,
    seconds: Option<u64>,
    speed: f64,
) -> anyhow::Result<Exit> {
    let stop = on_signal()?;
    let audience = Audience { stop: stop.clone() };
    let console = Console::new(Arc::new(Mutex::new(audience.clone())), look(session));
    let outside = Outside { console, ..Outside::real(look(session)) };
    let stage = Stage::set(port, speed, &session.environment, outside).await?;
    let tell = |text: &str| {
        if session.json {
            complain(text);
        } else {
            // That nobody listens any more has been heard already.
            let _ = writeln!(audience.clone(), "{text}");
        }
    };
    tell(&text::demo::heading(&stage));
    let terminal = if session.json { session.aside } else { session.terminal };
    let tell = |told: demo::Told| tell(&text::demo::line(&told, terminal));
    Box::pin(stage.play(seconds.map(std::time::Duration::from_secs), tell, &stop)).await?;
    Ok(Exit::Done)
}
