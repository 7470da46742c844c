//! No route gives a session without the factor that it demands. The table has every route that gives a token or sets a session
//! cookie.
//!
//! | route | user without a factor | with a factor, or the policy demands one |
//! |---|---|---|
//! | `/login` | session | 401 `second_factor_required` |
//! | `/sign-in`, password | session | waits for a factor |
//! | `/sign-in`, passkey | session: the authenticator has verified the user | session |
//! | `/token` | session | 403 `second_factor_required`; session if `AWS_MFA_TRUSTED` |
//! | `/sign-in`, `aws_device` | session | waits for a factor; session if `AWS_MFA_TRUSTED` |
//! | `/sign-in/verify` | – | session, with the factor or the first one |
//! | `/aws-login` | session: a program has no second factor | session |
//! | `/refresh`, `/step-up`, `/change-password` | the same session continues | the same session continues |
//! | `/oauth/token` | no session: an access token of a client for itself, or the tokens of a grant | the same |
//! | `/oauth/authorize`, `/authorization-request`, `/consent` | no session: a grant, in a session with a cookie | a grant, if the factor was used in the session |
//! | `/set-password`, `/bootstrap`, `/confirm-email`, `/revert-email`, `/forgot-password` | no session | no session |

use crate::support::authenticator::{Algorithm, Authenticator};
use crate::support::aws::{SIMULATOR, add_directory_user, keyed, unique_name};
use crate::support::grants::parameter;
use crate::support::internals::OPENAPI;
use crate::support::services::{Service, with_resources};
use crate::support::{App, Caller, NEW_PASSWORD, Response, Vars};
use aws_simulator::{ACCOUNT, User as DirectoryUser};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The routes that give a token or set a session cookie.
const GIVING: [&str; 8] = [
    "/api/auth/aws-login",
    "/api/auth/change-password",
    "/api/auth/login",
    "/api/auth/refresh",
    "/api/auth/sign-in",
    "/api/auth/sign-in/verify",
    "/api/auth/step-up",
    "/api/auth/token",
];

/// Gives tokens to OAuth clients: for themselves, or for a user whose consent is checked in
/// `no_grant_without_the_factor_that_is_demanded`.
const OF_CLIENTS: &str = "/oauth/token";

/// Routes that only delete the session cookie, or set another cookie: that of a recognised device, of the browser or of an
/// authorization request.
const OTHER_COOKIES: [&str; 8] = [
    "/api/auth/authorization-request",
    "/api/auth/confirm-email",
    "/api/auth/consent",
    "/api/auth/logout",
    "/api/auth/logout-all",
    "/api/auth/session",
    "/api/auth/set-password",
    "/api/auth/sign-in/passkey-options",
];

#[test]
fn every_route_that_gives_a_session_is_in_the_table() {
    let document: Value = serde_json::from_str(OPENAPI).expect("JSON");
    let mut giving = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for operation in operations.as_object().expect("operations").values() {
            let headers = operation["responses"]["200"]["headers"].as_object();
            let gives = headers.is_some_and(|headers| {
                headers.keys().any(|name| {
                    ["edge-auth-expires", "set-cookie"].contains(&name.to_lowercase().as_str())
                })
            });
            let is_other = OTHER_COOKIES.contains(&path.as_str())
                || path.contains("/sessions/")
                || path == OF_CLIENTS;
            if gives && !is_other {
                giving.insert(path.as_str());
            }
        }
    }
    assert_eq!(giving, BTreeSet::from(GIVING));
    // Any other grant of this route acts for a user, and belongs in the table.
    let form = &document["components"]["schemas"]["AccessTokenRequest"];
    assert_eq!(
        form["properties"]["grant_type"]["enum"],
        json!(["client_credentials", "authorization_code", "refresh_token"])
    );
}

/// The next step of the consent page in the session of a user with this password. The session began before the policy or factor.
async fn consent_step(app: &App, service: &Service, browser: &Caller) -> Value {
    let pending = service.pending(browser, &[("prompt", "consent")]).await;
    let next = pending.next(browser).await["next"].clone();
    let decided = pending.decide(browser, "allow").await;
    if next == "consent" {
        decided.assert_status(200);
    } else {
        decided.assert_error(401, "step_up_required");
    }
    let none = service.authorize(browser, &[("prompt", "none")]).await;
    let error = parameter(&none.response_to_client(), "error");
    let expected = (next != "consent").then_some("login_required");
    assert_eq!(error.as_deref(), expected, "{next} of {}", app.name());
    next
}

