//! ID tokens (`OpenID` Connect Core section 2): JWTs that tell a client who has signed in, signed with ES256. The type in the
//! header distinguishes them from access tokens. The service accepts no token of this type, but clients send it as a hint
//! (`id_token_hint`) that names the user.

use super::access_token;
use crate::crypto::es256::Signature;
use crate::json;
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The claims of an ID token, except for `iss`.
#[derive(Clone, Debug)]
pub struct IdClaims<'a> {
    /// `sub`: id of the user.
    pub subject: &'a str,
    /// `aud`: id of the client.
    pub client: &'a str,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `auth_time`: when the user last authenticated.
    pub authenticated_at: Timestamp,
    /// `nonce` of the authorization request.
    pub nonce: Option<&'a str>,
    /// `amr`: the methods of that authentication.
    pub methods: &'a [String],
    /// The access token that is issued at the same time.
    pub access_token: &'a str,
}

#[derive(Serialize)]
struct Content<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    amr: &'a [String],
    at_hash: String,
}

/// What an ID token hints at: the user who signed in, and the client that the token was issued to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdTokenHint {
    /// `sub`.
    pub user: Uuid,
    /// `aud`.
    pub client: Uuid,
}

/// An ID token that this issuer may have signed. Its signature is not verified yet.
#[derive(Debug)]
pub struct UnverifiedIdToken<'t, 'k> {
    /// The user and the client. They must not be used before the signature is verified.
    pub hint: IdTokenHint,
    /// `iat`.
    pub issued_at: Timestamp,
    /// The id of the key with which it must be signed.
    pub kid: &'k str,
    /// The text that is signed.
    pub message: &'t [u8],
    /// The signature.
    pub signature: Signature,
}

/// The claims of a hint. `exp` is not among them: a hint is about an earlier sign-in (`OpenID` Connect Core section 3.1.2.1).
#[derive(Deserialize)]
struct HintContent {
    iss: String,
    sub: Uuid,
    aud: Uuid,
    iat: i64,
}

/// Reads an ID token that this issuer may have signed with one of these keys, whether it has expired or not.
pub fn read<'t, 'k>(
    text: &'t str,
    issuer: &str,
    kids: impl IntoIterator<Item = &'k str>,
) -> Option<UnverifiedIdToken<'t, 'k>> {
    let parts = access_token::split(text, kids, header)?;
    let json = Base64UrlUnpadded::decode_vec(parts.payload).ok()?;
    let content: HintContent = json::from_str(std::str::from_utf8(&json).ok()?).ok()?;
    (content.iss == issuer).then_some(UnverifiedIdToken {
        hint: IdTokenHint {
            user: content.sub,
            client: content.aud,
        },
        issued_at: Timestamp::from_seconds(content.iat),
        kid: parts.kid,
        message: parts.message,
        signature: parts.signature,
    })
}

/// The header segment of tokens that this key signs.
fn header(kid: &str) -> String {
    let header = format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"JWT"}}"#);
    Base64UrlUnpadded::encode_string(header.as_bytes())
}

/// The part of a token that is signed: its header with this key id, and its claims.
#[must_use]
pub fn message(issuer: &str, kid: &str, claims: &IdClaims<'_>) -> String {
    let content = Content {
        iss: issuer,
        sub: claims.subject,
        aud: claims.client,
        exp: claims.expires_at.seconds(),
        iat: claims.issued_at.seconds(),
        auth_time: claims.authenticated_at.seconds(),
        nonce: claims.nonce,
        amr: claims.methods,
        at_hash: hash(claims.access_token),
    };
    // Cannot fail: only strings and numbers are serialized.
    let json = serde_json::to_string(&content).unwrap_or_default();
    let payload = Base64UrlUnpadded::encode_string(json.as_bytes());
    format!("{}.{payload}", header(kid))
}

