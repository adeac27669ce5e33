//! What is remembered of the items of a source's last body, so that the next one is read only as
//! far as it is new: sixteen bytes an item.

/// Says how the bytes are laid out; what was laid out otherwise is forgotten.
const LAYOUT: u8 = 1;
/// The layout and the setting.
const HEAD: usize = 9;
/// One item.
const ROW: usize = 16;

/// What is remembered of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imprint {
    /// The hash of its bytes in the document.
    pub print: u64,
    /// The hashes of what it is known by.
    pub known_by: KeyHashes,
}

/// The hashes of what an item is known by. Two items may have equal ones by chance; then they are
/// held for items that have something in common, which costs a whole reading and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHashes {
    /// Of the publisher's id, else of the words where there is no address either; else 0.
    pub key: u32,
    /// Of the address; 0 where there is none that identifies.
    pub url: u32,
}

/// The hashes of the bytes of a document's items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prints {
    /// The hash of all that has a say in how an item is read, besides its bytes.
    pub setting: u64,
    /// The hash of each item's bytes, in the order of the items.
    pub items: Vec<u64>,
}

/// What is remembered of a body that was read whole and without a doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imprints {
    /// The hash of all that has a say in how an item is read, besides its bytes.
    pub setting: u64,
    /// Its items.
    pub items: Vec<Imprint>,
}

impl Imprints {
    /// Returns them as bytes to be kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.items.len() * ROW);
        bytes.push(LAYOUT);
        bytes.extend(self.setting.to_le_bytes());
        for Imprint { print, known_by: KeyHashes { key, url } } in &self.items {
            bytes.extend(print.to_le_bytes());
            bytes.extend(key.to_le_bytes());
            bytes.extend(url.to_le_bytes());
        }
        bytes
    }

    /// Returns what is remembered of the items with these hashes.
    pub fn of(&self, prints: &[u64]) -> Vec<Imprint> {
        let mut prints = prints.to_vec();
        prints.sort_unstable();
        self.items.iter().filter(|item| prints.binary_search(&item.print).is_ok()).copied().collect()
    }

    /// Reads kept bytes; `None` for what is laid out otherwise.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, rows) = bytes.split_at_checked(HEAD)?;
        let (layout, setting) = head.split_first()?;
        let rows = rows.as_chunks::<ROW>();
        if *layout != LAYOUT || !rows.1.is_empty() {
            return None;
        }
        let items = rows.0.iter().map(|row| {
            let (print, keys) = row.split_first_chunk::<8>()?;
            let (key, url) = keys.split_first_chunk::<4>()?;
            let known_by =
                KeyHashes { key: u32::from_le_bytes(*key), url: u32::from_le_bytes(url.try_into().ok()?) };
            Some(Imprint { print: u64::from_le_bytes(*print), known_by })
        });
        Some(Imprints {
            setting: u64::from_le_bytes(setting.try_into().ok()?),
            items: items.collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn imprint((print, key, url): (u64, u32, u32)) -> Imprint {
        Imprint { print, known_by: KeyHashes { key, url } }
    }

    #[test]
    fn other_layouts_are_forgotten() {
        let bytes = Imprints { setting: 7, items: vec![imprint((1, 2, 3))] }.to_bytes();
        assert_eq!(bytes.len(), 25);
        assert!(Imprints::of_bytes(&bytes).is_some());
        assert_eq!(Imprints::of_bytes(&bytes[..24]), None);
        assert_eq!(Imprints::of_bytes(&[]), None);
        assert_eq!(Imprints::of_bytes(&[&[LAYOUT + 1], &bytes[1..]].concat()), None);
    }

    proptest! {
        #[test]
        fn what_is_kept_comes_back(setting: u64, rows: Vec<(u64, u32, u32)>) {
            let items = rows.into_iter().map(imprint).collect();
            let imprints = Imprints { setting, items };
            prop_assert_eq!(Imprints::of_bytes(&imprints.to_bytes()), Some(imprints));
        }
    }
}
