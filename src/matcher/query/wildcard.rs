//! What `*` and `?` may stand for: enough of a word must be there to look it up.

use super::super::fold::{Class, class};
use super::ast::{Ast, Term};
use super::fault::Fault;

/// Letters before a wildcard.
const MIN_BEFORE: usize = 3;
/// Letters behind a wildcard that begins a word.
const MIN_BEHIND: usize = 4;

/// Returns a term's text, and whether there are wildcards in it; `None` where one is too wide.
pub(super) fn read(ast: &Ast, term: &Term, faults: &mut Vec<Fault>) -> Option<(String, bool)> {
    let mut words = Vec::new();
    let mut is_pattern = false;
    for word in term.text.split_whitespace() {
        let word = if term.quoted { word.trim_end_matches('?') } else { word };
        if !word.contains(['*', '?']) {
            words.push(word.to_owned());
            continue;
        }
        if word.chars().any(|c| class(c) == Class::Single) {
            let message = format!("`{word}`: a script without spaces needs no wildcard, and takes none");
            let fault = Fault::warning(ast.span.clone(), message);
            faults.push(fault.suggest("a run of characters is found within longer ones as it is"));
            words.push(word.replace(['*', '?'], ""));
            continue;
        }
        if let Some(why) = too_wide(word) {
            faults.push(Fault::error(ast.span.clone(), format!("`{word}`: {why}")).suggest(
                "write more of the word, or its forms one by one; inflections are found without a wildcard",
            ));
            return None;
        }
        is_pattern = true;
        words.push(word.to_owned());
    }
    Some((words.join(" "), is_pattern))
}

/// Says what is wrong with a word that has a wildcard in it.
fn too_wide(word: &str) -> Option<String> {
    let is_letter = |c: &char| matches!(class(*c), Class::Word | Class::Hangul);
    let count = |part: &str| part.chars().filter(is_letter).count();
    let first = word.find(['*', '?']).unwrap_or(word.len());
    let before = count(&word[..first]);
    if before >= MIN_BEFORE {
        return None;
    }
    if before > 0 || !word.starts_with('*') {
        return Some(format!("a wildcard needs {MIN_BEFORE} letters before it"));
    }
    let rest = word.trim_start_matches('*');
    let behind = &rest[..rest.find(['*', '?']).unwrap_or(rest.len())];
    if count(behind) < MIN_BEHIND {
        return Some(format!("a word that begins with `*` needs {MIN_BEHIND} letters behind it"));
    }
    let known = behind.chars().filter(is_letter).all(is_hangul_cyrillic_or_latin);
    (!known).then(|| "only Korean, Cyrillic and Latin words may begin with `*`".to_owned())
}

fn is_hangul_cyrillic_or_latin(c: char) -> bool {
    class(c) == Class::Hangul
        || c.is_ascii_alphanumeric()
        || matches!(c, '\u{c0}'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{400}'..='\u{52f}' | '\u{1e00}'..='\u{1eff}')
}
