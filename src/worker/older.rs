//! The older pages of a feed that shows nothing of what it held at the poll before: read where the
//! feed offers them, one after the other at its host's pace, until something known is met.

use std::{sync::Arc, time::Duration};

use url::Url;

use super::read::{self, Read};
use super::{Ctx, Live};
use crate::config::Source;
use crate::fetch::Request;
use crate::matcher::learn::Corrections;
use crate::model::{SourceState, Timestamp};
use crate::schedule::interval::host_pause;
use crate::schedule::window::{Older, Showing, can_pass};

/// Pages that are read for one poll at most.
const MAX_PAGES: u64 = 5;
/// The time they may take together, so that the claim on the source holds until all is recorded.
const MAX_TIME: Duration = Duration::from_secs(45);

/// What is needed to read a page.
pub(super) struct Reading<'a> {
    pub(super) ctx: &'a Arc<Ctx>,
    pub(super) live: &'a Arc<Live>,
    pub(super) source: &'a Arc<Source>,
    pub(super) state: &'a SourceState,
    pub(super) corrections: &'a Arc<Corrections>,
    pub(super) polled_at: Timestamp,
}

/// Adds to what a poll read what its older pages hold, if nothing of what it read is known. Returns
/// the host that wants to be left alone then, and how long.
pub(super) async fn add(reading: &Reading<'_>, first: &mut Read) -> Option<(String, Duration)> {
    let state = reading.state;
    let mut next = first.older.take();
    let learned = first.outcome.learned.as_ref()?;
    let Showing::Whole(held) = learned.showing else { return None };
    if !can_pass(state, held) || first.n_skipped > 0 || next.is_none() || reading.knows_any(first).await {
        return None;
    }
    let began = reading.ctx.clock.elapsed();
    let mut older = Older::default();
    let mut pause = None;
    let mut seen: Vec<Url> = Vec::new();
    while let Some(url) = next.take().filter(|url| !seen.contains(url)) {
        let room = MAX_TIME.saturating_sub(reading.ctx.clock.elapsed().saturating_sub(began));
        let gap = reading.live.config.fetch.per_host.gap;
        if older.pages >= MAX_PAGES || older.met || gap >= room {
            break;
        }
        reading.wait(gap).await;
        match reading.page(&url, room.saturating_sub(gap)).await {
            Ok(mut page) => {
                older.pages += 1;
                older.items += page.items.len() as u64;
                older.met = reading.knows_any(&page).await;
                next = page.older.take();
                first.body_bytes += page.body_bytes;
                first.items.append(&mut page.items);
                seen.push(url);
            }
            Err(asked) => pause = asked,
        }
        if first.items.len() >= reading.live.config.fetch.max_items {
            break;
        }
    }
    if !seen.is_empty() {
        // The host is free again a gap after the start of the poll, and this was later.
        reading.wait(reading.live.config.fetch.per_host.gap).await;
    }
    if let Some(learned) = &mut first.outcome.learned {
        learned.showing = Showing::Passed { held, older };
    }
    pause
}

impl Reading<'_> {
    /// Where the store fails, all is taken for known: no page is asked for that could not be kept.
    async fn knows_any(&self, read: &Read) -> bool {
        self.ctx.store.knows_any(&self.source.id, &read.items).await.unwrap_or(true)
    }

    async fn wait(&self, gap: Duration) {
        self.ctx.clock.sleep(self.ctx.clock.now(), gap).await;
    }

    /// Fetches and reads one page; or says who wants to be left alone, if that is why not.
    async fn page(&self, url: &Url, room: Duration) -> Result<Read, Option<(String, Duration)>> {
        let request = Request { url: &self.source.url, validators: None, headers: &self.source.headers };
        let fetching = self.live.fetcher.get_at(&request, Some(url));
        let fetched = match tokio::time::timeout(room, fetching).await {
            Err(_) => return Err(None),
            Ok(Err(error)) => {
                let now = self.ctx.clock.now();
                let wait = error.retry_after().map(|asked| asked.wait(now));
                let pause = host_pause(&read::failure(&error, wait, now));
                return Err(pause.map(|pause| (error.host().to_owned(), pause)));
            }
            Ok(Ok(fetched)) => fetched,
        };
        let body_bytes = fetched.body.len() as u64;
        let page = read::page(
            (self.ctx, self.live),
            (self.source, self.state),
            fetched,
            Arc::clone(self.corrections),
            self.polled_at,
        );
        let page = page.await;

        if page.outcome.class.is_feed() { Ok(Read { body_bytes, ..page }) } else { Err(None) }
    }
}
