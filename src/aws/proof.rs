//! Proof of an AWS identity that a client brings: its signature of a `GetCallerIdentity` request that is never taken from
//! it. It sends four short values; the whole request is rebuilt here from constants, the configured host and those
//! values, so nothing it sends can change what is asked of whom (the way in of CVE-2020-16250).
//!
//! `x-edge-auth-server-id` is signed too, so that a proof for another service is none for this one. Where the client sends a
//! nonce, `x-edge-auth-nonce` is signed as well: a signature is made of whole seconds, so without it two sign-ins with one key
//! in one second would be one proof, which is used once.

use super::error::AwsError;
use super::partition::Endpoint;
use super::sigv4::{self, Credentials, Scope};
use super::sts;
use super::wire::AwsRequest;
use crate::crypto::secret::Secret;
use crate::timestamp::Timestamp;
use sha2::{Digest, Sha256};

/// AWS takes a signature for 15 minutes.
const LIFETIME: i64 = 15 * 60;
/// How far a client's clock may be ahead of ours. AWS allows 15 minutes; a proof from the future lives that much longer.
const SKEW: i64 = 5 * 60;
/// Session tokens are about 1 kB; the body that brings one is at most 16 KiB.
const LONGEST_TOKEN: usize = 8 * 1024;
const SERVER_ID: &str = "x-edge-auth-server-id";
const NONCE: &str = "x-edge-auth-nonce";

/// What a client sends. Its parts have the syntax that AWS gives them, and so cannot break out of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    access_key_id: Secret,
    amz_date: String,
    signed_at: Timestamp,
    signature: Secret,
    session_token: Option<Secret>,
    nonce: Option<String>,
}

impl Proof {
    /// Reads the four values: `\w{16,128}`, `YYYYMMDDTHHMMSSZ`, 64 lower-case hex digits and, for temporary keys, a token
    /// of visible ASCII of at most 8 KiB.
    #[must_use]
    pub fn parse(
        access_key_id: &str,
        amz_date: &str,
        signature: &str,
        session_token: Option<&str>,
    ) -> Option<Self> {
        let is_key_id = (16..=128).contains(&access_key_id.len())
            && access_key_id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_signature = signature.len() == 64
            && signature
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let is_token = session_token.is_none_or(|token| {
            (1..=LONGEST_TOKEN).contains(&token.len())
                && token
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(&byte))
        });
        let signed_at = read_amz_date(amz_date)?;
        (is_key_id && is_signature && is_token).then(|| Self {
            access_key_id: Secret::new(access_key_id),
            amz_date: amz_date.to_owned(),
            signed_at,
            signature: Secret::new(signature),
            session_token: session_token.map(Secret::new),
            nonce: None,
        })
    }

    /// Adds the nonce that was signed with the proof: 16 to 64 letters, digits, `-` and `_`.
    #[must_use]
    pub fn with_nonce(self, nonce: &str) -> Option<Self> {
        let is_nonce = (16..=64).contains(&nonce.len())
            && nonce
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let nonce = is_nonce.then(|| nonce.to_owned())?;
        Some(Self {
            nonce: Some(nonce),
            ..self
        })
    }

    /// Signs a proof with one's own keys, for the service that calls itself `server_id` and asks `endpoint` in `region`.
    ///
    /// # Errors
    /// `IncompleteSignature` for keys that are none.
    pub fn sign(
        endpoint: &Endpoint,
        region: &str,
        server_id: &str,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<Self, AwsError> {
        Self::sign_with_nonce(endpoint, region, server_id, None, credentials, now)
    }

    /// As [`Proof::sign`], with a nonce.
    ///
    /// # Errors
    /// `IncompleteSignature` for invalid keys or an invalid nonce.
    pub fn sign_with_nonce(
        endpoint: &Endpoint,
        region: &str,
        server_id: &str,
        nonce: Option<&str>,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<Self, AwsError> {
        let refused = AwsError::Refused(super::error::Code::INCOMPLETE_SIGNATURE);
        let request = unsigned(endpoint, server_id, nonce);
        let signed = sigv4::sign(request, credentials, scope(region), now)?;
        let signature = signed
            .header("authorization")
            .and_then(|header| header.rsplit_once("Signature="))
            .map(|(_, signature)| signature);
        Self::parse(
            credentials.access_key_id.reveal(),
            signed.header("x-amz-date").unwrap_or_default(),
            signature.unwrap_or_default(),
            credentials.session_token.as_ref().map(Secret::reveal),
        )
        .and_then(|proof| match nonce {
            Some(nonce) => proof.with_nonce(nonce),
            None => Some(proof),
        })
        .ok_or(refused)
    }

    /// The request that the client must have signed, with its signature: STS's answer is the verdict.
    #[must_use]
    pub fn request(&self, endpoint: &Endpoint, region: &str, server_id: &str) -> AwsRequest {
        let (date, _) = self.amz_date.split_once('T').unwrap_or_default();
        let token_name = match self.session_token {
            Some(_) => "x-amz-security-token;",
            None => "",
        };
        let nonce_name = match self.nonce {
            Some(_) => "x-edge-auth-nonce;",
            None => "",
        };
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{date}/{region}/{}/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;{token_name}{nonce_name}{SERVER_ID}, Signature={}",
            self.access_key_id.reveal(),
            sts::SIGNING_NAME,
            self.signature.reveal(),
        );
        let mut request = unsigned(endpoint, server_id, self.nonce.as_deref())
            .with_header("x-amz-date", &self.amz_date);
        if let Some(token) = &self.session_token {
            request = request.with_header("x-amz-security-token", token.reveal());
        }
        sts::accepting_json(request.with_header("authorization", &authorization))
    }

    /// True from five minutes before to 15 minutes after it was signed.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.ends_at() && now >= self.signed_at.plus(-SKEW)
    }

    /// From this moment on it is no longer fresh, and its [`Proof::used_key`] may be forgotten.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        self.signed_at.plus(LIFETIME)
    }

    /// SHA-256 of the signature: what a row keeps so that one proof signs in once. A signature has one spelling, and AWS
    /// takes only the one.
    #[must_use]
    pub fn used_key(&self) -> [u8; 32] {
        Sha256::digest(self.signature.reveal().as_bytes()).into()
    }

    /// The nonce, if there is one.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// The four values to send, in the order of [`Proof::parse`]; who calls this is the client.
    #[must_use]
    pub fn values(&self) -> (&str, &str, &str, Option<&str>) {
        (
            self.access_key_id.reveal(),
            &self.amz_date,
            self.signature.reveal(),
            self.session_token.as_ref().map(Secret::reveal),
        )
    }
}

