//! The configuration in force, as others may read it, and the versions of topics that what is
//! stored was decided with.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt as _;

use super::sync::{self, AllWatched, Batch, Hosts, Sync};
use super::{DaemonNote, Store, StoreError, Tx, daemon, rows};
use crate::config::Definition;
use crate::model::{DefinitionKind, SourceId, Timestamp, TopicId, TopicVersion};

/// From one configuration to the next.
pub struct Transition<'a> {
    /// Its sources, by id.
    pub watched: AllWatched<'a>,
    /// What sets them apart from those of another configuration.
    pub sources_version: &'a str,
    /// What was written of each of its parts.
    pub definitions: &'a [Definition],
    /// Topics that stay as they were, though what is written of them now cannot be used.
    pub kept: &'a [TopicId],
    /// What the daemon says of itself from now on.
    pub note: &'a DaemonNote,
}

/// What is known of a topic's past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPast {
    /// Since when it has been watched without a break; `None` where that is not known.
    pub since: Option<Timestamp>,
    /// Its version as it runs.
    pub version: TopicVersion,
    /// Since when that version has been running; `None` where that is not known.
    pub version_since: Option<Timestamp>,
}

impl Store {
    /// Makes this configuration the one in force: sources, definitions, topic versions and note
    /// in one transaction, but that very many sources which come or go are written before, in
    /// several. Returns the sources that have another address than they had.
    pub async fn take_configuration(
        &self,
        transition: Transition<'_>,
        now: Timestamp,
    ) -> Result<Vec<SourceId>, StoreError> {
        let Transition { watched, sources_version, definitions, kept, note } = transition;
        let (mut tx, moved) = self.take_sources(watched, sources_version, now).await?;
        let changes = changes(&mut tx, definitions, kept).await?;
        // Nobody knows what ran before the first configuration that was noted.
        let since = if changes.is_first { Timestamp::from_millis(0) } else { now };
        for gone in &changes.gone {
            retire(&mut tx, gone, now).await?;
            sqlx::query("delete from running where kind = $1 and id = $2")
                .bind(gone.kind.as_str())
                .bind(&gone.id)
                .execute(&mut *tx)
                .await?;
        }
        for definition in &changes.written {
            put(&mut tx, definition, since, now).await?;
        }
        if !changes.gone.is_empty() || !changes.written.is_empty() {
            drop_unused(&mut tx).await?;
        }
        daemon::leave(&mut tx, note).await?;
        tx.commit().await?;
        Ok(moved)
    }

    /// Makes the store know these sources; returns the transaction that ends it.
    async fn take_sources(
        &self,
        watched: AllWatched<'_>,
        version: &str,
        now: Timestamp,
    ) -> Result<(Tx<'static>, Vec<SourceId>), StoreError> {
        let mut tx = self.begin().await?;
        let known = sync::version(&mut tx).await?;
        if known.as_deref() == Some(version) {
            return Ok((tx, Vec::new()));
        }
        sync::forget_version(&mut tx).await?;
        let mut sync = Sync::new(watched, now);
        while sync.batch(&mut tx).await? == Batch::More {
            tx.commit().await?;
            tx = self.begin().await?;
        }
        // What an earlier attempt wrote is no change to this one, and its hosts are not set yet.
        let which = if known.is_some() { Hosts::Touched } else { Hosts::All };
        let moved = sync.settle_hosts(&mut tx, which).await?;
        sync::note_version(&mut tx, version).await?;
        Ok((tx, moved))
    }

    /// Returns the parts of the configuration that was last in force.
    pub async fn running(&self) -> Result<Vec<Definition>, StoreError> {
        let found = sqlx::query("select kind, id, version, definition from running order by kind, id")
            .fetch_all(self.reader())
            .await?;
        Ok(found.iter().map(definition).collect::<Result<_, _>>()?)
    }

