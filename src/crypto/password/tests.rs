//! The hashes that verify, and rotations of the pepper.

use super::vectors::BY_COMMAND;
use super::*;
use proptest::prelude::*;

pub(super) const PHRASE: &str = "correct horse battery staple";
pub(super) const USER: Uuid = Uuid::from_u128(0xf47a_c10b_58cc_4372_a567_0e02_b2c3_d479);

pub(super) fn peppers() -> Peppers {
    Peppers::new([1; 32], None)
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

fn verify_for(user: Uuid, text: &str, phc: &str, peppers: &Peppers) -> Verdict {
    verify(&password(text), Some(StoredHash { user, phc }), peppers)
}

pub(super) fn hash_of(text: &str, salt: [u8; SALT_BYTES]) -> String {
    hash(&password(text), USER, salt, &peppers()).unwrap()
}

fn verdict(text: &str, phc: &str) -> Verdict {
    verify_for(USER, text, phc, &peppers())
}

const REHASH: Verdict = Verdict::Right { needs_rehash: true };
const FRESH: Verdict = Verdict::Right {
    needs_rehash: false,
};

#[test]
fn new_hash_verifies_and_needs_no_rehash() {
    let stored = hash_of(PHRASE, [7; 16]);
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
    let other = hash_of(PHRASE, [8; 16]);
    assert_ne!(stored, other);
}

#[test]
fn hash_of_another_user_is_wrong() {
    let phc = hash_of(PHRASE, [7; 16]);
    assert_eq!(verdict(PHRASE, &phc), FRESH);
    for user in [Uuid::nil(), Uuid::from_u128(USER.as_u128() + 1)] {
        let copied = verify_for(user, PHRASE, &phc, &peppers());
        assert_eq!(copied, Verdict::Wrong, "{user}");
    }
}

#[test]
fn hash_without_a_pepper_is_unusable() {
    let unknown = Verdict::Unusable(Unusable::UnknownPepper);
    for (text, _, phc) in BY_COMMAND {
        assert_eq!(verdict(text, phc), unknown, "{phc}");
    }
    // A hash of this service without its key id is unusable as well.
    let key_id = format!(",keyid={}", peppers().current().key_id());
    let without = hash_of(PHRASE, [7; 16]).replace(&key_id, "");
    assert_eq!(verdict(PHRASE, &without), unknown);
    assert_eq!(
        verdict(&peppers().current().apply(USER, PHRASE), &without),
        unknown
    );
}

#[test]
fn hash_of_the_previous_pepper_verifies_and_needs_a_rehash() {
    let old = hash_of(PHRASE, [7; 16]);
    let both = Peppers::new([2; 32], Some([1; 32]));
    let new = Peppers::new([2; 32], None);
    let fresh = hash(&password(PHRASE), USER, [7; 16], &both).unwrap();
    let unknown = Verdict::Unusable(Unusable::UnknownPepper);
    for (peppers, phc, expected) in [
        (&both, &old, REHASH),
        (&both, &fresh, FRESH),
        (&new, &fresh, FRESH),
        (&new, &old, unknown),
        (&peppers(), &fresh, unknown),
    ] {
        let verdict = verify_for(USER, PHRASE, phc, peppers);
        assert_eq!(verdict, expected);
    }
    let verdict = verify_for(USER, "no", &old, &both);
    assert_eq!(verdict, Verdict::Wrong);
}

#[test]
fn weaker_hash_needs_a_rehash_and_stronger_does_not() {
    let hash = |params: Params, salt: usize, output: usize| {
        let (salt, mut bytes) = (vec![7; salt], vec![0; output]);
        let input = peppers().current().apply(USER, PHRASE);
        memory::argon2(params, input.as_bytes(), &salt, &mut bytes).unwrap();
        PhcHash {
            params,
            key_id: Some(peppers().current().key_id().to_owned()),
            salt,
            output: bytes,
        }
        .write()
    };
    let current = CURRENT_PARAMS;
    let with_memory = |memory_kib| Params {
        memory_kib,
        ..current
    };
    let with_passes = |passes| Params { passes, ..current };
    let two_lanes = Params {
        lanes: 2,
        ..current
    };
    let old_version = Params {
        version: Version::V0x10,
        ..current
    };
    for (params, salt, output, expected) in [
        (current, 16, 32, FRESH),
        (current, 15, 32, REHASH),
        (current, 16, 31, REHASH),
        (current, 64, 64, FRESH),
        (with_memory(19_455), 16, 32, REHASH),
        (with_memory(19_460), 16, 32, FRESH),
        (with_passes(1), 16, 32, REHASH),
        (with_passes(3), 16, 32, FRESH),
        (two_lanes, 16, 32, FRESH),
        (old_version, 16, 32, REHASH),
    ] {
        let phc = hash(params, salt, output);
        assert_eq!(verdict(PHRASE, &phc), expected, "{phc}");
    }
}

#[test]
fn missing_hash_is_wrong_and_unreadable_hash_is_unusable() {
    let none = verify(&password(PHRASE), None, &peppers());
    assert_eq!(none, Verdict::Wrong);
    for broken in [
        "",
        "x",
        "$sealed$keyid=",
        "$2b$04$TawCdRj9BDP0y92lD80tuevoAfjGeDInaCoG33TUCjR/vMvCmov62",
        "$argon2i$v=19$m=1024,t=2,p=1$c2l4dGVlbmJ5dGVzc2FsdA$2ZKzoUdSRneee5rv5e50appghL10KeXtLjdqiHZzWkc",
        "$argon2id$v=19$m=4294967295,t=2,p=1$c2l4dGVlbmJ5dGVzc2FsdA$AAAA",
    ] {
        assert_eq!(
            verdict(PHRASE, broken),
            Verdict::Unusable(Unusable::Unreadable)
        );
    }
}

#[test]
fn password_is_compared_in_nfc_and_untrimmed() {
    let composed = hash_of("caf\u{e9} au lait, bien s\u{fb}r", [7; 16]);
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
fn password_over_1024_bytes_as_sent_or_in_nfc_is_refused() {
    assert!(Password::parse(&"a".repeat(1024)).is_ok());
    assert_eq!(
        Password::parse(&"a".repeat(1025)).unwrap_err(),
        PasswordTooLong
    );
    assert!(Password::parse(&"\u{1f600}".repeat(256)).is_ok());
    // NFC decomposes U+FB2C: 3 bytes become 6.
    assert_eq!(nfc("\u{fb2c}").len(), 6);
    assert!(Password::parse(&"\u{fb2c}".repeat(170)).is_ok());
    assert!(Password::parse(&"\u{fb2c}".repeat(171)).is_err());
}

#[test]
fn debug_of_password_is_redacted() {
    assert_eq!(
        format!("{:?}", password(PHRASE)),
        "Password(Secret(redacted))"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn hashed_password_verifies(text in "\\PC{0,100}", salt in any::<[u8; 16]>()) {
        let stored = hash_of(&text, salt);
        prop_assert_eq!(verdict(&text, &stored), FRESH);
        prop_assert_eq!(verdict(&format!("{text}x"), &stored), Verdict::Wrong);
    }
}
