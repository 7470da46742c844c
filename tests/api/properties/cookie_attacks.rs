//! Session cookies that the service did not issue, or that are not for this purpose, are refused.

use crate::support::internals::SessionKind;
use crate::support::{App, Caller, Fault, Vars};
use serde_json::json;

fn validate_with(app: &App, cookies: &str) -> crate::support::Request {
    app.get("/api/auth/validate").same_origin().cookie(cookies)
}

/// A cookie session of a new user.
async fn session(app: &App) -> Caller {
    let user = app.seed_user("user", 1).await;
    user.sessions[0].clone()
}

fn cookies() -> App {
    App::shared().with_sessions(SessionKind::Cookie)
}

#[tokio::test]
async fn forged_cookie_returns_401_without_reading_a_store() {
    let app = cookies();
    let session = session(&app).await;
    let value = session.session_cookie();
    let stores = [
        app.fault(Fault::d1().fails()).await,
        app.fault(Fault::kv().fails()).await,
    ];
    let mut forged: Vec<String> = ["", "x", "=", "null", "%00", "eyJhbGciOiJub25lIn0.e30."]
        .map(str::to_owned)
        .into();
    forged.extend([
        format!("{value}A"),
        format!("A{value}"),
        format!("{value}="),
        value[..value.len() - 1].to_owned(),
        value[1..].to_owned(),
        value.to_ascii_lowercase(),
        "A".repeat(9_000),
    ]);
    // One character is changed at each place.
    for place in 0..value.len() {
        let mut bytes = value.as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        forged.push(String::from_utf8(bytes).expect("ASCII"));
    }
    for value in forged {
        let response = app.with_session_cookie(&value).validate().await;
        assert_eq!(response.status, 401, "{value}");
        response.assert_error(401, "invalid_token");
    }
    for store in stores {
        assert_eq!(store.hits().await, 0);
        store.remove().await;
    }
    session.validate().await.assert_status(200);
}

#[tokio::test]
async fn token_is_not_accepted_as_a_cookie_and_a_cookie_is_not_accepted_as_a_token() {
    let app = App::shared();
    let token = app.seed_user("user", 1).await.sessions[0].clone();
    let cookie = session(&cookies()).await;
    let swapped = [
        app.with_session_cookie(token.token()),
        app.with_token(cookie.session_cookie()),
    ];
    for caller in swapped {
        for (name, request) in caller.session_routes() {
            let response = request(&caller).await;
            assert_eq!(response.error_code(), Some("invalid_token"), "{name}");
        }
    }
    token.validate().await.assert_status(200);
    cookie.validate().await.assert_status(200);
}

/// The service issues no such token or cookie, so the test makes them with its keys.
#[tokio::test]
async fn session_of_one_kind_does_not_accept_a_credential_of_the_other() {
    let (tokens, cookies) = (App::shared(), cookies());
    let token = tokens.seed_user("user", 1).await.sessions[0].clone();
    let cookie = session(&cookies).await;
    let cookie_of_token_session = cookies.seal_session_cookie(&token.claims());
    let forged = cookies.with_session_cookie(cookie_of_token_session);
    forged
        .list_sessions()
        .await
        .assert_error(401, "invalid_token");
    let sql = "UPDATE sessions SET is_cookie = 0 WHERE id = ?1";
    cookies.sql(sql, [cookie.session_id()]).await;
    cookie
        .list_sessions()
        .await
        .assert_error(401, "invalid_token");
    assert!(!cookie.is_revoked().await);
}

#[tokio::test]
async fn cookie_of_a_recognised_device_is_not_accepted_as_a_session() {
    let app = App::shared();
    let device = app.user("ada").await.device_cookie().await;
    let (_, value) = device.split_once('=').expect("a pair");
    let response = app.with_session_cookie(value).validate().await;
    response.assert_error(401, "invalid_token");
}

