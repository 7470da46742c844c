//! Proofs of an AWS identity: the signature of a `GetCallerIdentity` request.
//!
//! The client sends only the variable values of the request. The request is rebuilt from constants, the configured host and
//! these values, so the client cannot change its host or its action. Forwarding the client's request was the cause of
//! CVE-2020-16250.
//!
//! The header `x-edge-auth-server-id` is signed, so that a proof for another service is not valid here. The optional header
//! `x-edge-auth-nonce` distinguishes proofs that are signed with the same key in the same second; each proof can be used once.

use super::endpoint::Endpoint;
use super::error::{AwsError, Code};
use super::sigv4::{self, Credentials, Scope};
use super::sts;
use super::wire::AwsRequest;
use crate::crypto::secret::Secret;
use crate::timestamp::Timestamp;
use sha2::{Digest, Sha256};
use std::ops::RangeInclusive;

/// Seconds for which AWS accepts a signature.
const PROOF_LIFETIME_SECONDS: i64 = 15 * 60;
/// Seconds by which the clock of a client may be ahead. AWS allows 15 minutes.
const MAX_CLOCK_SKEW_SECONDS: i64 = 5 * 60;
/// Maximum length of a session token. Session tokens are about 1 kB long.
const MAX_SESSION_TOKEN_BYTES: usize = 8 * 1024;
/// Length of an access key ID in the model of STS.
const ACCESS_KEY_ID_BYTES: RangeInclusive<usize> = 16..=128;
/// Length of a nonce.
const NONCE_BYTES: RangeInclusive<usize> = 16..=64;
/// Length of a signature: a SHA-256 in hexadecimal.
const SIGNATURE_BYTES: usize = 64;
const SERVER_ID_HEADER: &str = "x-edge-auth-server-id";
const NONCE_HEADER: &str = "x-edge-auth-nonce";

/// The values that a client sends. Their syntax is checked, so they cannot add anything to a header.
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
    /// Parses the values: access key ID (`\w{16,128}`), time (`YYYYMMDDTHHMMSSZ`), signature (64 lower-case hexadecimal digits)
    /// and, for temporary credentials, the session token (at most 8 KiB of base64 or base64url characters and `.`).
    #[must_use]
    pub fn parse(
        access_key_id: &str,
        amz_date: &str,
        signature: &str,
        session_token: Option<&str>,
    ) -> Option<Self> {
        let is_key_id = ACCESS_KEY_ID_BYTES.contains(&access_key_id.len())
            && access_key_id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_signature = signature.len() == SIGNATURE_BYTES
            && signature
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let is_token = session_token.is_none_or(|token| {
            (1..=MAX_SESSION_TOKEN_BYTES).contains(&token.len())
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

    /// Adds the signed nonce: 16 to 64 letters, digits, `-` and `_`.
    #[must_use]
    pub fn with_nonce(self, nonce: &str) -> Option<Self> {
        let is_nonce = NONCE_BYTES.contains(&nonce.len())
            && nonce
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let nonce = is_nonce.then(|| nonce.to_owned())?;
        Some(Self {
            nonce: Some(nonce),
            ..self
        })
    }

    /// Signs a proof for the service with this `server_id`, which sends it to `endpoint` in `region`. Clients call this.
    ///
    /// # Errors
    /// `IncompleteSignature` for malformed credentials.
    pub fn sign(
        endpoint: &Endpoint,
        region: &str,
        server_id: &str,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<Self, AwsError> {
        Self::sign_with_nonce(endpoint, region, server_id, None, credentials, now)
    }

    /// Like [`Proof::sign`], with an optional nonce.
    ///
    /// # Errors
    /// `IncompleteSignature` for malformed credentials or a malformed nonce.
    pub fn sign_with_nonce(
        endpoint: &Endpoint,
        region: &str,
        server_id: &str,
        nonce: Option<&str>,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<Self, AwsError> {
        let refused = AwsError::Refused(Code::INCOMPLETE_SIGNATURE);
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

    /// Rebuilds the request that the client signed. STS decides whether the signature is valid.
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
             SignedHeaders=content-type;host;x-amz-date;{token_name}{nonce_name}{SERVER_ID_HEADER}, Signature={}",
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

    /// True from five minutes before to 15 minutes after the time of the signature.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.ends_at() && now >= self.signed_at.plus(-MAX_CLOCK_SKEW_SECONDS)
    }

    /// Returns the time from which the proof is not fresh and its [`Proof::used_key`] is not needed any more.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        self.signed_at.plus(PROOF_LIFETIME_SECONDS)
    }

    /// Returns the SHA-256 of the signature, by which a used proof is recognised. A signature has one valid spelling.
    #[must_use]
    pub fn used_key(&self) -> [u8; 32] {
        Sha256::digest(self.signature.reveal().as_bytes()).into()
    }

    /// Returns the nonce.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// Returns the values that the client sends, in the order of [`Proof::parse`].
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
    let request = sts::get_caller_identity(endpoint).with_header(SERVER_ID_HEADER, server_id);
    match nonce {
        Some(nonce) => request.with_header(NONCE_HEADER, nonce),
        None => request,
    }
}

fn scope(region: &str) -> Scope<'_> {
    Scope {
        region,
        service: sts::SIGNING_NAME,
    }
}

/// Parses `YYYYMMDDTHHMMSSZ` with the strict parser of times.
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
mod tests;
