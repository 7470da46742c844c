//! Forged access tokens and ID tokens, at the user info endpoint, at introspection and at `validateToken`. Nearly all have a correct
//! signature.

use super::introspect::{access_token_attacks, introspect};
use super::token::{app, claims};
use crate::support::access_tokens::RESOURCE;
use crate::support::services::{Service, ServiceKey};
use crate::support::{App, Caller, Cases, SIGNING_KEYS, token_part};
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::task::JoinSet;

/// A name and a token.
type Forgery = (String, String);

/// A resource server, and a user with tokens for [`RESOURCE`] and for the issuer.
struct Setting {
    app: App,
    auditor: Service,
    of_resource: String,
    of_issuer: String,
    id_token: String,
    other_user: String,
}

async fn setting() -> Setting {
    let app = app();
    let application = app.application("none").await;
    let browser: Caller = app.user("ada").await.sign_in_with_cookie().await;
    let scope = ("scope", "reports:read openid roles");
    let of_resource = application.tokens(&browser, &[scope]).await.access;
    let changes = [("resource", ""), ("scope", "openid roles"), ("nonce", "x")];
    let code = application.code(&browser, &changes).await;
    let of_issuer = application.redeem(&code, &[]).await;
    let id_token = of_issuer.json()["id_token"].clone();
    Setting {
        auditor: app.service("client_secret_basic", "").await,
        of_resource,
        of_issuer: of_issuer.tokens().access,
        id_token: id_token.as_str().expect("an ID token").to_owned(),
        other_user: app.user("eve").await.id,
        app,
    }
}

async fn validates(app: &App, token: &str, audience: &str) -> bool {
    let request = app.next_request();
    let arguments = json!([token, { "audience": audience }]);
    let fields = json!({ "request": request, "arguments": arguments });
    let result = app.control("validate_token", fields).await;
    if result["valid"] != true {
        let status = (&result["valid"], &result["status"]);
        assert_eq!(status, (&json!(false), &json!(401)), "{result}");
    }
    result["valid"] == true
}

impl Setting {
    fn in_another_view(&self) -> Self {
        let app = self.app.another_view();
        Self {
            auditor: self.auditor.in_view(&app),
            of_resource: self.of_resource.clone(),
            of_issuer: self.of_issuer.clone(),
            id_token: self.id_token.clone(),
            other_user: self.other_user.clone(),
            app,
        }
    }

