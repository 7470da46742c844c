//! Client assertions (RFC 7523): their audience, and that each is accepted once.

use super::authentication::{assert_failed, reasons, tokens};
use super::token::app;
use crate::support::services::{GRANT, METHODS, TOKEN, with_resources};
use crate::support::{App, Response};
use serde_json::json;
use std::future::IntoFuture;
use tokio::task::JoinSet;

#[tokio::test]
async fn assertion_may_be_for_the_issuer_or_the_token_endpoint() {
    let app = app();
    let issuer = app.page_origin();
    let url = format!("{issuer}{TOKEN}");
    for method in &METHODS[2..] {
        let service = app.service(method, "reports:read").await;
        for audience in [json!(issuer), json!(url), json!([issuer]), json!([url])] {
            let mut claims = service.claims();
            claims["aud"] = audience;
            let assertion = service.assertion(&claims);
            let form = [&GRANT[..], &[("client_id", service.id.as_str())]].concat();
            for form in [&GRANT[..], &form] {
                claims["jti"] = json!(crate::support::unique_id());
                let assertion = service.assertion(&claims);
                let response = service.post_assertion(TOKEN, form, &assertion).await;
                response.assert_status(200);
            }
            let other = [&GRANT[..], &[("client_id", "other")]].concat();
            let response = service.post_assertion(TOKEN, &other, &assertion).await;
            assert_failed(&response, "the id of another client");
        }
    }
}

#[tokio::test]
async fn assertion_is_accepted_once() {
    for method in &METHODS[2..] {
        // Another network, because the number of entries per network is limited.
        let app = app();
        let service = app.service(method, "reports:read").await;
        let claims = service.claims();
        let assertion = service.assertion(&claims);
        let send = |assertion: &str| service.post_assertion(TOKEN, &GRANT, assertion);
        send(&assertion).await.assert_status(200);
        assert_failed(&send(&assertion).await, method);
        // Another assertion with the same id.
        let mut other = claims.clone();
        other["exp"] = json!(app.unix_time() + 90);
        assert_failed(&send(&service.assertion(&other)).await, method);
        assert_eq!(reasons(&service).await, ["used assertion"; 2], "{method}");
        assert_eq!(tokens(&service).await, 1, "{method}");
        // Another client may use the same id.
        let neighbour = app.service(method, "reports:read").await;
        let mut own = neighbour.claims();
        own["jti"] = claims["jti"].clone();
        let response = neighbour.post_assertion(TOKEN, &GRANT, &neighbour.assertion(&own));
        response.await.assert_status(200);
    }
}

#[tokio::test]
async fn refused_request_does_not_use_up_the_assertion() {
    let app = app();
    let service = app.service("private_key_jwt ES256", "reports:read").await;
    let assertion = service.assertion(&service.claims());
    for (name, value, code) in [
        ("resource", "https://other.example", "invalid_target"),
        ("scope", "other", "invalid_scope"),
    ] {
        let mut form = GRANT.to_vec();
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        let response = service.post_assertion(TOKEN, &form, &assertion).await;
        response.assert_error(400, code);
    }
    let response = service.post_assertion(TOKEN, &GRANT, &assertion).await;
    response.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn of_forty_parallel_uses_of_an_assertion_one_gets_a_token() {
    let app = app();
    let service = app.service("private_key_jwt EdDSA", "reports:read").await;
    let assertion = service.assertion(&service.claims());
    let mut running = JoinSet::new();
    for _ in 0..40 {
        let service = service.in_view(&app.another_view());
        let request = service.post_assertion(TOKEN, &GRANT, &assertion);
        running.spawn(request.into_future());
    }
    let responses = running.join_all().await;
    let is_successful = |response: &&Response| response.status == 200;
    assert_eq!(responses.iter().filter(is_successful).count(), 1);
    for response in responses.iter().filter(|response| response.status != 200) {
        assert_failed(response, "a used assertion");
    }
    assert_eq!(tokens(&service).await, 1);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn used_assertion_is_kept_until_it_expires() {
    let app = App::isolated(with_resources());
    let service = app.service("private_key_jwt ES256", "reports:read").await;
    let mut claims = service.claims();
    let expires = app.unix_time() + 290;
    claims["exp"] = json!(expires);
    let assertion = service.assertion(&claims);
    let send = || service.post_assertion(TOKEN, &GRANT, &assertion);
    send().await.assert_status(200);
    let count = async || {
        app.scheduled("0 * * * *").await;
        let rows = app.run_sql("SELECT count(*) AS count FROM used_assertions");
        rows.await[0]["count"].clone()
    };
    // The leeway for clocks that differ.
    app.shift_clock(300).await;
    assert_eq!(count().await, 1);
    assert_failed(&send().await, "a used assertion");
    app.shift_clock(330).await;
    assert_eq!(count().await, 0);
    assert_failed(&send().await, "an expired assertion");
}
