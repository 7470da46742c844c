//! Assertions with other client data, authenticator data and signatures.

use super::{
    CHALLENGE, Case, Numbers, ORIGIN, REGISTERED_WITH, RP_ID, StoredCase, changed, client_data,
};
use crate::authenticator::{
    Authenticator, BACKUP_ELIGIBLE, attestation_object, authenticator_data, cbor,
    client_data as page_of, text,
};
use serde_json::{Value, json};

#[expect(clippy::too_many_lines, reason = "a table of cases")]
pub fn cases(mut passkey: Authenticator, numbers: &mut Numbers) -> Vec<Case> {
    passkey.user_handle = Some(text(&[5; 16]));
    let registered = |passkey: &Authenticator| {
        let page = page_of("webauthn.create", &json!(text(&REGISTERED_WITH)), ORIGIN);
        passkey.attestation(
            &page,
            &attestation_object(&passkey.authenticator_data(RP_ID, true)),
        )
    };
    let stored = StoredCase {
        public_key: passkey.cose(),
        count: 0,
        is_backup_eligible: false,
        registered: registered(&passkey),
    };
    passkey.flags |= BACKUP_ELIGIBLE;
    let eligible = StoredCase {
        is_backup_eligible: true,
        registered: registered(&passkey),
        ..stored.clone()
    };
    passkey.flags &= !BACKUP_ELIGIBLE;
    let page = page_of("webauthn.get", &json!(text(&CHALLENGE)), ORIGIN);
    let data = passkey.authenticator_data(RP_ID, false);
    let mut cases = Vec::new();
    let mut add = |family: &'static str, detail: String, stored: &StoredCase, credential: Value| {
        cases.push(Case {
            family,
            detail,
            credential,
            stored: Some(stored.clone()),
        });
    };
    let signed =
        |page: &[u8], data: &[u8]| passkey.assertion(page, data, &passkey.sign(data, page));
    add("unchanged", String::new(), &stored, signed(&page, &data));
    for (family, detail, page) in client_data::variants("webauthn.get") {
        add(family, detail, &stored, signed(&page, &data));
    }
    let all_flags = if passkey.algorithm() == -7 {
        0..=255_u8
    } else {
        5..=5
    };
    for flags in all_flags {
        let data = authenticator_data(RP_ID, flags, 0, &[]);
        let family = match flags {
            _ if flags & 0xc0 != 0 => "assertion: flag of absent data",
            _ if flags & BACKUP_ELIGIBLE != 0 => {
                "assertion: flag of backup eligibility has changed"
            }
            _ => "assertion: flags",
        };
        add(
            family,
            format!("{flags:08b}"),
            &stored,
            signed(&page, &data),
        );
        if flags & 0xc0 == 0 {
            let family = if flags & BACKUP_ELIGIBLE == 0 {
                "assertion: flag of backup eligibility has changed"
            } else {
                "assertion: flags"
            };
            add(
                family,
                format!("{flags:08b} of an eligible passkey"),
                &eligible,
                signed(&page, &data),
            );
        }
    }
    for (before, count) in [
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
        (1, 2),
        (5, 4),
        (u32::MAX - 1, u32::MAX),
        (u32::MAX, u32::MAX),
        (u32::MAX, 0),
        (0x8000_0000, 1),
    ] {
        let counted = StoredCase {
            count: before,
            ..stored.clone()
        };
        let data = authenticator_data(RP_ID, 5, count, &[]);
        add(
            "assertion: counter",
            format!("{before} {count}"),
            &counted,
            signed(&page, &data),
        );
    }
    for id in ["", "auth.example.com", "example.org", "EXAMPLE.COM"] {
        add(
            "assertion: another RP ID",
            id.to_owned(),
            &stored,
            signed(&page, &authenticator_data(id, 5, 0, &[])),
        );
    }
    for length in 0..data.len() {
        add(
            "assertion: truncated authenticator data",
            length.to_string(),
            &stored,
            signed(&page, &data[..length]),
        );
    }
    add(
        "assertion: trailing byte",
        String::new(),
        &stored,
        signed(&page, &[&data[..], &[0]].concat()),
    );
    for (family, extensions) in [
        ("assertion: extensions", cbor::map(&[])),
        (
            "assertion: extensions",
            cbor::map(&[(cbor::text("example.extension"), cbor::text("value"))]),
        ),
        ("assertion: extensions are no map", cbor::number(1)),
        (
            "assertion: extensions with a trailing byte",
            [cbor::map(&[]), vec![0]].concat(),
        ),
    ] {
        add(
            family,
            String::new(),
            &stored,
            signed(&page, &authenticator_data(RP_ID, 0x85, 0, &extensions)),
        );
    }
    let credential = passkey.credential(&passkey.cose());
    add(
        "assertion: attested credential data",
        String::new(),
        &stored,
        signed(&page, &authenticator_data(RP_ID, 0x45, 0, &credential)),
    );
    for (detail, data) in changed(&data, 60, numbers) {
        add(
            "assertion: changed authenticator data",
            detail.clone(),
            &stored,
            signed(&page, &data),
        );
        add(
            "assertion: changed and not signed again",
            detail,
            &stored,
            passkey.assertion(&page, &data, &passkey.sign(&[], &page)),
        );
    }
    // In ES256, the first number has a sign byte.
    let signature = loop {
        let signature = passkey.sign(&data, &page);
        if passkey.algorithm() != -7 || signature[4] == 0 {
            break signature;
        }
    };
    for (detail, signature) in changed(&signature, 120, numbers) {
        add(
            "signature: changed byte",
            detail,
            &stored,
            passkey.assertion(&page, &data, &signature),
        );
    }
    for (family, signature) in signatures(&signature, passkey.algorithm() == -7) {
        add(
            family,
            format!("{signature:02x?}"),
            &stored,
            passkey.assertion(&page, &data, &signature),
        );
    }
    let plain = signed(&page, &data);
    for (family, pointer, value) in [
        ("credential: id and rawId differ", "/id", json!("AAAA")),
        ("credential: rawId and id differ", "/rawId", json!("AAAA")),
        ("credential: type", "/type", json!("password")),
        (
            "credential: no user handle",
            "/response/userHandle",
            json!(null),
        ),
        (
            "credential: empty user handle",
            "/response/userHandle",
            json!(""),
        ),
    ] {
        let mut credential = plain.clone();
        *credential.pointer_mut(pointer).unwrap() = value;
        add(family, pointer.to_owned(), &stored, credential);
    }
    cases
}

