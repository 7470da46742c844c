//! The valid content in another spelling.

use super::Attack;
use super::forger::{Forger, url};

/// Segments that decode to the same bytes, or nearly, in a lenient reader. All but those of the signature are correctly signed.
pub(super) fn spelling(forger: &Forger) -> Vec<Attack> {
    let parts: Vec<&str> = forger.genuine.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let mut found = Vec::new();
    for (what, changed) in spellings(header) {
        let token = forger.sign(&format!("{changed}.{payload}"));
        found.push((format!("header {what}"), token));
    }
    for (what, changed) in spellings(payload) {
        let token = forger.sign(&format!("{header}.{changed}"));
        found.push((format!("payload {what}"), token));
    }
    for (what, changed) in spellings(signature) {
        let token = format!("{header}.{payload}.{changed}");
        found.push((format!("signature {what}"), token));
    }
    found
}

fn spellings(segment: &str) -> Vec<(&'static str, String)> {
    let length = segment.len();
    let mut all = vec![
        ("padded", format!("{segment}=")),
        ("padded twice", format!("{segment}==")),
        ("with a space before", format!(" {segment}")),
        ("with a space after", format!("{segment} ")),
        (
            "with a tab inside",
            format!("{}\t{}", &segment[..4], &segment[4..]),
        ),
        ("with a question mark", format!("{segment}?")),
        ("with an encoded equals sign", format!("{segment}%3D")),
        ("with one more letter", format!("{segment}A")),
        ("with four more letters", format!("{segment}AAAA")),
        ("without its last letter", segment[..length - 1].to_owned()),
        (
            "without its last two letters",
            segment[..length - 2].to_owned(),
        ),
        ("without its first letter", segment[1..].to_owned()),
        ("twice", format!("{segment}{segment}")),
        ("in capitals", segment.to_uppercase()),
        (
            "in the other alphabet",
            segment.replace('-', "+").replace('_', "/"),
        ),
        ("with a NUL", format!("{segment}%00")),
    ];
    // Two or four bits of the last character are unused, unless the length is a multiple of four.
    if !length.is_multiple_of(4) {
        const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let place = ALPHABET.find(&segment[length - 1..]).expect("base64url");
        let next = &ALPHABET[place + 1..place + 2];
        let changed = format!("{}{next}", &segment[..length - 1]);
        all.push(("with unused bits set", changed));
    }
    all.retain(|(_, changed)| changed != segment);
    all
}

/// Structures other than three parts, and a token that is too long.
pub(super) fn structures(forger: &Forger) -> Vec<Attack> {
    let genuine = &forger.genuine;
    let parts: Vec<&str> = genuine.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let json =
        format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#);
    let long = forger.with("scope", &format!("{:?}", "x ".repeat(4_000)));
    [
        ("nothing", String::new()),
        ("one dot", ".".to_owned()),
        ("two dots", "..".to_owned()),
        ("three dots", "...".to_owned()),
        ("a word", "token".to_owned()),
        ("a header alone", header.to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("no signature", format!("{header}.{payload}.")),
        ("no payload", format!("{header}..{signature}")),
        ("no payload, signed", forger.sign(&format!("{header}."))),
        ("no header, signed", forger.sign(&format!(".{payload}"))),
        ("a fourth part", format!("{genuine}.{signature}")),
        ("an empty fourth part", format!("{genuine}.")),
        ("an empty part before", format!(".{genuine}")),
        (
            "four parts, signed",
            forger.sign(&format!("{header}.{payload}.{payload}")),
        ),
        (
            "an empty part inside, signed",
            forger.sign(&format!("{header}..{payload}")),
        ),
        (
            "five parts, as encrypted tokens have",
            format!("{genuine}.{payload}.{signature}"),
        ),
        ("the token twice", format!("{genuine}{genuine}")),
        ("two tokens", format!("{genuine} {genuine}")),
        ("two tokens and a comma", format!("{genuine}, {genuine}")),
        ("quotes", format!("\"{genuine}\"")),
        ("the scheme twice", format!("Bearer {genuine}")),
        ("an encoded dot", genuine.replace('.', "%2E")),
        ("a JSON serialization", json),
        ("parts swapped", format!("{payload}.{header}.{signature}")),
        (
            "one byte of the signature",
            format!("{header}.{payload}.{}", url(&[0])),
        ),
        ("more than 8 KiB", forger.token(&forger.header, &long)),
    ]
    .into_iter()
    .map(|(name, token)| (name.to_owned(), token))
    .collect()
}
