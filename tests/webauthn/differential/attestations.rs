//! Registrations with other client data, attestation objects and authenticator data.

use super::{CHALLENGE, Case, Numbers, ORIGIN, RP_ID, changed, client_data};
use crate::authenticator::{
    Algorithm, Authenticator, HAS_CREDENTIAL, attestation_object, authenticator_data, cbor,
    self_attestation_object, text,
};
use serde_json::{Value, json};

const HAS_EXTENSIONS: u8 = 1 << 7;

pub fn cases(passkey: &Authenticator, numbers: &mut Numbers) -> Vec<Case> {
    let page =
        crate::authenticator::client_data("webauthn.create", &json!(text(&CHALLENGE)), ORIGIN);
    let data = passkey.authenticator_data(RP_ID, true);
    let object = attestation_object(&data);
    let mut cases = Vec::new();
    let mut add = |family: &'static str, detail: String, page: &[u8], object: &[u8]| {
        let credential = passkey.attestation(page, object);
        cases.push(Case {
            family,
            detail,
            credential,
            stored: None,
        });
    };
    add("unchanged", String::new(), &page, &object);
    for (family, detail, page) in client_data::variants("webauthn.create") {
        add(family, detail, &page, &object);
    }
    for (family, object) in objects(&data) {
        add(family, String::new(), &page, &object);
    }
    for (family, detail, data) in datas(passkey, &data) {
        add(family, detail, &page, &attestation_object(&data));
    }
    for length in 0..data.len() {
        add(
            "authenticator data: truncated",
            length.to_string(),
            &page,
            &attestation_object(&data[..length]),
        );
    }
    let head = object.len() - data.len();
    for (detail, object) in changed(&object, 250, numbers) {
        let family = if has_short_modulus(passkey, object.get(head..)) {
            "key: short modulus"
        } else {
            "attestation object: changed byte"
        };
        add(family, detail, &page, &object);
    }
    for (detail, data) in changed(&data, 250, numbers) {
        let family = if has_short_modulus(passkey, Some(&data)) {
            "key: short modulus"
        } else {
            "authenticator data: changed byte"
        };
        add(family, detail, &page, &attestation_object(&data));
    }
    for (detail, page) in changed(&page, 40, numbers) {
        add("client data: changed byte", detail, &page, &object);
    }
    let signature = passkey.sign(&data, &page);
    let signed = |signature: &[u8]| self_attestation_object(&data, passkey.algorithm(), signature);
    add(
        "self attestation: unchanged",
        String::new(),
        &page,
        &signed(&signature),
    );
    for algorithm in [-7, -8, -257, -35, -37, 0] {
        let object = self_attestation_object(&data, algorithm, &signature);
        let family = if algorithm == passkey.algorithm() {
            "self attestation: unchanged"
        } else {
            "self attestation: another algorithm"
        };
        add(family, algorithm.to_string(), &page, &object);
    }
    for (detail, signature) in changed(&signature, 30, numbers) {
        add(
            "self attestation: changed signature",
            detail,
            &page,
            &signed(&signature),
        );
    }
    for (detail, object) in changed(&signed(&signature), 60, numbers) {
        add("self attestation: changed byte", detail, &page, &object);
    }
    let mut model = data.clone();
    model[37..53].fill(3);
    let object = self_attestation_object(&model, passkey.algorithm(), &passkey.sign(&model, &page));
    add("self attestation: AAGUID", String::new(), &page, &object);
    let plain = passkey.attestation(&page, &attestation_object(&data));
    cases.extend(credentials(&plain));
    cases
}

/// Whether this changed authenticator data has a modulus of less than 2,048 bits. In RS256 keys it begins at byte 98.
fn has_short_modulus(passkey: &Authenticator, data: Option<&[u8]>) -> bool {
    let first = data.and_then(|data| data.get(98));
    passkey.algorithm() == -257 && first.is_some_and(|first| *first < 0x80)
}

