//! The CBOR of authenticators (RFC 8949), read in the simplest way. Only well-formed values of definite length are expected,
//! because authenticators write no others (CTAP 2.2 section 8).

const NUMBER: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// The major type, the argument, and what follows the head of a value.
fn head(bytes: &[u8]) -> (u8, u64, &[u8]) {
    let (first, rest) = bytes.split_first().expect("the head of a value");
    let (argument, rest) = match first & 0x1f {
        short @ 0..24 => (u64::from(short), rest),
        long @ 24..28 => {
            let (argument, rest) = rest.split_at(1 << (long - 24));
            let number = argument
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            (number, rest)
        }
        _ => panic!("a value of indefinite length"),
    };
    (first >> 5, argument, rest)
}

/// The first value and what follows it.
pub fn value(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (mut count, mut rest) = (1_u128, bytes);
    while count > 0 {
        let (kind, argument, after) = head(rest);
        rest = after;
        count -= 1;
        match kind {
            BYTES | TEXT => rest = &rest[usize::try_from(argument).expect("a length")..],
            ARRAY => count += u128::from(argument),
            MAP => count += 2 * u128::from(argument),
            TAG => count += 1,
            _ => {}
        }
    }
    bytes.split_at(bytes.len() - rest.len())
}

/// The members of a map: each key with its value.
pub type Members<'b> = Vec<(&'b [u8], &'b [u8])>;

/// The members of the map at the start, and what follows the map.
pub fn map(bytes: &[u8]) -> (Members<'_>, &[u8]) {
    let (kind, count, mut rest) = head(bytes);
    assert_eq!(kind, MAP, "a map");
    let mut members = Vec::new();
    for _ in 0..count {
        let (label, after) = value(rest);
        let (content, after) = value(after);
        members.push((label, content));
        rest = after;
    }
    (members, rest)
}

/// The value of the member with this text as its key.
pub fn named<'b>(members: &Members<'b>, name: &str) -> Option<&'b [u8]> {
    only(members, |label| text(label) == Some(name.as_bytes()))
}

/// The value of the member with this number as its key.
pub fn numbered<'b>(members: &Members<'b>, label: i128) -> Option<&'b [u8]> {
    only(members, |found| number(found) == Some(label))
}

fn only<'b>(members: &Members<'b>, is_key: impl Fn(&[u8]) -> bool) -> Option<&'b [u8]> {
    let mut found = members.iter().filter(|(label, _)| is_key(label));
    let (_, first) = found.next()?;
    assert!(found.next().is_none(), "a key occurs once");
    Some(first)
}

/// The number that is this value.
pub fn number(value: &[u8]) -> Option<i128> {
    match head(value) {
        (NUMBER, argument, _) => Some(argument.into()),
        (NEGATIVE, argument, _) => Some(-1 - i128::from(argument)),
        _ => None,
    }
}

/// The bytes that are this value.
pub fn bytes(value: &[u8]) -> Option<&[u8]> {
    match head(value) {
        (BYTES, _, content) => Some(content),
        _ => None,
    }
}

/// The text that is this value, as bytes.
pub fn text(value: &[u8]) -> Option<&[u8]> {
    match head(value) {
        (TEXT, _, content) => Some(content),
        _ => None,
    }
}
