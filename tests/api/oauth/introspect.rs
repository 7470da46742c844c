//! `POST /oauth/introspect`: whether an access token is active.

#[path = "../../vectors/access_token_attacks/mod.rs"]
pub mod access_token_attacks;

use super::token::{app, claims};
use crate::support::access_tokens::RESOURCE;
use crate::support::internals::{AccessClaims, Role, Timestamp};
use crate::support::services::{METHODS, Service, with_resources};
use crate::support::{App, Response, SIGNING_KEYS, unique_id};
use serde_json::{Value, json};

pub const INTROSPECT: &str = "/oauth/introspect";

/// The response about this token.
pub async fn introspect(caller: &Service, token: &str) -> Response {
    caller.post(INTROSPECT, &[("token", token)]).await
}

/// Whether a token is active. What is said about one that is not says nothing else.
#[track_caller]
fn is_active(response: &Response) -> bool {
    let body = response.assert_status(200).json();
    if body["active"] == true {
        return true;
    }
    assert_eq!(body, json!({ "active": false }));
    false
}

#[tokio::test]
async fn active_token_is_described_to_any_confidential_client() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    let token = service.token().await;
    let claims = claims(&token);
    let expected = json!({
        "active": true, "token_type": "Bearer", "iss": app.page_origin(), "sub": service.id, "aud": RESOURCE,
        "client_id": service.id, "exp": claims["exp"], "iat": claims["iat"], "jti": claims["jti"], "scope": "reports:read"
    });
    for method in METHODS {
        // A resource server needs neither a grant nor a scope of its own.
        let caller = app.service(method, "").await;
        let response = introspect(&caller, &token).await;
        assert_eq!(response.assert_status(200).json(), expected, "{method}");
        // The use of an assertion is stored.
        let calls = if method.starts_with("private_key_jwt") {
            2
        } else {
            1
        };
        assert_eq!(response.recorded().await.d1(), calls, "{method}");
    }
    let hinted = [
        ("token", token.as_str()),
        ("token_type_hint", "refresh_token"),
    ];
    assert!(is_active(&service.post(INTROSPECT, &hinted).await));
}

#[tokio::test]
async fn token_of_a_disabled_or_deleted_client_or_an_unknown_resource_is_not_active() {
    let app = app();
    let caller = app.service("client_secret_basic", "").await;
    for sql in [
        "UPDATE oauth_clients SET is_active = 0 WHERE id = ?1",
        "UPDATE oauth_clients SET deleted_at = created_at, is_active = 0, version = version + 1 WHERE id = ?1",
        "DELETE FROM oauth_clients WHERE id = ?1",
    ] {
        let service = app.service("client_secret_post", "reports:read").await;
        let token = service.token().await;
        assert!(is_active(&introspect(&caller, &token).await));
        app.sql(sql, [service.id.as_str()]).await;
        assert!(!is_active(&introspect(&caller, &token).await), "{sql}");
    }
    let service = app.service("client_secret_post", "mail:send").await;
    let token = service.token_for("https://mail.example.com/").await;
    assert!(is_active(&introspect(&caller, &token).await));
    let other = r#"[{"resource": "https://api.example.com/v1", "name": "Reports", "scopes": {"reports:read": ["user"]}}]"#;
    let without_mail = App::with(with_resources().set("OAUTH_RESOURCES", other));
    let caller = without_mail.service("client_secret_basic", "").await;
    assert!(!is_active(&introspect(&caller, &token).await));
}

#[tokio::test]
async fn expired_token_is_not_active() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    let token = service.token().await;
    app.shift_clock(590).await;
    assert!(is_active(&introspect(&service, &token).await));
    app.shift_clock(601).await;
    assert!(!is_active(&introspect(&service, &token).await));
}

#[tokio::test]
async fn other_texts_are_not_active() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    let session = app.user("ada").await.sign_in().await;
    let token = service.token().await;
    for text in [
        session.token(),
        "x",
        "..",
        &service.secret,
        &format!("{token} "),
        &format!("Bearer {token}"),
        &format!("{token}\0"),
        &"a".repeat(10_000),
        "{\"active\":true}",
    ] {
        assert!(!is_active(&introspect(&service, text).await), "{text}");
    }
    assert!(is_active(&introspect(&service, &token).await));
}

