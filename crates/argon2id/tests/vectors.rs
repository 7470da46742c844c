//! Published test vectors, and the tags of the program `argon2`, which is the reference implementation.

use argon2id::{Block, Input, InvalidParams, Params, Variant, Version, hash};
use hex_literal::hex;
use std::{
    io::Write,
    process::{Command, Stdio},
};

const RFC_9106: Params = Params {
    variant: Variant::Argon2id,
    memory_kib: 32,
    passes: 3,
    lanes: 4,
    version: Version::V0x13,
};
const ONE_LANE: Params = Params {
    variant: Variant::Argon2id,
    memory_kib: 65536,
    passes: 2,
    lanes: 1,
    version: Version::V0x13,
};

fn tag(params: &Params, input: &Input<'_>, bytes: usize) -> Vec<u8> {
    let mut memory = vec![Block::ZERO; params.block_count()];
    let mut tag = vec![0; bytes];
    hash(params, input, &mut memory, &mut tag).unwrap();
    tag
}

fn input<'a>(password: &'a str, salt: &'a str) -> Input<'a> {
    Input {
        password: password.as_bytes(),
        salt: salt.as_bytes(),
        ..Input::default()
    }
}

/// RFC 9106 section 5.
#[test]
fn rfc_9106_vectors_have_their_tags() {
    let input = Input {
        password: &[1; 32],
        salt: &[2; 16],
        secret: &[3; 8],
        associated_data: &[4; 12],
    };
    for (variant, expected) in [
        (
            Variant::Argon2d,
            hex!("512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb"),
        ),
        (
            Variant::Argon2i,
            hex!("c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8"),
        ),
        (
            Variant::Argon2id,
            hex!("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"),
        ),
    ] {
        let params = Params {
            variant,
            ..RFC_9106
        };
        assert_eq!(tag(&params, &input, 32), expected, "{variant:?}");
    }
}

/// All vectors of Argon2id in `src/test.c` of the reference implementation.
#[test]
fn vectors_of_the_reference_implementation_have_their_tags() {
    let small = Params {
        memory_kib: 256,
        ..ONE_LANE
    };
    for (params, password, salt, expected) in [
        (
            ONE_LANE,
            "password",
            "somesalt",
            hex!("09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"),
        ),
        (
            small,
            "password",
            "somesalt",
            hex!("9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"),
        ),
        (
            Params { lanes: 2, ..small },
            "password",
            "somesalt",
            hex!("6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"),
        ),
        (
            Params {
                passes: 1,
                ..ONE_LANE
            },
            "password",
            "somesalt",
            hex!("f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98"),
        ),
        (
            Params {
                passes: 4,
                ..ONE_LANE
            },
            "password",
            "somesalt",
            hex!("9025d48e68ef7395cca9079da4c4ec3affb3c8911fe4f86d1a2520856f63172c"),
        ),
        (
            ONE_LANE,
            "differentpassword",
            "somesalt",
            hex!("0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde"),
        ),
        (
            ONE_LANE,
            "password",
            "diffsalt",
            hex!("bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c"),
        ),
    ] {
        let tag = tag(&params, &input(password, salt), 32);
        assert_eq!(tag, expected, "{params:?} {password} {salt}");
    }
}

/// The reference implementation's program is in Debian's package `argon2`. Without it this test checks nothing, unless
/// `EDGE_AUTH_REQUIRE_ARGON2` is set.
#[test]
fn program_argon2_prints_the_same_tag() {
    for (memory_kib, passes, lanes, version, bytes) in [
        (8, 1, 1, Version::V0x13, 4),
        (19_456, 2, 1, Version::V0x13, 32),
        (1_000, 3, 5, Version::V0x13, 65),
        (4_099, 2, 3, Version::V0x10, 200),
    ] {
        let params = Params {
            variant: Variant::Argon2id,
            memory_kib,
            passes,
            lanes,
            version,
        };
        let Some(printed) = program_argon2(&params, "Grüße, 世界", "sixteenbytessalt", bytes)
        else {
            return;
        };
        let tag = tag(&params, &input("Grüße, 世界", "sixteenbytessalt"), bytes);
        assert_eq!(tag, printed, "{params:?}");
    }
}

fn program_argon2(params: &Params, password: &str, salt: &str, bytes: usize) -> Option<Vec<u8>> {
    let version = match params.version {
        Version::V0x10 => "10",
        Version::V0x13 => "13",
    };
    let started = Command::new("argon2")
        .args([salt, "-id", "-r", "-v", version, "-l", &bytes.to_string()])
        .args(["-k", &params.memory_kib.to_string()])
        .args(["-t", &params.passes.to_string()])
        .args(["-p", &params.lanes.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        let is_required = std::env::var_os("EDGE_AUTH_REQUIRE_ARGON2").is_some();
        assert!(!is_required, "the program argon2 is not installed");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(password.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let digits = String::from_utf8(output.stdout).unwrap();
    let digits = digits.trim_end().as_bytes().chunks(2);
    let bytes = digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap());
    Some(bytes.collect())
}

#[test]
fn invalid_parameters_are_refused() {
    let run = |params: Params, blocks, bytes| {
        let mut memory = vec![Block::ZERO; blocks];
        hash(
            &params,
            &input("password", "somesalt"),
            &mut memory,
            &mut vec![0; bytes],
        )
    };
    let params = Params {
        variant: Variant::Argon2id,
        memory_kib: 11,
        passes: 1,
        lanes: 1,
        version: Version::V0x13,
    };
    let with_lanes = |memory_kib, lanes| Params {
        memory_kib,
        lanes,
        ..params
    };
    assert_eq!(run(params, 8, 32), Ok(()));
    assert_eq!(run(params, 8, 4), Ok(()));
    assert_eq!(run(with_lanes(16, 2), 16, 32), Ok(()));
    for (params, blocks, bytes) in [
        (params, 8, 3),
        (params, 7, 32),
        (with_lanes(12, 1), 11, 32),
        (with_lanes(7, 1), 8, 32),
        (with_lanes(0, 1), 8, 32),
        (with_lanes(15, 2), 16, 32),
        (with_lanes(16, 0), 16, 32),
        (with_lanes(u32::MAX, 1 << 24), 16, 32),
        (with_lanes(u32::MAX, u32::MAX), 16, 32),
        (
            Params {
                passes: 0,
                ..params
            },
            8,
            32,
        ),
    ] {
        assert_eq!(
            run(params, blocks, bytes),
            Err(InvalidParams),
            "{params:?} {blocks} {bytes}"
        );
    }
}
