//! Client data: any text, and any text in the place of a part of it.

use super::{CHALLENGE_TEXT, ORIGIN, assertion, ceremony, page, rp_id_hash};
use crate::Target;
use crate::anything::{Anything, plain};
use edge_auth::domain::webauthn::Assertion;
use serde_json::Value;

pub const TARGET: Target = Target {
    name: "webauthn_client_data",
    run,
    seeds,
    words: &[
        "webauthn.create",
        "webauthn.get",
        "true",
        "null",
        r#","topOrigin":"""#,
        r#","topOrigin":null"#,
        r#","x":"""#,
        r"\u0061",
        "\u{feff}",
    ],
};

const MAX_BYTES: usize = 4_096;
/// The byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

fn run(input: &[u8]) {
    let page = page("webauthn.get");
    check(input);
    check(&[input, &page[..]].concat());
    check(&[MARK, input, &page[..]].concat());
    check(&[&page[..page.len() - 1], input, b"}"].concat());
    for part in ["webauthn.get", CHALLENGE_TEXT, ORIGIN, "false"] {
        check(&replaced(&page, part, input));
        check(&replaced(&page, part, &[input, part.as_bytes()].concat()));
        check(&replaced(&page, part, &[part.as_bytes(), input].concat()));
    }
    // Up to 7,650 bytes, because libFuzzer seldom makes long inputs.
    if let [count, _, _] = input {
        let mut long = page;
        long.resize(usize::from(*count) * 30, b' ');
        check(&long);
    }
}

/// The page with the input in the place of this part.
fn replaced(page: &[u8], part: &str, input: &[u8]) -> Vec<u8> {
    let place = page
        .windows(part.len())
        .position(|bytes| bytes == part.as_bytes());
    let (before, after) = page.split_at(place.expect("a part of the page"));
    [before, input, &after[part.len()..]].concat()
}

/// The reader accepts the bytes if, and only if, an independent reader finds the expected values.
fn check(bytes: &[u8]) {
    let data = [&rp_id_hash(), &[5, 0, 0, 0, 6][..]].concat();
    let response = assertion::response(bytes.to_vec(), data);
    let [stored, _] = assertion::stored();
    let read = Assertion::read(&response, &stored, &ceremony());
    assert_eq!(read.is_ok(), is_expected(bytes));
}

fn is_expected(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let Some(Anything(members)) = plain(text.as_bytes()) else {
        return false;
    };
    let is = |name: &str, value: &str| members.get(name).is_some_and(|found| found == value);
    let member = |name: &str| members.get(name).unwrap_or(&Value::Null);
    bytes.len() <= MAX_BYTES
        && is("type", "webauthn.get")
        && is("challenge", CHALLENGE_TEXT)
        && is("origin", ORIGIN)
        && matches!(member("crossOrigin"), Value::Null | Value::Bool(false))
        && member("topOrigin").is_null()
}

fn seeds() -> Vec<Vec<u8>> {
    [
        "\u{feff}",
        "x",
        r#","topOrigin":null"#,
        r#","x":{"y":[1,-2.5e3,"\u0061"]}"#,
        "webauthn.create",
        "null",
        // 2,910 bytes.
        "a, ",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into_iter()
    .chain([page("webauthn.get"), page("webauthn.create")])
    .collect()
}
