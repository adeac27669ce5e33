//! Ordinary pages are not taken for the walls that other pages put up, which real ones show.

use std::path::{Path, PathBuf};

use newshound::extract::Outcome;

use crate::corpora_feeds::{feeds_folder, read, read_bytes};

#[test]
fn real_pages_are_not_taken_for_walls() {
    let Some(feeds) = feeds_folder() else { return };
    let pages = files(&feeds.with_file_name("pages"));
    let (mut n_pages, mut taken) = (0, Vec::new());
    for page in &pages {
        let Outcome::NotAFeed(reason) = read(&read_bytes(page)).outcome else { continue };
        n_pages += 1;
        if reason.ends_with("came instead of the feed") {
            taken.push(format!("{}: {reason}", page.display()));
        }
    }
    println!("corpora/pages: of {n_pages} pages {} taken for a wall\n{}", taken.len(), taken.join("\n"));
    assert!(n_pages > 500, "{n_pages}");
    assert!(taken.len() * 100 <= n_pages, "at most one page in a hundred");
}

/// Returns every page in a folder and its folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            pages.extend(files(&entry));
        } else if entry.extension().is_some_and(|kind| kind == "gz" || kind == "html") {
            pages.push(entry);
        }
    }
    pages
}