#[tokio::test]
async fn no_grant_without_the_factor_that_is_demanded() {
    let app = App::isolated(with_resources());
    let service = app.application("none").await;
    let mut sessions = Vec::new();
    for role in ["user", "admin"] {
        for adds_factor in [false, true] {
            let user = app.new_user("ada").role(role).create().await;
            let browser = user.sign_in_with_cookie().await;
            assert_eq!(consent_step(&app, &service, &browser).await, "consent");
            if adds_factor {
                // In another session, because this one has never used the factor.
                user.add_totp().await;
            }
            sessions.push((role, adds_factor, browser));
        }
    }
    for policy in ["optional", "admins", "required"] {
        app.restart_with(with_resources().set("MFA_POLICY", policy))
            .await;
        for (role, has_factor, browser) in &sessions {
            let is_demanded = policy == "required" || (policy == "admins" && *role == "admin");
            let expected = match (has_factor, is_demanded) {
                (true, _) => "step_up",
                (false, true) => "sign_in",
                (false, false) => "consent",
            };
            let found = consent_step(&app, &service, browser).await;
            assert_eq!(
                found, expected,
                "{policy}, {role}, has a factor: {has_factor}"
            );
        }
    }
}

#[tokio::test]
async fn factor_of_the_session_is_enough_for_a_grant() {
    let app = App::with(with_resources().set("MFA_POLICY", "required"));
    let service = app.application("none").await;
    let user = app.user("ada").await;
    let codes = {
        user.add_totp().await;
        user.add_recovery_codes(2).await
    };
    let caller = app.anonymous();
    let response = caller
        .sign_in("cookie", &user.username, &user.password)
        .await;
    let pending = response.pending();
    let response = caller.verify(&pending, "recovery_code", &codes[0]).await;
    let browser = response.assert_status(200).cookie_session();
    assert_eq!(consent_step(&app, &service, &browser).await, "consent");
}

/// The outcome of a sign-in that a response shows.
fn outcome(response: &Response) -> &'static str {
    match response.status {
        200 => {
            let body = response.json();
            if body["status"] == "second_factor_required" {
                assert!(response.set_session_cookie().is_none());
                assert!(body["token"].is_null());
                return "waits";
            }
            let has_token = body["token"].is_string() || body["access_token"].is_string();
            assert!(
                has_token || response.set_session_cookie().is_some(),
                "{body}"
            );
            "session"
        }
        401 | 403 => {
            assert_eq!(response.error_code(), Some("second_factor_required"));
            assert_eq!(response.message(), "Second factor required");
            assert!(response.set_cookies().is_empty());
            "refused"
        }
        status => panic!("{status}: {}", response.text()),
    }
}

async fn check_policy(policy: &str, is_trusted: bool) {
    let vars = keyed(&SIMULATOR)
        .set("AWS_LOGIN", "proof,app")
        .set("AWS_SSO_ACCOUNT_ID", ACCOUNT)
        .set("AWS_SSO_ROLE_MAP", "Administrator=admin, Developer=user")
        .set("MFA_POLICY", policy)
        .set("AWS_MFA_TRUSTED", if is_trusted { "true" } else { "false" });
    let app = App::with(vars);
    for role in ["user", "admin"] {
        for has_factor in [false, true] {
            let needs =
                has_factor || policy == "required" || (policy == "admins" && role == "admin");
            let what =
                format!("{policy}, {role}, has a factor: {has_factor}, trusted: {is_trusted}");
            let user = app.new_user("ada").role(role).create().await;
            if has_factor {
                user.add_totp().await;
            }
            let refused = if needs { "refused" } else { "session" };
            let waits = if needs { "waits" } else { "session" };
            assert_eq!(outcome(&user.login().await), refused, "{what}");
            for kind in ["token", "cookie"] {
                app.skip_back_off().await;
                let request = app
                    .anonymous()
                    .sign_in(kind, &user.username, &user.password);
                assert_eq!(outcome(&request.await), waits, "{what}, {kind}");
            }
            check_device_flow(&app, role, has_factor, needs && !is_trusted, &what).await;
        }
    }
    // A program signs in under each policy.
    assert_eq!(outcome(&app.anonymous().aws_login().await), "session");
}

