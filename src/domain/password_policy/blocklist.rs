//! Common passwords, as a set of hashes that takes two bytes each.
//!
//! `blocklist.bin` is a Golomb-coded set: the sorted hashes' differences, each as its quotient by 2^16 in ones and
//! a zero, and its remainder in 16 bits. `cargo xtask blocklist` writes it from a list; `blocklist.md` names the list, its
//! licence, and what was selected. A password that is not on the list is taken for one that is once in 70,000 times; its
//! owner chooses another.

use sha2::{Digest, Sha256};

const SET: &[u8] = include_bytes!("blocklist.bin");
/// Bits of a remainder. The set's figures depend on it and on [`HASH_BITS`].
const REMAINDER_BITS: u32 = 16;
const HASH_BITS: u32 = 29;

/// What stands for a password (in lower case) in the set: the first 29 bits of its SHA-256.
#[must_use]
pub fn blocklist_hash(folded: &str) -> u32 {
    let hash: [u8; 32] = Sha256::digest(folded).into();
    let first = hash
        .first_chunk::<4>()
        .map_or(0, |bytes| u32::from_be_bytes(*bytes));
    first >> u32::BITS.saturating_sub(HASH_BITS)
}

pub(super) fn contains(folded: &str) -> bool {
    let wanted = blocklist_hash(folded);
    hashes(SET)
        .take_while(|found| *found <= wanted)
        .any(|found| found == wanted)
}

/// Reads the set. It ends within a row of ones, with which the last byte is filled up.
fn hashes(set: &[u8]) -> impl Iterator<Item = u32> {
    let mut bits = set
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1));
    let mut last = 0_u32;
    std::iter::from_fn(move || {
        let mut quotient = 0_u32;
        while bits.next()? == 1 {
            quotient = quotient.saturating_add(1);
        }
        let mut gap = quotient;
        for _ in 0..REMAINDER_BITS {
            gap = gap.wrapping_shl(1) | u32::from(bits.next()?);
        }
        last = last.saturating_add(gap);
        Some(last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_is_whole_and_small() {
        let all: Vec<u32> = hashes(SET).collect();
        assert!(all.is_sorted_by(|left, right| left < right));
        assert!((6_000..9_000).contains(&all.len()), "{}", all.len());
        assert!(SET.len() <= 20 * 1024, "{}", SET.len());
        assert!(all.last().is_some_and(|last| *last < 1 << HASH_BITS));
    }

    #[test]
    fn a_truncated_set_ends() {
        assert_eq!(hashes(&[]).count(), 0);
        assert_eq!(hashes(&[0xff; 9]).count(), 0);
        assert_eq!(hashes(&[0x00, 0x00]).count(), 0);
        // Quotient 1, remainder 1; then filled up.
        assert_eq!(
            hashes(&[0b1000_0000, 0b0000_0000, 0b0111_1111]).collect::<Vec<_>>(),
            [(1 << REMAINDER_BITS) + 1]
        );
    }

    #[test]
    fn others_are_rarely_taken_for_common_ones() {
        let all: std::collections::BTreeSet<u32> = hashes(SET).collect();
        let taken = (0..200_000)
            .filter(|number| all.contains(&blocklist_hash(&format!("not on any list {number}"))))
            .count();
        // About 3 are to be expected.
        assert!(taken <= 12, "{taken}");
    }
}
