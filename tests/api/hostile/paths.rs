//! Paths: other spellings of the routes, and ways out of them. None is a second door to a route.

use super::{Attempt, CANARY, ROUTES, Who, method_of, path_of, try_all};

/// Spellings of a path that are not it. `reqwest` and workerd both resolve dot segments as browsers do, so those that
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

/// Ids of sessions that are none: of one's own nothing is told, so nothing is ended either.
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

#[tokio::test]
async fn of_any_spelling() {
    let mut attempts: Vec<Attempt> = ROUTES
        .iter()
        .filter(|route| !route.path.ends_with("{id}"))
        .flat_map(|route| {
            spellings(&path_of(route))
                .into_iter()
                .map(move |path| (route, path))
        })
        .map(|(route, path)| Attempt::new(method_of(route), &path))
        .collect();
    attempts.extend(
        IDS.into_iter()
            .map(|id| Attempt::new("DELETE", &format!("/api/auth/sessions/{id}"))),
    );
    let count = try_all(attempts, &[Who::SuperAdmin]).await;
    assert!(count > 420, "{count}");
}
