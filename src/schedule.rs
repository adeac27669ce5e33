//! When to poll next, where a hit goes, and when to try a delivery again.
//!
//! Everything here is pure: the time and the seed of the jitter are arguments.

pub mod attempt;
pub mod interval;
pub mod moves;
pub mod naming;
pub mod outage;
pub mod probe;
mod reason;
pub mod rhythm;
pub mod route;
mod wait;
pub mod window;
mod wishes;

/// Returns a number in [0, 1) that depends on the seed alone, spread evenly over seeds.
///
/// SplitMix64 (Steele, Lea, Flood 2014) over the bytes' FNV-1a hash: enough to spread polls,
/// no use for secrets.
pub fn jitter(seed: &str, salt: u64) -> f64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in seed.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut mixed = hash.wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    let share = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_the_same_for_one_seed_and_spread_over_many() {
        assert!((jitter("bbc", 7) - jitter("bbc", 7)).abs() < f64::EPSILON);
        let mean = (0..1000).map(|salt| jitter("bbc", salt)).sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "mean {mean}");
        assert!((0..1000).all(|salt| (0.0..1.0).contains(&jitter("x", salt))));
    }
}
