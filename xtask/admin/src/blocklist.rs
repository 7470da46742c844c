//! `cargo xtask blocklist`: writes the set of common passwords that the Worker refuses, from a published list.

use anyhow::{Context as _, Result};
use edge_auth::domain::password_policy::{MIN_CHARACTERS, blocklist_hash};
use std::collections::BTreeSet;
use std::path::Path;

/// Passwords of at least the default minimum length are rare in such lists, so a larger part of the list is read for
/// them.
const LONG_CHARACTERS: usize = 15;
const MAX_RANK_OF_LONG: usize = 500_000;
/// Shorter passwords matter only if an operator allows them.
const MAX_RANK_OF_SHORT: usize = 16_000;
/// The low bits of a gap that are stored unchanged. `domain::password_policy` reads the same number.
const REMAINDER_BITS: u32 = 16;

/// Reads the list, writes the set, and returns a summary.
///
/// # Errors
/// A file that cannot be read or written.
pub fn write(list: &Path, set: &Path) -> Result<String> {
    let text = std::fs::read(list).with_context(|| format!("cannot read {}", list.display()))?;
    let text = String::from_utf8_lossy(&text);
    let passwords = select(&text);
    let hashes: BTreeSet<u32> = passwords.iter().map(|text| blocklist_hash(text)).collect();
    let bytes = encode(&hashes);
    std::fs::write(set, &bytes).with_context(|| format!("cannot write {}", set.display()))?;
    let long = passwords
        .iter()
        .filter(|text| text.chars().count() >= LONG_CHARACTERS)
        .count();
    Ok(format!(
        "{} passwords, {long} of them with {LONG_CHARACTERS} or more characters, in {} bytes",
        hashes.len(),
        bytes.len()
    ))
}

fn select(list: &str) -> BTreeSet<String> {
    list.lines()
        .enumerate()
        .map(|(rank, line)| (rank, line.to_lowercase()))
        .filter(|(rank, line)| match line.chars().count() {
            LONG_CHARACTERS.. => *rank < MAX_RANK_OF_LONG,
            MIN_CHARACTERS.. => *rank < MAX_RANK_OF_SHORT,
            _ => false,
        })
        .map(|(_, line)| line)
        .collect()
}

fn encode(hashes: &BTreeSet<u32>) -> Vec<u8> {
    let mut bits = Vec::new();
    let mut last = 0;
    for hash in hashes {
        let gap = hash - last;
        last = *hash;
        bits.extend((0..gap >> REMAINDER_BITS).map(|_| 1));
        bits.push(0);
        bits.extend((0..REMAINDER_BITS).rev().map(|bit| (gap >> bit & 1) as u8));
    }
    // The padding consists of ones, so that it is never read as another gap.
    while bits.len() % 8 != 0 {
        bits.push(1);
    }
    bits.chunks(8)
        .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_and_long_passwords_are_selected() {
        let list = format!(
            "short\nLongEnough\n{}ninechars\nfifteen letters\n",
            "x\n".repeat(MAX_RANK_OF_SHORT)
        );
        let taken: Vec<String> = select(&list).into_iter().collect();
        assert_eq!(taken, ["fifteen letters", "longenough"]);
    }

    #[test]
    fn gaps_are_encoded() {
        let set = BTreeSet::from([(1 << REMAINDER_BITS) + 1]);
        assert_eq!(encode(&set), [0b1000_0000, 0b0000_0000, 0b0111_1111]);
    }
}
