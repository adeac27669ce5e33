//! A rhythm as bytes: 113 of them, so that a million sources fit. Whatever cannot be read is a
//! rhythm about which nothing is known.

use super::Rhythm;
use super::profile::{Day, Hour, Profile};
use crate::model::Timestamp;

/// The first byte; a later form has another.
const VERSION: u8 = 1;
const LENGTH: usize = 1 + 24 * 3 + 7 * 4 + 4 + 4 + 2 + 2;

impl Rhythm {
    /// Writes it down.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend(self.looked.map_or(0, seconds).to_le_bytes());
        bytes.extend(seconds(self.woke).to_le_bytes());
        bytes.extend(short(self.missed));
        bytes.extend([self.n_looks, u8::from(self.has_posted) | self.waking << 1]);
        for hour in &self.profile.hours {
            bytes.extend(short(hour.posts));
            bytes.push(hour.watched);
        }
        for day in &self.profile.days {
            bytes.extend(short(day.posts));
            bytes.extend(short(day.expected));
        }
        bytes
    }

    /// Reads what was written.
    pub fn decode(bytes: &[u8]) -> Self {
        match bytes {
            [VERSION, rest @ ..] if bytes.len() == LENGTH => read(rest),
            _ => Rhythm::default(),
        }
    }
}

fn read(mut rest: &[u8]) -> Rhythm {
    let rest = &mut rest;
    let looked = time(take(rest));
    let woke = time(take(rest)).unwrap_or_default();
    let missed = long(take(rest));
    let [n_looks, flags] = take(rest);
    let hour = |_| Hour { posts: long(take(rest)), watched: take::<1>(rest)[0] };
    let hours = std::array::from_fn(hour);
    let days = std::array::from_fn(|_| Day { posts: long(take(rest)), expected: long(take(rest)) });
    let profile = Profile { hours, days };
    Rhythm { profile, looked, woke, missed, n_looks, has_posted: flags & 1 == 1, waking: flags >> 1 }
}

fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (taken, left) = rest.split_first_chunk().expect("the length was compared");
    *rest = left;
    *taken
}

/// Seconds since the epoch, until 2106; a time outside is not kept.
fn seconds(time: Timestamp) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(0)
}

fn time(seconds: [u8; 4]) -> Option<Timestamp> {
    let seconds = i64::from(u32::from_le_bytes(seconds));
    (seconds > 0).then(|| Timestamp::from_millis(seconds * 1000))
}

/// The upper half of a single-precision number without its sign: eight bits of it and the
/// exponent.
fn short(value: f64) -> [u8; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "meant")]
    let bits = (value.clamp(0.0, 1e9) as f32).to_bits();
    u16::try_from((bits + 0x4000) >> 15).unwrap_or(u16::MAX).to_le_bytes()
}

fn long(bytes: [u8; 2]) -> f64 {
    let value = f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 15);
    if value.is_finite() { f64::from(value).min(1e9) } else { 0.0 }
}
