//! Forms (`application/x-www-form-urlencoded`).

use crate::{Target, choose, seed};
use edge_auth::http::error_codes::ErrorCode;
use edge_auth::http::form::Form;
use std::collections::BTreeMap;

pub const TARGET: Target = Target {
    name: "form",
    run,
    seeds,
    words: &[
        "&", "&&", "=", "==", "+", "%", "%2B", "%26", "%3D", "%61", "a=1&a=2", "&a=", "%FF",
        "%C3%A9", "%c3", ";", "%00", "%0", "%g1",
    ],
};

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    // libFuzzer seldom makes as many parameters as the limit.
    let more: Vec<String> = (0..choice % 80).map(|n| format!("&p{n}={n}")).collect();
    check(&[input, more.concat().as_bytes()].concat());
}

/// The parameters (URL standard, "application/x-www-form-urlencoded parsing"), written for this comparison.
pub fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    let parameters = bytes.split(|byte| *byte == b'&');
    let parameters = parameters.filter(|parameter| !parameter.is_empty());
    let pair = |parameter: &[u8]| {
        let equals = parameter.iter().position(|byte| *byte == b'=');
        let (name, value) = parameter.split_at(equals.unwrap_or(parameter.len()));
        let value = value.get(1..).unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(&unescaped(bytes)).into_owned();
        (text(name), text(value))
    };
    parameters.map(pair).collect()
}

/// The bytes for which these stand. A percent sign without two hexadecimal digits stands for itself.
pub fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let digit = |at: usize| {
        bytes
            .get(at)
            .and_then(|byte| char::from(*byte).to_digit(16))
    };
    let mut plain = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escape = (*byte == b'%').then(|| digit(at + 1).zip(digit(at + 2)));
        at += 1;
        if let Some(Some((high, low))) = escape {
            plain.push(u8::try_from(high * 16 + low).expect("a byte"));
            at += 2;
        } else {
            plain.push(if *byte == b'+' { b' ' } else { *byte });
        }
    }
    plain
}

/// The first value of each name, and the names in all later places.
pub fn first_values(pairs: &[(String, String)]) -> (BTreeMap<&str, &str>, Vec<&str>) {
    let (mut first, mut repeated) = (BTreeMap::new(), Vec::new());
    for (name, value) in pairs {
        if first.contains_key(name.as_str()) {
            repeated.push(name.as_str());
        } else {
            first.insert(name.as_str(), value.as_str());
        }
    }
    (first, repeated)
}

fn check(bytes: &[u8]) {
    let pairs = pairs(bytes);
    let (first, expected) = first_values(&pairs);
    let is_short = pairs.len() <= 64;
    match Form::read(bytes) {
        Ok(form) => {
            assert!(is_short && expected.is_empty());
            check_values(form, &first);
        }
        Err(error) if error.code() == ErrorCode::TooManyParameters => assert!(!is_short),
        Err(error) => {
            assert_eq!(error.code(), ErrorCode::RepeatedParameter);
            assert!(is_short && !expected.is_empty());
        }
    }
    let lenient = Form::with_repetitions(bytes);
    assert_eq!(lenient.is_some(), is_short);
    if let Some((form, repeated)) = lenient {
        assert_eq!(repeated, expected);
        check_values(form, &first);
        check_written(&first);
    }
}

/// The form has these values, each of which is taken once. Empty ones are absent.
fn check_values(mut form: Form, values: &BTreeMap<&str, &str>) {
    for (name, value) in values {
        let expected = Some(*value).filter(|value| !value.is_empty());
        assert_eq!(form.take(name).as_deref(), expected, "{name:?}");
        assert_eq!(form.take(name), None, "{name:?}");
    }
    for absent in ["client_id", "token", ""] {
        assert_eq!(form.take(absent), None);
    }
}

/// A form that another library encodes is read as the same values.
fn check_written(values: &BTreeMap<&str, &str>) {
    let mut text = form_urlencoded::Serializer::new(String::new());
    let text = text.extend_pairs(values).finish();
    let read = Form::read(text.as_bytes()).expect("a form");
    check_values(read, values);
}

fn seeds() -> Vec<Vec<u8>> {
    [
        "grant_type=client_credentials&scope=a+b%20c&resource=https%3A%2F%2Fapi.example.com",
        "a=1&b=2&%61=3&c&d=&=e&&f==g",
        "a=%C3%A9%FF&b=%&c=%4&d=%zz",
        "a=&a=1",
        "token=x&token=x",
    ]
    .into_iter()
    .flat_map(|text| [seed(0, text), seed(60, text)])
    .collect()
}