fn unsigned(endpoint: &Endpoint, server_id: &str, nonce: Option<&str>) -> AwsRequest {
    let request = sts::get_caller_identity(endpoint).with_header(SERVER_ID, server_id);
    match nonce {
        Some(nonce) => request.with_header(NONCE, nonce),
        None => request,
    }
}

fn scope(region: &str) -> Scope<'_> {
    Scope {
        region,
        service: sts::SIGNING_NAME,
    }
}

/// `YYYYMMDDTHHMMSSZ`, by way of the one strict reader of times.
fn read_amz_date(text: &str) -> Option<Timestamp> {
    if text.len() != 16 || !text.is_ascii() {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to);
    Timestamp::parse(&format!(
        "{}-{}-{}:{}:{}",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 11)?,
        part(11, 13)?,
        part(13, 16)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::partition::{Region, Service};

    const KEY: &str = "AKIDEXAMPLE000000000";
    const DATE: &str = "20240110T120000Z";
    const NOON: i64 = 1_704_888_000;

    fn endpoint() -> Endpoint {
        Endpoint::of(Service::Sts, Region::parse("eu-west-1").unwrap())
    }

    fn credentials(token: Option<&str>) -> Credentials {
        Credentials {
            access_key_id: Secret::new(KEY),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: token.map(Secret::new),
        }
    }

    fn signed(server_id: &str, token: Option<&str>) -> Proof {
        let now = Timestamp::from_seconds(NOON);
        Proof::sign(
            &endpoint(),
            "eu-west-1",
            server_id,
            &credentials(token),
            now,
        )
        .unwrap()
    }

    #[test]
    fn the_rebuilt_request_is_the_signed_one() {
        let nonce = Some("0123456789abcdef-_AZ");
        for (token, nonce) in [
            (None, None),
            (Some("dG9rZW4+/="), None),
            (None, nonce),
            (Some("dG9rZW4+/="), nonce),
        ] {
            let proof = Proof::sign_with_nonce(
                &endpoint(),
                "eu-west-1",
                "https://auth.example",
                nonce,
                &credentials(token),
                Timestamp::from_seconds(NOON),
            )
            .unwrap();
            let rebuilt = proof.request(&endpoint(), "eu-west-1", "https://auth.example");
            let original = sigv4::sign(
                unsigned(&endpoint(), "https://auth.example", nonce),
                &credentials(token),
                scope("eu-west-1"),
                Timestamp::from_seconds(NOON),
            )
            .unwrap();
            assert_eq!(rebuilt.url(), original.url());
            assert_eq!(rebuilt.body, original.body);
            for (name, value) in &original.headers {
                assert_eq!(rebuilt.header(name), Some(value.reveal()), "{name}");
            }
            // All else that goes out is `accept`.
            assert_eq!(rebuilt.headers.len(), original.headers.len() + 1);
            let (key, date, signature, session_token) = proof.values();
            let parsed = Proof::parse(key, date, signature, session_token).unwrap();
            let parsed = match proof.nonce() {
                Some(nonce) => parsed.with_nonce(nonce).unwrap(),
                None => parsed,
            };
            assert_eq!(parsed, proof);
            let signed_headers = rebuilt.header("authorization").unwrap();
            assert_eq!(signed_headers.contains(NONCE), nonce.is_some());
        }
    }

    #[test]
    fn every_signed_part_changes_the_signature() {
        let proof = signed("https://auth.example", None);
        for other in [
            signed("https://auth.example.evil", None),
            signed("https://auth.example", Some("t")),
            Proof::sign(
                &endpoint(),
                "us-east-1",
                "https://auth.example",
                &credentials(None),
                Timestamp::from_seconds(NOON),
            )
            .unwrap(),
            Proof::sign(
                &endpoint(),
                "eu-west-1",
                "https://auth.example",
                &credentials(None),
                Timestamp::from_seconds(NOON + 1),
            )
            .unwrap(),
            Proof::sign(
                &Endpoint::of(Service::Sts, Region::parse("us-east-1").unwrap()),
                "eu-west-1",
                "https://auth.example",
                &credentials(None),
                Timestamp::from_seconds(NOON),
            )
            .unwrap(),
        ] {
            assert_ne!(other.signature, proof.signature);
            assert_ne!(other.used_key(), proof.used_key());
        }
    }

    #[test]
    fn proofs_of_one_second_differ_by_their_nonce() {
        let proof = |nonce| {
            let (endpoint, credentials) = (endpoint(), credentials(None));
            let now = Timestamp::from_seconds(NOON);
            Proof::sign_with_nonce(&endpoint, "eu-west-1", "s", nonce, &credentials, now)
        };
        let (one, other) = (
            proof(Some("aaaaaaaaaaaaaaaa")),
            proof(Some("aaaaaaaaaaaaaaab")),
        );
        assert_ne!(one.unwrap().used_key(), other.unwrap().used_key());
        for nonce in [
            "",
            "fifteen-letters",
            "sixteen letters!",
            "a\r\nhost: evil----",
            "é".repeat(16).as_str(),
            &"n".repeat(65),
        ] {
            assert!(proof(Some(nonce)).is_err(), "{nonce:?}");
        }
    }

    #[test]
    fn a_proof_lives_a_quarter_of_an_hour() {
        let proof = signed("s", None);
        for (offset, is_fresh) in [
            (-301, false),
            (-300, true),
            (0, true),
            (899, true),
            (900, false),
            (960, false),
        ] {
            assert_eq!(
                proof.is_fresh(Timestamp::from_seconds(NOON + offset)),
                is_fresh,
                "{offset}"
            );
        }
        assert_eq!(proof.ends_at(), Timestamp::from_seconds(NOON + 900));
    }

    #[test]
    fn what_could_break_out_of_its_place_is_no_proof() {
        let signature = "0123456789abcdef".repeat(4);
        assert!(Proof::parse(KEY, DATE, &signature, None).is_some());
        for key in [
            "AKID",
            "AKIDEXAMPLE00000/20240110/us-east-1/iam/aws4_request",
            "AKIDEXAMPLE0000000 0",
            "AKIDEXAMPLE00000000,",
            "AKIDEXAMPLE0000000\r\n",
            "AKIDEXAMPLE00000000é",
            &"A".repeat(129),
        ] {
            assert_eq!(Proof::parse(key, DATE, &signature, None), None, "{key}");
        }
        for date in [
            "20240110",
            "20240110T120000",
            "2024-01-10T12:00:00Z",
            "20240110t120000Z",
            "20240110T120000z",
            "20241310T120000Z",
            "20230229T120000Z",
            "20240110T240000Z",
            "20240110T126000Z",
            "+0240110T120000Z",
            "20240110T12000éZ",
            "20240110T120000Z\n",
            "20240110 120000Z",
        ] {
            assert_eq!(Proof::parse(KEY, date, &signature, None), None, "{date}");
        }
        for wrong in [
            "",
            &signature[1..],
            &signature.to_uppercase(),
            &format!("{signature}0"),
            &signature.replace('f', " "),
        ] {
            assert_eq!(Proof::parse(KEY, DATE, wrong, None), None, "{wrong}");
        }
        for token in [
            "",
            " ",
            "a b",
            "a\r\nx: y",
            "é",
            "a,b",
            &"t".repeat(LONGEST_TOKEN + 1),
        ] {
            assert_eq!(
                Proof::parse(KEY, DATE, &signature, Some(token)),
                None,
                "{token:?}"
            );
        }
    }

    #[test]
    fn debug_shows_no_key_and_no_signature() {
        let proof = signed("s", Some("canary"));
        let shown = format!("{proof:?}");
        let (key, _, signature, _) = proof.values();
        for secret in [key, signature, "canary"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
