//! Methods: every one on every route.

use super::{Attempt, EVERYBODY, ROUTES, path_of, try_all};

/// Those that the runtime knows; others it answers itself (`raw`).
const METHODS: [&str; 14] = [
    "HEAD", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "MKCOL",
    "SEARCH", "PURGE", "LOCK", "QUERY",
];

#[tokio::test]
async fn of_any_kind() {
    let attempts: Vec<Attempt> = ROUTES
        .iter()
        .flat_map(|route| METHODS.map(|method| Attempt::new(method, &path_of(route))))
        .collect();
    assert!(try_all(attempts, &EVERYBODY).await > 1_000);
}
