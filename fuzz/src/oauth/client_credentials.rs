//! The credentials of OAuth clients in forms and in the header `Authorization`.

use super::form::{pairs, unescaped};
use crate::{Target, choose, seed};
use base64ct::{Base64, Encoding};
use edge_auth::app::client_authentication::{PresentedClient, Proof};
use edge_auth::crypto::secret::Secret;
use edge_auth::domain::oauth_client::Assertion;
use edge_auth::http::client_credentials::take;
use edge_auth::http::error_codes::ErrorCode;
use edge_auth::http::form::Form;
use std::collections::BTreeMap;

pub const TARGET: Target = Target {
    name: "client_credentials",
    run,
    seeds,
    words: &[
        "Basic ",
        "bASIC  ",
        "Bearer ",
        "\n",
        ":",
        "%3A",
        "%FF",
        "+",
        "client_id=a",
        "&client_secret=b",
        "&client_secret=",
        "&client_assertion=a.b.c",
        "&client_assertion=",
        "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "&client_assertion_type=x",
        "YTpi",
        "YTpi ",
        "YTo=",
        "YTpiOmM=",
    ],
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A newline separates the header from the form. The second choice encodes the header, the third one has none.
fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let end = input.iter().position(|byte| *byte == b'\n');
    let (header, form) = input.split_at(end.unwrap_or(0));
    let form = if end.is_some() { &form[1..] } else { form };
    let header = match choice % 3 {
        0 => Some(String::from_utf8_lossy(header).into_owned()),
        1 => Some(format!("Basic {}", Base64::encode_string(header))),
        _ => None,
    };
    let Ok(read) = Form::read(form) else {
        return;
    };
    check(header.as_deref(), read, &pairs(form));
}

fn check(header: Option<&str>, mut form: Form, pairs: &[(String, String)]) {
    let values: BTreeMap<&str, &str> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let taken = take(header, &mut form).map_err(|error| error.code());
    assert_eq!(taken, expected(header, &values), "{header:?} {values:?}");
    for (name, value) in values {
        let is_taken = name.starts_with("client_") && NAMES.contains(&name);
        assert_eq!(form.take(name).as_deref(), (!is_taken).then_some(value));
    }
}

const NAMES: [&str; 4] = [
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
];

fn expected(
    header: Option<&str>,
    values: &BTreeMap<&str, &str>,
) -> Result<PresentedClient, ErrorCode> {
    let [id, secret, assertion, kind] = NAMES.map(|name| values.get(name).copied());
    let client = |id: &str, proof| PresentedClient {
        id: id.to_owned(),
        proof,
    };
    let has_assertion = assertion.is_some() || kind.is_some();
    match (header, secret, has_assertion) {
        (Some(_), Some(_), _) | (Some(_), _, true) | (_, Some(_), true) => {
            Err(ErrorCode::SeveralAuthMethods)
        }
        (Some(header), None, false) => {
            let (named, secret) = basic(header).ok_or(ErrorCode::ClientAuthenticationFailed)?;
            if id.is_some_and(|id| id != named) {
                return Err(ErrorCode::InvalidParameter);
            }
            Ok(client(&named, Proof::Basic(Secret::new(secret))))
        }
        (None, None, true) => {
            let assertion = assertion.ok_or(ErrorCode::MissingParameter)?;
            let kind = kind.ok_or(ErrorCode::MissingParameter)?;
            if kind != ASSERTION_TYPE {
                return Err(ErrorCode::InvalidParameter);
            }
            let subject = Assertion::read(assertion).map(|read| read.client().to_owned());
            let id = id.map(str::to_owned).or(subject).unwrap_or_default();
            Ok(client(&id, Proof::Assertion(Secret::new(assertion))))
        }
        (None, Some(secret), false) => {
            let id = id.ok_or(ErrorCode::MissingParameter)?;
            Ok(client(id, Proof::Post(Secret::new(secret))))
        }
        (None, None, false) => {
            let id = id.ok_or(ErrorCode::ClientAuthenticationFailed)?;
            Ok(client(id, Proof::None))
        }
    }
}

/// RFC 7617 section 2, RFC 6749 section 2.3.1.
fn basic(header: &str) -> Option<(String, String)> {
    let scheme = header.get(..6)?;
    if scheme.to_lowercase() != "basic " {
        return None;
    }
    let mut encoded = &header[6..];
    while let Some(rest) = encoded.strip_prefix(' ') {
        encoded = rest;
    }
    while let Some(rest) = encoded.strip_suffix(' ') {
        encoded = rest;
    }
    let bytes = Base64::decode_vec(encoded).ok()?;
    assert_eq!(Base64::encode_string(&bytes), encoded);
    std::str::from_utf8(&bytes).ok()?;
    let colon = bytes.iter().position(|byte| *byte == b':')?;
    let text = |bytes: &[u8]| String::from_utf8(unescaped(bytes)).ok();
    Some((text(&bytes[..colon])?, text(&bytes[colon + 1..])?))
}

fn seeds() -> Vec<Vec<u8>> {
    let assertion = format!("client_assertion_type={ASSERTION_TYPE}&client_assertion=a.b.c");
    vec![
        seed(0, "Basic YTpi\ngrant_type=client_credentials&client_id=a"),
        seed(0, "basic  YTpi \nclient_id=b"),
        seed(0, "Basic YTpiOmM=\n"),
        seed(1, "a%3Ab:c%20d+%2B:e\nscope=x&client_id=a%3Ab"),
        seed(1, "a:b\nclient_id=a&client_secret=b"),
        seed(1, format!("a:b\n{assertion}")),
        seed(2, "\nclient_id=a&client_secret=b%2B"),
        seed(2, "\nclient_id=a"),
        seed(2, format!("\n{assertion}&client_id=a")),
        seed(2, format!("\n{assertion}&client_secret=a")),
    ]
}
