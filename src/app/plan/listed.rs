//! What changes among the sources of lists. Of these the store keeps no definitions, so the files
//! are compared with the sources that it was last made to know.

use std::collections::{HashMap, HashSet};

use super::{Change, PartChange};
use crate::app::watched;
use crate::config::{Config, Definition, changed_keys};
use crate::model::{DefinitionKind, SourceId};
use crate::store::{Apart, Store, StoreError};

/// Returns what sets the configured sources apart from those of the store; all are new where there
/// is none.
pub(super) async fn apart(store: Option<&Store>, config: &Config) -> Result<Vec<Apart>, StoreError> {
    let Some(store) = store else {
        return Ok(config.sources.iter().map(|source| Apart::Added(source.id.clone())).collect());
    };
    if store.sources_version().await?.as_deref() == Some(config.sources.version().as_str()) {
        return Ok(Vec::new());
    }
    store.compare_sources(watched(config)).await
}

/// Adds to the parts that differ by their definitions the sources of lists that come, go or have
/// another address, in the order of kinds and ids. A source that has a table before or after and a
/// line of a list otherwise is one that changes.
pub(super) fn with_lists(
    (parts, before): (Vec<PartChange>, &[Definition]),
    apart: &[Apart],
    now: &Config,
) -> Vec<PartChange> {
    let tables_before = by_id(before);
    let tables_now = by_id(&now.definitions);
    let new: HashSet<&SourceId> = apart.iter().filter_map(added).collect();
    let is_on = |id: &SourceId| now.sources.table(id).is_some_and(|table| table.enabled);
    let was_listed = |id: &SourceId| is_on(id) && !new.contains(id);
    let of_both = |part: PartChange| {
        if part.kind != DefinitionKind::Source {
            return Some(part);
        }
        let id = SourceId::new(&part.id);
        let table = match part.change {
            Change::Added if was_listed(&id) => tables_now.get(part.id.as_str()),
            Change::Removed if now.sources.contains(&id) => tables_before.get(part.id.as_str()),
            Change::Added | Change::Removed | Change::Changed(_) => None,
        };
        let Some(table) = table else { return Some(part) };
        let mut keys = changed_keys("{}", &table.text);
        keys.retain(|key| !matches!(key.as_str(), "id" | "url"));
        if keys.is_empty() { None } else { Some(PartChange { change: Change::Changed(keys), ..part }) }
    };
    let mut all: Vec<PartChange> = parts.into_iter().filter_map(of_both).collect();
    let has_table =
        |id: &SourceId| tables_before.contains_key(id.as_str()) || now.sources.table(id).is_some();
    all.extend(apart.iter().filter_map(|apart| {
        let (id, change) = match apart {
            Apart::Added(id) => (id, Change::Added),
            Apart::Removed(id) => (id, Change::Removed),
            Apart::Moved(id) => (id, Change::Changed(vec!["url".to_owned()])),
        };
        let id = Some(id).filter(|id| !has_table(id))?.to_string();
        Some(PartChange { kind: DefinitionKind::Source, id, change })
    }));
    all.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    all
}

fn added(apart: &Apart) -> Option<&SourceId> {
    match apart {
        Apart::Added(id) => Some(id),
        Apart::Removed(_) | Apart::Moved(_) => None,
    }
}

fn by_id(definitions: &[Definition]) -> HashMap<&str, &Definition> {
    let sources = definitions.iter().filter(|each| each.kind == DefinitionKind::Source);
    sources.map(|source| (source.id.as_str(), source)).collect()
}
