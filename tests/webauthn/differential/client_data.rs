//! Client data that differs from what browsers write.

use super::{CHALLENGE, ORIGIN};
use crate::authenticator::text;
use serde_json::{Value, json};

/// Variants of client data, each with its family and a detail.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
pub fn variants(r#type: &str) -> Vec<(&'static str, String, Vec<u8>)> {
    let challenge = text(&CHALLENGE);
    let plain =
        json!({"type": r#type, "challenge": challenge, "origin": ORIGIN, "crossOrigin": false});
    let mut variants = Vec::new();
    let mut with = |family: &'static str, name: &str, value: Value| {
        let mut data = plain.clone();
        data[name] = value.clone();
        variants.push((
            family,
            format!("{name} {value}"),
            data.to_string().into_bytes(),
        ));
    };
    for value in [
        "webauthn.create",
        "webauthn.get",
        "payment.get",
        "",
        "WEBAUTHN.GET",
        "webauthn.get ",
    ] {
        with("client data: type", "type", json!(value));
    }
    for value in [
        text(&[8; 32]),
        text(&CHALLENGE[..31]),
        String::new(),
        text(&[&CHALLENGE[..], &[0]].concat()),
    ] {
        with("client data: another challenge", "challenge", json!(value));
    }
    for value in [
        format!("{challenge}="),
        format!("{challenge}\n"),
        format!(" {challenge}"),
        challenge.replace('_', "/"),
    ] {
        with(
            "client data: another spelling of the challenge",
            "challenge",
            json!(value),
        );
    }
    // The last character of 32 bytes in base64url has two unused bits.
    let unused_bits = format!("{}d", &challenge[..challenge.len() - 1]);
    with(
        "client data: another spelling of the challenge",
        "challenge",
        json!(unused_bits),
    );
    for value in [
        "https://example.com",
        "https://auth.example.com.evil.example",
        "http://auth.example.com",
        "https://auth.example.com:8443",
        "https://other.example",
        "null",
        "",
        "auth.example.com",
        "https://sub.auth.example.com",
        "ftp://auth.example.com",
    ] {
        with("client data: another origin", "origin", json!(value));
    }
    for value in [
        "https://auth.example.com/",
        "https://auth.example.com:443",
        "https://AUTH.example.com",
        "HTTPS://auth.example.com",
        " https://auth.example.com",
        "https://auth.example.com/path",
        "https://user@auth.example.com",
        "https://auth.example.com#x",
    ] {
        with(
            "client data: another spelling of the origin",
            "origin",
            json!(value),
        );
    }
    with("client data: crossOrigin", "crossOrigin", json!(true));
    with(
        "client data: crossOrigin is no Boolean",
        "crossOrigin",
        json!("false"),
    );
    with(
        "client data: crossOrigin is no Boolean",
        "crossOrigin",
        json!(0),
    );
    with(
        "client data: crossOrigin is null",
        "crossOrigin",
        json!(null),
    );
    with("client data: topOrigin", "topOrigin", json!(ORIGIN));
    with(
        "client data: topOrigin",
        "topOrigin",
        json!("https://other.example"),
    );
    with(
        "client data: unknown member",
        "other_keys_can_be_added_here",
        json!("do not compare clientDataJSON against a template."),
    );
    with(
        "client data: unknown member",
        "nested",
        json!({"a": [1, 2.5, {"b": null}]}),
    );
    for status in ["present", "supported", "not-supported", "other"] {
        with(
            "client data: tokenBinding",
            "tokenBinding",
            json!({"status": status, "id": "AA"}),
        );
    }
    with(
        "client data: tokenBinding",
        "tokenBinding",
        json!("present"),
    );
    for (name, value) in [
        ("type", json!(null)),
        ("challenge", json!(null)),
        ("origin", json!(null)),
        ("type", json!(1)),
        ("origin", json!([ORIGIN])),
        ("challenge", json!(7)),
    ] {
        with("client data: member of another type", name, value);
    }
    let text = plain.to_string();
    for name in ["type", "challenge", "origin"] {
        let mut data = plain.clone();
        data.as_object_mut().unwrap().remove(name);
        variants.push((
            "client data: missing member",
            name.to_owned(),
            data.to_string().into_bytes(),
        ));
    }
    let mut without = plain.clone();
    without.as_object_mut().unwrap().remove("crossOrigin");
    let spaced = serde_json::to_string_pretty(&plain).unwrap();
    let twice = text.replacen('{', r#"{"origin":"https://other.example","#, 1);
    let escaped = text.replace("https", "\\u0068ttps");
    for (family, data) in [
        (
            "client data: without crossOrigin",
            without.to_string().into_bytes(),
        ),
        ("client data: white space", spaced.clone().into_bytes()),
        (
            "client data: white space",
            format!(" {text}\n").into_bytes(),
        ),
        ("client data: escapes", escaped.into_bytes()),
        (
            "client data: byte order mark",
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        ),
        ("client data: member twice", twice.into_bytes()),
        (
            "client data: not JSON",
            text.as_bytes()[..text.len() - 1].to_vec(),
        ),
        ("client data: not JSON", format!("{text}x").into_bytes()),
        ("client data: not JSON", text.replace('"', "'").into_bytes()),
        ("client data: not JSON", Vec::new()),
        ("client data: not an object", b"[]".to_vec()),
        ("client data: not an object", b"null".to_vec()),
        (
            "client data: not UTF-8",
            text.replacen('{', "{\"x\":\"\u{80}\",", 1)
                .bytes()
                .filter(|byte| *byte != 0xc2)
                .collect(),
        ),
        (
            "client data: UTF-16",
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
    ] {
        variants.push((family, String::new(), data));
    }
    variants
}
