//! The method `validateToken` of the service binding: the results for tokens, and the delay of a revocation.

mod caching;

use crate::support::access_tokens::RESOURCE;
use crate::support::internals::{AccessClaims, Timestamp};
use crate::support::services::{Service, with_resources};
use crate::support::{App, RecordedCalls, SIGNING_KEYS, STRICT, Vars, unique_id, var};
use serde_json::{Value, json};

const MAIL: &str = "https://mail.example.com/";

fn app() -> App {
    App::with(with_resources())
}

/// The result of a call with these arguments, and the recorded effects of the call.
async fn call(app: &App, arguments: Value) -> (Value, RecordedCalls) {
    let request = app.next_request();
    let fields = json!({ "request": request, "arguments": arguments });
    let result = app.control("validate_token", fields).await;
    (result, app.recorded(&request).await)
}

async fn validate(app: &App, arguments: Value) -> Value {
    call(app, arguments).await.0
}

async fn session(app: &App, token: &str) -> Value {
    validate(app, json!([token])).await
}

/// The result for an access token for [`RESOURCE`] with this scope.
async fn access(app: &App, token: &str) -> Value {
    let options = json!({ "audience": RESOURCE, "scopes": ["reports:read"] });
    validate(app, json!([token, options])).await
}

fn invalid() -> Value {
    json!({
        "valid": false,
        "status": 401,
        "code": "invalid_token",
        "message": "Invalid or expired token",
        "challenge": r#"Bearer realm="edge-auth", error="invalid_token""#,
        "retry_after": null
    })
}

#[track_caller]
fn assert_refused(result: &Value, status: u16, code: &str) {
    assert_eq!(result["valid"], false, "{result}");
    assert_eq!(
        (&result["status"], &result["code"]),
        (&json!(status), &json!(code)),
        "{result}"
    );
}

async fn service(app: &App) -> Service {
    app.service(
        "client_secret_basic",
        "reports:read reports:write mail:send",
    )
    .await
}

#[tokio::test]
async fn session_token_gives_the_user_of_validate() {
    let app = App::shared();
    let caller = app.user("ada").await.sign_in().await;
    let expected = caller.validate().await.user();
    let result = session(&app, caller.token()).await;
    assert_eq!(
        result,
        json!({ "valid": true, "kind": "session", "user": expected })
    );
    assert_eq!(
        session(&app, caller.token()).await["user"]["id"],
        expected["id"]
    );
}

#[tokio::test]
async fn access_token_gives_client_audience_and_scopes() {
    let app = app();
    let service = service(&app).await;
    let before = app.unix_time();
    let token = service.token().await;
    let issued = before..=app.unix_time();
    for scopes in [
        json!([]),
        json!(["reports:read"]),
        json!(["reports:write", "reports:read"]),
    ] {
        let options = json!({ "audience": RESOURCE, "scopes": scopes });
        let mut result = validate(&app, json!([token, options])).await;
        let expires_at = result["expires_at"].take();
        let expires_at = Timestamp::parse(expires_at.as_str().expect("a time"));
        assert!(issued.contains(&(expires_at.expect("a time").seconds() - 600)));
        let expected = json!({
            "valid": true, "kind": "access_token", "client_id": service.id, "subject": service.id, "audience": RESOURCE,
            "scopes": ["reports:read", "reports:write"], "expires_at": null
        });
        assert_eq!(result, expected, "{scopes}");
    }
}

#[tokio::test]
async fn token_is_never_accepted_in_the_place_of_the_other_kind() {
    let app = app();
    let (user, service) = (app.super_admin("root").await, service(&app).await);
    let (session_token, token) = (
        user.sign_in().await.token().to_owned(),
        service.token().await,
    );
    assert_eq!(session(&app, &token).await, invalid());
    assert_eq!(access(&app, &session_token).await, invalid());
    let options = json!({ "audience": RESOURCE });
    assert_eq!(
        validate(&app, json!([session_token, options])).await,
        invalid()
    );
    for text in ["", "x", "a.b.c", &"x".repeat(9_000)] {
        assert_eq!(session(&app, text).await, invalid(), "{text}");
        assert_eq!(access(&app, text).await, invalid(), "{text}");
    }
}

#[tokio::test]
async fn access_token_is_for_its_audience_only_and_needs_all_scopes() {
    let app = app();
    let service = service(&app).await;
    let token = service.token().await;
    // The same applies after the token is cached.
    for _ in 0..2 {
        let upper_case = RESOURCE.to_uppercase();
        let issuer = app.page_origin();
        for audience in [
            MAIL,
            "https://unknown.example",
            "https://api.example.com",
            &upper_case,
            &issuer,
        ] {
            let options = json!({ "audience": audience });
            assert_eq!(
                validate(&app, json!([token, options])).await,
                invalid(),
                "{audience}"
            );
        }
        let options = json!({ "audience": RESOURCE, "scopes": ["reports:read", "reports:delete"] });
        let result = validate(&app, json!([token, options])).await;
        assert_refused(&result, 403, "insufficient_scope");
        let challenge = r#"Bearer realm="edge-auth", error="insufficient_scope", scope="reports:read reports:delete""#;
        assert_eq!(result["challenge"], challenge);
        assert_eq!(access(&app, &token).await["valid"], true);
    }
}

