//! Other spellings of the routes. None of them leads to a route.

use super::{Attempt, CANARY, Role, try_all};
use crate::support::{Cases, routes};

/// Other spellings of a path. `reqwest` and workerd both resolve dot segments as browsers do, so those that
/// would resolve to a route are in `raw`.
fn spellings(path: &str) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let start = path.strip_suffix(name).unwrap_or_default();
    let mut capital = name.to_owned();
    capital[..1].make_ascii_uppercase();
    let first = name.as_bytes().first().copied().unwrap_or_default();
    vec![
        format!("{path}/"),
        format!("{path}//"),
        format!("/{path}"),
        path.replace("/auth/", "/auth//"),
        path.replace("/api/", "/api/./x/"),
        path.to_ascii_uppercase(),
        format!("{start}{capital}."),
        format!("{start}%{first:02x}{}", &name[1..]),
        format!("{start}%25{first:02x}{}", &name[1..]),
        path.replace("/auth/", "/auth%2f"),
        path.replace("/auth/", "/auth%5c"),
        format!("{path}%00"),
        format!("{path}%0d%0aset-cookie:%20{CANARY}=1"),
        format!("{path}%20"),
        format!("{path};{CANARY}"),
        format!("{path}.json.{CANARY}"),
        format!("{path}/../../../../etc/passwd"),
        format!("{path}/%2e%2e%2f%2e%2e%2fetc/{CANARY}"),
        format!("{path}/..%c0%af..%c0%afetc/{CANARY}"),
        format!("{path}%ff%fe"),
        format!("{path}%F0%9F%92%A9"),
        format!("{path}'%20OR%20'1'='1"),
        format!("{path}/{}", CANARY.repeat(1_000)),
        format!("/api/auth/{}{name}", "a/".repeat(2_000)),
        format!("/api/v1{path}"),
        path.replace("auth", "аuth"),
    ]
}

/// Ids that belong to no session or grant.
const IDS: [&str; 14] = [
    "0",
    "-1",
    CANARY,
    "%00",
    "%2e%2e",
    "..%2f..%2fusers",
    "' OR '1'='1",
    "1;DROP TABLE sessions",
    "null",
    "undefined",
    "{id}",
    "*",
    "%25",
    "9999999999999999999999999999999999999999999999999999999999999999",
];

async fn try_paths(cases: Cases) -> usize {
    let mut routes = routes::all();
    routes.retain(|route| !route.template.ends_with("{id}"));
    let numbers: Vec<usize> = (0..spellings("/api/auth/me").len()).collect();
    let pairs = cases.pairs(&routes, &numbers).into_iter();
    let attempts = pairs.map(|(route, number)| {
        let path = spellings(&route.path()).swap_remove(number);
        Attempt::new(route.method, &path)
    });
    let ids = ["sessions", "grants"].into_iter().flat_map(|resource| {
        IDS.map(|id| Attempt::new("DELETE", &format!("/api/auth/{resource}/{id}")))
    });
    try_all(cases, attempts.chain(ids).collect(), &[Role::SuperAdmin]).await
}

#[tokio::test]
async fn any_spelling_of_a_path_gets_a_response() {
    let cases = Cases::of_this_run();
    let count = try_paths(cases).await;
    assert!(count >= cases.number(36, 421), "{count}");
}
