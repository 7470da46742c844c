//! STS and Identity Store: who signed, and whether they did.

use crate::clock::parse_amz_date;
use crate::http::Request;
use crate::sigv4::{Claim, canonical_request, signature, string_to_sign};
use crate::simulator::Simulator;
use crate::world::{Key, World};

/// How far the clocks may be apart.
const SKEW_MS: i64 = 15 * 60 * 1000;

/// Why a signed request was refused, in STS's words; Identity Store has others for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsigned {
    Missing,
    Incomplete,
    UnknownKey,
    Mismatch,
    ExpiredSession,
}

impl Unsigned {
    /// The code of the query protocol.
    pub(crate) fn of_sts(self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationToken",
            Self::Incomplete => "IncompleteSignature",
            Self::UnknownKey => "InvalidClientTokenId",
            Self::Mismatch => "SignatureDoesNotMatch",
            Self::ExpiredSession => "ExpiredToken",
        }
    }

    /// The code of the JSON protocols.
    pub(crate) fn of_json(self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete => "IncompleteSignatureException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::Mismatch => "InvalidSignatureException",
            Self::ExpiredSession => "ExpiredTokenException",
        }
    }
}

/// Whoever signed the request for that service, or why it counts as unsigned.
pub(crate) fn signer<'a>(
    simulator: &Simulator,
    world: &'a World,
    request: &Request,
    service: &str,
) -> Result<&'a Key, (Unsigned, String)> {
    let claim = claim(request)?;
    let only = |name: &str| {
        let mut found = request.headers.iter().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value.as_str()),
            _ => None,
        }
    };
    let amz_date = only("x-amz-date").unwrap_or_default();
    let Some(signed_at) = parse_amz_date(amz_date) else {
        let text =
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
        return Err((Unsigned::Incomplete, text.into()));
    };
    let key = world.keys.get(&claim.access_key_id).filter(|key| {
        let held = key.credentials.session_token.as_deref();
        held == request.header("x-amz-security-token")
            && (held.is_none() || only("x-amz-security-token").is_some())
    });
    let Some(key) = key else {
        let text = "The security token included in the request is invalid.";
        return Err((Unsigned::UnknownKey, text.into()));
    };
    scope(simulator, &claim, amz_date, service)?;
    headers(request, &claim)?;
    let canonical = canonical_request(
        &request.method,
        &request.target,
        &request.headers,
        &claim.signed_headers,
        &request.body,
    );
    let text = string_to_sign(amz_date, &claim.scope(), &canonical);
    if signature(&key.credentials.secret_access_key, &claim, &text) != claim.signature {
        let text = "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                    Access Key and signing method. Consult the service documentation for details.";
        return Err((Unsigned::Mismatch, text.into()));
    }
    let now = simulator.clock.now();
    if (now - signed_at).abs() > SKEW_MS {
        let text = if signed_at < now {
            format!("Signature expired: {amz_date} is more than 15 min. old")
        } else {
            format!("Signature not yet current: {amz_date} is more than 15 min. ahead")
        };
        return Err((Unsigned::Mismatch, text));
    }
    if key.credentials.expiration.is_some_and(|end| end <= now) {
        let text = "The security token included in the request is expired";
        return Err((Unsigned::ExpiredSession, text.into()));
    }
    Ok(key)
}

/// What the one `Authorization` header claims.
pub(crate) fn claim(request: &Request) -> Result<Claim, (Unsigned, String)> {
    let mut found = request
        .headers
        .iter()
        .filter(|(key, _)| key == "authorization");
    let Some((_, header)) = found.next() else {
        return Err((
            Unsigned::Missing,
            "Request is missing Authentication Token".into(),
        ));
    };
    if found.next().is_some() {
        return Err((
            Unsigned::Incomplete,
            "More than one Authorization header.".into(),
        ));
    }
    Claim::parse(header).map_err(|text| (Unsigned::Incomplete, text))
}

fn scope(
    simulator: &Simulator,
    claim: &Claim,
    amz_date: &str,
    service: &str,
) -> Result<(), (Unsigned, String)> {
    let mismatch = |text: String| Err((Unsigned::Mismatch, text));
    if claim.service != service {
        return mismatch(format!(
            "Credential should be scoped to correct service: '{service}'."
        ));
    }
    if claim.region != simulator.region {
        return mismatch("Credential should be scoped to a valid region.".into());
    }
    if !amz_date.starts_with(&claim.date) || claim.date.len() != 8 {
        return mismatch("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.".into());
    }
    Ok(())
}

/// `host` and every `x-amz-*` header have to be signed, in sorted order, and a payload hash has to be the body's.
fn headers(request: &Request, claim: &Claim) -> Result<(), (Unsigned, String)> {
    let mismatch = |text: String| Err((Unsigned::Mismatch, text));
    if !claim.signed_headers.is_sorted() {
        return mismatch("SignedHeaders is not sorted.".into());
    }
    for name in &claim.signed_headers {
        if request.header(name).is_none() || *name != name.to_ascii_lowercase() {
            return mismatch(format!(
                "'{name}' is a 'SignedHeader' but not in the request."
            ));
        }
    }
    let must = request
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| *name == "host" || name.starts_with("x-amz-"))
        .find(|name| !claim.signed_headers.iter().any(|signed| signed == name));
    if let Some(name) = must {
        return mismatch(format!(
            "'{name}' must be a 'SignedHeader' in the AWS Authorization."
        ));
    }
    let hash = request.header("x-amz-content-sha256");
    if hash.is_some_and(|hash| hash != crate::random::sha256_hex(&request.body)) {
        return mismatch("The value of X-Amz-Content-Sha256 does not match the body.".into());
    }
    Ok(())
}
