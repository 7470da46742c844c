//! The valid content in another spelling.

use super::forger::{Forger, respell, url};
use super::{Attack, HEADER};

/// The bytes of a valid token in another spelling.
pub(super) fn encodings(forger: &Forger) -> Vec<Attack> {
    let (signed, tag) = forger.with_tag(|tag| url(tag).contains(['-', '_']));
    let (header, payload) = signed.split_once('.').expect("two parts");
    let signature = url(&tag);
    let (unfinished, zero) = forger.with_tag(|tag| tag.ends_with(&[0]));
    let hexadecimal = tag
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let mut found = vec![
        (
            "signature padded".into(),
            format!("{header}.{payload}.{signature}="),
        ),
        (
            "signature with unused bits set".into(),
            format!("{header}.{payload}.{}", respell(&signature)),
        ),
        (
            "signature in the other alphabet".into(),
            format!(
                "{header}.{payload}.{}",
                signature.replace('-', "+").replace('_', "/")
            ),
        ),
        (
            "signature without its last byte, a zero".into(),
            format!("{unfinished}.{}", url(&zero[..31])),
        ),
        (
            "signature in hexadecimal".into(),
            format!("{header}.{payload}.{hexadecimal}"),
        ),
        (
            "signature with a space".into(),
            format!("{header}.{payload}. {signature}"),
        ),
        (
            "signature with a question mark".into(),
            format!("{header}.{payload}.{signature}?"),
        ),
        (
            "signature with an encoded equals sign".into(),
            format!("{header}.{payload}.{signature}%3D"),
        ),
    ];
    found.extend(signed_as_spelt(forger, header, payload));
    found
}

/// Other spellings with a valid signature, so that only the spelling is wrong.
fn signed_as_spelt(forger: &Forger, header: &str, payload: &str) -> Vec<Attack> {
    let mut found = Vec::new();
    for (name, header, payload) in [
        ("header padded", format!("{header}="), payload.to_owned()),
        (
            "header with a space",
            format!("{header} "),
            payload.to_owned(),
        ),
        (
            "header with one more letter",
            format!("{header}A"),
            payload.to_owned(),
        ),
        ("payload padded", header.to_owned(), format!("{payload}=")),
        (
            "payload with a space",
            header.to_owned(),
            format!("{payload} "),
        ),
        (
            "payload with a space before",
            header.to_owned(),
            format!(" {payload}"),
        ),
        (
            "payload with a tab inside",
            header.to_owned(),
            payload.replacen('e', "e\t", 1),
        ),
        (
            "payload with a hash sign",
            header.to_owned(),
            format!("{payload}####"),
        ),
        (
            "payload of an impossible length",
            header.to_owned(),
            format!("{payload}AAAAA"),
        ),
        (
            "payload as bare JSON",
            header.to_owned(),
            forger.claims.clone(),
        ),
    ] {
        found.push((name.into(), forger.sign(&format!("{header}.{payload}"))));
    }
    for generation in ["1", "10", "100"] {
        // These lengths leave two, four and no unused bits.
        let payload = url(forger.with("gen", generation).as_bytes());
        if !payload.len().is_multiple_of(4) {
            found.push((
                format!("payload with unused bits set, {} left", payload.len() % 4),
                forger.sign(&format!("{header}.{}", respell(&payload))),
            ));
        }
    }
    found
}

/// Structures other than three parts.
pub(super) fn structures(forger: &Forger) -> Vec<Attack> {
    let genuine = &forger.genuine;
    let parts: Vec<&str> = genuine.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let json =
        format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#);
    [
        ("one dot", ".".to_owned()),
        ("two dots", "..".into()),
        ("three dots", "...".into()),
        ("a word", "token".into()),
        ("a header alone", header.into()),
        ("two parts", format!("{header}.{payload}")),
        ("header and signature", format!("{header}.{signature}")),
        ("no signature", format!("{header}.{payload}.")),
        ("no payload", format!("{header}..{signature}")),
        ("no payload, signed", forger.sign(&format!("{header}."))),
        ("no header", format!(".{payload}.{signature}")),
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
        ("one letter less", genuine[..genuine.len() - 1].into()),
        ("one letter more", format!("{genuine}A")),
        (
            "half of the signature",
            format!("{header}.{payload}.{}", &signature[..22]),
        ),
        (
            "one byte of the signature",
            format!("{header}.{payload}.{}", url(&[0])),
        ),
        (
            "one more byte in the signature",
            format!("{header}.{payload}.{signature}AA"),
        ),
        (
            "a signature of zeros",
            format!("{header}.{payload}.{}", url(&[0; 32])),
        ),
        (
            "a signature twice",
            format!("{header}.{payload}.{signature}{signature}"),
        ),
    ]
    .into_iter()
    .map(|(name, token)| (name.to_owned(), token))
    .collect()
}

/// The same claims with white space or in another order, up to large sizes.
pub(super) fn sizes(forger: &Forger) -> Vec<Attack> {
    let spaced = forger.claims.replacen(':', ": ", 1);
    let exact = forger.padded_to(4096).expect("a length that base64 has");
    let huge = forger
        .claims
        .replacen('{', &format!("{{{}", " ".repeat(75_000)), 1);
    let above = (4097..)
        .find_map(|length| forger.padded_to(length))
        .expect("a length that base64 has");
    vec![
        (
            "white space among the claims".into(),
            forger.token(HEADER, &spaced),
        ),
        (
            "claims in another order".into(),
            forger.token(HEADER, &forger.reordered()),
        ),
        ("exactly 4 KiB".into(), exact),
        ("just above 4 KiB".into(), above),
        ("100 KiB".into(), forger.token(HEADER, &huge)),
        ("100 KiB of dots".into(), ".".repeat(102_400)),
        ("100 KiB of a letter".into(), "A".repeat(102_400)),
    ]
}
