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
    assert_eq!(try_methods(Cases::Sample).await, routes::all().len());
}

#[tokio::test]
#[ignore = "slow: each of 14 methods on each route by each caller"]
async fn any_method_gets_a_response_on_every_route() {
    let count = try_methods(Cases::All).await;
    assert!(count > 1_000, "{count}");
}
