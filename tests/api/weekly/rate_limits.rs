//! Rate limits per minute of a client site.

use crate::properties::rate_limits::statuses;
use crate::slow::rate_limits::TWO_MINUTES;
use crate::support::{App, Vars};
use std::cell::Cell;

/// A client with a whole /48 has 65,536 of the /64s for which back-off is counted.
#[tokio::test]
#[ignore = "slow: thousands of requests"]
async fn site_is_limited_on_routes_without_a_valid_token() {
    for (method, path, expected) in [
        ("GET", "/api/auth/health", 200),
        // Without the document, which is long: a minute must suffice for the requests.
        ("HEAD", "/api/auth/openapi.json", 200),
        ("POST", "/api/auth/token", 400),
        ("GET", "/api/auth/me", 401),
        ("POST", "/api/auth/logout", 200),
    ] {
        let app = App::isolated(Vars::new());
        let site = app.other_ip(1);
        let site = site.strip_suffix("::1").expect("an address of the tests");
        let last = Cell::new(0);
        let send = async || {
            let number = last.replace(last.get() + 1);
            let request = app.request(method, path);
            request.client_ip(&format!("{site}:{number:x}::1")).await
        };
        let statuses = statuses(TWO_MINUTES, send).await;
        let limited = statuses.get(&429).copied().unwrap_or(0);
        assert!(
            (1..=TWO_MINUTES / 2 + 1).contains(&limited),
            "{path}: {statuses:?}"
        );
        let others = statuses.get(&expected).copied().unwrap_or(0);
        assert_eq!(others + limited, TWO_MINUTES, "{path}: {statuses:?}");
        // A different site is a different client.
        let calm = app.request(method, path).client_ip(&app.other_ip(2));
        calm.await.assert_status(expected);
    }
}