async fn check_device_flow(app: &App, role: &str, has_factor: bool, needs: bool, what: &str) {
    app.run_clock().await;
    let set = match role {
        "admin" => "Administrator",
        _ => "Developer",
    };
    let directory_user = DirectoryUser::new(unique_name("grace")).assigned(ACCOUNT, set);
    SIMULATOR.put_user(directory_user.clone());
    // The first sign-in creates the user, whether or not it gives a session.
    app.sign_in_with_device(&directory_user).await;
    let sql = "SELECT id FROM users WHERE source <> 'password' AND username = ?1";
    let rows = app.sql(sql, [directory_user.user_name.clone()]).await;
    let id = rows[0]["id"].as_str().expect("an id").to_owned();
    if has_factor {
        let sql = "INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, name, transports, \
                   is_backup_eligible, is_backed_up, created_at) VALUES (?1, ?1, ?1, 'x', 0, 'Key', '[]', 0, 0, '2024-01-01T00:00:00Z')";
        app.sql(sql, [id.as_str()]).await;
    }
    let refused = if needs { "refused" } else { "session" };
    let waits = if needs { "waits" } else { "session" };
    let response = app.sign_in_with_device(&directory_user).await;
    assert_eq!(outcome(&response), refused, "{what}, /token");
    for kind in ["token", "cookie"] {
        let device = app.device().await;
        device.approve(&directory_user);
        let caller = app.anonymous();
        let request = caller.sign_in_with_device(kind, &device.body());
        let response = request.same_origin().await;
        assert_eq!(outcome(&response), waits, "{what}, /sign-in, {kind}");
        if needs {
            // The handle of the approved flow does not give a session either, at any route, within two minutes.
            for response in [
                app.token(&device).await,
                caller
                    .sign_in_with_device(kind, &device.body())
                    .same_origin()
                    .await,
            ] {
                assert_eq!(response.status, 408, "{what}: {}", response.text());
            }
        }
    }
}

#[tokio::test]
async fn no_route_gives_a_session_without_the_factor_that_the_user_has() {
    check_policy("optional", false).await;
}

#[tokio::test]
async fn no_route_gives_a_session_without_the_factor_that_the_policy_demands() {
    check_policy("required", false).await;
}

#[tokio::test]
async fn no_route_gives_an_administrator_a_session_without_the_factor_that_the_policy_demands() {
    check_policy("admins", false).await;
}

#[tokio::test]
async fn trusted_identity_center_needs_no_second_factor_and_passwords_do() {
    check_policy("required", true).await;
}

/// The session of a completed device flow has another `sid` than the handle, which would otherwise lead to it for two minutes.
#[tokio::test]
async fn repeated_device_flow_does_not_get_the_session_of_the_second_factor() {
    let app = App::with(keyed(&SIMULATOR));
    app.run_clock().await;
    let directory_user = add_directory_user(&app, "grace");
    let response = app.sign_in_with_device(&directory_user).await;
    let id = response.session().me().await.json()["id"].clone();
    let id = id.as_str().expect("an id").to_owned();
    let mut user = app.user("holder").await;
    user.id = id;
    user.add_totp().await;
    let codes = user.add_recovery_codes(1).await;
    let device = app.device().await;
    device.approve(&directory_user);
    let caller = app.anonymous();
    let response = caller
        .sign_in_with_device("token", &device.body())
        .same_origin()
        .await;
    let pending = response.pending();
    let response = caller.verify(&pending, "recovery_code", &codes[0]).await;
    let body = response.assert_status(200).json();
    assert_eq!(body["method"], "aws_device");
    for response in [
        app.token(&device).await,
        caller
            .sign_in_with_device("token", &device.body())
            .same_origin()
            .await,
    ] {
        assert_eq!(response.status, 408, "{}", response.text());
    }
}

