//! The environment: a mistake in it is a plain 503 for the client and a list of names for the operator, never a value.

use crate::sessions::{assert_dead, claims, logout, signed_in, validate};
use crate::support::{App, Reply, Vars};
use serde_json::json;

/// What stands in place of a value must never come out again.
const CANARY: &str = "canary-in-the-configuration";

/// The variables that a running isolate named as wrong, in order.
fn named(app: &App) -> Vec<String> {
    let logs = app.server().logs();
    let lines = logs.iter().filter_map(|(level, line)| {
        assert!(!line.contains(CANARY), "{line}");
        let line: serde_json::Value = serde_json::from_str(line.trim()).ok()?;
        (level == "error" && line["event"] == "misconfigured")
            .then(|| line["variable"].as_str().expect("a name").to_owned())
    });
    lines.collect()
}

fn assert_plain_503(reply: &Reply, body: &serde_json::Value) {
    assert_eq!(&reply.assert_status(503).json(), body);
    assert_eq!(reply.header("retry-after"), Some("2"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn nothing_set_is_six_names_at_once_and_a_plain_503_in_each_envelope() {
    let app = App::alone(
        Vars::new()
            .without("JWT_SECRET")
            .without("JWT_ISSUER")
            .without("JWT_AUDIENCE")
            .without("PASSWORD_PEPPER")
            .without("HANDLE_KEY")
            .without("AUDIT_KEY"),
    );
    let text = "Service temporarily unavailable";
    let (message, detail) = (
        json!({ "success": false, "message": text }),
        json!({ "detail": text }),
    );
    for (method, path, body) in [
        ("POST", "/api/auth/login", &message),
        ("GET", "/api/auth/validate", &message),
        ("POST", "/api/auth/logout", &message),
        ("POST", "/api/auth/set-password", &message),
        ("GET", "/api/auth/health", &message),
        ("GET", "/api/auth/me", &detail),
        ("POST", "/api/auth/refresh", &detail),
    ] {
        let reply = app.request(method, path).send().await;
        assert_plain_503(&reply, body);
    }
    // What needs no configuration is answered as ever.
    app.get("/api/auth/nowhere").send().await.assert_status(404);
    app.get("/api/auth/login").send().await.assert_status(405);
    assert_eq!(
        named(&app),
        [
            "JWT_SECRET",
            "JWT_ISSUER",
            "JWT_AUDIENCE",
            "PASSWORD_PEPPER",
            "HANDLE_KEY",
            "AUDIT_KEY"
        ]
    );
}

#[tokio::test]
async fn each_odd_value_is_named_and_none_is_shown() {
    let odd = [
        ("JWT_SECRET", "canary-in-the-configuration"),
        ("JWT_SECRET_PREVIOUS", "canary-in-the-configuration"),
        (
            "JWT_ISSUER",
            "https://example.com/canary-in-the-configuration",
        ),
        ("JWT_AUDIENCE", "canary-in-the-configuration\n"),
        ("TOKEN_LIFETIME", "canary-in-the-configuration"),
        ("PASSWORD_PEPPER", "canary-in-the-configuration"),
        ("PASSWORD_PEPPER_PREVIOUS", "canary-in-the-configuration"),
        ("PASSWORD_MIN_LENGTH", "canary-in-the-configuration"),
        ("HANDLE_KEY", "canary-in-the-configuration"),
        ("HANDLE_KEY_PREVIOUS", "canary-in-the-configuration"),
        ("AUDIT_KEY", "canary-in-the-configuration"),
        (
            "ALLOWED_ORIGINS",
            "https://a.example/canary-in-the-configuration",
        ),
        ("SESSION_CONSISTENCY", "canary-in-the-configuration"),
        ("SESSION_CACHE_TTL", "canary-in-the-configuration"),
        ("REFRESH_REPLAY_WINDOW", "canary-in-the-configuration"),
        ("TOKENS_NOT_BEFORE", "canary-in-the-configuration"),
    ];
    let vars = odd
        .iter()
        .fold(Vars::new(), |vars, (name, value)| vars.set(name, value));
    let app = App::alone(vars);
    let reply = app.get("/api/auth/me").send().await;
    assert_plain_503(
        &reply,
        &json!({ "detail": "Service temporarily unavailable" }),
    );
    assert_eq!(named(&app), odd.map(|(name, _)| name));
}

#[tokio::test]
async fn unknown_variable_with_a_known_prefix_is_misconfigured() {
    // The bindings SESSIONS and SESSION_LIMIT are there too, and are not named.
    let app = App::alone(
        Vars::new()
            .set("SESSION_CACHE_TTLS", CANARY)
            .set("JWT_SECRET_OLD", "")
            .set("AWS_PROFILE", CANARY)
            .set("PASSWORD_LINK_URL", "https://app.example.com/set-password"),
    );
    app.get("/api/auth/health").send().await.assert_status(503);
    let mut named = named(&app);
    named.sort();
    assert_eq!(
        named,
        ["AWS_PROFILE", "JWT_SECRET_OLD", "SESSION_CACHE_TTLS"]
    );
}

#[tokio::test]
async fn constant_and_equal_secrets_are_misconfigured() {
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let vars = Vars::new();
    let handle_key = vars.get("HANDLE_KEY").expect("a key").to_owned();
    let app = App::alone(
        vars.set("PASSWORD_PEPPER", zeros)
            .set("JWT_SECRET", &"a".repeat(64))
            .set("AUDIT_KEY", &handle_key),
    );
    app.get("/api/auth/health").send().await.assert_status(503);
    assert_eq!(named(&app), ["JWT_SECRET", "PASSWORD_PEPPER", "AUDIT_KEY"]);
    for (_, line) in app.server().logs() {
        assert!(
            !line.contains(&handle_key) && !line.contains(zeros),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_service_that_cannot_run_says_so_at_the_cron_event_too() {
    let app = App::alone(Vars::new().set("AUDIT_KEY", ""));
    let (outcome, seen) = app.scheduled("*/10 * * * *").await;
    assert_eq!((outcome.as_str(), seen.calls.len()), ("ok", 0));
    assert_eq!(named(&app), ["AUDIT_KEY"]);
}

#[tokio::test]
async fn optional_variables_may_be_absent_or_empty_and_unknown_ones_are_ignored() {
    let vars = Vars::new()
        .without("TOKEN_LIFETIME")
        .without("SESSION_CONSISTENCY")
        .without("SESSION_CACHE_TTL")
        .set("ALLOWED_ORIGINS", "")
        .set("TOKENS_NOT_BEFORE", "")
        .set("JWT_SECRET_PREVIOUS", "")
        .set("NO_SUCH_VARIABLE", CANARY);
    let app = App::alone(vars);
    let token = signed_in(&app, &app.password_user("ada").await).await;
    let seen = validate(&app, &token).await.assert_status(200).seen().await;
    assert_eq!((seen.d1(), seen.kv("get")), (0, 1), "edge is the default");
    let said = claims(&token);
    let life = said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap();
    assert_eq!(life, 86_400);
}

#[tokio::test]
async fn a_token_lives_as_long_as_it_is_told_to() {
    let app = App::with(Vars::new().set("TOKEN_LIFETIME", "60"));
    let token = signed_in(&app, &app.password_user("ada").await).await;
    let said = claims(&token);
    let life = said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap();
    assert_eq!(life, 60);
    // The leeway for clocks that differ.
    app.shift_clock(60 + 20).await;
    validate(&app, &token).await.assert_status(200);
    app.shift_clock(60 + 31).await;
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn an_issuer_and_an_audience_are_what_tokens_say() {
    let (issuer, audience) = ("https://issuer.example.com", "aud\\with\"signs");
    let vars = Vars::new()
        .set("JWT_ISSUER", issuer)
        .set("JWT_AUDIENCE", audience);
    let app = App::with(vars);
    let token = signed_in(&app, &app.password_user("ada").await).await;
    let said = claims(&token);
    assert_eq!(
        (&said["iss"], &said["aud"]),
        (&issuer.into(), &audience.into())
    );
    validate(&app, &token).await.assert_status(200);
    validate(&App::shared(), &token).await.assert_status(401);
}

#[tokio::test]
async fn while_a_secret_is_replaced_tokens_of_both_count() {
    let (old, new) = (
        "the old secret of the tests, long enough",
        "the new secret of the tests, long enough",
    );
    // One deployment at three times, so one issuer.
    let vars = || Vars::new().set("JWT_ISSUER", "https://auth.example.com");
    let before = App::with(vars().set("JWT_SECRET", old));
    let during = App::with(
        vars()
            .set("JWT_SECRET", new)
            .set("JWT_SECRET_PREVIOUS", old),
    );
    let after = App::with(vars().set("JWT_SECRET", new));
    let of_old = signed_in(&before, &before.password_user("ada").await).await;
    let of_both = signed_in(&during, &during.password_user("ada").await).await;
    // Each server has a database of its own, so the sessions are carried over.
    for (from, to, token) in [
        (&before, &during, &of_old),
        (&before, &after, &of_old),
        (&during, &after, &of_both),
    ] {
        let key = crate::sessions::copy_key(token);
        let copy = from.kv_get(&key).await.expect("a copy");
        to.kv_put(&key, &copy).await;
    }
    validate(&during, &of_old).await.assert_status(200);
    validate(&during, &of_both).await.assert_status(200);
    validate(&after, &of_both).await.assert_status(200);
    validate(&after, &of_old).await.assert_status(401);
    validate(&before, &of_both).await.assert_status(401);
    logout(&during, &of_both).await.assert_status(200);
    assert_dead(&during, &[&of_both]).await;
}