/// The left half of the SHA-256 of an access token (section 3.1.3.6).
fn hash(access_token: &str) -> String {
    let digest = Sha256::digest(access_token.as_bytes());
    let half = digest
        .first_chunk::<16>()
        .map_or(&[][..], <[u8; 16]>::as_slice);
    Base64UrlUnpadded::encode_string(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_has_the_claims_of_openid_connect() {
        let methods = ["pwd".to_owned(), "mfa".to_owned()];
        let claims = IdClaims {
            subject: "user",
            client: "client",
            issued_at: Timestamp::from_seconds(10),
            expires_at: Timestamp::from_seconds(610),
            authenticated_at: Timestamp::from_seconds(5),
            nonce: Some("n"),
            methods: &methods,
            // OpenID Connect Core appendix A.4 and A.6.
            access_token: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
        };
        let decoded = |claims: &IdClaims<'_>| {
            let message = message("https://auth.example.com", "k", claims);
            let parts = message.split('.').map(|part| {
                String::from_utf8(Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap()
            });
            parts.collect::<Vec<_>>()
        };
        assert_eq!(
            decoded(&claims),
            [
                r#"{"alg":"ES256","kid":"k","typ":"JWT"}"#,
                r#"{"iss":"https://auth.example.com","sub":"user","aud":"client","exp":610,"iat":10,"auth_time":5,"nonce":"n","amr":["pwd","mfa"],"at_hash":"77QmUPtjPfzWtF2AnpK9RQ"}"#
            ]
        );
        let without = IdClaims {
            nonce: None,
            methods: &[],
            ..claims
        };
        assert!(!decoded(&without)[1].contains("nonce") && !decoded(&without)[1].contains("amr"));
    }

    #[test]
    fn hint_is_read_from_tokens_of_this_issuer_key_and_type_only() {
        const ISSUER: &str = "https://auth.example.com";
        let (user, client) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let message = |issuer: &str, kid: &str| {
            let claims = IdClaims {
                subject: &user.to_string(),
                client: &client.to_string(),
                issued_at: Timestamp::from_seconds(10),
                expires_at: Timestamp::from_seconds(610),
                authenticated_at: Timestamp::from_seconds(5),
                nonce: Some("n"),
                methods: &["pwd".to_owned()],
                access_token: "token",
            };
            message(issuer, kid, &claims)
        };
        let signature = Base64UrlUnpadded::encode_string(&[7; 64]);
        let text = format!("{}.{signature}", message(ISSUER, "k2"));
        let found = read(&text, ISSUER, ["k1", "k2"]).unwrap();
        assert_eq!(found.hint, IdTokenHint { user, client });
        assert_eq!((found.kid, found.issued_at.seconds()), ("k2", 10));
        assert_eq!(found.message, message(ISSUER, "k2").as_bytes());
        assert_eq!(found.signature, [7; 64]);
        let payload = text.split('.').nth(1).unwrap();
        let encode = |json: &str| Base64UrlUnpadded::encode_string(json.as_bytes());
        let access = encode(r#"{"alg":"ES256","kid":"k2","typ":"at+jwt"}"#);
        let unsigned = encode(r#"{"alg":"none","kid":"k2","typ":"JWT"}"#);
        let no_user = encode(&format!(
            r#"{{"iss":"{ISSUER}","sub":"x","aud":"{client}","iat":1}}"#
        ));
        for refused in [
            String::new(),
            "..".to_owned(),
            format!("{}.{signature}", message(ISSUER, "k3")),
            format!("{}.{signature}", message("https://other.example", "k2")),
            format!("{}.", message(ISSUER, "k2")),
            format!("{text}AA"),
            format!("{access}.{payload}.{signature}"),
            format!("{unsigned}.{payload}.{signature}"),
            format!("{}.{no_user}.{signature}", header("k2")),
            format!("{}.{signature}", header("k2")),
            "x".repeat(10_000),
        ] {
            assert!(read(&refused, ISSUER, ["k1", "k2"]).is_none(), "{refused}");
        }
    }
}
