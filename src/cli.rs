//! Arguments to one call into `app`, and its result to the terminal. The only printer.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 done,
//! 1 failed, 2 wrong usage or configuration, 3 an expectation was not met, 130 interrupted.

mod args;
mod commands;
mod log;
mod progress;
mod text;

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use newshound::app::running;
use newshound::app::setup::{self, Checked, Ready};
use newshound::app::stop::INTERRUPTED;
use newshound::config::{Config, Environment, Problem, Severity, Wanted};

use self::args::{Args, Command};
use self::text::ink::Terminal;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Done,
    Failed,
    Usage,
    Expectation,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Expectation => 3,
        })
    }
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let args = Args::parse();
    log::start(&args);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("error: the runtime cannot start: {error}"));
            return Exit::Failed.into();
        }
    };
    if !matches!(args.command, Command::Run { .. } | Command::Demo { .. }) {
        runtime.spawn(end_on_interrupt());
    }
    let exit = runtime.block_on(commands::run(args)).unwrap_or_else(|error| {
        complain(&text::failure::told(&error));
        Exit::Failed
    });
    // A thread that still reads standard input must not hold the end back.
    runtime.shutdown_background();
    exit.into()
}

/// Ends a command that nobody waits for any more; those that run on have their own way to stop.
async fn end_on_interrupt() {
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(INTERRUPTED);
    }
}

/// Names looked up, bodies read and texts written at one time: each poll in flight may wait for
/// the name of its host.
const BLOCKING_THREADS: usize = 320;

/// What commands know of the terminal and of the arguments that go for all.
struct Session {
    config: Option<PathBuf>,
    json: bool,
    /// Whether only errors are to be told.
    errors_only: bool,
    environment: Environment,
    /// Standard output.
    terminal: Terminal,
    /// Standard error.
    aside: Terminal,
    /// Whether somebody watches and wants to know how far it is.
    watched: bool,
}

impl Session {
    fn new(args: &Args) -> Self {
        let environment = Environment::real();
        let (wanted, utf8) = (environment.wants_colour(), environment.is_utf8());
        let terminal = |is_terminal: bool, size: Option<(terminal_size::Width, terminal_size::Height)>| {
            let columns = size.map_or(0, |(width, _)| usize::from(width.0));
            // A terminal that does not know its width says 0.
            let columns = if columns == 0 { COLUMNS } else { columns.max(LEAST_COLUMNS) };
            Terminal { columns, colour: is_terminal && wanted, utf8 }
        };
        let (out, err) = (io::stdout(), io::stderr());
        Session {
            config: args.config.clone(),
            json: args.json,
            errors_only: args.quiet >= 2,
            terminal: terminal(out.is_terminal() && !args.json, terminal_size::terminal_size_of(&out)),
            watched: err.is_terminal() && args.quiet == 0,
            aside: terminal(err.is_terminal(), terminal_size::terminal_size_of(&err)),
            environment,
        }
    }

    /// Loads the configuration; tells every problem on standard error.
    fn load(&self, wanted: Wanted) -> Result<Ready, Exit> {
        self.load_from(self.config.as_deref(), wanted)
    }

    /// The same for the file at this path.
    fn load_from(&self, path: Option<&Path>, wanted: Wanted) -> Result<Ready, Exit> {
        let Checked { ready, problems, .. } = setup::load(path, wanted, &self.environment);
        // Warnings stand aside where an error has to be read first, and where a command only
        // borrows the settings: its own warnings are about what it was given.
        let warn = ready.is_some() && wanted == Wanted::Required;
        let all = problems.iter();
        self.tell(all.filter(|problem| warn || problem.severity == Severity::Error));
        ready.ok_or(Exit::Usage)
    }

    /// Tells problems on standard error; to those who want errors only, only these.
    fn tell<'p>(&self, problems: impl IntoIterator<Item = &'p Problem>) {
        let all = problems.into_iter();
        for problem in all.filter(|problem| !self.errors_only || problem.severity == Severity::Error) {
            complain(&text::check::problem(problem, self.aside));
        }
    }

    /// Loads the configuration for a command that looks at the store. Where the files have an error,
    /// the configuration that last ran is as good.
    async fn load_to_look(&self) -> Result<Looking, Exit> {
        let Checked { ready, ruins, problems, .. } =
            setup::load(self.config.as_deref(), Wanted::Required, &self.environment);
        if let Some(Ready { config, file, .. }) = ready {
            self.tell(&problems);
            return Ok(Looking { config, file });
        }
        let ran = match &ruins {
            Some(ruins) if !ruins.files.is_empty() => running::last(ruins).await,
            Some(_) | None => None,
        };
        self.tell(problems.iter().filter(|problem| problem.severity == Severity::Error));
        let (config, ruins) = ran.zip(ruins).ok_or(Exit::Usage)?;
        complain("note: the files have an error; what is shown is of the configuration that last ran");
        Ok(Looking { config, file: ruins.files.first().map(|file| file.path.clone()) })
    }
}

/// The configuration that a command looks at the store with.
struct Looking {
    config: Config,
    file: Option<PathBuf>,
}

/// Columns where nobody knows, and those that every line may count on.
const COLUMNS: usize = 80;
const LEAST_COLUMNS: usize = 40;

/// Prints a result. A reader that stopped reading is no error of ours; a full disk is one.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    written(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Ends the program where a result could not be written.
fn written(result: io::Result<()>) {
    let Err(error) = result else { return };
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    complain(&format!("error: the result could not be written: {error}"));
    std::process::exit(1);
}

/// Prints many results for machines: written when there are enough of them.
struct Results(io::BufWriter<io::Stdout>);

impl Results {
    fn new() -> Self {
        Results(io::BufWriter::with_capacity(64 << 10, io::stdout()))
    }

    fn say(&mut self, value: &impl serde::Serialize) {
        let line = serde_json::to_writer(&mut self.0, value).map_err(io::Error::from);
        written(line.and_then(|()| self.0.write_all(b"\n")));
    }

    fn end(mut self) {
        written(self.0.flush());
    }
}

/// Prints what is no result.
fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints a result for machines.
fn say_json(value: &impl serde::Serialize) {
    match serde_json::to_string(value) {
        Ok(line) => say(&line),
        Err(error) => complain(&format!("error: {error}")),
    }
}
