//! Common passwords, as a compressed set of 29-bit hashes.
//!
//! `blocklist.bin` is a Golomb-coded set: the differences of the sorted hashes, each as its quotient by 2^16 in ones and a
//! zero, and its remainder in 16 bits. `blocklist.md` names the list, its licence, the selection and the command that writes
//! the file. One of 70,000 passwords that are not on the list is refused by chance; the user then chooses another.

use sha2::{Digest, Sha256};

const SET: &[u8] = include_bytes!("blocklist.bin");
/// Bits of a remainder. The size of the set depends on it and on [`HASH_BITS`].
const REMAINDER_BITS: u32 = 16;
const HASH_BITS: u32 = 29;

/// The hash of a password in the set: the first 29 bits of the SHA-256 of its lower-case form.
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

/// Decodes the set. The last byte is filled up with ones.
fn hashes(set: &[u8]) -> impl Iterator<Item = u32> {
    let mut bits = set
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
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
    fn set_has_the_expected_size() {
        let all: Vec<u32> = hashes(SET).collect();
        assert!(all.is_sorted_by(|left, right| left < right));
        assert!((6_000..9_000).contains(&all.len()), "{}", all.len());
        assert!(SET.len() <= 20 * 1024, "{}", SET.len());
        assert!(all.last().is_some_and(|last| *last < 1 << HASH_BITS));
    }

    #[test]
    fn truncated_set_is_decoded_as_far_as_possible() {
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
    fn other_passwords_are_rarely_found() {
        let all: std::collections::BTreeSet<u32> = hashes(SET).collect();
        let found = (0..200_000)
            .filter(|number| all.contains(&blocklist_hash(&format!("not on any list {number}"))))
            .count();
        // About 3 are expected.
        assert!(found <= 12, "{found}");
    }
}
