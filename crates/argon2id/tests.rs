use super::{Block, Cost, Misfit, hash};
use argon2::{Algorithm, Argon2, Params, Version};
use proptest::collection::vec;
use proptest::prelude::*;

fn ours(cost: Cost, input: &[u8], salt: &[u8], output: usize, memory: &mut [Block]) -> Vec<u8> {
    let mut bytes = vec![0; output];
    hash(cost, input, salt, memory, &mut bytes).unwrap();
    bytes
}

fn by_crate(cost: Cost, input: &[u8], salt: &[u8], output: usize) -> Vec<u8> {
    let parameters = Params::new(cost.memory_kib, cost.passes, 1, Some(output)).unwrap();
    let mut bytes = vec![0; output];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(input, salt, &mut bytes)
        .unwrap();
    bytes
}

fn memory(cost: Cost) -> Vec<Block> {
    vec![Block::ZERO; cost.block_count()]
}

/// Each number of blocks modulo four, and segments around the 128 blocks that one block of names is for.
#[test]
fn as_the_crate_around_every_edge() {
    let edges = [8..=24, 500..=530, 1020..=1030, 2046..=2050];
    for memory_kib in edges.into_iter().flatten() {
        for passes in 1..=3 {
            let cost = Cost { memory_kib, passes };
            let ours = ours(cost, b"password", b"somesalt", 32, &mut memory(cost));
            assert_eq!(
                ours,
                by_crate(cost, b"password", b"somesalt", 32),
                "{cost:?}"
            );
        }
    }
}

/// `src/test.c` of the reference implementation, its hashes of one lane and this version.
#[test]
fn reference_vectors() {
    for (memory_kib, passes, input, salt, expected) in [
        (
            65536,
            2,
            "password",
            "somesalt",
            "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7",
        ),
        (
            256,
            2,
            "password",
            "somesalt",
            "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe",
        ),
        (
            65536,
            1,
            "password",
            "somesalt",
            "f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98",
        ),
        (
            65536,
            2,
            "differentpassword",
            "somesalt",
            "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde",
        ),
        (
            65536,
            2,
            "password",
            "diffsalt",
            "bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c",
        ),
    ] {
        let cost = Cost { memory_kib, passes };
        let bytes = ours(
            cost,
            input.as_bytes(),
            salt.as_bytes(),
            32,
            &mut memory(cost),
        );
        let hex = bytes
            .iter()
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        assert_eq!(hex, expected, "{cost:?} {input} {salt}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let run = |memory_kib, blocks, output| {
        let cost = Cost {
            memory_kib,
            passes: 1,
        };
        let mut memory = vec![Block::ZERO; blocks];
        hash(
            cost,
            b"password",
            b"somesalt",
            &mut memory,
            &mut vec![0; output],
        )
    };
    assert_eq!(run(11, 8, 64), Ok(()));
    assert_eq!(run(12, 11, 32), Err(Misfit));
    assert_eq!(run(7, 8, 32), Err(Misfit));
    assert_eq!(run(0, 8, 32), Err(Misfit));
    assert_eq!(run(8, 8, 65), Err(Misfit));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn as_the_crate(
        memory_kib in 8_u32..3000,
        passes in 1_u32..=4,
        input in vec(any::<u8>(), 0..300),
        salt in vec(any::<u8>(), 8..=64),
        output in 4_usize..=64,
        used in vec(any::<u8>(), 8),
    ) {
        let cost = Cost { memory_kib, passes };
        let expected = by_crate(cost, &input, &salt, output);
        let mut memory = vec![Block::ZERO; cost.block_count() + 5];
        // What an earlier run left makes no difference.
        ours(Cost { memory_kib, passes: 1 }, &used, &salt, 16, &mut memory);
        prop_assert_eq!(ours(cost, &input, &salt, output, &mut memory), expected);
    }
}
