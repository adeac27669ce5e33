//! Golden pairs: feeds, and the items that are read from them.

use std::fs;
use std::path::{Path, PathBuf};

use newshound::dedupe;
use newshound::extract::{self, Limits};
use newshound::model::{SourceId, Timestamp};
use serde_json::json;
use url::Url;

#[test]
fn fixtures_give_their_items() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/feeds");
    let files = files(&folder);
    assert!(files.len() >= 10, "the fixtures are missing");
    for file in files {
        let name = file.strip_prefix(&folder).expect("it lies in there").to_string_lossy().replace('/', "-");
        let body = fs::read(&file).expect("it is there");
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder.join("items"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_json_snapshot!(name, read(&body)));
    }
}

fn read(body: &[u8]) -> serde_json::Value {
    let limits = Limits { max_depth: 256, max_items: 100, max_text: 10_000, expired: &|| false };
    let base = Url::parse("https://feeds.example/feed").expect("it is whole");
    let extracted = extract::feed(body, None, &base, &limits);
    let warnings: Vec<_> = extracted.warnings.iter().map(ToString::to_string).collect();
    let now = Timestamp::parse_rfc3339("2026-11-24T00:00:00Z").expect("it is whole");
    json!({
        "class": extracted.class(),
        "title": extracted.title,
        "warnings": warnings,
        "items": dedupe::identify(&SourceId::new("fixture"), extracted.items, now),
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "xml" || extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    files
}
