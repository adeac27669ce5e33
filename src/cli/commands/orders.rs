//! `sources refresh`, `enable` and `disable`: what is ordered of sources, beside a running daemon.

use newshound::clock::Clock;
use newshound::model::SourceId;
use newshound::store::Order;

use super::look::open;
use super::looking;
use crate::cli::{Exit, Session, say, say_json};

pub(super) async fn order(session: &Session, ids: &[String], order: Order) -> anyhow::Result<Exit> {
    let ready = looking!(session);
    let wanted: Vec<SourceId> = ids.iter().map(SourceId::new).collect();
    if let Some(unknown) = wanted.iter().find(|id| ready.config.source(id).is_none()) {
        anyhow::bail!("no source `{unknown}` in the configuration; `newshound sources` lists all");
    }
    let store = open(&ready.config).await?;
    let done = store.order_sources(&wanted, order, Clock::system().now()).await?;
    store.close().await;
    for id in wanted.iter().filter(|id| done.contains(id)) {
        if session.json {
            say_json(&serde_json::json!({"source": id}));
        } else {
            say(&format!("{id} {}", told(order)));
        }
    }
    let left: Vec<&str> = wanted.iter().filter(|id| !done.contains(id)).map(SourceId::as_str).collect();
    if !left.is_empty() {
        anyhow::bail!("{}: {}", why_not(order), left.join(", "));
    }
    Ok(Exit::Done)
}

const fn told(order: Order) -> &'static str {
    match order {
        Order::Refresh => "is due now",
        Order::Enable => "is polled",
        Order::Disable => "is switched off; `newshound sources enable` switches it on",
    }
}

const fn why_not(order: Order) -> &'static str {
    match order {
        Order::Refresh => {
            "switched off (`newshound sources enable` switches on), or not known to a daemon yet"
        }
        Order::Enable | Order::Disable => "switched off in the configuration, or not known to a daemon yet",
    }
}
