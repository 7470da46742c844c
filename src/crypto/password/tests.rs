use super::*;
use proptest::prelude::*;
use std::io::Write as _;
use std::process::{Command, Stdio};

const PHRASE: &str = "correct horse battery staple";

fn peppers() -> Peppers {
    Peppers::new([1; 32], None)
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

fn verdict(text: &str, stored: &str) -> Verdict {
    verify(&password(text), Some(stored), &peppers())
}

const REHASH: Verdict = Verdict::Right { needs_rehash: true };
const FRESH: Verdict = Verdict::Right {
    needs_rehash: false,
};

/// The reference implementation's own test vectors (`src/test.c`).
#[test]
fn reference_vectors_verify() {
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
        assert_eq!(verdict(text, stored), REHASH, "{stored}");
        assert_eq!(verdict(&format!("{text} "), stored), Verdict::Wrong);
    }
}

/// What Debian's `argon2` (0~20171227) printed: the password on its standard input, then the arguments.
const BY_DEBIAN: [(&str, &str, &str); 5] = [
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
fn hashes_of_debians_argon2_verify() {
    for (text, arguments, stored) in BY_DEBIAN {
        assert_eq!(verdict(text, stored), REHASH, "{arguments}");
        assert_eq!(verdict("another", stored), Verdict::Wrong, "{arguments}");
    }
}

/// The reverse: what we make is what Debian's tool makes of the same input. The tool's reader knows no `keyid`, so ours
/// goes without it here; the input is the seasoned password. Where the tool is missing, its recorded output stands in.
#[test]
fn debians_argon2_makes_the_same_hash() {
    let salt = *b"sixteenbytessalt";
    let seasoned = peppers().current().season(PHRASE.as_bytes());
    let arguments = "sixteenbytessalt -id -k 19456 -t 2 -p 1 -l 32 -e";
    let recorded = "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbmJ5dGVzc2FsdA$c4mJKrqZrJEhMQwRRk+FqPVF3F7BcTgcYVmyi37UnsI";

    let ours = hash(&password(PHRASE), salt, &peppers()).unwrap();
    let key_id = format!(",keyid={}", peppers().current().key_id());
    assert!(ours.contains(&key_id), "{ours}");
    assert_eq!(ours.replace(&key_id, ""), recorded);
    for (input, expected) in [(seasoned.as_str(), recorded), (PHRASE, BY_DEBIAN[0].2)] {
        if let Some(theirs) = debians_argon2(input, arguments) {
            assert_eq!(theirs, expected);
        }
    }
}

/// The tool's output, or `None` if it is not installed; `EDGE_AUTH_REQUIRE_ARGON2` makes that a failure.
fn debians_argon2(input: &str, arguments: &str) -> Option<String> {
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

#[test]
fn our_hashes_verify_and_need_no_other() {
    let stored = hash(&password(PHRASE), [7; 16], &peppers()).unwrap();
    assert!(
        stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid="),
        "{stored}"
    );
    assert_eq!(verdict(PHRASE, &stored), FRESH);
    assert_eq!(
        verdict("correct horse battery stapl", &stored),
        Verdict::Wrong
    );
    assert_eq!(verdict("", &stored), Verdict::Wrong);
    let other = hash(&password(PHRASE), [8; 16], &peppers()).unwrap();
    assert_ne!(stored, other);
}

#[test]
fn peppers_rotate() {
    let old = hash(&password(PHRASE), [7; 16], &peppers()).unwrap();
    let both = Peppers::new([2; 32], Some([1; 32]));
    let new = Peppers::new([2; 32], None);
    let fresh = hash(&password(PHRASE), [7; 16], &both).unwrap();
    let unknown = Verdict::Unusable(Unusable::UnknownPepper);
    for (peppers, stored, expected) in [
        (&both, &old, REHASH),
        (&both, &fresh, FRESH),
        (&new, &fresh, FRESH),
        (&new, &old, unknown),
        (&peppers(), &fresh, unknown),
    ] {
        assert_eq!(verify(&password(PHRASE), Some(stored), peppers), expected);
    }
    assert_eq!(verify(&password("no"), Some(&old), &both), Verdict::Wrong);
}

#[test]
fn a_seasoned_password_is_no_password() {
    let stored = hash(&password(PHRASE), [7; 16], &peppers()).unwrap();
    let key_id = format!(",keyid={}", peppers().current().key_id());
    let seasoned = peppers().current().season(PHRASE.as_bytes());
    assert_eq!(verdict(&seasoned, &stored), Verdict::Wrong);
    // Without its key id the same hash reads as one made elsewhere, of another password.
    assert_eq!(
        verdict(PHRASE, &stored.replace(&key_id, "")),
        Verdict::Wrong
    );
}

#[test]
fn weaker_hashes_ask_for_a_new_one_and_stronger_do_not() {
    let stored = |params: Params, salt: usize, output: usize| {
        let (salt, mut bytes) = (vec![7; salt], vec![0; output]);
        let seasoned = peppers().current().season(PHRASE.as_bytes());
        derive(params, seasoned.as_bytes(), &salt, &mut bytes).unwrap();
        Stored {
            params,
            key_id: Some(peppers().current().key_id().to_owned()),
            salt,
            output: bytes,
        }
        .write()
    };
    for (params, salt, output, expected) in [
        (PARAMS, 16, 32, FRESH),
        (PARAMS, 15, 32, REHASH),
        (PARAMS, 16, 31, REHASH),
        (PARAMS, 64, 64, FRESH),
        (
            Params {
                memory_kib: 19_455,
                ..PARAMS
            },
            16,
            32,
            REHASH,
        ),
        (
            Params {
                memory_kib: 19_460,
                ..PARAMS
            },
            16,
            32,
            FRESH,
        ),
        (
            Params {
                passes: 1,
                ..PARAMS
            },
            16,
            32,
            REHASH,
        ),
        (
            Params {
                passes: 3,
                ..PARAMS
            },
            16,
            32,
            FRESH,
        ),
        (Params { lanes: 2, ..PARAMS }, 16, 32, FRESH),
        (
            Params {
                version: Version::V0x10,
                ..PARAMS
            },
            16,
            32,
            REHASH,
        ),
    ] {
        let stored = stored(params, salt, output);
        assert_eq!(verdict(PHRASE, &stored), expected, "{stored}");
    }
}

#[test]
fn nothing_fits_where_nothing_is_stored() {
    assert_eq!(verify(&password(PHRASE), None, &peppers()), Verdict::Wrong);
    for broken in [
        "",
        "x",
        "$argon2id$v=19$m=4294967295,t=2,p=1$c2l4dGVlbmJ5dGVzc2FsdA$AAAA",
    ] {
        assert_eq!(
            verdict(PHRASE, broken),
            Verdict::Unusable(Unusable::Unreadable)
        );
    }
}

#[test]
fn the_kept_memory_stays_at_one_run() {
    let kept = || {
        let memory = MEMORY.take();
        let size = memory.capacity();
        MEMORY.set(memory);
        size
    };
    let run = |memory_kib| {
        let params = Params {
            memory_kib,
            ..PARAMS
        };
        derive(params, b"input", &[7; 16], &mut [0; 32]).unwrap();
    };
    run(64);
    assert_eq!(kept(), 19 * 1024);
    run(64 * 1024);
    assert_eq!(kept(), 0);
    run(19 * 1024);
    let two_lanes = Params { lanes: 2, ..PARAMS };
    derive(two_lanes, b"input", &[7; 16], &mut [0; 32]).unwrap();
    assert_eq!(kept(), 19 * 1024);
}

#[test]
fn passwords_are_compared_in_nfc_and_never_trimmed() {
    let composed = hash(
        &password("caf\u{e9} au lait, bien s\u{fb}r"),
        [7; 16],
        &peppers(),
    )
    .unwrap();
    assert_eq!(
        verdict("cafe\u{301} au lait, bien su\u{302}r", &composed),
        FRESH
    );
    assert_eq!(
        verdict(" caf\u{e9} au lait, bien s\u{fb}r", &composed),
        Verdict::Wrong
    );
    assert_eq!(
        verdict("Caf\u{e9} au lait, bien s\u{fb}r", &composed),
        Verdict::Wrong
    );
    // NFC, not NFKC: a full-width letter is another letter.
    assert_eq!(password("\u{ff41}").reveal(), "\u{ff41}");
    assert_eq!(password(" \u{0}\n").reveal(), " \u{0}\n");
}

#[test]
fn the_bound_is_on_both_forms() {
    assert!(Password::parse(&"a".repeat(1024)).is_ok());
    assert_eq!(
        Password::parse(&"a".repeat(1025)).unwrap_err(),
        PasswordTooLong
    );
    assert!(Password::parse(&"\u{1f600}".repeat(256)).is_ok());
    // U+FB2C is one of those that NFC writes as three: 3 bytes become 6.
    assert_eq!(nfc("\u{fb2c}").len(), 6);
    assert!(Password::parse(&"\u{fb2c}".repeat(170)).is_ok());
    assert!(Password::parse(&"\u{fb2c}".repeat(171)).is_err());
}

#[test]
fn debug_shows_nothing_of_the_password() {
    assert_eq!(
        format!("{:?}", password(PHRASE)),
        "Password(Secret(redacted))"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_was_hashed_verifies(text in "\\PC{0,100}", salt in any::<[u8; 16]>()) {
        let stored = hash(&password(&text), salt, &peppers()).unwrap();
        prop_assert_eq!(verdict(&text, &stored), FRESH);
        prop_assert_eq!(verdict(&format!("{text}x"), &stored), Verdict::Wrong);
    }
}