    /// Those of these places that accept a token.
    async fn accepting(&self, places: &[&'static str], token: &str) -> Vec<&'static str> {
        let mut found = Vec::new();
        for place in places {
            let is_accepted = match *place {
                "user info" => {
                    let response = self.app.get("/oauth/userinfo").bearer(token).await;
                    assert!([200, 401].contains(&response.status), "{}", response.text());
                    response.status == 200
                }
                "validateToken" => validates(&self.app, token, RESOURCE).await,
                _ if token.is_empty() => false,
                _ => {
                    let response = introspect(&self.auditor, token).await;
                    response.assert_status(200).json()["active"] == true
                }
            };
            if is_accepted {
                found.push(*place);
            }
        }
        found
    }

    /// Presents each token in these places, several at the same time.
    async fn assert_refused(&self, places: &'static [&'static str], forgeries: &[Forgery]) {
        let mut running = JoinSet::new();
        for part in forgeries.chunks(forgeries.len().div_ceil(8)) {
            let (part, view) = (part.to_vec(), self.in_another_view());
            running.spawn(async move {
                for (name, token) in part {
                    let accepting = view.accepting(places, &token).await;
                    assert_eq!(accepting, [""; 0], "{name}");
                }
            });
        }
        while let Some(part) = running.join_next().await {
            part.expect("a part without a failure");
        }
    }
}

/// The places that accept access tokens.
const PLACES: [&str; 3] = ["user info", "validateToken", "introspection"];
const USER_INFO: &[&str] = &["user info"];
const VALIDATE_TOKEN: &[&str] = &["validateToken"];

/// Introspection has its own test, with a token of a client.
#[tokio::test]
async fn forged_access_token_is_refused_by_user_info_and_validate_token() {
    let setting = setting().await;
    let [key, other] = SIGNING_KEYS;
    for (genuine, place) in [
        (&setting.of_issuer, USER_INFO),
        (&setting.of_resource, VALIDATE_TOKEN),
    ] {
        let control = access_token_attacks::control(key, genuine);
        assert_eq!(setting.accepting(&PLACES[..2], &control).await, place);
        let mut attacks = access_token_attacks::attacks(key, other, genuine);
        assert!(attacks.len() > 400, "{}", attacks.len());
        // A sample has attacks of each kind, which are next to each other in the list.
        let step = Cases::of_this_run().number(25, 1);
        attacks = attacks.into_iter().step_by(step).collect();
        // HTTP removes white space at the end of a header, so these are no forgeries there.
        attacks.retain(|(_, token)| place != USER_INFO || token.trim() != genuine.as_str());
        setting.assert_refused(place, &attacks).await;
        assert_eq!(setting.accepting(&PLACES[..2], genuine).await, place);
    }
}

/// The active signing key of the service.
fn service_key() -> (ServiceKey, String) {
    let jwk: Value = serde_json::from_str(SIGNING_KEYS[0]).expect("a JWK");
    let number = |name: &str| {
        let text = jwk[name].as_str().expect("a text");
        Base64UrlUnpadded::decode_vec(text).expect("base64url")
    };
    let point = [&[4], number("x").as_slice(), &number("y")].concat();
    let pair = EcdsaKeyPair::from_private_key_and_public_key(
        &ECDSA_P256_SHA256_FIXED_SIGNING,
        &number("d"),
        &point,
        &SystemRandom::new(),
    );
    let kid = jwk["kid"].as_str().expect("a text").to_owned();
    (ServiceKey::Es256(pair.expect("a key")), kid)
}

/// A token with a signature of which the second half is at most half the order, as those of the service.
fn signed(key: &ServiceKey, header: &str, claims: &str) -> String {
    loop {
        let token = key.jwt(header, claims);
        let (_, signature) = token.rsplit_once('.').expect("a signature");
        let signature = Base64UrlUnpadded::decode_vec(signature).expect("base64url");
        if signature[32] < 0x7f {
            return token;
        }
    }
}

/// The claims of ID tokens, and of ID tokens with claims of access tokens.
fn id_payloads(setting: &Setting) -> Vec<(&'static str, String)> {
    let issuer = setting.app.page_origin();
    let id_claims = claims(&setting.id_token);
    let access_claims = claims(&setting.of_issuer);
    let with = |claims: &Value, changes: &[(&str, Value)]| {
        let mut claims = claims.clone();
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        claims.to_string()
    };
    let copied = |names: &[&'static str]| -> Vec<(&str, Value)> {
        let value = |name: &&'static str| (*name, access_claims[*name].clone());
        names.iter().map(value).collect()
    };
    let required = copied(&["aud", "client_id", "jti", "scope"]);
    let all = copied(&["aud", "client_id", "jti", "scope", "gid", "roles"]);
    vec![
        ("the ID claims", token_part(&setting.id_token, 1)),
        (
            "an ID token for the issuer",
            with(&id_claims, &[("aud", json!(issuer))]),
        ),
        (
            "an ID token for the resource",
            with(&id_claims, &[("aud", json!(RESOURCE))]),
        ),
        (
            "an ID token for client and issuer",
            with(&id_claims, &[("aud", json!([id_claims["aud"], issuer]))]),
        ),
        ("with the required claims", with(&id_claims, &required)),
        ("with all claims", with(&id_claims, &all)),
        (
            "with azp",
            with(
                &id_claims,
                &[("aud", json!(issuer)), ("azp", id_claims["aud"].clone())],
            ),
        ),
        (
            "of another user",
            with(
                &id_claims,
                &[("sub", json!(setting.other_user)), required[0].clone()],
            ),
        ),
    ]
}

/// ID tokens that pretend to be access tokens, and access tokens that pretend to be ID tokens.
fn forged_id_tokens(setting: &Setting) -> Vec<Forgery> {
    let (key, kid) = service_key();
    let part = |token: &str, index| token_part(token, index);
    let payloads = id_payloads(setting);
    let headers = [
        ("ID header", part(&setting.id_token, 0)),
        ("access header", part(&setting.of_issuer, 0)),
        (
            "id+jwt",
            format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"id+jwt"}}"#),
        ),
        ("no type", format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#)),
        (
            "none",
            format!(r#"{{"alg":"none","kid":"{kid}","typ":"JWT"}}"#),
        ),
        (
            "HS256",
            format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"JWT"}}"#),
        ),
    ];
    let text = Base64UrlUnpadded::encode_string;
    let jwk = key.jwk().to_string();
    let mut found = vec![("the ID token".to_owned(), setting.id_token.clone())];
    for (header_name, header) in &headers {
        for (name, payload) in &payloads {
            let token = signed(&key, header, payload);
            let (message, _) = token.rsplit_once('.').expect("a signature");
            let mut mac = Hmac::<Sha256>::new_from_slice(jwk.as_bytes()).expect("a key");
            mac.update(message.as_bytes());
            let mac = text(&mac.finalize().into_bytes());
            for (how, token) in [
                ("signed", token.clone()),
                ("no signature", format!("{message}.")),
                ("an HMAC with the public key", format!("{message}.{mac}")),
            ] {
                found.push((format!("{name}, {header_name}, {how}"), token));
            }
        }
        // The claims of the access token, except under its own header.
        if *header_name != "access header" {
            for genuine in [&setting.of_issuer, &setting.of_resource] {
                let token = signed(&key, header, &part(genuine, 1));
                found.push((format!("access claims, {header_name}"), token));
            }
        }
    }
    let split = |token: &str| {
        let (message, signature) = token.rsplit_once('.').expect("a signature");
        (message.to_owned(), signature.to_owned())
    };
    let (id_message, id_signature) = split(&setting.id_token);
    let (access_message, access_signature) = split(&setting.of_issuer);
    found.extend([
        (
            "the signature of the access token".to_owned(),
            format!("{id_message}.{access_signature}"),
        ),
        (
            "the signature of the ID token".to_owned(),
            format!("{access_message}.{id_signature}"),
        ),
    ]);
    found
}

#[tokio::test]
async fn id_token_and_forgeries_of_it_are_no_access_tokens() {
    let setting = setting().await;
    let forgeries = forged_id_tokens(&setting);
    assert!(forgeries.len() > 150, "{}", forgeries.len());
    // The forger's signatures are those of the service.
    let (key, _) = service_key();
    let [header, payload] = [0, 1].map(|index| token_part(&setting.of_issuer, index));
    let control = signed(&key, &header, &payload);
    let accepting = setting.accepting(&PLACES, &control).await;
    assert_eq!(accepting, ["user info", "introspection"]);
    let step = Cases::of_this_run().number(10, 1);
    let tried: Vec<Forgery> = forgeries.into_iter().step_by(step).collect();
    setting.assert_refused(&PLACES, &tried).await;
}
