//! The query of the audit log, and the cursor in it.

use crate::{Target, request};
use edge_auth::app::audit_search::Cursor;
use edge_auth::domain::audit::Kind;
use edge_auth::routes::audit::search::search;
use edge_auth::timestamp::Timestamp;

pub const TARGET: Target = Target {
    name: "query",
    run,
    seeds,
    words: &[
        "user=",
        "kind=",
        "from=",
        "to=",
        "limit=",
        "cursor=",
        "&",
        "%2B",
        "%00",
        "%20",
        "+",
        "-",
        ".1",
        "archive.",
        "T00:00:00Z",
    ],
};

fn run(data: &[u8]) {
    let query = String::from_utf8_lossy(data).replace('#', "");
    let url = format!("https://auth.example.com/api/auth/audit?{query}");
    let Ok((search, cursor)) = search(&request(&url, Vec::new())) else {
        return;
    };
    assert!((1..=200).contains(&search.limit), "{}", search.limit);
    let names = ["user", "kind", "from", "to", "limit", "cursor"];
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let value = |name: &str| {
        let mut found = pairs
            .iter()
            .filter(|(known, value)| known == name && !value.is_empty());
        let first = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} came twice: {query:?}");
        first
    };
    assert!(
        pairs.iter().all(|(name, _)| names.contains(&name.as_str())),
        "{query:?}"
    );
    assert_eq!(
        search.user.map(|user| user.to_string()),
        value("user").map(str::to_lowercase)
    );
    assert_eq!(search.kind.map(Kind::as_str), value("kind"));
    for (read, name) in [(search.from, "from"), (search.to, "to")] {
        assert_eq!(read.is_some(), value(name).is_some(), "{query:?}");
        // Responses have a separate parser for this form, which must agree.
        if let Some(strict) = value(name).and_then(Timestamp::parse) {
            assert_eq!(read, Some(strict), "{query:?}");
        }
    }
    assert_eq!(cursor.is_some(), value("cursor").is_some());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(limit) = value("limit") {
        assert!(
            is_number(limit) && limit.parse() == Ok(search.limit),
            "{limit:?}"
        );
    }
    if let Some((read, text)) = cursor.zip(value("cursor")) {
        let (place, digits) = text.rsplit_once('.').expect("a place");
        let (Cursor::Entry(_, number) | Cursor::Archived(number)) = read;
        assert!(
            is_number(digits) && digits.parse() == Ok(number),
            "{text:?}"
        );
        match (read, Timestamp::parse(place)) {
            (Cursor::Entry(at, _), Some(strict)) => assert_eq!(at, strict, "{text:?}"),
            (Cursor::Archived(_), _) => assert_eq!(place, "archive", "{text:?}"),
            (Cursor::Entry(..), None) => {}
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    [
        "",
        "user=1b4e28ba-2fa1-41d2-883f-0016d3cca427&kind=sign_in_failed&limit=200",
        "from=2024-01-01T00:00:00Z&to=2024-01-31T23%3A59%3A59Z",
        "cursor=2024-01-10T12:00:00Z.1042&limit=1",
        "cursor=archive.1042",
        "kind=&from=&limit=7",
        "from=2024-01-31t12:00:00.25 01:00&to=2024-01-31T12:00:00%2B01:00",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}