#[tokio::test]
async fn authentic_cookie_without_a_session_is_refused() {
    let app = cookies();
    let (ada, bob) = (session(&app).await, session(&app).await);
    for (name, value) in [
        ("sub", bob.claims()["sub"].clone()),
        ("sid", json!("AAAAAAAAAAAAAAAAAAAAAA")),
    ] {
        let mut claims = ada.claims();
        claims[name] = value;
        let forged = app.with_session_cookie(app.seal_session_cookie(&claims));
        forged
            .list_sessions()
            .await
            .assert_error(401, "invalid_token");
    }
    ada.list_sessions().await.assert_status(200);
}

#[tokio::test]
async fn first_cookie_of_the_name_counts() {
    let app = cookies();
    let (session, name) = (session(&app).await, app.session_cookie_name());
    let value = session.session_cookie();
    for (cookies, status) in [
        (format!("{name}={value}"), 200),
        (format!("a=1; {name}={value}; b=2"), 200),
        (format!("{name}={value}; {name}=x"), 200),
        (format!("{name}=x; {name}={value}"), 401),
        (format!("{name}=; {name}={value}"), 401),
        // Other white space is part of the name.
        (format!("a=1;\t{name}={value}"), 401),
        (format!("a=1;\u{a0}{name}={value}"), 401),
        (format!("{name} ={value}"), 401),
        (format!("{name}\u{a0}={value}"), 401),
        (format!("x{name}={value}"), 401),
        (format!("{}={value}", name.to_uppercase()), 401),
        (format!("edge-auth-session={value}"), 401),
        (format!("__Host-edge-auth-session={value}"), 401),
    ] {
        let response = validate_with(&app, &cookies).await;
        assert_eq!(response.status, status, "{cookies}");
    }
}

#[tokio::test]
async fn cookie_over_https_has_the_host_prefix() {
    let vars = Vars::new().set("JWT_ISSUER", "https://auth.example.com");
    let app = App::with(vars).with_sessions(SessionKind::Cookie);
    let ada = app.user("ada").await;
    let response = app
        .anonymous()
        .sign_in("cookie", &ada.username, &ada.password)
        .await;
    let cookie = response.assert_status(200).set_session_cookie();
    let cookie = cookie.expect("a session cookie");
    assert!(cookie.starts_with("__Host-edge-auth-session="), "{cookie}");
    let attributes = "; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax";
    assert!(cookie.ends_with(attributes), "{cookie}");
    let session = response.cookie_session();
    session.validate().await.assert_status(200);
    let other = format!("edge-auth-session-443={}", session.session_cookie());
    validate_with(&app, &other)
        .await
        .assert_error(401, "no_token");
}

#[tokio::test]
async fn token_has_precedence_over_the_cookie() {
    let app = App::shared();
    let token = app.seed_user("user", 1).await.sessions[0].clone();
    let cookie = session(&cookies()).await;
    let name = app.session_cookie_name();
    let both = |request: crate::support::Request| {
        request.cookie(&format!("{name}={}", cookie.session_cookie()))
    };
    let response = both(token.me().same_origin()).await;
    assert_eq!(response.json()["id"], token.claims()["sub"]);
    for authorization in ["Bearer x.y.z", "Bearer", "Basic YTpi"] {
        let request = app.get("/api/auth/me").same_origin();
        let response = both(request.header("authorization", authorization)).await;
        assert_eq!(response.status, 401, "{authorization}");
    }
    // Only the session of the token is revoked.
    let response = both(token.logout().same_origin()).await;
    assert_eq!(response.assert_status(200).set_session_cookie(), None);
    assert!(token.is_revoked().await && !cookie.is_revoked().await);
}

#[tokio::test]
async fn refresh_ignores_the_cookie() {
    let session = session(&cookies()).await;
    let response = session.refresh().await;
    response.assert_error(401, "no_token");
    assert_eq!(response.set_session_cookie(), None);
    assert_eq!(session.claims()["gen"], session.column("generation").await);
}
