//! `OpenID` Connect: ID tokens, and the user info endpoint.

use super::jwks::{verdict, verifiers};
use super::token::{app, claims};
use crate::support::grants::Tokens;
use crate::support::services::Service;
use crate::support::{App, Caller, Request, User};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const USERINFO: &str = "/oauth/userinfo";

struct Setting {
    app: App,
    service: Service,
    user: User,
    browser: Caller,
}

async fn setting() -> Setting {
    let app = app();
    let user = app.user("ada").await;
    Setting {
        service: app.application("none").await,
        browser: user.sign_in_with_cookie().await,
        user,
        app,
    }
}

impl Setting {
    async fn tokens(&self, scope: &str) -> (Tokens, Value) {
        let changes = [("resource", ""), ("scope", scope), ("nonce", "the nonce")];
        let code = self.service.code(&self.browser, &changes).await;
        let response = self.service.redeem(&code, &[]).await;
        (response.tokens(), response.json()["id_token"].clone())
    }

    fn user_info(&self, token: &str) -> Request {
        self.app.get(USERINFO).bearer(token)
    }
}

#[tokio::test]
async fn id_token_names_user_client_and_authentication() {
    let setting = setting().await;
    let (tokens, id_token) = setting.tokens("openid offline_access").await;
    let id_token = id_token.as_str().expect("an ID token");
    let found = claims(id_token);
    let of_access = claims(&tokens.access);
    let digest = Sha256::digest(tokens.access.as_bytes());
    let expected = json!({
        "iss": setting.app.page_origin(), "sub": setting.user.id, "aud": setting.service.id, "exp": of_access["exp"],
        "iat": of_access["iat"], "auth_time": of_access["auth_time"], "nonce": "the nonce", "amr": ["pwd"],
        "at_hash": Base64UrlUnpadded::encode_string(&digest[..16])
    });
    assert_eq!(found, expected);
    let header = id_token.split('.').next().expect("a header");
    let header = Base64UrlUnpadded::decode_vec(header).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&json!("ES256"), &json!("JWT"))
    );
    // A refresh returns another one, without the nonce.
    let refreshed = setting.service.refresh(&tokens.refresh, &[]).await;
    let next = claims(
        refreshed.assert_status(200).json()["id_token"]
            .as_str()
            .expect("a token"),
    );
    assert_eq!(
        (&next["sub"], &next["auth_time"]),
        (&found["sub"], &found["auth_time"])
    );
    assert_eq!(next["nonce"], Value::Null);
    let code = setting.service.code(&setting.browser, &[]).await;
    let response = setting.service.redeem(&code, &[]).await;
    assert_eq!(response.assert_status(200).json()["id_token"], Value::Null);
}

#[tokio::test]
async fn id_token_is_no_access_token_and_no_session() {
    let setting = setting().await;
    let (_, id_token) = setting.tokens("openid").await;
    let id_token = id_token.as_str().expect("an ID token");
    setting
        .user_info(id_token)
        .await
        .assert_error(401, "invalid_token");
    let caller = setting.app.with_token(id_token);
    caller.me().await.assert_error(401, "invalid_token");
    let service = setting.app.service("client_secret_basic", "").await;
    let response = super::introspect::introspect(&service, id_token).await;
    assert_eq!(response.json(), json!({ "active": false }));
}

#[tokio::test]
async fn claims_about_the_user_are_those_of_the_scopes() {
    let setting = setting().await;
    let user = &setting.user;
    let updated_at = user.row("unixepoch(updated_at) AS updated_at").await["updated_at"].clone();
    let profile =
        json!({ "name": user.name, "preferred_username": user.username, "updated_at": updated_at });
    let email = json!({ "email": user.email, "email_verified": false });
    for (scope, parts) in [
        ("openid", &[][..]),
        ("openid profile", &[&profile]),
        ("openid email", &[&email]),
        ("openid roles", &[&json!({ "roles": ["user"] })]),
        (
            "openid profile email roles",
            &[&profile, &email, &json!({ "roles": ["user"] })],
        ),
    ] {
        let mut expected = json!({ "sub": user.id });
        for (name, value) in parts
            .iter()
            .flat_map(|part| part.as_object().expect("an object"))
        {
            expected[name] = value.clone();
        }
        let (tokens, _) = setting.tokens(scope).await;
        for request in [
            setting.user_info(&tokens.access),
            setting.app.post(USERINFO).bearer(&tokens.access),
        ] {
            let response = request.await;
            assert_eq!(response.assert_status(200).json(), expected, "{scope}");
            assert_eq!(response.recorded().await.d1(), 1, "{scope}");
            assert_eq!(response.header("access-control-allow-origin"), Some("*"));
        }
    }
}

