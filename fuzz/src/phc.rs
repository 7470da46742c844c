//! Stored password hashes.

use crate::Target;
use edge_auth::crypto::password::reencoded;

pub const TARGET: Target = Target {
    name: "phc",
    run,
    seeds,
    words: &[
        "$argon2id",
        "$v=19",
        "$m=",
        ",t=",
        ",p=",
        ",keyid=",
        "$",
        "=",
        "+",
        "0",
    ],
};

fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(again) = reencoded(&text) else {
        return;
    };
    // Each hash has one spelling, except that version 16 may be omitted.
    let full = text.replacen("$argon2id$m=", "$argon2id$v=16$m=", 1);
    assert_eq!(again, full);
    assert!(text.len() <= 300);
    let number = |name: &str| {
        let (_, rest) = again.split_once(name).expect("a parameter");
        let end = rest.find([',', '$']).expect("an end");
        rest[..end].parse::<u32>().expect("a number")
    };
    let (memory, passes, lanes) = (number("$m="), number(",t="), number(",p="));
    assert!((8 * lanes..=65_536).contains(&memory), "{memory} KiB");
    assert!((1..=10).contains(&passes) && (1..=16).contains(&lanes));
}

fn seeds() -> Vec<Vec<u8>> {
    [
        "$argon2id$v=19$m=19456,t=2,p=1,keyid=AAAAAAAAAAA$c2l4dGVlbmJ5dGVzc2FsdA$ZFhx2vIreSSn20V8X2EUUu7NvxVn6Jv10lA4AgB/z/0",
        "$argon2id$v=19$m=65536,t=3,p=4$c2l4dGVlbmJ5dGVzc2FsdA$ZFhx2vIreSSn20V8X2EUUu7NvxVn6Jv10lA4AgB/z/0",
        "$argon2id$m=64,t=1,p=1$c2l4dGVlbmJ5dGVzc2FsdA$ZFhx2vIreSSn20V8X2EUUu7NvxVn6Jv10lA4AgB/z/0",
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}
