//! Signs a request with AWS Signature Version 4, by `aws-sigv4`. The time is an argument: the crate would otherwise ask
//! a clock that WebAssembly does not have.

use super::fault::{Code, Fault};
use super::wire::Outbound;
use crate::account::secret::Secret;
use crate::account::timestamp::Timestamp;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as calculate};
use aws_sigv4::sign::v4::SigningParams;
use std::time::{Duration, UNIX_EPOCH};

/// Keys of an AWS principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: Secret,
    /// What signs.
    pub secret_access_key: Secret,
    /// There for temporary keys only.
    pub session_token: Option<Secret>,
}

/// What a signature is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The region's name.
    pub region: &'a str,
    /// The service's signing name, such as `sts`.
    pub service: &'a str,
}

/// The same request with `x-amz-date`, `authorization` and, for temporary keys, `x-amz-security-token`; all headers
/// that it had, and `host`, are signed, and so is its body.
///
/// # Errors
/// `IncompleteSignature`, as AWS would say, for keys that no header can carry.
pub fn sign(
    mut request: Outbound,
    credentials: &Credentials,
    scope: Scope<'_>,
    now: Timestamp,
) -> Result<Outbound, Fault> {
    let headers = signature_headers(&request, credentials, scope, now)
        .ok_or(Fault::Refused(Code::INCOMPLETE_SIGNATURE))?;
    request.headers.extend(headers);
    Ok(request)
}

fn signature_headers(
    request: &Outbound,
    credentials: &Credentials,
    scope: Scope<'_>,
    now: Timestamp,
) -> Option<Vec<(String, Secret)>> {
    let seconds = u64::try_from(now.seconds()).ok()?;
    let time = UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
    let identity = aws_credential_types::Credentials::from_keys(
        credentials.access_key_id.reveal(),
        credentials.secret_access_key.reveal(),
        credentials
            .session_token
            .as_ref()
            .map(|token| token.reveal().to_owned()),
    )
    .into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let url = request.url();
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.reveal()));
    let signable = SignableRequest::new(
        request.method.as_str(),
        &url,
        headers,
        SignableBody::Bytes(request.body.reveal().as_bytes()),
    )
    .ok()?;
    let (instructions, _) = calculate(signable, &parameters).ok()?.into_parts();
    Some(
        instructions
            .headers()
            .map(|(name, value)| (name.to_owned(), Secret::new(value)))
            .collect(),
    )
}

#[cfg(test)]
#[path = "sigv4/vectors.rs"]
mod vectors;