    /// Returns what is known of the past of the topics in force.
    pub async fn topic_pasts(&self) -> Result<HashMap<TopicId, TopicPast>, StoreError> {
        let found = sqlx::query("select id, version, since, changed from running where kind = 'topic'")
            .fetch_all(self.reader())
            .await?;
        let known = |time: Option<Timestamp>| time.filter(|time| time.as_millis() > 0);
        let mut pasts = HashMap::with_capacity(found.len());
        for row in found {
            let past = TopicPast {
                since: known(rows::time_or_none(&row, "since")?),
                version: TopicVersion::new(&rows::text(&row, "version")?),
                version_since: known(rows::time_or_none(&row, "changed")?),
            };
            pasts.insert(TopicId::new(rows::text(&row, "id")?), past);
        }
        Ok(pasts)
    }
}

/// What differs from the configuration noted before.
struct Changes<'a> {
    is_first: bool,
    gone: Vec<Definition>,
    written: Vec<&'a Definition>,
}

async fn changes<'a>(
    tx: &mut Tx<'_>,
    definitions: &'a [Definition],
    kept: &[TopicId],
) -> Result<Changes<'a>, StoreError> {
    let wanted: HashMap<(DefinitionKind, &str), &'a Definition> =
        definitions.iter().map(|each| ((each.kind, each.id.as_str()), each)).collect();
    let (mut gone, mut is_first) = (Vec::new(), true);
    let mut same = HashSet::new();
    let kept: HashSet<&str> = kept.iter().map(TopicId::as_str).collect();
    let mut noted = sqlx::query("select kind, id, version, definition from running").fetch(&mut **tx);
    while let Some(row) = noted.try_next().await? {
        is_first = false;
        let before = definition(&row)?;
        match wanted.get(&(before.kind, before.id.as_str())) {
            Some(now) if **now == before => drop(same.insert((now.kind, now.id.as_str()))),
            Some(_) => {}
            None if before.kind == DefinitionKind::Topic && kept.contains(before.id.as_str()) => {}
            None => gone.push(before),
        }
    }
    drop(noted);
    let is_other = |each: &&Definition| !same.contains(&(each.kind, each.id.as_str()));
    let written = definitions.iter().filter(is_other).collect();
    Ok(Changes { is_first, gone, written })
}

async fn put(
    tx: &mut Tx<'_>,
    definition: &Definition,
    since: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    if definition.kind == DefinitionKind::Topic {
        retire(tx, definition, now).await?;
        sqlx::query(
            "insert into topic_version (topic, version, definition, first_used, last_used)
             values ($1, $2, $3, $4, $5)
             on conflict (topic, version) do update set definition = excluded.definition",
        )
        .bind(&definition.id)
        .bind(&definition.version)
        .bind(&definition.text)
        .bind(since.as_millis())
        .bind(now.as_millis())
        .execute(&mut **tx)
        .await?;
    }
    sqlx::query(
        "insert into running (kind, id, version, definition, since, changed) values ($1, $2, $3, $4, $5, $5)
         on conflict (kind, id) do update set definition = excluded.definition,
             changed = case when running.version <> excluded.version then $6 else running.changed end,
             version = excluded.version",
    )
    .bind(definition.kind.as_str())
    .bind(&definition.id)
    .bind(&definition.version)
    .bind(&definition.text)
    .bind(since.as_millis())
    .bind(now.as_millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes until when the version of a topic that has been running so far was in use.
async fn retire(tx: &mut Tx<'_>, definition: &Definition, now: Timestamp) -> Result<(), StoreError> {
    if definition.kind == DefinitionKind::Topic {
        sqlx::query(
            "update topic_version set last_used = $1 where topic = $2
                 and version in (select version from running where kind = 'topic' and id = $2)",
        )
        .bind(now.as_millis())
        .bind(&definition.id)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Drops the versions that nothing stored was decided with, and that do not run.
async fn drop_unused(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "delete from topic_version
         where not exists (select 1 from running where kind = 'topic' and id = topic_version.topic
                 and version = topic_version.version)
             and not exists (select 1 from hit where hit.topic = topic_version.topic
                 and hit.version = topic_version.version)",
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn definition(row: &sqlx::sqlite::SqliteRow) -> Result<Definition, sqlx::Error> {
    Ok(Definition {
        kind: rows::named(row, "kind")?,
        id: rows::text(row, "id")?,
        text: rows::text(row, "definition")?,
        version: rows::text(row, "version")?,
    })
}
