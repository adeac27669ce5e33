//! The program as its users run it: in a folder of its own, with no more environment than it is
//! given.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// More than any command of these tests takes on a slow machine that others use too: what is not done
/// by then hangs.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// A folder with a configuration, and the variables the program gets.
pub(crate) struct Program {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Program {
    /// Writes the configuration.
    pub(crate) fn new(config: &str) -> Self {
        let program = Program { folder: TempDir::new().unwrap(), variables: Vec::new() };
        std::fs::write(program.path("newshound.toml"), config).unwrap();
        program
    }

    /// Returns a path in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets a variable for what is run from now on.
    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<Path>) {
        let value = value.as_ref().to_str().unwrap().to_owned();
        self.variables.push((name.to_owned(), value));
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, args: &[&str]) -> Output {
        finished(self.start(args)).await
    }

    /// Runs a command that must succeed, and returns what it printed, line by line of JSON.
    pub(crate) async fn json(&self, args: &[&str]) -> Vec<Value> {
        let output = self.run(&[args, &["--json"]].concat()).await;
        assert!(output.status.success(), "{args:?}: {output:?}");
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Starts a command; it is killed where the test ends before it.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdin(Stdio::null()).spawn().unwrap()
    }

    /// Starts a command whose standard input the test writes.
    pub(crate) fn start_with_input(&self, args: &[&str]) -> Child {
        self.command(args).stdin(Stdio::piped()).spawn().unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_newshound"));
        command.args(args).current_dir(self.folder.path()).env_clear().kill_on_drop(true);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Waits for the end.
pub(crate) async fn finished(child: Child) -> Output {
    let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    ended.expect("the program ends").unwrap()
}

/// Asks a daemon to stop, and waits for it.
pub(crate) async fn stopped(child: Child) -> Output {
    let pid = child.id().expect("it still runs");
    let asked = Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]).status().await.unwrap();
    assert!(asked.success());
    finished(child).await
}

/// Returns output as text.
pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
