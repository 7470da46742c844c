//! The access tokens that are accepted and refused, and rotations of the key.

use super::*;
use crate::crypto::secret::Secret;
use crate::domain::role::Role;
use crate::domain::token::access_token::{ACCESS_TOKEN_SECONDS, MAX_ACCESS_TOKEN_BYTES};
use crate::domain::token::{Keys, Session, SessionId};
use access_token_attacks::{attacks, control};
use base64ct::{Base64UrlUnpadded, Encoding};
use uuid::Uuid;

#[path = "../../../tests/vectors/access_token_attacks/mod.rs"]
mod access_token_attacks;

const KEY: &str = include_str!("../../../tests/vectors/signing_key_1.json");
const OTHER: &str = include_str!("../../../tests/vectors/signing_key_2.json");
const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "https://api.example.com/v1";
const ISSUED: i64 = 1_704_888_000;
const EXPIRES: i64 = ISSUED + ACCESS_TOKEN_SECONDS;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn key(jwk: &str) -> SigningKey {
    SigningKey::parse(jwk).unwrap()
}

/// The first key signs.
fn tokens(keys: &[&str]) -> AccessTokens {
    let mut keys = keys.iter().map(|jwk| key(jwk));
    let keys = SigningKeys::new(keys.next().unwrap(), keys.collect());
    AccessTokens::new(&keys, ISSUER, None)
}

fn claims() -> AccessClaims {
    AccessClaims {
        subject: "f47ac10b-58cc-4372-a567-0e02b2c3d479".to_owned(),
        audience: AUDIENCE.to_owned(),
        client: "https://client.example/metadata.json".to_owned(),
        issued_at: at(ISSUED),
        expires_at: at(EXPIRES),
        id: Uuid::from_u128(0x1b4e_28ba_2fa1_41d2_883f_0016_d3cc_a427),
        scope: "reports:read reports:write".to_owned(),
        grant: Some("g-17".to_owned()),
        authenticated_at: Some(at(ISSUED - 60)),
        roles: vec![Role::User],
    }
}

/// The claims of a client that acts for no user.
fn claims_of_client() -> AccessClaims {
    AccessClaims {
        subject: "client".to_owned(),
        client: "client".to_owned(),
        scope: String::new(),
        grant: None,
        authenticated_at: None,
        roles: Vec::new(),
        ..claims()
    }
}

fn part(token: &str, index: usize) -> String {
    let segment = token.split('.').nth(index).unwrap();
    String::from_utf8(Base64UrlUnpadded::decode_vec(segment).unwrap()).unwrap()
}

type Verdict = Result<AccessClaims, AccessTokenRejection>;
const INVALID: Verdict = Err(AccessTokenRejection::Invalid);

async fn verdict(tokens: &AccessTokens, token: &str) -> Verdict {
    tokens.verify(token, AUDIENCE, at(ISSUED + 1)).await
}

#[tokio::test]
async fn token_has_the_documented_header_and_claims() {
    let tokens = tokens(&[KEY]);
    let token = tokens.issue(&claims()).await.unwrap();
    let kid = "XSUFQvnBVbplSbs2Yl6NjaS0skQAxNUuqgxKFuBWIwU";
    assert_eq!(
        part(&token, 0),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt"}}"#)
    );
    assert_eq!(
        part(&token, 1),
        r#"{"iss":"https://auth.example.com","sub":"f47ac10b-58cc-4372-a567-0e02b2c3d479","aud":"https://api.example.com/v1","client_id":"https://client.example/metadata.json","exp":1704888600,"iat":1704888000,"jti":"1b4e28ba-2fa1-41d2-883f-0016d3cca427","scope":"reports:read reports:write","gid":"g-17","auth_time":1704887940,"roles":["user"]}"#
    );
    assert_eq!(verdict(&tokens, &token).await, Ok(claims()));
    let token = tokens.issue(&claims_of_client()).await.unwrap();
    assert_eq!(
        part(&token, 1),
        r#"{"iss":"https://auth.example.com","sub":"client","aud":"https://api.example.com/v1","client_id":"client","exp":1704888600,"iat":1704888000,"jti":"1b4e28ba-2fa1-41d2-883f-0016d3cca427"}"#
    );
    assert_eq!(verdict(&tokens, &token).await, Ok(claims_of_client()));
}

