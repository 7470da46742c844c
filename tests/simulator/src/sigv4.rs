//! Signature Version 4, written from AWS's specification, for all services but S3.
//!
//! It shares no code with the signer of the service. Otherwise a mistake in that code would not be detected.

use crate::encoding::{decode, encode, hex, hmac_sha256, sha256_hex};

/// The content of an `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    /// `YYYYMMDD`.
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    /// In the order of the header.
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: String,
}

impl Authorization {
    /// Reads the header; the error is the message of AWS about the first missing part.
    pub(crate) fn parse(header: &str) -> Result<Self, String> {
        let parameters = header
            .strip_prefix("AWS4-HMAC-SHA256 ")
            .ok_or("Authorization header requires 'AWS4-HMAC-SHA256' algorithm.")?;
        let named = |name: &str| {
            let mut found = parameters.split(',').filter_map(|parameter| {
                let (key, value) = parameter.trim().split_once('=')?;
                (key == name).then_some(value)
            });
            match (found.next(), found.next()) {
                (Some(value), None) if !value.is_empty() => Ok(value),
                _ => Err(format!("Authorization header requires '{name}' parameter.")),
            }
        };
        let credential = named("Credential")?;
        let [key, date, region, service, "aws4_request"] =
            credential.split('/').collect::<Vec<_>>()[..]
        else {
            return Err(
                "Credential must have exactly 5 slash-delimited elements, the last 'aws4_request'."
                    .into(),
            );
        };
        Ok(Self {
            access_key_id: key.into(),
            date: date.into(),
            region: region.into(),
            service: service.into(),
            signed_headers: named("SignedHeaders")?
                .split(';')
                .map(str::to_owned)
                .collect(),
            signature: named("Signature")?.into(),
        })
    }

    pub(crate) fn scope(&self) -> String {
        format!(
            "{}/{}/{}/aws4_request",
            self.date, self.region, self.service
        )
    }
}

/// The canonical request. `target` is path and query as sent; the names of `headers` are in lower case.
pub(crate) fn canonical_request(
    method: &str,
    target: &str,
    headers: &[(String, String)],
    signed_headers: &[String],
    body: &[u8],
) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut lines = vec![
        method.to_owned(),
        canonical_path(path),
        canonical_query(query),
    ];
    for name in signed_headers {
        let values: Vec<String> = headers
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        lines.push(format!("{name}:{}", values.join(",")));
    }
    lines.extend([String::new(), signed_headers.join(";"), sha256_hex(body)]);
    lines.join("\n")
}

fn canonical_path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    let mut canonical = String::new();
    for segment in &segments {
        canonical.push('/');
        canonical.push_str(&encode(segment.as_bytes()));
    }
    if segments.is_empty() || path.ends_with('/') {
        canonical.push('/');
    }
    canonical
}

fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (encode(&decode(name)), encode(&decode(value)))
        })
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// The text that is signed; `amz_date` is the value of `X-Amz-Date`.
pub(crate) fn string_to_sign(amz_date: &str, scope: &str, canonical_request: &str) -> String {
    let hash = sha256_hex(canonical_request.as_bytes());
    format!("AWS4-HMAC-SHA256\n{amz_date}\n{scope}\n{hash}")
}

/// The signature in lower-case hexadecimal digits.
pub(crate) fn signature(
    secret: &str,
    authorization: &Authorization,
    string_to_sign: &str,
) -> String {
    let mut key = hmac_sha256(
        format!("AWS4{secret}").as_bytes(),
        authorization.date.as_bytes(),
    );
    for part in [
        &authorization.region,
        &authorization.service,
        "aws4_request",
    ] {
        key = hmac_sha256(&key, part.as_bytes());
    }
    hex(&hmac_sha256(&key, string_to_sign.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// Method, target, headers and body of a file of the official suite, which is not always valid HTTP.
    fn read(text: &str) -> (String, String, Vec<(String, String)>, Vec<u8>) {
        let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
        let mut lines = head.lines();
        let line = lines.next().expect("a request line");
        let (method, rest) = line.split_once(' ').expect("a method");
        let (target, _) = rest.rsplit_once(' ').expect("a version");
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        (method.into(), target.into(), headers, body.into())
    }

    #[test]
    fn signatures_are_those_of_the_official_vectors() {
        let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("sigv4-vectors");
        let mut seen = 0;
        for case in fs::read_dir(suite).expect("the vectors") {
            let case = case.expect("an entry").path();
            if !case.is_dir() {
                continue;
            }
            let file = |name: &str| fs::read_to_string(case.join(name)).expect(name);
            let (method, target, _, body) = read(&file("request.txt"));
            // The signed request contains what the signer added: the date, the token and the `Authorization` header.
            let (_, _, headers, _) = read(&file("header-signed-request.txt"));
            let header = |name: &str| {
                &headers
                    .iter()
                    .find(|(key, _)| key == name)
                    .expect("a header")
                    .1
            };
            let authorization =
                Authorization::parse(header("authorization")).expect("an Authorization header");
            let canonical = canonical_request(
                &method,
                &target,
                &headers,
                &authorization.signed_headers,
                &body,
            );
            assert_eq!(
                canonical,
                file("header-canonical-request.txt"),
                "{}",
                case.display()
            );
            let text = string_to_sign(header("x-amz-date"), &authorization.scope(), &canonical);
            assert_eq!(
                text,
                file("header-string-to-sign.txt"),
                "{}",
                case.display()
            );
            let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
            let computed = signature(secret, &authorization, &text);
            assert_eq!(
                computed,
                file("header-signature.txt").trim(),
                "{}",
                case.display()
            );
            assert_eq!(computed, authorization.signature);
            seen += 1;
        }
        assert_eq!(seen, 15, "vectors present");
    }

    /// The canonical request escapes the path of the request a second time, for all services except S3.
    #[test]
    fn paths_are_encoded_twice() {
        assert_eq!(canonical_path("/model/a%3Ab@c"), "/model/a%253Ab%40c");
        assert_eq!(canonical_path(""), "/");
        assert_eq!(canonical_path("/../..//a/./b/../"), "/a/");
    }

    #[test]
    fn malformed_authorization_names_the_missing_part() {
        let good = "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=host, Signature=00";
        assert!(Authorization::parse(good).is_ok());
        for (bad, expected) in [
            (good.replace("AWS4-HMAC-SHA256", "Bearer"), "algorithm"),
            (good.replace("Credential", "Credentials"), "'Credential'"),
            (good.replace("aws4_request", "aws5_request"), "5 slash"),
            (good.replace("/r/", "/r/r/"), "5 slash"),
            (
                good.replace("SignedHeaders=host", "SignedHeaders="),
                "'SignedHeaders'",
            ),
            (good.replace("Signature=00", ""), "'Signature'"),
            (format!("{good}, Signature=01"), "'Signature'"),
        ] {
            let error = Authorization::parse(&bad).expect_err(&bad);
            assert!(error.contains(expected), "{bad}: {error}");
        }
    }
}
