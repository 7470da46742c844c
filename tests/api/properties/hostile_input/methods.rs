//! Every method on every route.

use super::{ALL_ROLES, Attempt, try_all};
use crate::support::{Cases, routes};

/// The methods that the runtime accepts; it rejects others itself (`raw`).
const METHODS: [&str; 14] = [
    "HEAD", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "MKCOL",
    "SEARCH", "PURGE", "LOCK", "QUERY",
];

async fn try_methods(cases: Cases) -> usize {
    let pairs = cases.pairs(&routes::all(), &METHODS).into_iter();
    let attempts = pairs.map(|(route, method)| Attempt::new(method, &route.path()));
    try_all(cases, attempts.collect(), &ALL_ROLES).await
}

#[tokio::test]
async fn any_method_gets_a_response() {
    let cases = Cases::of_this_run();
    let count = try_methods(cases).await;
    cases.assert_tried(count, routes::all().len(), 1_000);
}