#[tokio::test]
async fn every_token_has_a_low_s() {
    let tokens = tokens(&[KEY]);
    for _ in 0..64 {
        let token = tokens.issue(&claims()).await.unwrap();
        assert!(verdict(&tokens, &token).await.is_ok(), "{token}");
    }
}

#[tokio::test]
async fn token_is_accepted_from_thirty_seconds_before_iat_to_exp() {
    let tokens = tokens(&[KEY]);
    let token = tokens.issue(&claims()).await.unwrap();
    for (now, expected) in [
        (i64::MIN, INVALID),
        (ISSUED - 31, INVALID),
        (ISSUED - 30, Ok(claims())),
        (EXPIRES - 1, Ok(claims())),
        (EXPIRES, Err(AccessTokenRejection::Expired)),
        (i64::MAX, Err(AccessTokenRejection::Expired)),
    ] {
        let found = tokens.verify(&token, AUDIENCE, at(now)).await;
        assert_eq!(found, expected, "{now}");
    }
}

#[tokio::test]
async fn forged_or_respelled_token_is_invalid() {
    let tokens = tokens(&[KEY]);
    let genuine = tokens.issue(&claims()).await.unwrap();
    let control = control(KEY, &genuine);
    assert_ne!(control, genuine);
    assert_eq!(verdict(&tokens, &control).await, Ok(claims()));
    let attacks = attacks(KEY, OTHER, &genuine);
    assert!(attacks.len() > 400, "{}", attacks.len());
    for (name, attack) in attacks {
        assert_ne!(attack, genuine, "{name} changes nothing");
        assert_eq!(verdict(&tokens, &attack).await, INVALID, "{name}: {attack}");
        // A forgery of an expired token is not reported as expired.
        let later = tokens.verify(&attack, AUDIENCE, at(EXPIRES + 10)).await;
        assert_eq!(later, INVALID, "{name}: {attack}");
    }
    for attack in [
        format!(" {genuine}"),
        format!("{genuine}\n"),
        format!("{genuine}\0"),
        format!("\u{feff}{genuine}"),
        genuine.replace('.', "\u{ff0e}"),
        genuine.replace('.', ".\n"),
        "\u{e9}".repeat(200),
    ] {
        assert_eq!(verdict(&tokens, &attack).await, INVALID, "{attack:?}");
    }
}

#[tokio::test]
async fn token_with_a_flipped_bit_is_invalid() {
    let tokens = tokens(&[KEY]);
    let token = tokens.issue(&claims()).await.unwrap();
    for place in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let flipped = String::from_utf8(bytes).unwrap();
            let found = verdict(&tokens, &flipped).await;
            assert_eq!(found, INVALID, "bit {bit} of byte {place}");
        }
    }
}

#[tokio::test]
async fn token_of_another_issuer_audience_or_key_is_invalid() {
    let own = tokens(&[KEY]);
    let token = own.issue(&claims()).await.unwrap();
    for audience in [
        ISSUER,
        "",
        "https://api.example.com",
        "https://api.example.com/v1/",
    ] {
        let found = own.verify(&token, audience, at(ISSUED)).await;
        assert_eq!(found, INVALID, "{audience}");
    }
    let keys = SigningKeys::new(key(KEY), Vec::new());
    for issuer in ["https://auth.example.com/", "https://other.example", ""] {
        let other = AccessTokens::new(&keys, issuer, None);
        assert_eq!(verdict(&other, &token).await, INVALID, "{issuer}");
    }
    assert_eq!(verdict(&tokens(&[OTHER]), &token).await, INVALID);
}

