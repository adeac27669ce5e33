//! Where the log goes and in which form.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use super::args::{Args, Command, LogFormat};

/// Starts the log on standard error, or in the journal.
pub(super) fn start(args: &Args) {
    let level = level(args);
    let stderr = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    let layer = match args.log_format {
        LogFormat::Text => stderr.with_ansi(false).boxed(),
        LogFormat::Json => stderr.json().boxed(),
        LogFormat::Journald => match tracing_journald::layer() {
            Ok(journal) => journal.boxed(),
            Err(_) => stderr.with_ansi(false).boxed(),
        },
    };
    // What the libraries have to say is their detail: it is told only to those who ask for all.
    let others = if level == LevelFilter::TRACE { level } else { level.min(LevelFilter::ERROR) };
    let filter = Targets::new().with_default(others).with_target(env!("CARGO_CRATE_NAME"), level);
    tracing_subscriber::registry().with(layer.with_filter(filter)).init();
}

/// The daemon tells its stories; other commands tell only what is wrong, and the demo, which
/// tells its own, only what must not be.
fn level(args: &Args) -> LevelFilter {
    let daemon = matches!(args.command, Command::Run { .. });
    let demo = matches!(args.command, Command::Demo { .. });
    let quietly = args.quiet.saturating_add(u8::from(!daemon) + u8::from(demo));
    match (args.verbose, quietly) {
        (0, 0) | (1, 1..) => LevelFilter::INFO,
        (0, 1) => LevelFilter::WARN,
        (0, _) => LevelFilter::ERROR,
        (1, 0) | (2, _) => LevelFilter::DEBUG,
        (_, _) => LevelFilter::TRACE,
    }
}
