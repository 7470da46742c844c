//! Requests of another Worker over a service binding.

use super::request_bodies::json_object;
use crate::support::App;
use crate::support::internals::network;

#[tokio::test]
async fn failures_over_a_service_binding_count_for_the_given_client() {
    let app = App::shared();
    let guess = async |number: usize, client: usize| {
        let name = format!("bound-{number}-{}", app.ip());
        // The IP address of the other Worker does not count.
        let request = app.anonymous().guess(&name).client_ip(&app.other_ip(0));
        let client = app.other_ip(client);
        let request = request.header("x-test-service-binding", client);
        request.await.status
    };
    for number in 0..3 {
        assert_eq!(guess(number, 1).await, 401);
    }
    assert_eq!(guess(3, 1).await, 429);
    assert_eq!(guess(4, 2).await, 401);
    let sql = "SELECT address FROM address_attempts WHERE address = ?1";
    for (client, rows) in [(0, 0), (1, 1), (2, 1)] {
        let network = network(Some(&app.other_ip(client)));
        assert_eq!(app.sql(sql, [network]).await.len(), rows, "{client}");
    }
}

/// A page of the other Worker has the origin of that Worker.
#[tokio::test]
async fn session_cookie_over_a_service_binding_is_accepted_by_origin_only() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in_with_cookie().await;
    let request = || {
        let request = session.validate();
        request.header("x-test-service-binding", app.other_ip(1))
    };
    let issuer = app.vars().expect("JWT_ISSUER");
    for (origin, status) in [
        (None, 403),
        (Some("https://other.example.com"), 403),
        (Some(issuer), 200),
        (Some("https://app.example.com"), 200),
    ] {
        let request = request().same_origin();
        let response = match origin {
            Some(origin) => request.header("origin", origin).await,
            None => request.await,
        };
        assert_eq!(response.status, status, "{origin:?}: {}", response.text());
    }
}

#[tokio::test]
async fn content_length_over_a_service_binding_is_not_trusted() {
    let app = App::shared();
    for (length, body, status) in [
        (16_384, json_object(16_384), 400),
        (16_384, json_object(16_385), 413),
        (4, json_object(1_000_000), 413),
        (16_385, json_object(9), 413),
        (9, json_object(9), 400),
        // The body is shorter than declared.
        (100, json_object(9), 400),
    ] {
        let request = app
            .post("/api/auth/login")
            .header("x-test-service-binding", app.other_ip(1))
            .header("x-test-content-length", length.to_string())
            .header("content-type", "application/json")
            .body(body);
        request.await.assert_status(status);
    }
}
