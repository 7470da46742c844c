//! Rate limits per minute, with all the requests that reach them.

use crate::properties::rate_limits::statuses;
use crate::support::{App, Vars};
use std::cell::Cell;

/// More requests than are admitted in two minutes of routes that do not sign in: 300 without a call of the binding, and
/// 1,200. A new minute may start during the test.
const TWO_MINUTES: usize = 2 * 1_500 + 1;

#[tokio::test]
#[ignore = "slow: thousands of requests"]
async fn session_is_limited_separately_from_its_network() {
    let app = App::isolated(Vars::new());
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (busy, calm) = (ada.sign_in().await, bob.sign_in().await);
    let send = async || busy.me().await;
    let statuses = statuses(TWO_MINUTES, send).await;
    let limited = statuses.get(&429).copied().unwrap_or(0);
    assert!((1..=TWO_MINUTES / 2 + 1).contains(&limited), "{statuses:?}");
    assert_eq!(
        statuses.get(&200).copied().unwrap_or(0) + limited,
        TWO_MINUTES,
        "{statuses:?}"
    );
    calm.me().await.assert_status(200);
    let invalid = app.with_token("not.a.token").me();
    invalid.await.assert_status(401);
}

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
