//! Every method on every route.

use super::{ALL_ROLES, Attempt, try_all};
use crate::support::routes;

/// The methods that the runtime accepts; it rejects others itself (`raw`).
const METHODS: [&str; 14] = [
    "HEAD", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "MKCOL",
    "SEARCH", "PURGE", "LOCK", "QUERY",
];

#[tokio::test]
async fn any_method_gets_a_response_on_every_route() {
    let attempts: Vec<Attempt> = routes::all()
        .iter()
        .flat_map(|route| METHODS.map(|method| Attempt::new(method, &route.path())))
        .collect();
    assert!(try_all(attempts, &ALL_ROLES).await > 1_000);
}
