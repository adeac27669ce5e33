//! In how many items each word occurs, as far as was seen: what makes a word rare.

/// Places to count at. Two words may share one; then both count as somewhat more frequent.
const PLACES: usize = 1 << 18;
/// At so many items all counts are halved, so that what was long ago fades.
const MOST_ITEMS: u32 = 60_000;

/// In how many items each word occurs.
#[derive(Clone, Debug)]
pub struct Counts {
    n_items: u32,
    counts: Box<[u16]>,
}

impl Default for Counts {
    fn default() -> Self {
        Counts { n_items: 0, counts: vec![0; PLACES].into() }
    }
}

impl Counts {
    /// Counts the words of one more item, each given once.
    pub fn note(&mut self, words: impl IntoIterator<Item = u32>) {
        if self.n_items >= MOST_ITEMS {
            self.n_items /= 2;
            self.counts.iter_mut().for_each(|count| *count /= 2);
        }
        self.n_items += 1;
        for word in words {
            let count = &mut self.counts[place(word)];
            *count = count.saturating_add(1);
        }
    }

    /// Returns how much a word says: the rarer, the more.
    pub fn weight(&self, word: u32) -> f32 {
        let (n_items, count) = (f64::from(self.n_items), f64::from(self.counts[place(word)]));
        #[expect(clippy::cast_possible_truncation, reason = "a weight needs no more digits")]
        let weight = ((n_items + 1.0) / (count + 0.5)).ln().max(0.0) as f32;
        weight
    }

    /// Returns the share of items that hold a word.
    pub fn share(&self, word: u32) -> f64 {
        f64::from(self.counts[place(word)]) / f64::from(self.n_items.max(1))
    }
}

/// Kept as bytes: the head, and behind it the parts one after the other.
impl Counts {
    /// Returns how many items were counted, halved with the counts.
    pub fn n_items(&self) -> u32 {
        self.n_items
    }

    /// Returns the bytes of the head.
    pub fn head(&self) -> Vec<u8> {
        self.n_items.to_le_bytes().to_vec()
    }

    /// Returns the bytes of one part of so many.
    pub fn part(&self, part: usize, of: usize) -> Vec<u8> {
        let size = PLACES.div_ceil(of);
        let counts = self.counts.chunks(size).nth(part).unwrap_or_default();
        counts.iter().flat_map(|count| count.to_le_bytes()).collect()
    }

    /// Puts kept parts together, each with its place among so many. What is missing counts as never
    /// seen; `None` for what is laid out otherwise.
    pub fn of_parts<'a>(
        head: &[u8],
        parts: impl IntoIterator<Item = (usize, &'a [u8])>,
        of: usize,
    ) -> Option<Self> {
        let mut counts = Counts { n_items: u32::from_le_bytes(head.try_into().ok()?), ..Counts::default() };
        let size = PLACES.div_ceil(of);
        for (part, bytes) in parts {
            let (kept, rest) = bytes.as_chunks::<2>();
            let places = counts.counts.chunks_mut(size).nth(part)?;
            if kept.len() != places.len() || !rest.is_empty() {
                return None;
            }
            for (count, kept) in places.iter_mut().zip(kept) {
                *count = u16::from_le_bytes(*kept);
            }
        }
        Some(counts)
    }
}

fn place(word: u32) -> usize {
    word as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_say_more() {
        let mut counts = Counts::default();
        counts.note([1, 2]);
        counts.note([1]);
        assert!(counts.weight(3) > counts.weight(2) && counts.weight(2) > counts.weight(1));
        assert!((counts.share(1) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn counts_are_kept_in_parts() {
        let mut counts = Counts::default();
        (0..1000).for_each(|n| counts.note([n, n * 7919]));
        let parts: Vec<Vec<u8>> = (0..16).map(|part| counts.part(part, 16)).collect();
        let kept = |skip: usize| parts.iter().map(Vec::as_slice).enumerate().skip(skip);
        let read = Counts::of_parts(&counts.head(), kept(0), 16).unwrap();
        assert_eq!((read.n_items, &read.counts), (counts.n_items, &counts.counts));
        let later = Counts::of_parts(&counts.head(), kept(1), 16).unwrap();
        assert_eq!((later.counts[5], later.counts[PLACES - 1]), (0, counts.counts[PLACES - 1]));
        assert!(Counts::of_parts(&counts.head(), kept(0), 8).is_none());
        assert!(Counts::of_parts(&[1], kept(0), 16).is_none());
    }

    #[test]
    fn what_was_long_ago_fades() {
        let mut counts = Counts::default();
        (0..MOST_ITEMS).for_each(|_| counts.note([1]));
        let before = counts.share(1);
        (0..MOST_ITEMS).for_each(|_| counts.note([2]));
        assert!(counts.share(1) < before / 2.0);
    }
}
