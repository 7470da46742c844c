//! Hashes of other implementations: the reference implementation of Argon2 and the command `argon2`.

use super::tests::{PHRASE, USER, hash_of, peppers};
use super::*;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Whether a hash of another implementation, without pepper and user, is of this text.
fn is_plain_hash_of(text: &str, phc: &str) -> bool {
    let hash = PhcHash::parse(phc).unwrap();
    let mut output = vec![0; hash.output.len()];
    memory::argon2(hash.params, text.as_bytes(), &hash.salt, &mut output).unwrap();
    output == hash.output
}

/// The test vectors of the reference implementation (`src/test.c`).
#[test]
fn reference_vectors_are_computed() {
    for (text, stored) in [
        (
            "password",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ),
        (
            "password",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        ),
        (
            "differentpassword",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94",
        ),
        (
            "password",
            "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw",
        ),
    ] {
        assert!(is_plain_hash_of(text, stored), "{stored}");
        assert!(!is_plain_hash_of(&format!("{text} "), stored), "{stored}");
    }
}

/// Output of Debian's `argon2` (0~20171227): its standard input, its arguments, and the hash.
pub(super) const BY_COMMAND: [(&str, &str, &str); 5] = [
    (
        PHRASE,
        "sixteenbytessalt -id -k 19456 -t 2 -p 1 -l 32 -e",
        "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbmJ5dGVzc2FsdA$ZFhx2vIreSSn20V8X2EUUu7NvxVn6Jv10lA4AgB/z/0",
    ),
    (
        PHRASE,
        "sixteenbytessalt -id -v 10 -k 19456 -t 2 -p 1 -l 32 -e",
        "$argon2id$v=16$m=19456,t=2,p=1$c2l4dGVlbmJ5dGVzc2FsdA$aF/Js4IogEg3SJ9MZHHrKB80HHEKdnQJvnmYzHMybVU",
    ),
    (
        PHRASE,
        "sixteenbytessalt -id -k 64 -t 3 -p 4 -l 16 -e",
        "$argon2id$v=19$m=64,t=3,p=4$c2l4dGVlbmJ5dGVzc2FsdA$YVUkw+ugq7IQwdTP8XJvUg",
    ),
    (
        PHRASE,
        "sixteenbytessalt -id -k 65536 -t 1 -p 1 -l 64 -e",
        "$argon2id$v=19$m=65536,t=1,p=1$c2l4dGVlbmJ5dGVzc2FsdA$MNww1kaBciWzpLUWEn5Y6yoFtlwfo+hfzanSdr5pDq0Bj5KEl8x1o9g6K/Y6OHMlXjSgSNVUc80RALdUHbaa+Q",
    ),
    (
        "Grüße, 世界",
        "eightsal -id -k 4096 -t 3 -p 1 -l 24 -e",
        "$argon2id$v=19$m=4096,t=3,p=1$ZWlnaHRzYWw$0jwR8LpsX1ZOlGUyd8d0f5zWr35Xx9g+",
    ),
];

#[test]
fn hash_by_the_command_argon2_is_computed() {
    for (text, arguments, stored) in BY_COMMAND {
        assert!(is_plain_hash_of(text, stored), "{arguments}");
        assert!(!is_plain_hash_of("another", stored), "{arguments}");
    }
}

/// The reverse direction. The command does not know `keyid`, so it is removed here. If the command is not installed, its
/// recorded output is used.
#[test]
fn command_argon2_computes_the_same_hash() {
    let salt = *b"sixteenbytessalt";
    let input = peppers().current().apply(USER, PHRASE);
    let arguments = "sixteenbytessalt -id -k 19456 -t 2 -p 1 -l 32 -e";
    let recorded = "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbmJ5dGVzc2FsdA$M8BfWWr91dQrx9Z0kxWk4N3TgX1ct0iK27FyzY8CnGk";

    let ours = hash_of(PHRASE, salt);
    let key_id = format!(",keyid={}", peppers().current().key_id());
    assert!(ours.contains(&key_id), "{ours}");
    assert_eq!(ours.replace(&key_id, ""), recorded);
    for (input, expected) in [(input.as_str(), recorded), (PHRASE, BY_COMMAND[0].2)] {
        if let Some(theirs) = command_argon2(input, arguments) {
            assert_eq!(theirs, expected);
        }
    }
}

/// Output of the command, or `None` if it is not installed; with `EDGE_AUTH_REQUIRE_ARGON2` that is a failure.
fn command_argon2(input: &str, arguments: &str) -> Option<String> {
    let started = Command::new("argon2")
        .args(arguments.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        assert!(
            std::env::var_os("EDGE_AUTH_REQUIRE_ARGON2").is_none(),
            "argon2 is not installed"
        );
        return None;
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}
