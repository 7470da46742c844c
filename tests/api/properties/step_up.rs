//! Step-up: routes that require a recent authentication refuse a session without one, and a cookie that was rotated out.

use crate::support::routes::{self, Route};
use crate::support::{App, Caller, Response, SEED_PASSWORD, STEP_UP_SECONDS};

/// The challenge of RFC 9470 section 3.
const CHALLENGE: &str =
    r#"Bearer realm="edge-auth", error="insufficient_user_authentication", max_age="300""#;

fn guarded_routes() -> Vec<Route> {
    let mut routes = routes::all();
    routes.retain(Route::requires_step_up);
    assert!(!routes.is_empty());
    routes
}

fn assert_step_up_required(response: &Response) {
    response.assert_error(401, "step_up_required");
    assert_eq!(response.challenge(), Some(CHALLENGE));
}

/// The request has no body, so the handler refuses it in another way.
fn assert_admitted(response: &Response) {
    let is_admitted = ![401, 403].contains(&response.status);
    assert!(is_admitted, "{}: {}", response.request(), response.text());
}

async fn session(app: &App) -> Caller {
    app.seed_user("super_admin", 1).await.sessions[0].clone()
}

#[tokio::test]
#[ignore = "slow"]
async fn authentication_counts_for_five_minutes() {
    for app in App::shared().of_each_kind() {
        for route in guarded_routes() {
            app.shift_clock(0).await;
            let session = session(&app).await;
            assert_admitted(&route.request(&session).await);
            app.shift_clock(STEP_UP_SECONDS - 10).await;
            assert_admitted(&route.request(&session).await);
            app.shift_clock(STEP_UP_SECONDS + 10).await;
            assert_step_up_required(&route.request(&session).await);
            let stepped_up = session.stepped_up(SEED_PASSWORD).await;
            assert_admitted(&route.request(&stepped_up).await);
            app.shift_clock(2 * STEP_UP_SECONDS + 20).await;
            assert_step_up_required(&route.request(&stepped_up).await);
        }
    }
}

/// The rotation may be the reaction of the user to a stolen cookie.
#[tokio::test]
#[ignore = "slow"]
async fn cookie_that_a_step_up_rotated_out_is_not_stepped_up() {
    let [_, app] = App::shared().of_each_kind();
    for route in guarded_routes() {
        let first = session(&app).await;
        let second = first.stepped_up(SEED_PASSWORD).await;
        assert_step_up_required(&route.request(&first).await);
        assert_admitted(&route.request(&second).await);
        // It is accepted elsewhere, because requests may be in flight.
        first.list_sessions().await.assert_status(200);
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn refresh_is_no_authentication() {
    let app = App::shared();
    for route in guarded_routes() {
        app.shift_clock(0).await;
        let session = session(&app).await;
        app.shift_clock(STEP_UP_SECONDS + 10).await;
        let refreshed = session.refreshed().await;
        assert_step_up_required(&route.request(&refreshed).await);
        refreshed.stepped_up(SEED_PASSWORD).await;
        let refreshed = refreshed.refreshed().await;
        assert_admitted(&route.request(&refreshed).await);
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn sign_in_with_stored_keys_does_not_count() {
    let app = App::shared();
    for route in guarded_routes() {
        for method in ["aws_app", "aws_proof"] {
            let session = session(&app).await;
            let sql = "UPDATE sessions SET method = ?1 WHERE id = ?2";
            app.sql(sql, [method.to_owned(), session.session_id()])
                .await;
            assert_step_up_required(&route.request(&session).await);
        }
    }
}

/// A session of the release before `method` and `authenticated_at` were stored.
#[tokio::test]
async fn sign_in_of_an_earlier_release_counts_by_its_time() {
    let app = App::shared();
    let session = session(&app).await;
    let sql = "UPDATE sessions SET method = NULL, authenticated_at = NULL WHERE id = ?1";
    app.sql(sql, [session.session_id()]).await;
    let body = session.current_session().await.json();
    assert_eq!(body["method"], serde_json::Value::Null);
    for route in guarded_routes() {
        app.shift_clock(0).await;
        assert_admitted(&route.request(&session).await);
        app.shift_clock(STEP_UP_SECONDS + 10).await;
        assert_step_up_required(&route.request(&session).await);
    }
}
