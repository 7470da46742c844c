//! Misconfiguration: a 503 for clients, and the names of the variables, never their values, in the log.

use crate::support::audit::CRON;
use crate::support::{App, Response, Vars, var};
use serde_json::json;

/// A value that must not be returned or logged.
const CANARY: &str = "canary-in-the-configuration";

/// The variables that were logged as misconfigured, in order.
fn logged_variables(app: &App) -> Vec<String> {
    let logs = app.server().logs();
    let lines = logs.iter().filter_map(|(level, line)| {
        assert!(!line.contains(CANARY), "{line}");
        let line: serde_json::Value = serde_json::from_str(line.trim()).ok()?;
        (level == "error" && line["event"] == "misconfigured")
            .then(|| line["variable"].as_str().expect("a name").to_owned())
    });
    lines.collect()
}

fn assert_plain_503(response: &Response, body: &serde_json::Value) {
    assert_eq!(&response.assert_status(503).json(), body);
    assert_eq!(response.retry_after(), Some(2));
    assert_eq!(response.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn missing_variables_return_503_and_are_all_logged() {
    let app = App::isolated(
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
        let response = app.request(method, path).await;
        assert_plain_503(&response, body);
    }
    // These responses need no configuration.
    app.get("/api/auth/nothing").await.assert_status(404);
    app.get("/api/auth/login").await.assert_status(405);
    assert_eq!(
        logged_variables(&app),
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
async fn invalid_values_are_logged_by_name_only() {
    let invalid = [
        ("JWT_SECRET", CANARY),
        ("JWT_SECRET_PREVIOUS", CANARY),
        (
            "JWT_ISSUER",
            "https://example.com/canary-in-the-configuration",
        ),
        ("JWT_AUDIENCE", "canary-in-the-configuration\n"),
        (var::TOKEN_LIFETIME, CANARY),
        ("PASSWORD_PEPPER", CANARY),
        ("PASSWORD_PEPPER_PREVIOUS", CANARY),
        ("PASSWORD_MIN_LENGTH", CANARY),
        ("HANDLE_KEY", CANARY),
        ("HANDLE_KEY_PREVIOUS", CANARY),
        ("AUDIT_KEY", CANARY),
        (
            "ALLOWED_ORIGINS",
            "https://a.example/canary-in-the-configuration",
        ),
        (var::CONSISTENCY, CANARY),
        (var::CACHE_TTL, CANARY),
        ("REFRESH_REPLAY_WINDOW", CANARY),
        (var::NOT_BEFORE, CANARY),
    ];
    let vars = invalid
        .iter()
        .fold(Vars::new(), |vars, (name, value)| vars.set(name, value));
    let app = App::isolated(vars);
    let response = app.anonymous().me().await;
    assert_plain_503(
        &response,
        &json!({ "detail": "Service temporarily unavailable" }),
    );
    let mut logged = logged_variables(&app);
    let mut expected = invalid.map(|(name, _)| name);
    logged.sort();
    expected.sort_unstable();
    assert_eq!(logged, expected);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn unknown_variable_with_a_known_prefix_is_misconfigured() {
    // The bindings SESSIONS and SESSION_LIMIT exist too, and are not logged.
    let app = App::isolated(
        Vars::new()
            .set("SESSION_CACHE_TTLS", CANARY)
            .set("JWT_SECRET_OLD", "")
            .set("AWS_PROFILE", CANARY)
            .set("PASSWORD_LINK_URL", "https://app.example.com/set-password"),
    );
    app.anonymous().health().await.assert_status(503);
    let mut variables = logged_variables(&app);
    variables.sort();
    assert_eq!(
        variables,
        ["AWS_PROFILE", "JWT_SECRET_OLD", "SESSION_CACHE_TTLS"]
    );
}

#[tokio::test]
async fn constant_and_equal_secrets_are_misconfigured() {
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let vars = Vars::new();
    let handle_key = vars.get("HANDLE_KEY").expect("a key").to_owned();
    let app = App::isolated(
        vars.set("PASSWORD_PEPPER", zeros)
            .set("JWT_SECRET", &"a".repeat(64))
            .set("AUDIT_KEY", &handle_key),
    );
    app.anonymous().health().await.assert_status(503);
    assert_eq!(
        logged_variables(&app),
        ["JWT_SECRET", "PASSWORD_PEPPER", "AUDIT_KEY"]
    );
    for (_, line) in app.server().logs() {
        assert!(
            !line.contains(&handle_key) && !line.contains(zeros),
            "{line}"
        );
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn misconfiguration_is_logged_by_the_cron_event() {
    let app = App::isolated(Vars::new().set("AUDIT_KEY", ""));
    let (outcome, recorded) = app.scheduled(CRON).await;
    assert_eq!((outcome.as_str(), recorded.calls.len()), ("ok", 0));
    assert_eq!(logged_variables(&app), ["AUDIT_KEY"]);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn optional_variables_may_be_missing_or_empty() {
    let vars = Vars::new()
        .without(var::TOKEN_LIFETIME)
        .without(var::CONSISTENCY)
        .without(var::CACHE_TTL)
        .set("ALLOWED_ORIGINS", "")
        .set(var::NOT_BEFORE, "")
        .set("JWT_SECRET_PREVIOUS", "")
        .set("NO_SUCH_VARIABLE", CANARY);
    let app = App::isolated(vars);
    let session = app.user("ada").await.sign_in().await;
    let recorded = session.validate().await.assert_status(200).recorded().await;
    assert_eq!(
        (recorded.d1(), recorded.kv_reads()),
        (0, 1),
        "cached sessions are the default"
    );
    assert_eq!(session.token_lifetime(), 86_400);
}
