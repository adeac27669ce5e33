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
    /// The hash of what it is known by: its publisher's id, else its words.
    pub key: u32,
    /// The hash of its address; 0 where that identifies nothing.
    pub url: u32,
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
        for Imprint { print, key, url } in &self.items {
            bytes.extend(print.to_le_bytes());
            bytes.extend(key.to_le_bytes());
            bytes.extend(url.to_le_bytes());
        }
        bytes
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
            Some(Imprint {
                print: u64::from_le_bytes(*print),
                key: u32::from_le_bytes(*key),
                url: u32::from_le_bytes(url.try_into().ok()?),
            })
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

    #[test]
    fn other_layouts_are_forgotten() {
        let bytes = Imprints { setting: 7, items: vec![Imprint { print: 1, key: 2, url: 3 }] }.to_bytes();
        assert_eq!(bytes.len(), 25);
        assert!(Imprints::of_bytes(&bytes).is_some());
        assert_eq!(Imprints::of_bytes(&bytes[..24]), None);
        assert_eq!(Imprints::of_bytes(&[]), None);
        assert_eq!(Imprints::of_bytes(&[&[LAYOUT + 1], &bytes[1..]].concat()), None);
    }

    proptest! {
        #[test]
        fn what_is_kept_comes_back(setting: u64, rows: Vec<(u64, u32, u32)>) {
            let items = rows.into_iter().map(|(print, key, url)| Imprint { print, key, url }).collect();
            let imprints = Imprints { setting, items };
            prop_assert_eq!(Imprints::of_bytes(&imprints.to_bytes()), Some(imprints));
        }
    }
}
