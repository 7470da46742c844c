//! Hashes that other programs made, and texts that are refused.

use super::super::tests::{PHRASE, USER, peppers};
use super::super::{Password, Peppers, StoredHash, Unusable, Verdict, import, verify};
use super::*;
use base64ct::{Base64Unpadded, Encoding};
use proptest::prelude::*;
use uuid::Uuid;

const ACCENTS: &str = "Gr\u{fc}\u{df}e, \u{4e16}\u{754c}";

/// Program, password and hash.
const MADE_ELSEWHERE: [(&str, &str, &str); 20] = [
    (
        "argon2-cffi 25.1.0",
        PHRASE,
        "$argon2i$v=19$m=1024,t=2,p=1$c2l4dGVlbmJ5dGVzc2FsdA$2ZKzoUdSRneee5rv5e50appghL10KeXtLjdqiHZzWkc",
    ),
    (
        "argon2-cffi 25.1.0",
        PHRASE,
        "$argon2d$v=19$m=1024,t=2,p=1$c2l4dGVlbmJ5dGVzc2FsdA$mZbSDCkq4N00cyTm3RRS6Z5ADp1r8Sq9qQl0VziB+DQ",
    ),
    (
        "argon2-cffi 25.1.0",
        PHRASE,
        "$argon2id$v=19$m=1024,t=2,p=1$c2l4dGVlbmJ5dGVzc2FsdA$bGpHCZRRUtGRrxNbQugZ3wFh7RtjLmWkelEWg6p5w04",
    ),
    (
        "argon2-cffi 25.1.0",
        PHRASE,
        "$argon2i$v=19$m=65536,t=3,p=4$c2l4dGVlbmJ5dGVzc2FsdA$AjX0zhAlE5kL9R2hTknaquKU54CITiQpV/EIYcW0jEU",
    ),
    (
        "argon2-cffi 25.1.0",
        PHRASE,
        "$argon2d$v=16$m=4096,t=3,p=2$c2l4dGVlbmJ5dGVzc2FsdA$uRf980paEx2sIw846U8X4brKXA/GNnx8",
    ),
    (
        "argon2-cffi 25.1.0",
        ACCENTS,
        "$argon2i$v=16$m=256,t=3,p=2$c2l4dGVlbmJ5dGVzc2FsdA$Xn9+78nGxPiIOBumGEcxTcWn9cIcGdMz6n+Hs8q8r8s",
    ),
    (
        "bcrypt 4.0.1 (Python)",
        PHRASE,
        "$2b$04$TawCdRj9BDP0y92lD80tuevoAfjGeDInaCoG33TUCjR/vMvCmov62",
    ),
    (
        "bcrypt 4.0.1 (Python)",
        PHRASE,
        "$2b$12$b4D3JNh0cQsS.NrsTvcgLe6rbRPv09yJosZCdlvQISp7PgK3pWDvy",
    ),
    (
        "bcrypt 4.0.1 (Python)",
        ACCENTS,
        "$2b$10$xRCbIigXj1r6QWAdoQp9.e9NLYG0Ua4cmgWPh5lf7GU6w/iDRxrw2",
    ),
    (
        "bcrypt 4.0.1 (Python)",
        PHRASE,
        "$2a$05$07nAzy1CZGqKVgiUZ1k3l.ivL7WaEamFQWX1WoE0u/0FTgI3.l.zy",
    ),
    (
        "bcrypt 4.0.1 (Python), 72 bytes",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "$2b$04$d90Ex6fGZG86siRMB3M5uOH/fnJvf3v01g7pSTifV6z4babBEJG2O",
    ),
    (
        "crypt(3) of libxcrypt",
        PHRASE,
        "$2y$06$R9h/cIPz0gi.URNNX3kh2OJyaMLeomAD.xTZokrZDWA2KwUbG8Nuq",
    ),
    (
        "passlib 1.7.4",
        PHRASE,
        "$pbkdf2-sha256$29000$c2l4dGVlbmJ5dGVzc2FsdA$MNiZISEjKPgfCINlOcUDo4RoTLwikI.CQwtg55xx9JE",
    ),
    (
        "passlib 1.7.4",
        ACCENTS,
        "$pbkdf2-sha256$1000$//77774$xFRxLUa3CriKJXPlU8KgOPLKF2dy9G47DCnN1aieD8M",
    ),
    (
        "passlib 1.7.4",
        PHRASE,
        "$scrypt$ln=14,r=8,p=1$c2l4dGVlbmJ5dGVzc2FsdA$8RM77ifh9MoESNswarnFfLhfeJyRWR6+aY93hlgspZM",
    ),
    (
        "passlib 1.7.4",
        ACCENTS,
        "$scrypt$ln=10,r=8,p=3$c2l4dGVlbmJ5dGVzc2FsdA$EAneIX1Th/D4nA1MJwtK3C7dI2ZRiQiSh+4QvGqC0Z8",
    ),
    (
        "passlib 1.7.4",
        PHRASE,
        "$scrypt$ln=14,r=16,p=1$c2l4dGVlbmJ5dGVzc2FsdA$IiACWMN7TFMCpLVI4jpDzQmrorvZbXHxnvhCqabooZs",
    ),
    (
        "scryptSync of Node.js 20.20.2",
        PHRASE,
        "$scrypt$ln=15,r=8,p=1$c2l4dGVlbmJ5dGVzc2FsdA$Zc0Z3JyEL1XStrKAYv9zI1btuCipaQxQrcezWNBfYP3kmi2ZEU/TtdySM8YvzIhooxWTCF2Avrf6skn6VE3f2A",
    ),
    (
        "pbkdf2Sync of Node.js 20.20.2",
        PHRASE,
        "$pbkdf2-sha256$i=5000,l=64$c2l4dGVlbmJ5dGVzc2FsdA$082t4iU4/OUxGpBJuKPALtjerkBMorRWmYnMMe6EX7IvsyZZRxab0MugsoLBv4GJcExYDGqK3XtfLLLhJenyxw",
    ),
    (
        "Django 5.2",
        PHRASE,
        "pbkdf2_sha256$1000$seasalt2$vVHZGEs7v6quz+ZQJ3YUviKmZHPrpr5OATMMKlICjVY=",
    ),
];