#[tokio::test]
async fn address_is_verified_if_a_link_or_the_directory_confirms_it() {
    let setting = setting().await;
    let (tokens, _) = setting.tokens("openid email offline_access").await;
    let email = async || {
        let body = setting
            .user_info(&tokens.access)
            .await
            .assert_status(200)
            .json();
        (body["email"].is_string(), body["email_verified"].clone())
    };
    assert_eq!(email().await, (true, json!(false)));
    setting
        .user
        .update("email_verified_at = '2024-01-01T00:00:00Z'")
        .await;
    assert_eq!(email().await, (true, json!(true)));
    setting.user.make_federated().await;
    let sql =
        "UPDATE users SET email = 'ada@directory.example', made_email_key = NULL WHERE id = ?1";
    setting.app.sql(sql, [setting.user.id.as_str()]).await;
    assert_eq!(email().await, (true, json!(true)));
    // An address that was made from the user name belongs to no user.
    setting
        .user
        .update("made_email_key = 'ada@example.com'")
        .await;
    assert_eq!(email().await, (false, Value::Null));
}

#[tokio::test]
async fn token_of_a_resource_or_of_an_ended_grant_gets_nothing() {
    let setting = setting().await;
    let of_resource = setting
        .service
        .tokens(
            &setting.browser,
            &[("scope", "openid profile reports:read")],
        )
        .await;
    let session = setting.user.sign_in().await;
    for token in [of_resource.access.as_str(), session.token(), "x", "a.b.c"] {
        setting
            .user_info(token)
            .await
            .assert_error(401, "invalid_token");
    }
    let response = setting.app.get(USERINFO).await;
    response.assert_error(401, "no_token");
    assert_eq!(response.challenge(), Some("Bearer realm=\"edge-auth\""));
    for sql in [
        "UPDATE oauth_grants SET revoked_at = created_at WHERE user_id = ?1",
        "UPDATE sessions SET revoked_at = created_at WHERE user_id = ?1",
        "UPDATE users SET is_active = 0 WHERE id = ?1",
    ] {
        let setting = self::setting().await;
        let (tokens, _) = setting.tokens("openid").await;
        setting.user_info(&tokens.access).await.assert_status(200);
        setting.app.sql(sql, [setting.user.id.as_str()]).await;
        let response = setting.user_info(&tokens.access).await;
        response.assert_error(401, "invalid_token");
    }
    let (tokens, _) = setting.tokens("openid").await;
    let revoked = setting
        .service
        .post("/oauth/revoke", &[("token", &tokens.access)]);
    revoked.await.assert_status(200);
    let response = setting.user_info(&tokens.access).await;
    response.assert_error(401, "invalid_token");
    setting.app.shift_clock(601).await;
    let (tokens, _) = setting.tokens("openid").await;
    setting.user_info(&tokens.access).await.assert_status(200);
    setting.app.shift_clock(1_203).await;
    let response = setting.user_info(&tokens.access).await;
    response.assert_error(401, "invalid_token");
}

#[tokio::test]
async fn configuration_of_openid_connect_is_the_metadata() {
    let app = app();
    let one = app.get("/.well-known/oauth-authorization-server").await;
    let other = app.get("/.well-known/openid-configuration").await;
    assert_eq!(
        one.assert_status(200).json(),
        other.assert_status(200).json()
    );
    assert_eq!(other.header("cache-control"), Some("public, max-age=300"));
}

#[tokio::test]
#[ignore = "slow"]
async fn jose_joserfc_and_pyjwt_verify_the_access_tokens_of_users() {
    let setting = setting().await;
    let tokens = setting.service.tokens(&setting.browser, &[]).await;
    for (name, mut command) in verifiers() {
        let found = verdict(&mut command, &setting.app, &tokens.access);
        assert_eq!(found, format!("accepted {}", setting.user.id), "{name}");
    }
}
