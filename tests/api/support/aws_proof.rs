//! Proofs for `/aws-login`: requests to STS that the client signs with its own keys.

use super::aws::{SIMULATOR, portal, unique_name};
use super::internals::{Endpoint, Proof, Secret, Timestamp, sigv4};
use super::{Response, Vars};
use aws_simulator::{ACCOUNT, CallerIdentity, Credentials};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The `JWT_ISSUER` of servers with AWS, which a proof has to name.
pub const AUDIENCE: &str = "https://auth.example.com";

/// Variables of a server that accepts proofs of a role, of an administrator's role and of an IAM user.
pub fn vars() -> Vars {
    let arns = format!(
        "arn:aws:sts::{ACCOUNT}:assumed-role/Deployer/*=user, arn:aws:iam::{ACCOUNT}:role/ci/Admin=admin, \
         arn:aws:iam::{ACCOUNT}:user/listed=super_admin"
    );
    portal(&SIMULATOR).set("AWS_LOGIN_ARNS", &arns)
}

/// Keys of a session of this role.
pub fn role_session(role: &str) -> Credentials {
    named_role_session(ACCOUNT, role, &unique_name("session"))
}

pub fn named_role_session(account: &str, role: &str, name: &str) -> Credentials {
    let principal = CallerIdentity::role_session(account, role, name);
    SIMULATOR.create_session(principal, Duration::from_hours(1))
}

/// Long-term keys.
pub fn access_key(id: &str, secret: &str) -> Credentials {
    Credentials {
        access_key_id: id.into(),
        secret_access_key: secret.into(),
        session_token: None,
        expiration: None,
    }
}

pub fn signing_keys(of: &Credentials) -> sigv4::Credentials {
    sigv4::Credentials {
        access_key_id: Secret::new(of.access_key_id.as_str()),
        secret_access_key: Secret::new(of.secret_access_key.as_str()),
        session_token: of.session_token.as_deref().map(Secret::new),
    }
}

/// The time in seconds.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("now");
    since.as_secs().try_into().expect("now")
}

pub fn endpoint(url: &str) -> Endpoint {
    Endpoint::overridden(url).expect("an endpoint")
}

/// The parameters of a proof. By default it is for the shared simulator and [`AUDIENCE`], now.
#[derive(Clone)]
pub struct SignedFor<'a> {
    pub url: &'a str,
    pub region: &'a str,
    pub audience: &'a str,
    pub at: i64,
    pub nonce: Option<&'a str>,
}

impl Default for SignedFor<'_> {
    fn default() -> Self {
        Self {
            url: SIMULATOR.url(),
            region: "us-east-1",
            audience: AUDIENCE,
            at: now(),
            nonce: None,
        }
    }
}

/// The body of a proof.
pub fn proof_for(keys: &Credentials, signed_for: &SignedFor) -> Value {
    let proof = Proof::sign_with_nonce(
        &endpoint(signed_for.url),
        signed_for.region,
        signed_for.audience,
        signed_for.nonce,
        &signing_keys(keys),
        Timestamp::from_seconds(signed_for.at),
    )
    .expect("a proof");
    let (access_key_id, amz_date, signature, session_token) = proof.values();
    let mut body = json!({
        "access_key_id": access_key_id, "amz_date": amz_date, "signature": signature,
    });
    if let Some(token) = session_token {
        body["session_token"] = json!(token);
    }
    if let Some(nonce) = signed_for.nonce {
        body["nonce"] = json!(nonce);
    }
    body
}

/// The body of a proof that is signed now.
pub fn proof(keys: &Credentials) -> Value {
    proof_for(keys, &SignedFor::default())
}

/// The body of a proof that is signed this many seconds from now. Each proof is accepted once, and one without a nonce is
/// identified by its second.
pub fn proof_in(keys: &Credentials, seconds: i64) -> Value {
    let at = now() + seconds;
    let signed_for = SignedFor {
        at,
        ..SignedFor::default()
    };
    proof_for(keys, &signed_for)
}

/// Fails the test unless a proof was refused.
#[track_caller]
pub fn assert_proof_refused(response: &Response, what: &str) {
    assert_eq!(response.status, 401, "{what}: {}", response.text());
    let detail = json!({ "detail": "Could not validate credentials" });
    assert_eq!(response.json(), detail, "{what}");
    let challenge = Some(r#"Bearer realm="edge-auth""#);
    assert_eq!(response.challenge(), challenge, "{what}");
}