/// Other spellings of a valid signature, and values at the limits.
fn signatures(valid: &[u8], is_der: bool) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = vec![
        ("signature: empty", Vec::new()),
        ("signature: zeros", vec![0; valid.len()]),
        ("signature: trailing byte", [valid, &[0]].concat()),
        ("signature: truncated", valid[..valid.len() - 1].to_vec()),
        ("signature: leading zero", [&[0], valid].concat()),
    ];
    if !is_der {
        return all;
    }
    let length = usize::from(valid[3]);
    let (r, s) = (&valid[4..4 + length], &valid[6 + length..]);
    let der = |r: &[u8], s: &[u8]| {
        let number = |number: &[u8]| [&[2, u8::try_from(number.len()).unwrap()], number].concat();
        let numbers = [number(r), number(s)].concat();
        [&[0x30, u8::try_from(numbers.len()).unwrap()], &numbers[..]].concat()
    };
    let p1363 = edge_auth::domain::webauthn::signature::p1363(valid).unwrap();
    let padded = |number: &[u8]| [&[0], number].concat();
    let minus = |number: &[u8]| number.strip_prefix(&[0]).map(<[u8]>::to_vec);
    all.extend([
        ("signature: P1363", p1363.to_vec()),
        ("signature: numbers exchanged", der(s, r)),
        ("signature: zero", der(&[0], s)),
        ("signature: zero", der(r, &[0])),
        ("signature: zero", der(&[0], &[0])),
        ("signature: empty number", der(&[], s)),
        ("signature: number that is not minimal", der(&padded(r), s)),
        (
            "signature: number that is not minimal",
            der(r, &padded(&padded(s))),
        ),
        (
            "signature: number of 34 bytes",
            der(&[&[1; 2], &p1363[..32]].concat(), s),
        ),
        (
            "signature: long form of a length",
            [&[0x30, 0x81, valid[1]], &valid[2..]].concat(),
        ),
        (
            "signature: long form of a length",
            [&valid[..3], &[0x81, valid[3]], &valid[4..]].concat(),
        ),
        (
            "signature: indefinite length",
            [&[0x30, 0x80], &valid[2..], &[0, 0]].concat(),
        ),
        ("signature: another tag", [&[0x31], &valid[1..]].concat()),
        (
            "signature: another tag",
            [&valid[..2], &[4], &valid[3..]].concat(),
        ),
        ("signature: three numbers", {
            let mut three = valid.to_vec();
            three.extend([2, 1, 1]);
            three[1] += 3;
            three
        }),
    ]);
    all.extend(
        [minus(r).map(|r| der(&r, s)), minus(s).map(|s| der(r, &s))]
            .into_iter()
            .flatten()
            .map(|der| ("signature: number without its sign byte", der)),
    );
    all
}
