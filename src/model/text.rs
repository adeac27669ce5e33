//! Which characters of a text from outside show nothing but act: on a terminal, in a header, on how
//! the others are read.

/// Says whether a character has no sign of its own and acts on others: a control, a mark that turns
/// the direction of writing, something invisible. The joiners, which some scripts are written with,
/// are none of them.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Says whether a character only joins its neighbours or keeps them apart.
pub const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Says whether a letter belongs to a script that puts no spaces between words.
pub const fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Returns the text as one line: nothing hidden, and single spaces.
pub fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let mut visible = word.chars().filter(|c| !is_hidden(*c)).peekable();
        if visible.peek().is_some() && !line.is_empty() {
            line.push(' ');
        }
        line.extend(visible);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_holds_nothing_that_acts() {
        for (text, expect) in [
            ("x\r\nBcc: evil@example.org", "x Bcc: evil@example.org"),
            ("\u{1b}[31mred\u{1b}[0m", "[31mred [0m"),
            ("a\0b\u{85}c\u{9b}d", "a b c d"),
            ("\u{202e}gpj.exe\u{202c} \u{200b}", "gpj.exe"),
            ("a\u{61c}b\u{2060}c\u{e0041}d", "abcd"),
            ("  many \t\u{a0} spaces\u{2028}here ", "many spaces here"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("김정은, 러시아 방문", "김정은, 러시아 방문"),
        ] {
            assert_eq!(line(text), expect);
        }
    }

    proptest! {
        #[test]
        fn a_line_stays_as_it_is(text in any::<String>()) {
            prop_assert!(!line(&text).chars().any(is_hidden));
            prop_assert_eq!(line(&line(&text)), line(&text));
        }
    }
}
