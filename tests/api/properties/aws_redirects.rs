//! Redirects of AWS: the Worker does not follow them, because `src/entry.mjs` makes the redirects of every outbound `fetch`
//! manual.

use crate::support::aws::{portal, start};
use crate::support::{App, Vars};
use aws_simulator::{Config, Operation, ResponseFault, Rule};

/// Signs in while the simulator redirects one operation to another host. Returns the status of `/token` and the number of
/// requests that the other host received.
async fn redirected(app: impl FnOnce(Vars) -> App, operation: Operation) -> (u16, usize) {
    let simulator = start(Config::default());
    let app = app(portal(&simulator));
    let device = app.device().await;
    let rule = Rule::new(ResponseFault::Redirect307).on(operation);
    simulator.add_rule(rule).unwrap();
    let response = app.token(&device).await;
    (response.status, simulator.canary().len())
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let outcome = redirected(App::isolated, Operation::CreateToken).await;
    assert_eq!(outcome, (500, 0));
}

#[tokio::test]
async fn redirect_would_be_followed_without_the_lines_in_the_entry() {
    let (_, received) = redirected(App::following_redirects, Operation::CreateToken).await;
    assert!(received > 0);
}
