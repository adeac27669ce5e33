//! From the answer of a server to scored items: pure work, done aside from the runtime and
//! within a budget of time.

use std::{sync::Arc, time::Duration};

use url::Url;

use super::{Ctx, Live};
use crate::config::Source;
use crate::fetch::{FetchError, Fetched};
use crate::matcher::learn::Corrections;
use crate::model::{
    Fresh, Imprints, Item, Memory, PollClass, RetryAfter, Routed, Score, ScoreOutcome, SeenItem, SourceState,
    Timestamp, Uses, Validators, fingerprint,
};
use crate::schedule::interval::{Learned, Outcome};
use crate::schedule::route::destinations;
use crate::schedule::window::Showing;
use crate::{dedupe, extract, story};

/// One exchange with a server.
pub(super) struct Exchange {
    pub(super) fetched: Result<Fetched, FetchError>,
    /// When it began.
    pub(super) polled_at: Timestamp,
    pub(super) took: Duration,
    /// What verdicts teach.
    pub(super) corrections: Arc<Corrections>,
}

/// What a poll came to.
pub(super) struct Read {
    pub(super) outcome: Outcome,
    pub(super) items: Vec<SeenItem>,
    pub(super) body_bytes: u64,
    /// Items that were left out, since the body before had them too.
    pub(super) n_skipped: usize,
    /// What is to be remembered for the next body.
    pub(super) memory: Memory,
    /// Whether no item was left out.
    pub(super) is_whole: bool,
    /// Where the items before these are offered, where there may be some that were not seen.
    pub(super) older: Option<Url>,
}

impl Read {
    fn nothing(outcome: Outcome) -> Self {
        Read {
            outcome,
            items: Vec::new(),
            body_bytes: 0,
            n_skipped: 0,
            memory: Memory::Kept,
            is_whole: false,
            older: None,
        }
    }
}

/// A body is read whole so often, though nothing in it is new: its items count as seen again.
const WHOLE_EVERY: Duration = Duration::from_hours(24);

/// Turns an answer into an outcome and scored items.
pub(super) async fn read(
    (ctx, live): (&Arc<Ctx>, &Arc<Live>),
    source: &Arc<Source>,
    state: &SourceState,
    exchange: Exchange,
) -> Read {
    // A server counts from its answer, we from our request.
    let Exchange { fetched, polled_at, took, corrections } = exchange;
    let wait = |asked: RetryAfter| asked.wait(polled_at + took).saturating_add(took);
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(error) => return Read::nothing(failure(&error, error.retry_after().map(wait), polled_at + took)),
    };
    let retry_after = fetched.retry_after.map(wait);
    let read = taken((ctx, live), (source, state), fetched, corrections, polled_at).await;
    Read { outcome: Outcome { retry_after, ..read.outcome }, ..read }
}

async fn taken(
    (ctx, live): (&Arc<Ctx>, &Arc<Live>),
    (source, state): (&Arc<Source>, &SourceState),
    fetched: Fetched,
    corrections: Arc<Corrections>,
    now: Timestamp,
) -> Read {
    if fetched.status == 304 {
        let fresh = fetched.freshness.lifetime(now).of_unchanged();
        let outcome = unchanged(PollClass::NotModified, fetched.validators, fresh);
        // What was not readable in the same feed is so still.
        return Read::nothing(match state.class {
            Some(class @ PollClass::Degraded) => Outcome { class, message: state.message.clone(), ..outcome },
            _ => outcome,
        });
    }
    let body_bytes = fetched.body.len() as u64;
    let hash = body_hash(&fetched.body);
    let read_before = matches!(state.class, Some(PollClass::Ok | PollClass::NotModified));
    let is_due_whole = is_due_whole(state, now);
    if read_before && !is_due_whole && state.body_hash.as_deref() == Some(&hash) {
        let fresh = fetched.freshness.lifetime(now);
        return Read { body_bytes, ..Read::nothing(unchanged(PollClass::Ok, fetched.validators, fresh)) };
    }
    let known = if is_due_whole { None } else { remembered(ctx, source).await };
    let work = Work {
        ctx: Arc::clone(ctx),
        live: Arc::clone(live),
        corrections,
        source: Arc::clone(source),
        baseline: !state.baseline_done,
        now,
        hash,
        known,
        may_pass: state.baseline_done && state.landing.held > 0,
        uses: state.naming.uses(now),
    };
    Read { body_bytes, ..work.aside(ctx, fetched).await }
}

