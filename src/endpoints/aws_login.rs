//! `POST /api/auth/aws-login`: signs in by AWS credentials.
//!
//! With a body it is the client's own: a proof, its signature of a request that is rebuilt here and that STS judges.
//! Without one it is the service's: where `AWS_LOGIN` has `app`, whoever asks is signed in as the configured keys' principal,
//! never above `user` and for an hour at most.

use super::sign_in::{self, Method, Terms, Whom};
use super::user_json::BearerReply;
use crate::account::fingerprint::hex;
use crate::account::role::Role;
use crate::app::Call;
use crate::aws::fault::Fault;
use crate::aws::identity::{self, Person};
use crate::aws::proof::Proof;
use crate::failure::Failure;
use crate::json::{FromJson, Malformed, Object};
use crate::web::body;
use crate::web::origin::Origin;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Seconds that a sign-in with the service's own keys lasts at most.
const APP_SESSION: i64 = 3_600;

/// The text of a 400 response, as the API specification fixes it.
const MISSING: &str = "AWS credentials not provided";

/// A proof of an AWS identity: the signature of a `GetCallerIdentity` request.
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AwsLoginRequest {
    /// Access key id, `AKIA…` or `ASIA…`.
    access_key_id: String,
    /// Time of the signature, `YYYYMMDDTHHMMSSZ`.
    amz_date: String,
    /// Signature: 64 lower-case hexadecimal digits.
    signature: String,
    /// Session token; required for temporary keys.
    session_token: Option<String>,
    /// Value of the signed header `x-edge-auth-nonce`, 16 to 64 letters, digits, `-` and `_`. Without it, proofs that are signed
    /// with the same key in the same second are equal.
    nonce: Option<String>,
}

impl FromJson for AwsLoginRequest {
    fn from_json(object: &mut Object<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            access_key_id: object.text("access_key_id")?,
            amz_date: object.text("amz_date")?,
            signature: object.text("signature")?,
            session_token: object
                .optional_text("session_token")?
                .filter(|token| !token.is_empty()),
            nonce: object
                .optional_text("nonce")?
                .filter(|nonce| !nonce.is_empty()),
        })
    }
}

/// Answers the route.
///
/// # Errors
/// `AwsCredentialsMissing`, `AwsLogin`, `ProofRefused`, `StorageOut`, `Platform`, and what reading the body gives.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let origin = Origin::of(&request);
    let body = body::optional_json::<AwsLoginRequest>(request, MISSING).await?;
    let (person, role, terms) = if let Some(proof) = body {
        let (person, role) = by_proof(&call, &origin, &proof).await?;
        (person, role, Terms::of(Method::AwsProof))
    } else {
        let terms = Terms {
            longest: Some(APP_SESSION),
            ..Terms::of(Method::AwsApp)
        };
        (by_own_keys(&call).await?, Role::User, terms)
    };
    let signed_in = sign_in::arrive(&call, &origin, &person, Some(role), terms).await?;
    let (issued, user) = signed_in.ok_or(Failure::ProofRefused)?;
    Ok(BearerReply::of(&issued, &user))
}

async fn by_proof(
    call: &Call,
    origin: &Origin,
    body: &AwsLoginRequest,
) -> Result<(Person, Role), Failure> {
    let config = &call.app.config.aws;
    if !config.login.proof || config.login_arns.is_empty() {
        return Err(Failure::AwsCredentialsMissing);
    }
    let proof = Proof::parse(
        &body.access_key_id,
        &body.amz_date,
        &body.signature,
        body.session_token.as_deref(),
    )
    .and_then(|proof| match &body.nonce {
        Some(nonce) => proof.with_nonce(nonce),
        None => Some(proof),
    })
    .filter(|proof| proof.is_fresh(call.now))
    .ok_or(Failure::ProofRefused)?;
    let caller = call
        .app
        .aws
        .proven_identity(&proof, &call.app.config.jwt_issuer)
        .await
        .map_err(|fault| match fault {
            Fault::Refused(code) if code.is_about_credentials() => Failure::ProofRefused,
            fault => Failure::AwsLogin(fault),
        })?;
    let person = identity::principal(&caller, config.email_domain.as_deref());
    let Some(role) = config.login_arns.role(&caller.arn) else {
        let name_key = call.app.audit_keys.name_key("aws", &person.subject);
        let (method, whom) = (Method::AwsProof, Whom::Nobody(name_key));
        sign_in::refuse(call, origin, method, whom, "not allowed").await?;
        return Err(Failure::ProofRefused);
    };
    // Only now, so that nobody fills the table with what AWS would refuse; before the session, so that of many at once
    // one gets it.
    if !call
        .app
        .proofs
        .use_once(&hex(&proof.used_key()), proof.ends_at())
        .await?
    {
        return Err(Failure::ProofRefused);
    }
    Ok((person, role))
}

async fn by_own_keys(call: &Call) -> Result<Person, Failure> {
    let config = &call.app.config.aws;
    let own = config
        .credentials
        .as_ref()
        .filter(|_| config.login.app)
        .ok_or(Failure::AwsCredentialsMissing)?;
    let caller = call
        .app
        .aws
        .caller_identity(own, call.now)
        .await
        .map_err(Failure::AwsLogin)?;
    let person = identity::principal(&caller, config.email_domain.as_deref());
    // A source of its own: who proves to be the same principal may have a role, who merely asks here has none.
    Ok(Person {
        source: format!("app:{}", person.source),
        ..person
    })
}
