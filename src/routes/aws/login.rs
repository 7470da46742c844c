//! `POST /api/auth/aws-login`: signs in with AWS credentials.
//!
//! The body is a proof of the client's AWS identity: the client's signature of a request that is rebuilt here and sent to STS.
//! A request without a body, if `AWS_LOGIN` includes `app`, signs in as the principal of the service credentials, with the role
//! `user` and for one hour at most.

use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::federated_sign_in::{self, FederatedSignIn};
use crate::app::sign_in::{self, AttemptedAccount, NewSessionOptions};
use crate::aws::error::AwsError;
use crate::aws::identity::{self, AwsUser};
use crate::aws::proof::Proof;
use crate::crypto::fingerprint::hex;
use crate::domain::role::Role;
use crate::domain::sign_in_method::SignInMethod;
use crate::http::body;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::BearerTokenResponse;
use crate::runtime::rate_limiter::Bucket;
use serde::Deserialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/aws-login",
    error_format: ErrorFormat::Detail,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// Maximum age in seconds of a session that is created with the service credentials.
const MAX_APP_SESSION_SECONDS: i64 = 3_600;

/// The text of a 400 response, as the API specification prescribes it.
const MISSING: &str = "AWS credentials not provided";

/// A proof of an AWS identity: the signature of a `GetCallerIdentity` request.
#[derive(Deserialize)]
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

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let client = request.client_info();
    let body = body::optional_json::<AwsLoginRequest>(request, MISSING).await?;
    let (aws_user, role, options) = if let Some(proof) = body {
        let (aws_user, role) = by_proof(&context, &client, &proof).await?;
        (
            aws_user,
            role,
            NewSessionOptions::of(SignInMethod::AwsProof),
        )
    } else {
        let options = NewSessionOptions {
            max_age_seconds: Some(MAX_APP_SESSION_SECONDS),
            ..NewSessionOptions::of(SignInMethod::AwsApp)
        };
        (by_service_credentials(&context).await?, Role::User, options)
    };
    let signed_in =
        federated_sign_in::run(&context, &client, &aws_user, Some(role), options).await?;
    // A program is never asked for a second factor.
    let FederatedSignIn::SignedIn(issued, user) = signed_in else {
        return Err(ErrorCode::InvalidProof.into());
    };
    Ok(BearerTokenResponse::response(&issued, &user))
}

fn failed(error: AwsError) -> ApiError {
    ApiError::aws(error.code()).with_text(format!("Failed to login with AWS credentials: {error}"))
}

async fn by_proof(
    context: &RequestContext,
    client: &ClientInfo,
    body: &AwsLoginRequest,
) -> Result<(AwsUser, Role), ApiError> {
    let config = &context.app.config.aws;
    if !config.login.proof || config.login_arns.is_empty() {
        return Err(ErrorCode::AwsCredentialsMissing.into());
    }
    // An empty member counts as absent.
    let optional = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let proof = Proof::parse(
        &body.access_key_id,
        &body.amz_date,
        &body.signature,
        optional(&body.session_token).as_deref(),
    )
    .and_then(|proof| match optional(&body.nonce) {
        Some(nonce) => proof.with_nonce(&nonce),
        None => Some(proof),
    })
    .filter(|proof| proof.is_fresh(context.received_at))
    .ok_or(ErrorCode::InvalidProof)?;
    let caller = context
        .app
        .aws
        .proven_identity(&proof, &context.app.config.tokens.issuer)
        .await
        .map_err(|fault| match fault {
            AwsError::Refused(code) if code.is_about_credentials() => {
                ErrorCode::InvalidProof.into()
            }
            error => failed(error),
        })?;
    let aws_user = identity::principal(&caller, config.email_domain.as_deref());
    let Some(role) = config.login_arns.role(&caller.arn) else {
        let name_key = context.app.audit_keys.name_key("aws", &aws_user.subject);
        let (method, account) = (SignInMethod::AwsProof, AttemptedAccount::Unknown(name_key));
        sign_in::refuse(context, client, method, account, "not allowed").await?;
        return Err(ErrorCode::InvalidProof.into());
    };
    // The proof is marked as used after AWS has accepted it, so that refused proofs do not fill the table. It is marked before
    // the session starts, so that only one of several simultaneous requests gets a session.
    if !context
        .app
        .used_proofs
        .use_once(&hex(&proof.used_key()), proof.ends_at())
        .await?
    {
        return Err(ErrorCode::InvalidProof.into());
    }
    Ok((aws_user, role))
}

async fn by_service_credentials(context: &RequestContext) -> Result<AwsUser, ApiError> {
    let config = &context.app.config.aws;
    let own = config
        .credentials
        .as_ref()
        .filter(|_| config.login.app)
        .ok_or(ErrorCode::AwsCredentialsMissing)?;
    let caller = context
        .app
        .aws
        .caller_identity(own, context.received_at)
        .await
        .map_err(failed)?;
    let aws_user = identity::principal(&caller, config.email_domain.as_deref());
    // This sign-in has its own source and thus its own user: a principal that proves its identity may have a higher role, which
    // a caller without a proof must not get.
    Ok(AwsUser {
        source: format!("app:{}", aws_user.source),
        ..aws_user
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("loginWithAws", "AWS", "Sign in with AWS credentials")
        .describe("The body is a proof of the client's AWS identity: its signature of a GetCallerIdentity request (see \
             docs/guides/aws-proofs.md). If AWS_LOGIN includes `app`, a request without a body signs in as the principal \
             of the service credentials.")
        .takes::<AwsLoginRequest>(
            schemas,
            MISSING,
            json!({
                "access_key_id": "AKIAIOSFODNN7EXAMPLE",
                "amz_date": "20240110T120000Z",
                "signature": "3a1f8c0d5b7e9246f0c1d2e3b4a5968778695a4b3c2d1e0f9e8d7c6b5a493827"
            }),
        )
        .body_is_optional()
        .returns::<BearerTokenResponse<'_>>(schemas, examples::bearer_token())
        .header("edge-auth-expires", true)
        .errors([
            ErrorCode::AwsCredentialsMissing,
            ErrorCode::InvalidProof,
            ErrorCode::StorageUnavailable,
        ])
        .errors(
            [
                AwsError::Timeout,
                AwsError::ConnectionError,
                AwsError::InvalidResponse,
            ]
            .map(failed),
        )
}