/// Reads an older page of a source, of which nothing is known yet.
pub(super) async fn page(
    (ctx, live): (&Arc<Ctx>, &Arc<Live>),
    (source, state): (&Arc<Source>, &SourceState),
    fetched: Fetched,
    corrections: Arc<Corrections>,
    now: Timestamp,
) -> Read {
    let work = Work {
        ctx: Arc::clone(ctx),
        live: Arc::clone(live),
        corrections,
        source: Arc::clone(source),
        baseline: false,
        now,
        hash: String::new(),
        known: None,
        may_pass: true,
        uses: state.naming.uses(now),
    };
    work.aside(ctx, fetched).await
}

/// A time that lies ahead was read off a clock that was wrong.
fn is_due_whole(state: &SourceState, now: Timestamp) -> bool {
    state.read_whole.is_none_or(|last| last > now || now.since(last) >= WHOLE_EVERY)
}

/// Where the store does not answer the body is read whole; whether it can be recorded, shows then.
async fn remembered(ctx: &Ctx, source: &Source) -> Option<Imprints> {
    ctx.store.imprints(&source.id).await.ok().flatten()
}

pub(super) fn failure(error: &FetchError, retry_after: Option<Duration>, now: Timestamp) -> Outcome {
    let fresh = error.freshness().lifetime(now);
    Outcome { class: error.class(), message: Some(error.message()), retry_after, fresh, learned: None }
}

fn unchanged(class: PollClass, validators: Option<Validators>, fresh: Fresh) -> Outcome {
    let learned = Some(Learned { validators, ..Learned::default() });
    Outcome { class, message: None, retry_after: None, fresh, learned }
}

/// The version stands in the hash, so that a later version that reads more reads it again.
fn body_hash(body: &[u8]) -> String {
    format!("{}:{}", env!("CARGO_PKG_VERSION"), fingerprint(body))
}

/// Returns what is wrong with a body, in words.
fn message(extracted: &extract::Extracted) -> Option<String> {
    let warnings: Vec<String> = extracted.warnings.iter().map(ToString::to_string).collect();
    let reason = extracted.outcome.reason().map(str::to_owned);
    reason.or_else(|| (!warnings.is_empty()).then(|| warnings.join("; ")))
}

/// Returns where the items before these are offered by the same origin.
fn offered(fetched: &Fetched) -> Option<Url> {
    let older = extract::older(&fetched.body, fetched.content_type.as_deref(), &fetched.url);
    older.filter(|older| older.origin() == fetched.url.origin())
}

/// One body's way to scored items.
struct Work {
    ctx: Arc<Ctx>,
    live: Arc<Live>,
    corrections: Arc<Corrections>,
    source: Arc<Source>,
    baseline: bool,
    now: Timestamp,
    hash: String,
    known: Option<Imprints>,
    /// Whether the source held something that can be gone.
    may_pass: bool,
    /// What its ids and addresses are good for.
    uses: Uses,
}

/// The items of a body, as far as they were read.
struct Told {
    extracted: extract::Extracted,
    items: Vec<Item>,
    imprints: Option<Imprints>,
}

impl Work {
    /// Does the work aside from the runtime.
    async fn aside(self, ctx: &Ctx, fetched: Fetched) -> Read {
        // One body a core: more would only share the cores, and each would count the others' time.
        let turn = ctx.readers.acquire().await;
        let read = tokio::task::spawn_blocking(move || self.digest(&fetched)).await;
        drop(turn);
        read.unwrap_or_else(|_| {
            Read::nothing(Outcome {
                class: PollClass::Internal,
                message: Some("newshound itself failed on this body; the log says where".to_owned()),
                retry_after: None,
                fresh: Fresh::Silent,
                learned: None,
            })
        })
    }

