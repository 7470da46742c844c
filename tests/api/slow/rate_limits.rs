//! Rate limits per minute, with all the requests that reach them.

use crate::properties::rate_limits::statuses;
use crate::support::{App, Vars};

/// More requests than are admitted in two minutes of routes that do not sign in: 300 without a call of the binding, and
/// 1,200. A new minute may start during the test.
pub const TWO_MINUTES: usize = 2 * 1_500 + 1;

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
