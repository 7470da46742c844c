//! Concurrent requests of the tabs of one browser, which have the same session cookie.

use crate::support::{App, Caller, PASSWORD, Request, Response, SeededUser, Vars, assert_refused};
use std::future::IntoFuture;
use tokio::task::JoinSet;

/// As many tabs as a browser may restore at once.
const TABS: usize = 39;

async fn at_once(requests: impl IntoIterator<Item = Request>) -> Vec<Response> {
    let mut running = JoinSet::new();
    for request in requests {
        running.spawn(request.into_future());
    }
    running.join_all().await
}

/// Fails the test unless these responses have a session each, and the session that they replace was revoked once.
async fn assert_replaced(replaced: &Caller, signed_in: &[&Response]) {
    let mut sessions = Vec::new();
    for response in signed_in {
        response.recorded().await;
        sessions.push(response.cookie_session());
    }
    for session in &sessions {
        assert_eq!(session.statuses().await, [200; 3]);
    }
    let mut ids: Vec<_> = sessions.iter().map(Caller::session_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), signed_in.len());
    assert_refused(&[replaced]).await;
    let kinds = replaced.audit_kinds().await;
    assert_eq!(kinds, ["sign_in", "session_revoked"]);
}

#[tokio::test]
#[ignore = "slow"]
async fn concurrent_sign_ins_of_many_users_that_replace_one_session_succeed() {
    let app = App::isolated(Vars::new());
    let session = app.user("ada").await.sign_in_with_cookie().await;
    let users = app.seed_users_with_password(8, "user", 0).await;
    let sign_in = |(number, user): (usize, &SeededUser)| {
        let request = session.sign_in("cookie", &user.username, &user.password);
        request.client_ip(&app.other_ip(number))
    };
    let responses = at_once(users.iter().enumerate().map(sign_in)).await;
    assert_replaced(&session, &responses.iter().collect::<Vec<_>>()).await;
}

/// Passwords of one typed name are compared one after the other, so some have to be sent again.
#[tokio::test]
#[ignore = "slow"]
async fn concurrent_sign_ins_of_one_user_that_replace_one_session_lose_nothing() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let session = ada.sign_in_with_cookie().await;
    let sign_in = |_| session.sign_in("cookie", &ada.username, &ada.password);
    let responses = at_once((0..TABS).map(sign_in)).await;
    let (signed_in, refused): (Vec<_>, Vec<_>) = responses
        .iter()
        .partition(|response| response.status == 200);
    for response in refused {
        assert_eq!(response.status, 429, "{}", response.text());
        assert_eq!(response.set_cookies(), [""; 0]);
    }
    assert_replaced(&session, &signed_in).await;
    assert_eq!(ada.live_sessions().await, signed_in.len() as u64);
    assert_eq!(
        ada.audit_entries("sign_in").await,
        signed_in.len() as u64 + 1
    );
}

/// The browser keeps the cookie of the response that arrives last.
#[tokio::test]
async fn session_survives_concurrent_step_ups_whichever_response_arrives_last() {
    for last in 0..2 {
        let app = App::shared();
        let session = app.user("ada").await.sign_in_with_cookie().await;
        app.shift_clock(600).await;
        let responses = at_once((0..2).map(|_| session.step_up(PASSWORD))).await;
        for response in &responses {
            response.recorded().await;
        }
        let mut tabs: Vec<_> = responses.iter().map(Response::cookie_session).collect();
        tabs.sort_by_key(|tab| tab.claims()["gen"].as_i64());
        let kinds = session.audit_kinds().await;
        assert_eq!(kinds, ["sign_in", "step_up", "step_up"]);
        app.shift_clock(632).await;
        assert_eq!(tabs[last].statuses().await, [200; 3], "{last}");
        // The cookie from before the step-up is of no use.
        assert_refused(&[&session]).await;
    }
}
