//! ID tokens (`OpenID` Connect Core section 2): JWTs that tell a client who has signed in, signed with ES256. The type in the
//! header distinguishes them from access tokens. The service accepts no token of this type.

use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use sha2::{Digest, Sha256};

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

/// The part of a token that is signed: its header with this key id, and its claims.
#[must_use]
pub fn message(issuer: &str, kid: &str, claims: &IdClaims<'_>) -> String {
    let header = format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"JWT"}}"#);
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
    let text = Base64UrlUnpadded::encode_string;
    format!("{}.{}", text(header.as_bytes()), text(json.as_bytes()))
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
}
