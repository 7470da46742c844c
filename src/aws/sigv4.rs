//! Signs requests with AWS Signature Version 4.
//!
//! Every signed request of this service is a POST to `/` without a query, so the canonical request is short. The crate
//! `aws-sigv4` derives the key and calculates the signature.
//! Source: "Create a signed AWS API request" in the IAM User Guide.

use super::error::{AwsError, Code};
use super::wire::AwsRequest;
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::secret::Secret;
use crate::timestamp::Timestamp;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use std::time::{Duration, UNIX_EPOCH};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Credentials of an AWS principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Access key ID, `AKIA…` or `ASIA…`.
    pub access_key_id: Secret,
    /// Secret access key.
    pub secret_access_key: Secret,
    /// Session token of temporary credentials.
    pub session_token: Option<Secret>,
}

/// The region and the service for which a signature is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Name of the region.
    pub region: &'a str,
    /// Signing name of the service, for example `sts`.
    pub service: &'a str,
}

/// Signs a POST to `/`: adds `x-amz-date`, `authorization` and, for temporary credentials, `x-amz-security-token`. The body,
/// `host` and all headers of the request are signed.
///
/// # Errors
/// `IncompleteSignature`, the error that AWS would return, if a value cannot be sent in a header or if `now` is before 1970.
pub fn sign(
    request: AwsRequest,
    credentials: &Credentials,
    scope: Scope<'_>,
    now: Timestamp,
) -> Result<AwsRequest, AwsError> {
    let incomplete = AwsError::Refused(Code::INCOMPLETE_SIGNATURE);
    let seconds = u64::try_from(now.seconds()).map_err(|_| incomplete)?;
    let time = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    let time = time.ok_or(incomplete)?;
    let amz_date = now.to_string().replace(['-', ':'], "");
    let (date, _) = amz_date.split_once('T').unwrap_or_default();
    let mut request = request.with_header("x-amz-date", &amz_date);
    if let Some(token) = &credentials.session_token {
        request = request.with_header("x-amz-security-token", token.reveal());
    }
    let Scope { region, service } = scope;
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let (canonical_request, signed_headers) = canonical_request(&request);
    let hash = fingerprint(&canonical_request);
    let secret = credentials.secret_access_key.reveal();
    let key = generate_signing_key(secret, time, region, service);
    let to_sign = format!("{ALGORITHM}\n{amz_date}\n{scope}\n{hash}");
    let signature = calculate_signature(key, to_sign.as_bytes());
    let authorization = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={signed_headers}, Signature={signature}",
        credentials.access_key_id.reveal(),
    );
    let request = request.with_header("authorization", &authorization);
    let mut values = request.headers.iter().map(|(_, value)| value.reveal());
    // RFC 9110 section 5.5, without its obsolete parts.
    let is_printable = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if values.any(|value| !value.bytes().all(is_printable)) {
        return Err(incomplete);
    }
    Ok(request)
}

/// Returns the canonical request and the names of its headers.
fn canonical_request(request: &AwsRequest) -> (String, String) {
    let headers = request.headers.iter();
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (*name, value.reveal()))
        .chain([("host", request.endpoint.authority())])
        .collect();
    headers.sort_unstable();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let mut text = String::from("POST\n/\n\n");
    for (name, value) in headers {
        text.extend([name, ":", value, "\n"]);
    }
    let hash = fingerprint(request.body.reveal());
    text.extend(["\n", &names, "\n", &hash]);
    (text, names)
}

#[cfg(test)]
mod tests;
