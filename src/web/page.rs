//! The status page.

use std::sync::Arc;

use maud::{DOCTYPE, Markup, html};

use super::Site;
use super::status::Status;
use crate::model::Timestamp;

/// The stylesheet.
pub(super) const STYLE: &str = "body { font: 15px/1.45 system-ui, sans-serif }";

/// Draws the page.
pub(super) async fn overview(site: &Arc<Site>, status: &Status, now: Timestamp) -> Markup {
    let _ = (site, now);
    html! { (DOCTYPE) html { head { title { "newshound" } link rel="stylesheet" href="/style.css"; } body { pre { (format!("{status:#?}")) } } } }
}
