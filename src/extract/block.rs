//! Recognises what stands in a feed's place under a 200: the challenge of a bot filter, a login, a
//! consent page, the portal of a network. It only names what is no feed already, so that people
//! know what to do about it; a feed is never looked at here.
//!
//! Only the beginning of a page is read, as tokens and text. A product gives itself away by names
//! that only its own blocking pages bear; scripts that it adds to every page of a customer do not
//! count. Words count only where the page has little else to say.

mod words;

use std::fmt;

use super::lexer::{Lexer, Token, attribute};
use super::text;
use words::{
    ACCEPT, CHALLENGE, CHALLENGE_PRODUCTS, CONSENT, CONSENT_PRODUCTS, ENABLE, LOGIN, PORTAL, REFUSAL,
    REFUSAL_PRODUCTS, WIDGETS,
};

/// Bytes of a page that are looked at.
const LOOKED_AT: usize = 128 << 10;
/// Links of a page that leads nowhere else.
const FEW_LINKS: usize = 25;
/// Characters of text of a page that has nothing else to say.
const THIN: usize = 1500;
/// Of a page that hardly says anything.
const BARE: usize = 700;
/// Of a page that asks for consent, which takes many words.
const WORDY: usize = 6000;

/// What a page stands in the way with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// It wants to know whether we are a person, or a browser.
    Challenge(Option<&'static str>),
    /// It says that we may not come in.
    Refusal(Option<&'static str>),
    /// It wants a name and a password.
    Login,
    /// The network itself wants somebody to sign in.
    Portal,
    /// It wants cookies or terms accepted.
    Consent,
    /// It has nothing for whoever runs no scripts.
    Scripts,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, product) = match self {
            Block::Challenge(product) => ("a bot challenge", *product),
            Block::Refusal(product) => ("a refusal", *product),
            Block::Login => ("a login page", None),
            Block::Portal => ("the sign-in page of a network", None),
            Block::Consent => ("a consent page", None),
            Block::Scripts => ("a page that asks for JavaScript", None),
        };
        f.write_str(what)?;
        product.map_or(Ok(()), |product| write!(f, " ({product})"))
    }
}

/// Says what a document that is no feed stands in the way with, if it does.
pub(super) fn recognise(doc: &str) -> Option<Block> {
    let begun = beginning(doc);
    let page = Page::of(begun, begun.len() == doc.len());
    page.product().or_else(|| page.by_its_words())
}

fn beginning(doc: &str) -> &str {
    &doc[..doc.floor_char_boundary(LOOKED_AT)]
}

/// What is seen of a page, all in lower case.
struct Page {
    raw: String,
    title: String,
    text: String,
    /// Characters of text; all there could be where the page goes on elsewhere, or leads there.
    n_chars: usize,
    has_form: bool,
    asks_password: bool,
}

impl Page {
    fn of(doc: &str, is_whole: bool) -> Self {
        let text = text::plain(doc, LOOKED_AT).to_lowercase();
        let mut n_links = 0;
        let mut page = Page {
            raw: doc.to_lowercase(),
            title: String::new(),
            n_chars: text.chars().count(),
            text,
            has_form: false,
            asks_password: false,
        };
        let mut in_title = false;
        for token in Lexer::new(doc) {
            match token {
                Token::Start { name, .. } if name.eq_ignore_ascii_case("form") => page.has_form = true,
                Token::Start { name, attributes, .. } if name.eq_ignore_ascii_case("input") => {
                    let kind = attribute(attributes, "type").unwrap_or_default();
                    page.asks_password |= kind.trim().eq_ignore_ascii_case("password");
                }
                Token::Start { name, .. } if name.eq_ignore_ascii_case("a") => n_links += 1,
                Token::Start { name, .. } => in_title = name.eq_ignore_ascii_case("title"),
                Token::Text(title) if in_title && page.title.is_empty() => {
                    page.title = text::headline(title, 256).to_lowercase();
                }
                Token::End { .. } => in_title = false,
                Token::Text(_) | Token::CData(_) => {}
            }
        }
        // What scripts write may hide the text that follows, so that a page full of it looks empty.
        if !is_whole || n_links > FEW_LINKS {
            page.n_chars = LOOKED_AT;
        }
        page
    }

    /// Looks for the names that only blocking pages bear.
    fn product(&self) -> Option<Block> {
        let named = |products: &[(&'static str, &[&str])]| {
            let bears = |(_, marks): &&(&str, &[&str])| marks.iter().all(|mark| self.raw.contains(mark));
            products.iter().find(bears).map(|(product, _)| *product)
        };
        let challenge = named(CHALLENGE_PRODUCTS).map(|product| Block::Challenge(Some(product)));
        let refusal = || named(REFUSAL_PRODUCTS).map(|product| Block::Refusal(Some(product)));
        let portal = || PORTAL.iter().any(|mark| self.raw.contains(mark)).then_some(Block::Portal);
        let consent = || named(CONSENT_PRODUCTS).map(|_| Block::Consent);
        challenge.or_else(refusal).or_else(portal).or_else(consent)
    }

    fn by_its_words(&self) -> Option<Block> {
        if self.is_login() {
            return Some(Block::Login);
        }
        if self.n_chars < THIN {
            if says(&self.text, CHALLENGE) || WIDGETS.iter().any(|widget| self.raw.contains(widget)) {
                return Some(Block::Challenge(None));
            }
            if says(&self.title, REFUSAL) || self.n_chars < BARE && says(&self.text, REFUSAL) {
                return Some(Block::Refusal(None));
            }
        }
        if self.n_chars < BARE && self.text.contains("javascript") && says(&self.text, ENABLE) {
            return Some(Block::Scripts);
        }
        let is_consent = self.n_chars < WORDY && says(&self.title, CONSENT) && says(&self.text, ACCEPT)
            || self.n_chars < BARE && says(&self.text, CONSENT) && says(&self.text, ACCEPT);
        is_consent.then_some(Block::Consent)
    }

    /// A page may have a login beside its news; here it has it instead of them.
    fn is_login(&self) -> bool {
        let is_titled = says(&self.title, LOGIN);
        let is_handed_on =
            self.raw.contains("name=\"samlrequest\"") || self.raw.contains("name=\"samlresponse\"");
        is_handed_on
            || self.asks_password && (is_titled || self.n_chars < BARE)
            || self.has_form && is_titled && self.n_chars < THIN
    }
}

/// Says whether one of these phrases stands in a text, not as a part of longer words. Scripts
/// that write without spaces know no such parts.
fn says(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        let is_spaced = phrase.chars().all(|c| (c as u32) < 0x0e00);
        text.match_indices(phrase).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + phrase.len()..].chars().next();
            !is_spaced || ![before, after].into_iter().flatten().any(char::is_alphanumeric)
        })
    })
}

#[cfg(test)]
mod tests;