#[tokio::test]
async fn token_of_each_key_is_accepted_during_a_rotation() {
    let (old, new) = (tokens(&[KEY]), tokens(&[OTHER]));
    // The new key is published, then it signs.
    let (published, switched) = (tokens(&[KEY, OTHER]), tokens(&[OTHER, KEY]));
    let before = published.issue(&claims()).await.unwrap();
    let after = switched.issue(&claims()).await.unwrap();
    assert_ne!(part(&before, 0), part(&after, 0));
    for (tokens, accepts_old, accepts_new) in [
        (&old, true, false),
        (&published, true, true),
        (&switched, true, true),
        (&new, false, true),
    ] {
        assert_eq!(verdict(tokens, &before).await.is_ok(), accepts_old);
        assert_eq!(verdict(tokens, &after).await.is_ok(), accepts_new);
    }
    let kids = |tokens: &AccessTokens| -> Vec<String> {
        let keys = tokens.public_keys().into_iter();
        keys.map(|key| key.kid).collect()
    };
    let (one, other) = (key(KEY), key(OTHER));
    assert_eq!(kids(&published), [one.kid(), other.kid()]);
    assert_eq!(kids(&switched), [other.kid(), one.kid()]);
}

#[tokio::test]
async fn token_issued_before_tokens_not_before_is_invalid() {
    let keys = SigningKeys::new(key(KEY), Vec::new());
    for (not_before, is_accepted) in [(ISSUED, true), (ISSUED + 1, false)] {
        let tokens = AccessTokens::new(&keys, ISSUER, Some(at(not_before)));
        let token = tokens.issue(&claims()).await.unwrap();
        assert_eq!(verdict(&tokens, &token).await.is_ok(), is_accepted);
    }
}

#[tokio::test]
async fn session_token_and_access_token_are_never_accepted_in_each_others_place() {
    // The same issuer, audience and time.
    let access = tokens(&[KEY]);
    let private = key(KEY);
    for secret in [
        Secret::new("correct horse battery staple, twice over"),
        private.private_number().clone(),
        Secret::new(KEY),
    ] {
        let session = Keys::new(&secret, None, ISSUER, AUDIENCE).unwrap();
        let of_session = Session {
            user: Uuid::from_u128(7),
            sid: SessionId::from_bytes([7; 16]),
            generation: 0,
        };
        let token = session.issue(&of_session, at(ISSUED), at(EXPIRES));
        assert!(session.verify(&token, at(ISSUED)).is_ok());
        assert_eq!(verdict(&access, &token).await, INVALID);
        let token = access.issue(&claims()).await.unwrap();
        assert!(session.verify(&token, at(ISSUED)).is_err());
    }
}

#[tokio::test]
async fn key_whose_halves_do_not_belong_together_signs_nothing() {
    let [one, other]: [serde_json::Value; 2] =
        [KEY, OTHER].map(|jwk| serde_json::from_str(jwk).unwrap());
    let mut mixed = one;
    mixed["d"] = other["d"].clone();
    let keys = SigningKeys::new(key(&mixed.to_string()), Vec::new());
    let tokens = AccessTokens::new(&keys, ISSUER, None);
    let found = tokens.issue(&claims()).await;
    assert_eq!(found, Err(IssueError::Key(UnusableKey)));
}

#[tokio::test]
async fn token_that_would_be_too_long_is_not_issued() {
    let tokens = tokens(&[KEY]);
    let with_scope = |length| AccessClaims {
        scope: "x".repeat(length),
        ..claims()
    };
    let token = tokens.issue(&with_scope(5_500)).await.unwrap();
    assert!(token.len() <= MAX_ACCESS_TOKEN_BYTES);
    assert!(verdict(&tokens, &token).await.is_ok());
    let found = tokens.issue(&with_scope(6_000)).await;
    assert_eq!(found, Err(IssueError::TooLong));
}