/// A passkey is a complete sign-in under each policy, because the authenticator has verified the user.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn passkey_alone_signs_in_under_each_policy() {
    for policy in ["optional", "admins", "required"] {
        let app = App::with(Vars::new().set("MFA_POLICY", policy));
        for role in ["user", "admin"] {
            let ada = app.new_user("ada").role(role).create().await;
            let authenticator = ada.add_totp().await;
            let code = authenticator.code().await;
            let session = ada.sign_in_with_code("token", "totp", &code).await;
            let mut passkey = Authenticator::new(Algorithm::Es256);
            session.add_passkey(&mut passkey).await.assert_status(200);
            let response = app.sign_in_with_passkey(&mut passkey).await;
            assert_eq!(outcome(&response), "session", "{policy}, {role}");
            app.skip_back_off().await;
        }
    }
}

/// A response that has a token or cookie, but continues the session of the request.
#[tokio::test]
async fn continued_session_is_the_one_that_was_signed_in_with_the_factor() {
    let app = App::with(Vars::new().set("MFA_POLICY", "required"));
    for kind in ["token", "cookie"] {
        let ada = app.user("ada").await;
        let authenticator = ada.add_totp().await;
        let codes = ada.add_recovery_codes(1).await;
        let code = authenticator.code().await;
        let mut session = ada.sign_in_with_code(kind, "totp", &code).await;
        let id = session.session_id();
        for response in [
            session.refresh().await,
            session.step_up_with("recovery_code", &codes[0]).await,
        ] {
            response.recorded().await;
            let is_next =
                response.set_session_cookie().is_some() || response.text().contains("token\":");
            if is_next {
                session = response.session();
            }
            assert_eq!(session.session_id(), id, "{}", response.request());
        }
        let response = session.change_password(&ada.password, NEW_PASSWORD).await;
        response.assert_status(200).recorded().await;
        if kind == "cookie" {
            session = response.cookie_session();
        }
        assert_eq!(session.session_id(), id);
        assert_eq!(session.statuses().await, [200; 3]);
        assert_eq!(ada.sessions_where("true").await, 1);
        app.skip_back_off().await;
    }
}

/// What the client holds between the two steps opens no route but the second step.
#[tokio::test]
async fn pending_sign_in_is_no_credential() {
    let app = App::shared();
    let ada = app.user("ada").await;
    ada.add_totp().await;
    let pending = ada.first_step("cookie").await;
    let browser = pending.browser.as_deref().expect("a cookie");
    for caller in [
        app.with_token(pending.secret.as_str()),
        app.with_session_cookie(pending.secret.as_str()),
        app.anonymous().with_cookie(browser),
    ] {
        for response in [
            caller.me().await,
            caller.validate().await,
            caller.refresh().await,
            caller.list_sessions().await,
            caller.factors().await,
            caller.create_totp().await,
            caller.change_password(&ada.password, NEW_PASSWORD).await,
        ] {
            assert_eq!(response.status, 401, "{}", response.request());
        }
    }
    assert_eq!(ada.sessions_where("true").await, 0);
}

#[tokio::test]
async fn links_and_secrets_sign_nobody_in() {
    let app = App::with(Vars::with_email().set("MFA_POLICY", "required"));
    let ada = app.user("ada").await;
    ada.add_totp().await;
    let link = ada.reset_link().await;
    let eve = app.user("eve").await;
    let revert = eve
        .email_link("revert", &format!("old-{}", eve.email), None)
        .await;
    let caller = app.anonymous();
    let secret = app.bootstrap_secret().await;
    let bootstrap = json!({
        "secret": secret, "username": format!("first-{}", app.ip().replace('.', "-")),
        "email": format!("first@{}.example", app.ip().replace('.', "-")), "password": NEW_PASSWORD
    });
    for response in [
        caller.set_password(&link, NEW_PASSWORD).await,
        caller.revert_email(&revert).await,
        caller.forgot_password(&ada.username).await,
        caller.bootstrap(&bootstrap).await,
    ] {
        assert_eq!(
            response.set_session_cookie(),
            None,
            "{}",
            response.request()
        );
        let text = response.text();
        assert!(!text.contains("\"token\"") && !text.contains("access_token"));
    }
    assert_eq!(ada.sessions_where("true").await, 0);
    assert_eq!(ada.row("has_factor").await["has_factor"], 1);
    app.skip_back_off().await;
    ada.login_with(NEW_PASSWORD)
        .await
        .assert_error(401, "second_factor_required");
}
