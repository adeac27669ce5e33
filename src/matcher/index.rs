//! The one pass that finds all phrases of all topics among an item's words.
//!
//! What words are equal depends on the item's language, so there is a table of the phrases for
//! each way of stemming, made when it is first needed.

use std::sync::OnceLock;

use super::phrases::Variants;
use super::stemming::Stemming;
use super::table::Table;
use super::tokens::narrow;
use super::tree::PhraseId;
use crate::model::words::Words;

/// Where a phrase occurs: the first and the last of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Occurrence {
    pub(super) phrase: PhraseId,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// All that occurs in an item.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    /// In the order of the phrases and then of the places.
    list: Vec<Occurrence>,
    /// The phrases and where each begins in the list, every phrase at or behind its own place.
    slots: Vec<Option<(PhraseId, u32)>>,
}

/// All phrases, ready to be found.
pub(super) struct Index {
    variants: Variants,
    tables: Vec<(Stemming, OnceLock<Table>)>,
}

impl Variants {
    /// Returns the index of all these.
    pub(super) fn into_index(self) -> Index {
        let tables = Stemming::all().into_iter().map(|stemming| (stemming, OnceLock::new())).collect();
        Index { variants: self, tables }
    }
}

impl Index {
    /// Returns the phrases.
    pub(super) fn variants(&self) -> &Variants {
        &self.variants
    }

    /// Returns all occurrences of all phrases.
    pub(super) fn find(&self, words: &Words) -> Occurrences {
        let stemming = Stemming::of(&words.lang);
        let (_, table) =
            self.tables.iter().find(|(known, _)| *known == stemming).expect("all ways are listed");
        let table = table.get_or_init(|| Table::build(&self.variants, stemming));
        let mut found = Vec::new();
        for at in 0..words.list.len() {
            table.find_at(&self.variants, words, at, &mut |phrase, first, last| {
                found.push(Occurrence { phrase, first: narrow(first), last: narrow(last) });
            });
        }
        found.sort_unstable();
        found.dedup_by_key(|found| {
            (found.phrase, words.list[found.first as usize].place, words.list[found.last as usize].end)
        });
        Occurrences::new(found)
    }
}

impl Occurrences {
    /// Takes a list that is in order.
    pub(super) fn new(list: Vec<Occurrence>) -> Self {
        let n_phrases = list.chunk_by(|a, b| a.phrase == b.phrase).count();
        let mut occurrences = Occurrences { list, slots: vec![None; (2 * n_phrases).next_power_of_two()] };
        let mut from = 0;
        while let Some(phrase) = occurrences.list.get(from).map(|found| found.phrase) {
            let slot = occurrences.slot(phrase);
            occurrences.slots[slot] = Some((phrase, narrow(from)));
            from += occurrences.list[from..].partition_point(|found| found.phrase == phrase);
        }
        occurrences
    }

    /// Returns where a phrase has its slot, or would have.
    fn slot(&self, phrase: PhraseId) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = phrase.0.wrapping_mul(0x9e37_79b1) as usize & mask;
        while self.slots[slot].is_some_and(|(other, _)| other != phrase) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Returns where a phrase occurs.
    pub(super) fn of(&self, phrase: PhraseId) -> &[Occurrence] {
        let Some((_, from)) = self.slots[self.slot(phrase)] else { return &[] };
        let rest = &self.list[from as usize..];
        &rest[..rest.iter().take_while(|found| found.phrase == phrase).count()]
    }

    /// Says whether a phrase occurs.
    pub(super) fn has(&self, phrase: PhraseId) -> bool {
        self.slots[self.slot(phrase)].is_some()
    }

    /// Returns the phrases that occur, each with its occurrences.
    pub(super) fn by_phrase(&self) -> impl Iterator<Item = (PhraseId, &[Occurrence])> {
        self.list.chunk_by(|a, b| a.phrase == b.phrase).map(|own| (own[0].phrase, own))
    }
}

#[cfg(test)]
mod tests {
    use crate::matcher::fixture::item;
    use crate::matcher::frequencies::Frequencies;
    use crate::matcher::phrases::Phrases;
    use crate::matcher::words::words;

    /// The stretches of the title that a phrase matches.
    #[track_caller]
    fn check(phrase: &str, title: &str, expect: &[&str]) {
        let (text, exact) = phrase.strip_prefix('=').map_or((phrase, false), |text| (text, true));
        let mut phrases = Phrases::default();
        if text.contains(['*', '?']) {
            phrases.intern_pattern(text, exact)
        } else {
            phrases.intern(text, exact)
        };
        let words = words(&item(title, ""), None);
        let found: Vec<&str> = phrases
            .into_variants(&Frequencies::default())
            .into_index()
            .find(&words)
            .list
            .iter()
            .map(|found| {
                let (first, last) = (&words.list[found.first as usize], &words.list[found.last as usize]);
                &title[first.span.start as usize..last.span.end as usize]
            })
            .collect();
        assert_eq!(found, expect, "{phrase} in {title}");
    }

    #[test]
    fn a_name_is_found_in_all_its_spellings() {
        for title in ["Kim Jong-un", "Kim Jong Un", "Kim Jongun", "KIM JONG-UN", "#KimJongUn", "Kim Jong‑un"]
        {
            check("Kim Jong-un", title, &[title.trim_start_matches('#')]);
        }
        check("Kim Jong-un", "Kim, Jong-il", &[]);
        check("cooperation", "Co-operation", &["Co-operation"]);
        check("AT&T", "at AT&T now", &["AT&T"]);
        check("F-16", "F16 and F 16", &["F16", "F 16"]);
    }

    #[test]
    fn inflections_count_unless_the_term_is_exact() {
        check("arrive", "He arrives, arrived, is arriving", &["arrives", "arrived", "arriving"]);
        check("=arrive", "He arrives to arrive", &["arrive"]);
        check("arms deal", "Nvidia's Arm deal and arms deals", &["arms deals"]);
        check("Владивосток", "Во Владивостоке", &["Владивостоке"]);
        check("Киев", "Киев, в Киеве, КИЕВА, кий", &["Киев", "Киеве", "КИЕВА"]);
    }

    #[test]
    fn abbreviations_count_in_capitals_only() {
        check("US", "US told us of the U.S. plan", &["US", "U.S"]);
        check("who", "WHO is who", &["WHO", "who"]);
        check("AT&T", "ATT, att", &["ATT"]);
        check("R&D", "RD, rd", &["RD"]);
    }

    #[test]
    fn korean_takes_any_ending_and_chinese_none() {
        check("김정은", "김정은이 김정", &["김정은이"]);
        check("무기 거래", "무기를 거래했다, 무기거래", &["무기를 거래했다", "무기거래"]);
        check("金正恩", "金正恩氏が", &["金正恩"]);
        check("북", "북·러", &["북"]);
        check("북러", "북·러", &["북·러"]);
        check("무기 거래", "무기 거래·공급", &["무기 거래"]);
        check("푸틴", "김정은ㆍ푸틴", &["푸틴"]);
    }
}
