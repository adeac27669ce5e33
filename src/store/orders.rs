//! What an operator orders of sources: asked now, switched off, switched on again.

use std::collections::HashSet;

use super::{Store, StoreError, hosts, rows};
use crate::model::{SourceId, Timestamp};

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// To be asked as soon as its host's pace allows; not where it is switched off.
    Refresh,
    /// To be polled again, whoever switched it off: the operator, or its server by a 410. Its ids
    /// are relied on again, too, and its addresses looked at.
    Enable,
    /// To be polled no more.
    Disable,
}

impl Order {
    const fn query(self) -> &'static str {
        match self {
            Order::Refresh => {
                "update source set next_due = $2
                 where id in (select value from json_each($1)) and configured = 1 and marker = 'none'
                 returning id, host"
            }
            Order::Enable => {
                "update source set next_due = case when marker = 'none' then next_due else $2 end, marker = 'none',
                     unstable_ids = addresses_unstable is not null,
                     guids_unstable = null, guids_watched = null, guids_begun = 0,
                     addresses_watched = case when addresses_unstable is not null then $2 end,
                     addresses_begun = 0, guid_reuses = 0, guid_reused = null
                 where id in (select value from json_each($1)) and configured = 1
                 returning id, host"
            }
            Order::Disable => {
                "update source set marker = 'operator'
                 where id in (select value from json_each($1)) and configured = 1
                 returning id, host"
            }
        }
    }
}

impl Store {
    /// Carries out an order; returns the sources that it could be carried out for.
    pub async fn order_sources(
        &self,
        which: &[SourceId],
        order: Order,
        now: Timestamp,
    ) -> Result<Vec<SourceId>, StoreError> {
        let ids: Vec<&str> = which.iter().map(SourceId::as_str).collect();
        let mut tx = self.begin().await?;
        let found = sqlx::query(order.query())
            .bind(serde_json::to_string(&ids)?)
            .bind(now.as_millis())
            .fetch_all(&mut *tx)
            .await?;
        let mut touched = HashSet::new();
        let mut done = Vec::with_capacity(found.len());
        for row in &found {
            touched.insert(rows::text(row, "host")?);
            done.push(SourceId::new(rows::text(row, "id")?));
        }
        hosts::learn(&mut tx, &touched, now).await?;
        tx.commit().await?;
        Ok(done)
    }
}