/// Attestation objects with the same authenticator data.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn objects(data: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let (fmt, statement, auth_data) = (
        cbor::text("fmt"),
        cbor::text("attStmt"),
        cbor::text("authData"),
    );
    let (none, empty, bytes) = (cbor::text("none"), cbor::map(&[]), cbor::bytes(data));
    let object = |members: &[(&Vec<u8>, &Vec<u8>)]| {
        let members: Vec<_> = members
            .iter()
            .map(|(key, value)| ((*key).clone(), (*value).clone()))
            .collect();
        cbor::map(&members)
    };
    let plain = object(&[(&fmt, &none), (&statement, &empty), (&auth_data, &bytes)]);
    let long = |major: u8, length: usize| {
        [&[major << 5 | 0x1b], &(length as u64).to_be_bytes()[..]].concat()
    };
    let body = &plain[1..];
    let chunks = [
        &[0x5f][..],
        &cbor::bytes(&data[..40]),
        &cbor::bytes(&data[40..]),
        &[0xff],
    ]
    .concat();
    let extra = |value: Vec<u8>| {
        object(&[
            (&fmt, &none),
            (&statement, &empty),
            (&auth_data, &bytes),
            (&cbor::text("x"), &value),
        ])
    };
    let packed = |members: &[(Vec<u8>, Vec<u8>)]| {
        object(&[
            (&fmt, &cbor::text("packed")),
            (&statement, &cbor::map(members)),
            (&auth_data, &bytes),
        ])
    };
    vec![
        (
            "attestation object: another order",
            object(&[(&auth_data, &bytes), (&fmt, &none), (&statement, &empty)]),
        ),
        (
            "attestation object: statement of the format none is not empty",
            object(&[
                (&fmt, &none),
                (
                    &statement,
                    &cbor::map(&[(cbor::text("x"), cbor::number(1))]),
                ),
                (&auth_data, &bytes),
            ]),
        ),
        (
            "attestation object: statement of the format none is no map",
            object(&[
                (&fmt, &none),
                (&statement, &cbor::number(0)),
                (&auth_data, &bytes),
            ]),
        ),
        (
            "attestation object: statement of the format none is no map",
            object(&[
                (&fmt, &none),
                (&statement, &vec![0xf6]),
                (&auth_data, &bytes),
            ]),
        ),
        (
            "attestation object: statement of the format none is no map",
            object(&[
                (&fmt, &none),
                (&statement, &vec![0x80]),
                (&auth_data, &bytes),
            ]),
        ),
        (
            "attestation object: missing member",
            object(&[(&statement, &empty), (&auth_data, &bytes)]),
        ),
        (
            "attestation object: missing statement",
            object(&[(&fmt, &none), (&auth_data, &bytes)]),
        ),
        (
            "attestation object: missing member",
            object(&[(&fmt, &none), (&statement, &empty)]),
        ),
        (
            "attestation object: member twice",
            object(&[
                (&fmt, &none),
                (&fmt, &none),
                (&statement, &empty),
                (&auth_data, &bytes),
            ]),
        ),
        (
            "attestation object: member twice",
            object(&[
                (&fmt, &none),
                (&statement, &empty),
                (&auth_data, &bytes),
                (&auth_data, &bytes),
            ]),
        ),
        ("attestation object: unknown member", extra(cbor::number(1))),
        (
            "attestation object: unknown member",
            extra(cbor::map(&[(cbor::number(1), cbor::bytes(&[1]))])),
        ),
        (
            "attestation object: unknown member",
            extra(vec![0x82, 0xf5, 0xf6]),
        ),
        (
            "attestation object: unknown member with a number of 16 bits",
            extra(vec![0xf9, 0x3c, 0]),
        ),
        (
            "attestation object: unknown member with a tag",
            extra(vec![0xc0, 0x60]),
        ),
        (
            "attestation object: unknown format",
            object(&[
                (&fmt, &cbor::text("other")),
                (&statement, &empty),
                (&auth_data, &bytes),
            ]),
        ),
        (
            "attestation object: unknown format",
            object(&[
                (&fmt, &cbor::text("NONE")),
                (&statement, &empty),
                (&auth_data, &bytes),
            ]),
        ),
        (
            "attestation object: format of another type",
            object(&[
                (&fmt, &cbor::bytes(b"none")),
                (&statement, &empty),
                (&auth_data, &bytes),
            ]),
        ),
        (
            "attestation object: authenticator data is a text",
            object(&[
                (&fmt, &none),
                (&statement, &empty),
                (&auth_data, &cbor::text("data")),
            ]),
        ),
        (
            "attestation object: packed without a signature",
            packed(&[]),
        ),
        (
            "attestation object: packed without a signature",
            packed(&[(cbor::text("alg"), cbor::number(-7))]),
        ),
        (
            "attestation object: packed without an algorithm",
            packed(&[(cbor::text("sig"), cbor::bytes(&[1; 70]))]),
        ),
        (
            "attestation object: trailing byte",
            [&plain[..], &[0]].concat(),
        ),
        (
            "attestation object: trailing byte",
            [&plain[..], &[0xff]].concat(),
        ),
        ("attestation object: twice", [&plain[..], &plain].concat()),
        (
            "attestation object: long head of the map",
            [&long(5, 3)[..], body].concat(),
        ),
        (
            "attestation object: long head of the authenticator data",
            object(&[
                (&fmt, &none),
                (&statement, &empty),
                (&auth_data, &[&long(2, data.len())[..], data].concat()),
            ]),
        ),
        (
            "attestation object: indefinite map",
            [&[0xbf], body, &[0xff]].concat(),
        ),
        (
            "attestation object: indefinite bytes",
            object(&[(&fmt, &none), (&statement, &empty), (&auth_data, &chunks)]),
        ),
        (
            "attestation object: indefinite map as statement",
            object(&[
                (&fmt, &none),
                (&statement, &vec![0xbf, 0xff]),
                (&auth_data, &bytes),
            ]),
        ),
        (
            "attestation object: tag",
            [&[0xd9, 0xd9, 0xf7], &plain[..]].concat(),
        ),
        ("attestation object: not a map", cbor::bytes(&plain)),
        ("attestation object: empty", Vec::new()),
        (
            "attestation object: more members than bytes",
            [&[0xbb, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], body].concat(),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn datas(passkey: &Authenticator, data: &[u8]) -> Vec<(&'static str, String, Vec<u8>)> {
    let credential = passkey.credential(&passkey.cose());
    let mut datas = Vec::new();
    // The flags of one algorithm suffice.
    let flags = if passkey.algorithm() == -7 {
        0..=255_u8
    } else {
        0x45..=0x45
    };
    for flags in flags {
        let family = match flags {
            _ if flags & HAS_EXTENSIONS != 0 => {
                "authenticator data: flag of extensions that are absent"
            }
            _ if flags & HAS_CREDENTIAL == 0 => {
                "authenticator data: flag of the credential is absent"
            }
            _ => "authenticator data: flags",
        };
        datas.push((
            family,
            format!("{flags:08b}"),
            authenticator_data(RP_ID, flags, 0, &credential),
        ));
    }
    for flags in [0x41, 0x45, 0x44, 0x4d, 0x5d, 0x55] {
        datas.push((
            "authenticator data: no credential",
            format!("{flags:08b}"),
            authenticator_data(RP_ID, flags, 0, &[]),
        ));
        datas.push((
            "authenticator data: no credential",
            format!("{flags:08b}"),
            authenticator_data(RP_ID, flags & !HAS_CREDENTIAL, 0, &[]),
        ));
    }
    for id in ["", "auth.example.com", "example.org", "EXAMPLE.COM", "com"] {
        datas.push((
            "authenticator data: another RP ID",
            id.to_owned(),
            authenticator_data(id, 0x45, 0, &credential),
        ));
    }
    for count in [1, 0x7fff_ffff, u32::MAX] {
        datas.push((
            "authenticator data: counter",
            count.to_string(),
            authenticator_data(RP_ID, 0x45, count, &credential),
        ));
    }
    datas.push((
        "authenticator data: trailing byte",
        String::new(),
        [data, &[0]].concat(),
    ));
    datas.push((
        "authenticator data: trailing byte",
        String::new(),
        [data, &[0xa0]].concat(),
    ));
    for (family, extensions) in [
        ("authenticator data: extensions", cbor::map(&[])),
        (
            "authenticator data: extensions",
            cbor::map(&[(cbor::text("credProtect"), cbor::number(2))]),
        ),
        (
            "authenticator data: extensions",
            cbor::map(&[(cbor::text("hmac-secret"), vec![0xf5])]),
        ),
        (
            "authenticator data: extensions",
            cbor::map(&[(cbor::text("example.extension"), cbor::text("value"))]),
        ),
        (
            "authenticator data: extensions",
            cbor::map(&[(cbor::text("uvm"), vec![0x81, 0x83, 2, 4, 2])]),
        ),
        ("authenticator data: extensions are no map", cbor::number(1)),
        ("authenticator data: extensions are no map", cbor::text("x")),
        ("authenticator data: extensions are no map", vec![0x80]),
        (
            "authenticator data: extension twice",
            cbor::map(&[
                (cbor::text("example"), cbor::number(1)),
                (cbor::text("example"), cbor::number(2)),
            ]),
        ),
        (
            "authenticator data: extensions of indefinite length",
            vec![0xbf, 0xff],
        ),
        (
            "authenticator data: extensions with a trailing byte",
            [cbor::map(&[]), vec![0]].concat(),
        ),
        (
            "authenticator data: extensions are truncated",
            vec![0xa1, 0x61],
        ),
    ] {
        let rest = [&credential[..], &extensions].concat();
        datas.push((
            family,
            format!("{extensions:02x?}"),
            authenticator_data(RP_ID, 0xc5, 0, &rest),
        ));
    }
    for length in [0, 1, 15, 16, 31, 33, 1_023, 1_024, 65_535] {
        let mut other = Authenticator::new(Algorithm::Ed25519);
        other.id = vec![9; length];
        let credential = other.credential(&other.cose());
        let family = if (1..=1_023).contains(&length) {
            "authenticator data: id that differs from the response"
        } else {
            "authenticator data: empty or long id"
        };
        datas.push((
            family,
            length.to_string(),
            authenticator_data(RP_ID, 0x45, 0, &credential),
        ));
    }
    datas
}

/// Other JSON around the same response.
fn credentials(plain: &Value) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |family: &'static str, change: &dyn Fn(&mut Value)| {
        let mut credential = plain.clone();
        change(&mut credential);
        cases.push(Case {
            family,
            detail: String::new(),
            credential,
            stored: None,
        });
    };
    add("credential: id and rawId differ", &|credential| {
        credential["id"] = json!("AAAA");
    });
    add("credential: rawId and id differ", &|credential| {
        credential["rawId"] = json!("AAAA");
    });
    add("credential: type", &|credential| {
        credential["type"] = json!("password");
    });
    add("credential: type", &|credential| {
        credential["type"] = json!("");
    });
    add("credential: missing member", &|credential| {
        drop(credential.as_object_mut().unwrap().remove("rawId"));
    });
    add("credential: missing member", &|credential| {
        drop(credential.as_object_mut().unwrap().remove("type"));
    });
    add("credential: missing member", &|credential| {
        drop(
            credential["response"]
                .as_object_mut()
                .unwrap()
                .remove("clientDataJSON"),
        );
    });
    add("credential: missing member", &|credential| {
        drop(
            credential["response"]
                .as_object_mut()
                .unwrap()
                .remove("attestationObject"),
        );
    });
    add("credential: no transports", &|credential| {
        drop(
            credential["response"]
                .as_object_mut()
                .unwrap()
                .remove("transports"),
        );
    });
    add("credential: transports", &|credential| {
        credential["response"]["transports"] = json!(["usb", "nfc", "ble", "hybrid"]);
    });
    add("credential: unknown transport", &|credential| {
        credential["response"]["transports"] = json!(["other"]);
    });
    add("credential: no attachment", &|credential| {
        drop(
            credential
                .as_object_mut()
                .unwrap()
                .remove("authenticatorAttachment"),
        );
    });
    add("credential: other members", &|credential| {
        credential["response"]["publicKeyAlgorithm"] = json!(-7);
    });
    cases
}