    fn digest(self, fetched: &Fetched) -> Read {
        let fetch = &self.live.config.fetch;
        let began = self.ctx.clock.elapsed();
        let out_of_time = || self.ctx.clock.elapsed().saturating_sub(began) > fetch.parse_time;
        let limits = extract::Limits::of(fetch, &out_of_time);
        let lean = self.known.as_ref().and_then(|known| self.extract(fetched, &limits, Some(known)));
        let told = lean.or_else(|| self.extract(fetched, &limits, None));
        let Told { extracted, items, imprints } = told.expect("what is read whole is taken as it is");
        let fresh = fetched.freshness.lifetime(self.now);
        let mut outcome = self.outcome(&extracted, fetched.validators.clone(), fresh);
        if !outcome.class.is_feed() {
            return Read::nothing(outcome);
        }
        let n_skipped = extracted.left_out.len();
        let items: Vec<SeenItem> = items.into_iter().map(|item| self.see(item)).collect();
        if fetched.status == 226 {
            // What is not in it is not gone, so nothing that is remembered of the rest is replaced.
            if let Some(learned) = &mut outcome.learned {
                (learned.body_hash, learned.showing) = (None, Showing::Part);
            }
            return Read { items, n_skipped, ..Read::nothing(outcome) };
        }
        if let Some(learned) = &mut outcome.learned {
            learned.showing = Showing::Whole((items.len() + n_skipped) as u64);
        }
        let is_whole = n_skipped == 0 && !extracted.end_missing;
        let older =
            (self.may_pass && n_skipped == 0 && !items.is_empty()).then(|| offered(fetched)).flatten();
        let memory = imprints.map_or(Memory::Forgotten, Memory::Replaced);
        Read { outcome, items, body_bytes: 0, n_skipped, memory, is_whole, older }
    }

    /// Reads a body but for what is known. `None` where that does not do: an item that is new has
    /// something in common with one that was left out, and only both together tell what it is.
    fn extract(
        &self,
        fetched: &Fetched,
        limits: &extract::Limits<'_>,
        known: Option<&Imprints>,
    ) -> Option<Told> {
        let content_type = fetched.content_type.as_deref();
        let mut extracted = extract::unseen(&fetched.body, content_type, &fetched.url, limits, known);
        let raw = std::mem::take(&mut extracted.items);
        let identified = dedupe::identify_all(&self.source.id, raw, self.uses, self.now);
        let left_out = known.map(|known| known.of(&extracted.left_out)).unwrap_or_default();
        let imprints = identified.imprints(extracted.prints.as_ref(), left_out);
        if imprints.is_none() && !extracted.left_out.is_empty() {
            return None;
        }
        Some(Told { extracted, items: identified.items, imprints })
    }

    fn outcome(
        &self,
        extracted: &extract::Extracted,
        validators: Option<Validators>,
        fresh: Fresh,
    ) -> Outcome {
        let class = extracted.class();
        let whole = matches!(class, PollClass::Ok | PollClass::Degraded) && !extracted.end_missing;
        // A degraded body is read again each time that it comes.
        let body_hash = (class == PollClass::Ok).then(|| self.hash.clone());
        let hints = Some(extracted.hints);
        let learned = whole.then_some(Learned { validators, body_hash, hints, ..Learned::default() });
        Outcome { class, message: message(extracted), retry_after: None, fresh, learned }
    }

    fn see(&self, mut item: Item) -> SeenItem {
        if let Some(lang) = &self.source.lang {
            item.lang = Some(lang.clone());
        }
        let mut scores = self.live.matcher.score(&item, &self.source.tags);
        self.corrections.apply(&item, &mut scores);
        scores.retain(|score| self.keep(score));
        let routed = scores.iter().filter_map(|score| self.route(score)).collect();
        let sketch = story::sketch(&item, &self.live.matcher.words(&item));
        SeenItem { baseline: self.baseline && !self.is_young(&item), item, scores, routed, sketch }
    }

    /// Hits, vetoes and near misses are kept; the rest is nothing to anybody.
    fn keep(&self, score: &Score) -> bool {
        match score.outcome {
            ScoreOutcome::Hit | ScoreOutcome::Vetoed => true,
            ScoreOutcome::Below => {
                self.live.topic(&score.topic).is_some_and(|topic| score.score >= topic.near_miss)
            }
            ScoreOutcome::Excluded => false,
        }
    }

    fn route(&self, score: &Score) -> Option<Routed> {
        let topic = self.live.topic(&score.topic).filter(|_| score.outcome == ScoreOutcome::Hit)?;
        Some(destinations(&self.live.config, topic, score.score, &self.source.tags))
    }

    /// On first sight only an item that says it is younger than the backfill is news.
    fn is_young(&self, item: &Item) -> bool {
        let backfill = self.source.backfill;
        backfill > Duration::ZERO
            && item.published.is_some_and(|published| self.now.since(published) < backfill)
    }
}