#[tokio::test]
#[ignore = "slow"]
async fn forged_tokens_are_not_active() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    let now = app.unix_time() - 1;
    let application = app.application("none").await;
    let browser = app.user("ada").await.sign_in_with_cookie().await;
    let of_user = self::claims(&application.tokens(&browser, &[]).await.access);
    // All claims, so that each can be forged.
    let claims = AccessClaims {
        subject: service.id.clone(),
        audience: RESOURCE.to_owned(),
        client: service.id.clone(),
        issued_at: Timestamp::from_seconds(now),
        expires_at: Timestamp::from_seconds(now + 600),
        id: unique_id(),
        scope: "reports:read".to_owned(),
        grant: of_user["gid"].as_str().map(str::to_owned),
        authenticated_at: Some(Timestamp::from_seconds(now)),
        roles: vec![Role::User],
    };
    let [key, other] = SIGNING_KEYS;
    let genuine = app.access_token_with(key, &claims).await;
    let control = access_token_attacks::control(key, &genuine);
    assert!(is_active(&introspect(&service, &control).await));
    let attacks = access_token_attacks::attacks(key, other, &genuine);
    assert!(attacks.len() > 400, "{}", attacks.len());
    let mut tasks = tokio::task::JoinSet::new();
    for part in attacks.chunks(attacks.len().div_ceil(8)) {
        let (part, service) = (part.to_vec(), service.in_view(&app.another_view()));
        tasks.spawn(async move {
            for (name, token) in part {
                let response = introspect(&service, &token).await;
                if token.is_empty() {
                    response.assert_error(400, "missing_parameter");
                } else {
                    assert!(!is_active(&response), "{name}");
                }
            }
        });
    }
    tasks.join_all().await;
}

#[tokio::test]
async fn only_confidential_clients_that_authenticate_may_ask() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    let token = service.token().await;
    let failed = "client_authentication_failed";
    let mut wrong = service.clone();
    wrong.secret = "wrong".to_owned();
    introspect(&wrong, &token).await.assert_error(401, failed);
    let anonymous = app.post(INTROSPECT).form(&[("token", &token)]).await;
    anonymous.assert_error(401, failed);
    let bearer = app
        .post(INTROSPECT)
        .bearer(&token)
        .form(&[("token", &token)]);
    bearer.await.assert_error(401, failed);
    let id = app.public_client().await;
    let public = [("token", token.as_str()), ("client_id", &id)];
    let public = app.post(INTROSPECT).form(&public).await;
    public.assert_error(401, failed);
    let nothing = service.post(INTROSPECT, &[]).await;
    nothing.assert_error(400, "missing_parameter");
    let twice = service.post(INTROSPECT, &[("token", &token), ("token", &token)]);
    twice.await.assert_error(400, "repeated_parameter");
    let app = App::with(with_resources().without("OAUTH_KEY_1"));
    let disabled = app.post(INTROSPECT).form(&[("token", &token)]).await;
    disabled.assert_error(404, "oauth_disabled");
}

#[tokio::test]
async fn assertion_is_used_once_whether_the_token_is_active_or_not() {
    let app = app();
    let service = app.service("private_key_jwt ES256", "reports:read").await;
    let token = service.token().await;
    for text in [token.as_str(), "x"] {
        let assertion = service.assertion(&service.claims());
        let form = [("token", text)];
        let send = || service.post_assertion(INTROSPECT, &form, &assertion);
        send().await.assert_status(200);
        send()
            .await
            .assert_error(401, "client_authentication_failed");
        let elsewhere = service
            .post_assertion("/oauth/revoke", &form, &assertion)
            .await;
        elsewhere.assert_error(401, "client_authentication_failed");
    }
}

#[tokio::test]
async fn introspection_leaves_no_audit_entry() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    let token = service.token().await;
    introspect(&service, &token).await.assert_status(200);
    let sql = "SELECT kind FROM audit WHERE subject = ?1";
    let kinds = app.sql(sql, [service.id.as_str()]).await;
    assert_eq!(
        kinds,
        [json!({ "kind": "client_token_issued" })] as [Value; 1]
    );
}
