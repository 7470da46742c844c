//! JavaScript exceptions inside of a request. The platform may throw one where no Rust code expects it, and Rust does not
//! clean up after it.

use crate::support::{App, Vars};
use serde_json::json;

#[tokio::test]
async fn exception_affects_only_its_own_request() {
    let app = App::isolated(Vars::new());
    let session = app.user("alice").await.sign_in().await;
    for _ in 0..2 {
        app.control("fail_next_timer", json!({})).await;
        // The runtime's response, which has no body of the service.
        let url = format!("{}/api/auth/sessions", app.server().origin());
        let failed = app.client().get(url).bearer_auth(session.token());
        assert_eq!(failed.send().await.unwrap().status(), 500);
        for _ in 0..3 {
            session.list_sessions().await.list("sessions");
        }
    }
}
