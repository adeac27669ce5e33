//! What becomes of sources after their polls: as many rows in one statement as there are.

use std::time::Duration;

use sqlx::{QueryBuilder, Sqlite, query_builder::Separated};

use super::{StoreError, Tx, poll::Recorded};
use crate::model::{Naming, PollClass, SourceState, Timestamp, Trust};

/// Rows of one statement are so many or a half, a quarter … of that: few texts to be prepared, and
/// never more values than a statement may have.
const MOST_ROWS: usize = 64;

/// Writes the states of sources that were polled.
pub(super) async fn sources(
    tx: &mut Tx<'_>,
    recorded: impl Iterator<Item = &Recorded>,
) -> Result<(), StoreError> {
    let recorded: Vec<&Recorded> = recorded.collect();
    let mut left = recorded.as_slice();
    let mut n_rows = MOST_ROWS;
    while !left.is_empty() {
        while n_rows > left.len() {
            n_rows /= 2;
        }
        let (these, rest) = left.split_at(n_rows);
        statement(these).build().execute(&mut **tx).await?;
        left = rest;
    }
    Ok(())
}

fn statement(recorded: &[&Recorded]) -> QueryBuilder<Sqlite> {
    let mut statement = QueryBuilder::new(
        "update source set next_due = row.column2, failures = row.column3, validator_url = row.column4,
             etag = row.column5, last_modified = row.column6, body_hash = row.column7,
             baseline_done = row.column8, class = row.column9, message = row.column10,
             last_poll = row.column11, last_success = row.column12,
             marker = case when source.marker = 'operator' then source.marker else row.column13 end,
             first_polled = coalesce(source.first_polled, row.column11),
             items = source.items + row.column14, interval_ms = row.column15, reason = row.column16,
             failing_since = row.column17, asks_ms = row.column18, skip_hours = row.column19,
             skip_days = row.column20, rhythm = row.column21, moved_to = row.column22,
             moved_at = row.column23, moved_failing_since = row.column24, read_whole = row.column25,
             unchanged_since = row.column26, unchanged = row.column27, asked_plainly = row.column28,
             lies = row.column29, refused_since = row.column30, asks_from = row.column31,
             max_age_ms = row.column32, unstable_ids = row.column33, guids_unstable = row.column34,
             guids_watched = row.column35, addresses_unstable = row.column36,
             addresses_watched = row.column37, guid_reuses = row.column38, guid_reused = row.column39,
             guids_begun = row.column40, addresses_begun = row.column41
         from (",
    );
    statement.push_values(recorded, |mut row, recorded| bind(&mut row, &recorded.state, recorded.new));
    statement.push(") as row where source.id = row.column1");
    statement
}

/// Gives the values of a row, in the order in which the statement numbers them.
fn bind(row: &mut Separated<'_, Sqlite, &'static str>, state: &SourceState, n_new: u64) {
    let validators = state.validators.as_ref();
    let moved = state.moved.as_ref();
    let time = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
    row.push_bind(state.id.as_str())
        .push_bind(state.next_due.as_millis())
        .push_bind(i64::from(state.failures))
        .push_bind(validators.map(|validators| validators.url.as_str()))
        .push_bind(validators.and_then(|validators| validators.etag.as_deref()))
        .push_bind(validators.and_then(|validators| validators.last_modified.as_deref()))
        .push_bind(state.body_hash.as_deref())
        .push_bind(i64::from(state.baseline_done))
        .push_bind(state.class.map(PollClass::as_str))
        .push_bind(state.message.as_deref())
        .push_bind(time(state.last_poll))
        .push_bind(time(state.last_success))
        .push_bind(state.marker.as_str())
        .push_bind(i64::try_from(n_new).unwrap_or(i64::MAX))
        .push_bind(state.interval.map(millis))
        .push_bind(state.reason.as_deref())
        .push_bind(time(state.failing_since))
        .push_bind(state.hints.least.map(millis))
        .push_bind(i64::from(state.hints.skip_hours))
        .push_bind(i64::from(state.hints.skip_days))
        .push_bind(Some(state.rhythm.as_slice()).filter(|rhythm| !rhythm.is_empty()))
        .push_bind(moved.map(|moved| moved.url.as_str()))
        .push_bind(moved.map(|moved| moved.since.as_millis()))
        .push_bind(time(moved.and_then(|moved| moved.failing_since)))
        .push_bind(time(state.read_whole))
        .push_bind(time(state.unchanged.since))
        .push_bind(i64::from(state.unchanged.answers))
        .push_bind(time(state.unchanged.asked_plainly))
        .push_bind(i64::from(state.unchanged.lies))
        .push_bind(time(state.refused_since))
        .push_bind(time(state.hints.from))
        .push_bind(state.max_age.map(millis));
    bind_naming(row, state.naming);
}

fn bind_naming(row: &mut Separated<'_, Sqlite, &'static str>, naming: Naming) {
    row.push_bind(i64::from(naming.is_unstable()));
    for trust in [naming.guids, naming.addresses] {
        let times = match trust {
            Trust::Relied => None,
            Trust::Unstable { since, watched_from, .. } => {
                Some((since.as_millis(), watched_from.as_millis()))
            }
        };
        row.push_bind(times.map(|(since, _)| since)).push_bind(times.map(|(_, watched_from)| watched_from));
    }
    row.push_bind(i64::from(naming.reuses)).push_bind(naming.reused_at.map(Timestamp::as_millis));
    for trust in [naming.guids, naming.addresses] {
        row.push_bind(i64::from(matches!(trust, Trust::Unstable { begun: true, .. })));
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