fn verdict(password: &str, phc: &str, user: Uuid, peppers: &Peppers) -> Verdict {
    let password = Password::parse(password).unwrap();
    verify(&password, Some(StoredHash { user, phc }), peppers)
}

#[test]
fn hash_of_another_program_verifies_once_it_is_sealed() {
    for (program, text, hash) in MADE_ELSEWHERE {
        let sealed = import(hash, USER, [3; 24], &peppers()).unwrap();
        let part = hash.rsplit('$').next().unwrap();
        assert!(!sealed.contains(part), "{program}");
        let right = verdict(text, &sealed, USER, &peppers());
        assert_eq!(
            right,
            Verdict::Right { needs_rehash: true },
            "{program} {hash}"
        );
        // The text itself is not a stored hash, so that only the owner of the pepper can add one.
        let plain = verdict(text, hash, USER, &peppers());
        assert!(matches!(plain, Verdict::Unusable(_)), "{program} {hash}");
    }
}

#[test]
fn another_password_is_wrong() {
    let distinct = [0, 6, 10, 12, 14, 18];
    for (program, text, hash) in distinct.map(|index| MADE_ELSEWHERE[index]) {
        let sealed = import(hash, USER, [3; 24], &peppers()).unwrap();
        for other in ["", &text[1..], &text.to_uppercase()] {
            let wrong = verdict(other, &sealed, USER, &peppers());
            assert_eq!(wrong, Verdict::Wrong, "{program} {hash} {other}");
        }
    }
}

#[test]
fn bcrypt_reads_72_bytes() {
    let (_, text, hash) = MADE_ELSEWHERE[10];
    let hash = ImportedHash::parse(hash).unwrap();
    assert_eq!(hash.is_of(format!("{text}b").as_bytes()), Ok(true));
    assert_eq!(hash.is_of(&text.as_bytes()[1..]), Ok(false));
}

#[test]
fn sealed_hash_opens_for_its_user_and_pepper_only() {
    let (_, text, hash) = MADE_ELSEWHERE[6];
    let sealed = import(hash, USER, [3; 24], &peppers()).unwrap();
    let of_another_user = verdict(text, &sealed, Uuid::from_u128(1), &peppers());
    assert_eq!(of_another_user, Verdict::Unusable(Unusable::Unreadable));
    let rotated = Peppers::new([2; 32], Some([1; 32]));
    let right = verdict(text, &sealed, USER, &rotated);
    assert_eq!(right, Verdict::Right { needs_rehash: true });
    let unknown = verdict(text, &sealed, USER, &Peppers::new([2; 32], None));
    assert_eq!(unknown, Verdict::Unusable(Unusable::UnknownPepper));
    let mut changed = sealed.clone();
    let last = if changed.pop() == Some('A') { 'Q' } else { 'A' };
    changed.push(last);
    for text_of_hash in [changed.as_str(), &sealed[..60], &format!("{sealed}AAAA")] {
        let unreadable = verdict(text, text_of_hash, USER, &peppers());
        assert_eq!(unreadable, Verdict::Unusable(Unusable::Unreadable));
    }
}

