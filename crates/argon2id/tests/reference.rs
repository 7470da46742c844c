//! Comparison with the tags of the crate `argon2`, for parameters around every edge and for random ones.

use argon2::{Algorithm, Argon2};
use argon2id::{Block, Input, Params, Variant, Version, hash};
use proptest::collection::vec;
use proptest::prelude::*;

fn by_reference(params: &Params, input: &Input<'_>, bytes: usize) -> Vec<u8> {
    let version = match params.version {
        Version::V0x10 => argon2::Version::V0x10,
        Version::V0x13 => argon2::Version::V0x13,
    };
    let cost = argon2::Params::new(params.memory_kib, params.passes, params.lanes, Some(bytes));
    let mut tag = vec![0; bytes];
    let algorithm = match params.variant {
        Variant::Argon2d => Algorithm::Argon2d,
        Variant::Argon2i => Algorithm::Argon2i,
        Variant::Argon2id => Algorithm::Argon2id,
    };
    Argon2::new(algorithm, version, cost.unwrap())
        .hash_password_into(input.password, input.salt, &mut tag)
        .unwrap();
    tag
}

fn by_this_crate(
    params: &Params,
    input: &Input<'_>,
    bytes: usize,
    memory: &mut [Block],
) -> Vec<u8> {
    let mut tag = vec![0; bytes];
    hash(params, input, memory, &mut tag).unwrap();
    tag
}

const INPUT: Input<'_> = Input {
    password: b"password",
    salt: b"somesalt",
    secret: &[],
    associated_data: &[],
};

/// Each number of blocks modulo 4 × lanes, and segments of about 128 blocks, the number that one block of addresses
/// serves.
#[test]
fn tags_equal_the_reference_around_every_edge() {
    for (lanes, edges) in [
        (1, [8..=24, 500..=530, 1020..=1030, 2046..=2050]),
        (2, [16..=33, 1020..=1030, 2040..=2060, 4094..=4098]),
        (3, [24..=50, 1530..=1550, 3060..=3080, 6140..=6146]),
    ] {
        for memory_kib in edges.into_iter().flatten() {
            for (passes, variant) in [
                (1, Variant::Argon2id),
                (2, Variant::Argon2id),
                (3, Variant::Argon2id),
                (2, Variant::Argon2i),
                (2, Variant::Argon2d),
            ] {
                let params = Params {
                    variant,
                    memory_kib,
                    passes,
                    lanes,
                    version: Version::V0x13,
                };
                let mut memory = vec![Block::ZERO; params.block_count()];
                assert_eq!(
                    by_this_crate(&params, &INPUT, 32, &mut memory),
                    by_reference(&params, &INPUT, 32),
                    "{params:?}"
                );
            }
        }
    }
}

/// Lengths around the 64 bytes of a `BLAKE2b` output and the 32 bytes of each step after it.
#[test]
fn tags_of_all_lengths_equal_the_reference() {
    let params = Params {
        variant: Variant::Argon2id,
        memory_kib: 8,
        passes: 1,
        lanes: 1,
        version: Version::V0x13,
    };
    let mut memory = vec![Block::ZERO; params.block_count()];
    for bytes in (4..=200).chain([1_023, 1_024, 1_025]) {
        assert_eq!(
            by_this_crate(&params, &INPUT, bytes, &mut memory),
            by_reference(&params, &INPUT, bytes),
            "{bytes} bytes"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn random_tags_equal_the_reference(
        variant in prop_oneof![Just(Variant::Argon2d), Just(Variant::Argon2i), Just(Variant::Argon2id)],
        memory_kib in 40_u32..3000,
        passes in 1_u32..=4,
        lanes in 1_u32..=5,
        version in prop_oneof![Just(Version::V0x10), Just(Version::V0x13)],
        password in vec(any::<u8>(), 0..300),
        salt in vec(any::<u8>(), 8..=64),
        bytes in 4_usize..=100,
        other in vec(any::<u8>(), 8),
    ) {
        let params = Params { variant, memory_kib, passes, lanes, version };
        let input = Input { password: &password, salt: &salt, ..Input::default() };
        let expected = by_reference(&params, &input, bytes);
        let mut memory = vec![Block::ZERO; params.block_count() + 5];
        // The content that an earlier hash left in the memory makes no difference.
        by_this_crate(&params, &Input { password: &other, ..input }, 16, &mut memory);
        prop_assert_eq!(by_this_crate(&params, &input, bytes, &mut memory), expected);
    }
}
