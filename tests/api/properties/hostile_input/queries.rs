//! Queries, on the routes that read one.

use super::{Attempt, CANARY, Role, try_all};
use crate::support::Cases;

const PARAMETERS: [&str; 11] = [
    "user",
    "kind",
    "from",
    "to",
    "limit",
    "cursor",
    "after",
    "__proto__",
    "USER",
    "limit[]",
    "",
];

const VALUES: [&str; 24] = [
    "",
    "0",
    "-1",
    "1e9",
    "1.5",
    "4294967296",
    "18446744073709551616",
    "NaN",
    "0x10",
    "%D9%A3",
    "%00",
    "%ff%fe",
    "%",
    "%zz",
    "+",
    "%0d%0aset-cookie:x=CANARY",
    "'%20OR%20'1'='1",
    "1;DROP%20TABLE%20audit",
    "../../CANARY",
    "9999-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z.1",
    "2024-02-30T00:00:00Z.4294967295",
    "1b4e28ba-2fa1-41d2-883f-0016d3cca427CANARY",
];

/// Queries that are not a name and a value.
fn shapes() -> [String; 8] {
    [
        "?".to_owned(),
        "&&&&".to_owned(),
        "=".to_owned(),
        "limit=1&limit=1".to_owned(),
        "limit=1;limit=2".to_owned(),
        format!("{CANARY}=1"),
        format!("cursor={}", CANARY.repeat(1_000)),
        "a=1&".repeat(2_000),
    ]
}

async fn try_queries(cases: Cases) -> usize {
    let members = cases.pairs(&PARAMETERS, &VALUES).into_iter();
    let members = members.map(|(name, value)| format!("{name}={value}"));
    let queries: Vec<String> = members.chain(shapes()).collect();
    let pairs = cases.pairs(&["/api/auth/audit", "/api/auth/audit/verify"], &queries);
    let attempts = pairs.into_iter().map(|(path, query)| {
        let path = format!("{path}?{query}");
        Attempt::new("GET", &path)
    });
    try_all(cases, attempts.collect(), &[Role::SuperAdmin]).await
}

#[tokio::test]
async fn any_value_of_a_parameter_gets_a_response() {
    let cases = Cases::of_this_run();
    let sample = VALUES.len() + shapes().len();
    let count = try_queries(cases).await;
    cases.assert_tried(count, sample, 500);
}
