//! Authentication of signed requests: STS and Identity Store.

use crate::clock::parse_amz_date;
use crate::encoding::sha256_hex;
use crate::http::Request;
use crate::shared::Shared;
use crate::sigv4::{Authorization, canonical_request, signature, string_to_sign};
use crate::state::{AccessKey, State};

/// The largest difference between the time of a signature and the clock.
const MAX_SKEW_MS: i64 = 15 * 60 * 1000;

/// Why a signed request is refused, with a message.
pub(crate) type Refusal = (SignatureError, String);

/// Why a signed request is refused. Each protocol has its own code for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureError {
    Missing,
    Incomplete,
    UnknownKey,
    Mismatch,
    ExpiredSession,
}

impl SignatureError {
    /// The code in the query protocol (STS).
    pub(crate) fn query_code(self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationToken",
            Self::Incomplete => "IncompleteSignature",
            Self::UnknownKey => "InvalidClientTokenId",
            Self::Mismatch => "SignatureDoesNotMatch",
            Self::ExpiredSession => "ExpiredToken",
        }
    }

    /// The code in the JSON protocol (Identity Store).
    pub(crate) fn json_code(self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete => "IncompleteSignatureException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::Mismatch => "InvalidSignatureException",
            Self::ExpiredSession => "ExpiredTokenException",
        }
    }
}

/// The access key that signed a request for this service.
pub(crate) fn authenticate<'s>(
    shared: &Shared,
    state: &'s State,
    request: &Request,
    service: &str,
) -> Result<&'s AccessKey, Refusal> {
    let authorization = authorization(request)?;
    let amz_date = request.single_header("x-amz-date").unwrap_or_default();
    let Some(signed_at) = parse_amz_date(amz_date) else {
        let text =
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
        return Err((SignatureError::Incomplete, text.into()));
    };
    let Some(key) = access_key(state, request, &authorization.access_key_id) else {
        let text = "The security token included in the request is invalid.";
        return Err((SignatureError::UnknownKey, text.into()));
    };
    check_scope(shared, &authorization, amz_date, service)?;
    check_headers(request, &authorization)?;
    let canonical = canonical_request(
        request.method.as_str(),
        request.target(),
        &headers(request),
        &authorization.signed_headers,
        &request.body,
    );
    let text = string_to_sign(amz_date, &authorization.scope(), &canonical);
    if signature(&key.credentials.secret_access_key, &authorization, &text)
        != authorization.signature
    {
        let text = "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                    Access Key and signing method. Consult the service documentation for details.";
        return mismatch(text);
    }
    check_time(shared, key, amz_date, signed_at)?;
    Ok(key)
}

/// The key with this id, if the request has its session token too.
fn access_key<'s>(state: &'s State, request: &Request, id: &str) -> Option<&'s AccessKey> {
    const HEADER: &str = "x-amz-security-token";
    let key = state.access_keys.get(id)?;
    let is_valid = match key.credentials.session_token.as_deref() {
        Some(token) => request.single_header(HEADER) == Some(token),
        None => !request.headers.contains_key(HEADER),
    };
    is_valid.then_some(key)
}

/// All headers, with names in lower case.
fn headers(request: &Request) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = request.headers.iter();
    headers
        .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
        .collect()
}

/// The content of the `Authorization` header.
pub(crate) fn authorization(request: &Request) -> Result<Authorization, Refusal> {
    let mut headers = request.headers.get_all("authorization").iter();
    let Some(header) = headers.next() else {
        let text = "Request is missing Authentication Token";
        return Err((SignatureError::Missing, text.into()));
    };
    if headers.next().is_some() {
        let text = "More than one Authorization header.";
        return Err((SignatureError::Incomplete, text.into()));
    }
    Authorization::parse(&String::from_utf8_lossy(header.as_bytes()))
        .map_err(|text| (SignatureError::Incomplete, text))
}

fn mismatch<T>(text: impl Into<String>) -> Result<T, Refusal> {
    Err((SignatureError::Mismatch, text.into()))
}

fn check_scope(
    shared: &Shared,
    authorization: &Authorization,
    amz_date: &str,
    service: &str,
) -> Result<(), Refusal> {
    if authorization.service != service {
        return mismatch(format!(
            "Credential should be scoped to correct service: '{service}'."
        ));
    }
    if authorization.region != shared.region {
        return mismatch("Credential should be scoped to a valid region.");
    }
    if !amz_date.starts_with(&authorization.date) || authorization.date.len() != 8 {
        return mismatch(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.",
        );
    }
    Ok(())
}

/// `host` and all `x-amz-*` headers must be signed, the list of signed headers must be sorted, and a hash of the payload must
/// be that of the body.
fn check_headers(request: &Request, authorization: &Authorization) -> Result<(), Refusal> {
    let signed = &authorization.signed_headers;
    if !signed.is_sorted() {
        return mismatch("SignedHeaders is not sorted.");
    }
    for name in signed {
        if request.header(name).is_none() || *name != name.to_ascii_lowercase() {
            return mismatch(format!(
                "'{name}' is a 'SignedHeader' but not in the request."
            ));
        }
    }
    let names = request.headers.keys().map(axum::http::HeaderName::as_str);
    let mut required = names.filter(|name| *name == "host" || name.starts_with("x-amz-"));
    if let Some(name) = required.find(|name| !signed.iter().any(|signed| signed == name)) {
        return mismatch(format!(
            "'{name}' must be a 'SignedHeader' in the AWS Authorization."
        ));
    }
    let hash = request.header("x-amz-content-sha256");
    if hash.is_some_and(|hash| hash != sha256_hex(&request.body)) {
        return mismatch("The value of X-Amz-Content-Sha256 does not match the body.");
    }
    Ok(())
}

fn check_time(
    shared: &Shared,
    key: &AccessKey,
    amz_date: &str,
    signed_at: i64,
) -> Result<(), Refusal> {
    let now = shared.clock.now();
    if now - signed_at > MAX_SKEW_MS {
        return mismatch(format!(
            "Signature expired: {amz_date} is more than 15 min. old"
        ));
    }
    if signed_at - now > MAX_SKEW_MS {
        return mismatch(format!(
            "Signature not yet current: {amz_date} is more than 15 min. ahead"
        ));
    }
    let expiration = key.credentials.expiration;
    if expiration.is_some_and(|expiration| expiration <= now) {
        let text = "The security token included in the request is expired";
        return Err((SignatureError::ExpiredSession, text.into()));
    }
    Ok(())
}
