//! What the demo says besides its alerts.

use newshound::app::demo::{Stage, Told};

use super::ink::{Style, Terminal};
use super::words::{counted, hour};

/// Returns the opening words.
pub(in crate::cli) fn heading(stage: &Stage) -> String {
    format!(
        "newshound {} demo. A newsroom on loopback; no network, nothing is kept.\n\n  \
         status page  http://{}/\n  \
         newsroom     http://{}/   {} feeds, 1 broken feed\n  \
         topics       {}\n  \
         stop         Ctrl-C\n",
        env!("CARGO_PKG_VERSION"),
        stage.page(),
        stage.newsroom(),
        stage.n_feeds(),
        stage.topics().join(", "),
    )
}

/// Returns the line for something that happened.
pub(in crate::cli) fn line(told: &Told, terminal: Terminal) -> String {
    match told {
        Told::Baseline { time, items } => {
            let items = counted(*items, "item", "items");
            format!("{}  {items} read as the baseline, none alerted. Listening.", hour(*time))
        }
        Told::Failed { time, source, class, next } => {
            let class = terminal.style(Style::Red, class.as_str());
            format!("{}  source {source}: {class}, next try {}", hour(*time), hour(*next))
        }
    }
}