#[test]
fn expensive_hash_is_told_from_one_that_is_not_supported() {
    let salt = "c2l4dGVlbmJ5dGVzc2FsdA";
    let output = "8RM77ifh9MoESNswarnFfLhfeJyRWR6+aY93hlgspZM";
    let bcrypt = "R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
    for hash in [
        format!("$argon2id$v=19$m=65537,t=2,p=1${salt}${output}"),
        format!("$argon2i$v=19$m=1048576,t=2,p=1${salt}${output}"),
        format!("$argon2d$v=19$m=1024,t=11,p=1${salt}${output}"),
        format!("$argon2id$v=19$m=1024,t=1,p=17${salt}${output}"),
        format!("$2b$13${bcrypt}"),
        format!("$2y$31${bcrypt}"),
        format!("$scrypt$ln=16,r=8,p=1${salt}${output}"),
        format!("$scrypt$ln=15,r=8,p=3${salt}${output}"),
        format!("$scrypt$ln=63,r=8,p=1${salt}${output}"),
        format!("$scrypt$ln=200,r=4294967295,p=1${salt}${output}"),
        format!("$scrypt$ln=63,r=4294967295,p=4294967295${salt}${output}"),
        // The memory and time of the lanes.
        format!("$scrypt$ln=1,r=8,p=32768${salt}${output}"),
        format!("$scrypt$ln=1,r=1,p=262144${salt}${output}"),
        format!("$scrypt$ln=1,r=1,p=17${salt}${output}"),
        format!("$scrypt$ln=1,r=16384,p=16${salt}${output}"),
        format!("$scrypt$ln=1,r=131072,p=1${salt}${output}"),
        format!("$pbkdf2-sha256$600001${salt}${}", output.replace('+', ".")),
        format!("$pbkdf2-sha256$i=1000000${salt}${output}"),
        format!("pbkdf2_sha256$870000$seasalt2${output}="),
    ] {
        let refused = ImportedHash::parse(&hash).unwrap_err();
        assert_eq!(refused, NotImportable::TooExpensive, "{hash}");
    }
    for hash in [
        String::new(),
        "plain text".to_owned(),
        "5f4dcc3b5aa765d61d8327deb882cf99".to_owned(),
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0".to_owned(),
        "$6$rounds=5000$salt$abc".to_owned(),
        format!("$argon2id$v=19$m=1024,t=2,p=1,keyid=AAAAAAAAAAA${salt}${output}"),
        format!("$argon2id$v=20$m=1024,t=2,p=1${salt}${output}"),
        format!("$2x$10${bcrypt}"),
        format!("$2b$03${bcrypt}"),
        format!("$2b$32${bcrypt}"),
        format!("$2b$+4${bcrypt}"),
        format!("$2b$10${}", &bcrypt[1..]),
        format!("$2b$10${bcrypt}A"),
        format!("$2b$10$\u{e9}{}", &bcrypt[2..]),
        format!("$scrypt$ln=0,r=8,p=1${salt}${output}"),
        format!("$scrypt$ln=14,r=8${salt}${output}"),
        format!("$scrypt$ln=14,r=8,p=1${salt}$AAAA"),
        format!("$scrypt$ln=14,r=8,p=0${salt}${output}"),
        format!("$pbkdf2-sha256$0${salt}${output}"),
        format!("$pbkdf2-sha256$i=1000,l=31${salt}${output}"),
        format!("$pbkdf2-sha1$1000${salt}${output}"),
        format!("pbkdf2_sha256$1000$$${output}="),
        format!("pbkdf2_sha256$1000$seasalt2${output}"),
        format!("$sealed$keyid=AAAAAAAAAAA${output}"),
        format!("$2b$10${}", "A".repeat(400)),
    ] {
        let refused = ImportedHash::parse(&hash).unwrap_err();
        assert_eq!(refused, NotImportable::Unsupported, "{hash}");
    }
}

#[test]
fn salt_and_output_out_of_bounds_are_refused() {
    for (prefix, salts, outputs) in [
        ("$argon2id$v=19$m=1024,t=1,p=1", 8..=64, 16..=64),
        ("$scrypt$ln=4,r=8,p=1", 1..=64, 16..=64),
        ("$pbkdf2-sha256$i=1000", 1..=128, 16..=64),
        ("$pbkdf2-sha256$1000", 1..=128, 16..=64),
    ] {
        let parsed = |salt: usize, output: usize| {
            let [salt, output] =
                [salt, output].map(|bytes| Base64Unpadded::encode_string(&vec![0; bytes]));
            ImportedHash::parse(&format!("{prefix}${salt}${output}"))
        };
        for (salt, output) in [
            (*salts.start(), *outputs.start()),
            (*salts.end(), 32),
            (16, *outputs.end()),
        ] {
            assert!(parsed(salt, output).is_ok(), "{prefix} {salt} {output}");
        }
        for (salt, output) in [
            (salts.start() - 1, 32),
            (salts.end() + 1, 32),
            (16, outputs.start() - 1),
            (16, outputs.end() + 1),
        ] {
            let refused = parsed(salt, output).unwrap_err();
            assert_eq!(
                refused,
                NotImportable::Unsupported,
                "{prefix} {salt} {output}"
            );
        }
    }
}

proptest! {
    #[test]
    fn parse_of_any_text_does_not_panic(
        prefix in prop_oneof![
            Just(""), Just("$2b$10$"), Just("$scrypt$ln="), Just("$pbkdf2-sha256$"), Just("pbkdf2_sha256$"), Just("$argon2i$"),
        ],
        text in "\\PC{0,120}",
    ) {
        let _ = ImportedHash::parse(&format!("{prefix}{text}"));
    }
}
