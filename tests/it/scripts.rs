//! The scripts of the etiquette (E) and of hostile inputs (H): newshound as a whole between
//! servers that do as they are told, its clock set by hand. What is judged is what the servers
//! saw, what a webhook received, and what the commands say.
//!
//! `docs/etiquette-report.md` tells how each of them went. After a change write it again:
//! `NEWSHOUND_WRITE_REPORT=1 cargo test --test it scripts::report`

mod any;
mod day;
mod feeds;
mod moving;
mod process;
mod report;
mod requests;
mod rhythm;
mod rules;
mod stage;
mod storms;
mod timing;
mod transport;
mod wishes;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::OnceLock;

/// Scripts of what this version does not do yet, and what they wait for.
const WAITING: &[(&str, &str)] = &[];

/// What was seen, in one line; a script that fails panics.
type Run = Pin<Box<dyn Future<Output = String>>>;

/// One script.
struct Script {
    id: &'static str,
    /// What must come of it.
    must: &'static str,
    run: fn() -> Run,
    seen: OnceLock<Result<String, String>>,
}

impl Script {
    const fn new(id: &'static str, must: &'static str, run: fn() -> Run) -> Self {
        Script { id, must, run, seen: OnceLock::new() }
    }

    /// Returns what the script waits for, where it cannot go well yet.
    fn waits(&self) -> Option<&'static str> {
        WAITING.iter().find(|(id, _)| *id == self.id).map(|(_, what)| *what)
    }

    /// Fails where the script does, or goes well before anybody said so.
    fn check(&self) {
        match (self.play(), self.waits()) {
            (Ok(_), None) | (Err(_), Some(_)) => {}
            (Err(panic), None) => panic!("{} fails: {panic}", self.id),
            (Ok(_), Some(_)) => panic!("{} goes well now: strike it from `WAITING`", self.id),
        }
    }

    /// Plays the script, once in the life of this process however often it is asked for.
    fn play(&self) -> &Result<String, String> {
        self.seen.get_or_init(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let played = catch_unwind(AssertUnwindSafe(|| runtime.block_on((self.run)())));
            runtime.shutdown_background();
            played.map_err(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                    .unwrap_or_default()
            })
        })
    }
}

/// Makes a table of scripts, and a test of each.
macro_rules! scripts {
    ($($name:ident, $id:literal, $must:literal;)+) => {
        pub(super) static SCRIPTS: [super::Script; [$($id),+].len()] =
            [$(super::Script::new($id, $must, || Box::pin($name()))),+];

        mod each {
            $(#[test]
            fn $name() {
                super::SCRIPTS.iter().find(|script| script.id == $id).unwrap().check();
            })+
        }
    };
}
use scripts;
