//! Signs a request with AWS Signature Version 4, as every service but S3 wants it: the path in its normal form, its
//! segments encoded once more. Source: "Create a signed AWS API request" of the IAM User Guide.
//!
//! Keys and signatures are those of the crate `aws-sigv4`. Its own way from a request to the text that is signed leads
//! through half of an SDK, an eighth of the Worker compressed; tests hold this one to it.

use super::error::{AwsError, Code};
use super::wire::{AwsRequest, percent_encoded};
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::secret::Secret;
use crate::timestamp::Timestamp;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use std::time::{Duration, UNIX_EPOCH};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

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
/// `IncompleteSignature`, as AWS would say, for keys that no header can carry, and for moments before 1970.
pub fn sign(
    request: AwsRequest,
    credentials: &Credentials,
    scope: Scope<'_>,
    now: Timestamp,
) -> Result<AwsRequest, AwsError> {
    let incomplete = AwsError::Refused(Code::INCOMPLETE_SIGNATURE);
    let seconds = u64::try_from(now.seconds()).map_err(|_| incomplete)?;
    let moment = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    let moment = moment.ok_or(incomplete)?;
    let amz_date = now.to_string().replace(['-', ':'], "");
    let (date, _) = amz_date.split_once('T').unwrap_or_default();
    let mut request = request.with_header("x-amz-date", &amz_date);
    if let Some(token) = &credentials.session_token {
        request = request.with_header("x-amz-security-token", token.reveal());
    }
    let Scope { region, service } = scope;
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let headers = signed_headers(&request);
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let hash = fingerprint(&canonical_request(&request, &headers, &names));
    let secret = credentials.secret_access_key.reveal();
    let key = generate_signing_key(secret, moment, region, service);
    let to_sign = format!("{ALGORITHM}\n{amz_date}\n{scope}\n{hash}");
    let signature = calculate_signature(key, to_sign.as_bytes());
    let authorization = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        credentials.access_key_id.reveal(),
    );
    let request = request.with_header("authorization", &authorization);
    let mut values = request.headers.iter().map(|(_, value)| value.reveal());
    // RFC 9110 section 5.5, without what is obsolete there.
    let is_plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if values.any(|value| !value.bytes().all(is_plain)) {
        return Err(incomplete);
    }
    Ok(request)
}

fn canonical_request(request: &AwsRequest, headers: &[(String, String)], names: &str) -> String {
    let (path, query) = request
        .path_and_query
        .split_once('?')
        .unwrap_or((&request.path_and_query, ""));
    let mut text = [
        request.method.as_str(),
        &canonical_path(path),
        &canonical_query(query),
    ]
    .join("\n");
    for (name, value) in headers {
        text.extend(["\n", name, ":", value]);
    }
    text.extend(["\n\n", names, "\n", &fingerprint(request.body.reveal())]);
    text
}

/// Names in lower case and in order; the values of one name with commas between them, and no more than one blank in a row.
fn signed_headers(request: &AwsRequest) -> Vec<(String, String)> {
    let host = ("host", request.endpoint.authority());
    let others = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.reveal()));
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in others.chain([host]) {
        let name = name.to_ascii_lowercase();
        let words: Vec<&str> = value.split_ascii_whitespace().collect();
        let value = words.join(" ");
        let place = headers.binary_search_by(|(other, _)| other.cmp(&name));
        match place.map(|place| headers.get_mut(place)) {
            Ok(Some((_, values))) => values.extend([",", &value]),
            Ok(None) => {}
            Err(place) => headers.insert(place, (name, value)),
        }
    }
    headers
}

/// RFC 3986 section 6.2.2.3, and slashes in a row as one.
fn canonical_path(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(percent_encoded(other)),
        }
    }
    let is_folder =
        ["/", "/.", "/.."].iter().any(|end| path.ends_with(end)) && !segments.is_empty();
    format!(
        "/{}{}",
        segments.join("/"),
        if is_folder { "/" } else { "" }
    )
}

/// Pairs in order, each with its `=`.
fn canonical_query(query: &str) -> String {
    let mut pairs = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let pair = (percent_encoded(&name), percent_encoded(&value));
        pairs.insert(pairs.partition_point(|other| *other <= pair), pair);
    }
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(<[String; 2]>::from)
        .map(|pair| pair.join("="))
        .collect();
    pairs.join("&")
}

#[cfg(test)]
#[path = "sigv4/vectors.rs"]
mod vectors;
