//! One more term at the end of a list, in the layout that the list has.

use toml_edit::{Array, RawString, Value};

/// Adds a term. One to a line where the list is written so; a comment behind the last one stays there.
pub(super) fn push(terms: &mut Array, text: &str) {
    let mut new = Value::from(text);
    let Some(last) = terms.iter().last() else { return terms.push_formatted(new) };
    let lines = |text: &str| text.rsplit_once('\n').map(|(_, indent)| format!("\n{indent}"));
    let prefix = told(last.decor().prefix());
    // What stands between the last term, or its comma, and the closing bracket.
    let tail =
        if terms.trailing_comma() { told(Some(terms.trailing())) } else { told(last.decor().suffix()) };
    match lines(&prefix) {
        // One term a line.
        Some(line) => {
            let comment = tail.rsplit_once('\n').map_or(tail.as_str(), |(comment, _)| comment).trim_end();
            new.decor_mut().set_prefix(format!("{comment}{line}"));
        }
        None if prefix.is_empty() => new.decor_mut().set_prefix(" "),
        None => new.decor_mut().set_prefix(prefix),
    }
    let end = lines(&tail).unwrap_or_else(|| if tail.contains('#') { "\n".to_owned() } else { tail });
    let was_last = terms.len() - 1;
    if terms.trailing_comma() {
        terms.set_trailing(end);
    } else {
        if let Some(last) = terms.get_mut(was_last) {
            last.decor_mut().set_suffix("");
        }
        new.decor_mut().set_suffix(end);
    }
    terms.push_formatted(new);
}

fn told(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use toml_edit::DocumentMut;

    #[track_caller]
    fn check(before: &str, after: &str) {
        let mut document: DocumentMut = format!("a = {before}\n").parse().unwrap();
        super::push(document["a"].as_array_mut().unwrap(), "new");
        assert_eq!(document.to_string(), format!("a = {after}\n"));
    }

    #[test]
    fn the_layout_is_kept() {
        check("[]", "[\"new\"]");
        check("['x']", "['x', \"new\"]");
        check("['x',]", "['x', \"new\",]");
        check("[ 'x', 'y' ]", "[ 'x', 'y', \"new\" ]");
        check("[\n  'x',\n  'y',\n]", "[\n  'x',\n  'y',\n  \"new\",\n]");
        check("[\n  'x',\n  'y'\n]", "[\n  'x',\n  'y',\n  \"new\"\n]");
        check("[\n  'x', # why\n]", "[\n  'x', # why\n  \"new\",\n]");
        check(
            "[\n  # first\n  'x', # why\n  # that is all\n]",
            "[\n  # first\n  'x', # why\n  # that is all\n  \"new\",\n]",
        );
        check("[\n  'x' # why\n]", "[\n  'x', # why\n  \"new\"\n]");
        check("['x',\n 'y']", "['x',\n 'y',\n \"new\"]");
    }
}