#[tokio::test]
async fn token_of_a_user_is_valid_until_the_grant_is_revoked() {
    let app = App::with(with_resources().set(var::CONSISTENCY, STRICT));
    let (user, service) = (app.user("ada").await, service(&app).await);
    let grant = app.seed_grant(&user.id, &service.id).await;
    let now = Timestamp::from_seconds(app.unix_time());
    let claims = AccessClaims {
        subject: user.id.clone(),
        audience: RESOURCE.to_owned(),
        client: service.id.clone(),
        issued_at: now,
        expires_at: now.plus(600),
        id: unique_id(),
        scope: "reports:read".to_owned(),
        grant: Some(grant.clone()),
        authenticated_at: Some(now),
        roles: Vec::new(),
    };
    let token = app.access_token_with(SIGNING_KEYS[0], &claims).await;
    let result = access(&app, &token).await;
    assert_eq!(result["valid"], true, "{result}");
    assert_eq!(
        (&result["subject"], &result["client_id"]),
        (&json!(user.id), &json!(service.id))
    );
    app.change_grant(&grant, "revoked_at = '2026-01-01T00:00:00Z'")
        .await;
    assert_eq!(access(&app, &token).await, invalid());
}

/// A resource that is no longer configured, an unknown grant, another key, and invalid times.
#[tokio::test]
async fn access_token_that_is_not_valid_is_refused() {
    let app = app();
    let service = service(&app).await;
    let now = app.unix_time();
    let valid = || AccessClaims {
        subject: service.id.clone(),
        audience: RESOURCE.to_owned(),
        client: service.id.clone(),
        issued_at: Timestamp::from_seconds(now),
        expires_at: Timestamp::from_seconds(now + 600),
        id: unique_id(),
        scope: "reports:read".to_owned(),
        grant: None,
        authenticated_at: None,
        roles: Vec::new(),
    };
    let good = app.access_token_with(SIGNING_KEYS[0], &valid()).await;
    assert_eq!(access(&app, &good).await["valid"], true);
    let removed = "https://removed.example";
    let unknown = AccessClaims {
        audience: removed.to_owned(),
        ..valid()
    };
    let unknown = app.access_token_with(SIGNING_KEYS[0], &unknown).await;
    let options = json!({ "audience": removed });
    assert_eq!(validate(&app, json!([unknown, options])).await, invalid());
    for claims in [
        AccessClaims {
            grant: Some("grant".to_owned()),
            ..valid()
        },
        AccessClaims {
            subject: unique_id().to_string(),
            ..valid()
        },
        AccessClaims {
            client: unique_id().to_string(),
            subject: unique_id().to_string(),
            ..valid()
        },
        AccessClaims {
            issued_at: Timestamp::from_seconds(now + 60),
            ..valid()
        },
    ] {
        let token = app.access_token_with(SIGNING_KEYS[0], &claims).await;
        assert_eq!(access(&app, &token).await, invalid(), "{claims:?}");
    }
    let other_key = app.access_token_with(SIGNING_KEYS[1], &valid()).await;
    assert_eq!(access(&app, &other_key).await, invalid());
    // Another signature, and another text with the signature of a token that is cached.
    let (message, signature) = good.rsplit_once('.').expect("a signature");
    for forged in [
        format!("{message}.{}", "A".repeat(86)),
        format!("{message}x.{signature}"),
        format!(".{signature}"),
    ] {
        assert_eq!(access(&app, &forged).await, invalid(), "{forged}");
    }
    app.shift_clock(600).await;
    assert_refused(&access(&app, &good).await, 401, "token_expired");
}

#[tokio::test]
async fn expired_session_token_has_its_own_code() {
    let app = App::shared().another_view();
    let caller = app.user("ada").await.sign_in().await;
    app.shift_clock(86_400 + 31).await;
    assert_refused(&session(&app, caller.token()).await, 401, "token_expired");
}

async fn service_token(app: &App) -> String {
    service(app).await.token().await
}

#[tokio::test]
async fn mistake_of_the_caller_is_a_type_error() {
    let app = app();
    let token = service_token(&app).await;
    for (arguments, message) in [
        (json!([]), "token must be a string"),
        (json!([null]), "token must be a string"),
        (json!([7]), "token must be a string"),
        (json!([token, null]), "options must be an object"),
        (json!([token, "x"]), "options must be an object"),
        (json!([token, { "audience": "" }]), "audience must be"),
        (json!([token, { "audience": null }]), "audience must be"),
        (
            json!([token, { "audience": [RESOURCE] }]),
            "audience must be",
        ),
        (
            json!([token, { "scopes": ["reports:read"] }]),
            "session tokens have no scopes",
        ),
        (
            json!([token, { "audience": RESOURCE, "scopes": "reports:read" }]),
            "scopes must be a list",
        ),
        (
            json!([token, { "audience": RESOURCE, "scopes": ["reports:read reports:write"] }]),
            "scopes must be a list",
        ),
        (
            json!([token, { "audience": RESOURCE, "scopes": [""] }]),
            "scopes must be a list",
        ),
        (
            json!([token, { "audience": RESOURCE, "scopes": [null] }]),
            "scopes must be a list",
        ),
        (
            json!([token, { "audience": RESOURCE, "scope": ["reports:delete"] }]),
            "unknown option scope",
        ),
    ] {
        let result = validate(&app, arguments.clone()).await;
        assert_eq!(result["error"], "TypeError", "{arguments}: {result}");
        let found = result["message"].as_str().unwrap_or_default();
        assert!(found.starts_with(message), "{arguments}: {found}");
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn invalid_configuration_is_reported_as_unavailable() {
    let app = App::isolated(Vars::new().without("AUDIT_KEY"));
    assert_refused(&session(&app, "a.b.c").await, 503, "misconfigured");
}
