//! Compares signatures with the official vectors (`tests/vectors/sigv4`) and with the signing API of `aws-sigv4`.

use super::{Credentials, Scope, sign};
use crate::aws::endpoint::Endpoint;
use crate::aws::wire::AwsRequest;
use crate::crypto::secret::Secret;
use crate::timestamp::Timestamp;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as calculate};
use aws_sigv4::sign::v4::SigningParams;
use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::{prop_assert_eq, proptest};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

struct Vector {
    request: AwsRequest,
    credentials: Credentials,
    context: Value,
    authorization: String,
}

impl Vector {
    fn read(directory: &Path) -> Self {
        let text = |file: &str| fs::read_to_string(directory.join(file)).unwrap();
        let context: Value = serde_json::from_str(&text("context.json")).unwrap();
        let secret = |name: &str| context["credentials"][name].as_str().map(Secret::new);
        let signed = text("header-signed-request.txt");
        let signature = text("header-signature.txt");
        let authorization = signed
            .lines()
            .find_map(|line| line.strip_prefix("Authorization:"))
            .unwrap()
            .to_owned();
        assert!(authorization.ends_with(signature.trim()));
        let mut request = parse(&text("request.txt"));
        // The suite's signer adds the hash of the body as a header; here the header is part of the request.
        if context["sign_body"] == true {
            let hash = signed
                .lines()
                .find_map(|line| line.strip_prefix("x-amz-content-sha256:"))
                .unwrap();
            request = request.with_header("x-amz-content-sha256", hash);
        }
        Self {
            request,
            credentials: Credentials {
                access_key_id: secret("access_key_id").unwrap(),
                secret_access_key: secret("secret_access_key").unwrap(),
                session_token: secret("token"),
            },
            authorization,
            context,
        }
    }

    fn sign(&self) -> AwsRequest {
        let scope = Scope {
            region: self.context["region"].as_str().unwrap(),
            service: self.context["service"].as_str().unwrap(),
        };
        let now = Timestamp::parse(self.context["timestamp"].as_str().unwrap()).unwrap();
        sign(self.request.clone(), &self.credentials, scope, now).unwrap()
    }
}

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn parse(text: &str) -> AwsRequest {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("POST / HTTP/1.1"));
    let mut headers: Vec<(String, &str)> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let host = headers.iter().position(|(name, _)| name == "host").unwrap();
    let (_, host) = headers.remove(host);
    let endpoint = Endpoint::overridden(&format!("https://{host}")).unwrap();
    let mut request = AwsRequest::post(&endpoint, "/", "", body);
    request.headers.clear();
    for (name, value) in headers {
        request = request.with_header(leaked(&name), value);
    }
    request
}

#[test]
fn signatures_equal_the_official_vectors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/sigv4");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(root).unwrap() {
        let directory = entry.unwrap().path();
        if !directory.is_dir() {
            continue;
        }
        count += 1;
        let vector = Vector::read(&directory);
        let signed = vector.sign();
        if signed.header("authorization") != Some(&vector.authorization) {
            wrong.push(directory.file_name().unwrap().to_owned());
        }
        let token = vector.credentials.session_token.as_ref();
        assert_eq!(
            signed.header("x-amz-security-token"),
            token.map(Secret::reveal)
        );
    }
    assert!(wrong.is_empty(), "{wrong:?} of {count}");
    assert_eq!(count, 7);
}

#[test]
fn credentials_that_fit_no_header_and_times_before_1970_are_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/sigv4/post-vanilla");
    let vector = Vector::read(&root);
    let scope = Scope {
        region: "us-east-1",
        service: "service",
    };
    let sign_with = |credentials: &Credentials, seconds| {
        let now = Timestamp::from_seconds(seconds);
        sign(vector.request.clone(), credentials, scope, now)
    };
    assert!(sign_with(&vector.credentials, 0).is_ok());
    let injected = Credentials {
        session_token: Some(Secret::new("a\r\nx-injected: 1")),
        ..vector.credentials.clone()
    };
    for refused in [sign_with(&injected, 0), sign_with(&vector.credentials, -1)] {
        assert_eq!(refused.unwrap_err().to_string(), "IncompleteSignature");
    }
}

/// Signs a request with the signing API of `aws-sigv4` and returns its `authorization`.
fn reference(request: &AwsRequest, keys: &Credentials, scope: Scope<'_>, now: u64) -> String {
    let identity = aws_credential_types::Credentials::from_keys(
        keys.access_key_id.reveal(),
        keys.secret_access_key.reveal(),
        keys.session_token
            .as_ref()
            .map(|token| token.reveal().to_owned()),
    )
    .into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(UNIX_EPOCH + Duration::from_secs(now))
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let url = request.url();
    let headers = request.headers.iter();
    let signable = SignableRequest::new(
        request.method.as_str(),
        &url,
        headers.map(|(name, value)| (*name, value.reveal())),
        SignableBody::Bytes(request.body.reveal().as_bytes()),
    )
    .unwrap();
    let (instructions, _) = calculate(signable, &parameters).unwrap().into_parts();
    let mut headers = instructions.headers();
    let (_, value) = headers.find(|(name, _)| *name == "authorization").unwrap();
    value.to_owned()
}

proptest! {
    #[test]
    fn signature_equals_that_of_the_reference(
        headers in btree_map("x-[a-c]{1,3}", "[!-~]{0,10}( [!-~]{1,10})?", 0..5),
        body in ".{0,40}",
        token in option::of("[!-~]{1,40}"),
        secret in "[ -~]{1,40}",
        now in 0_u32..,
    ) {
        let endpoint = Endpoint::overridden("https://sts.us-east-1.amazonaws.com").unwrap();
        let mut request = AwsRequest::post(&endpoint, "/", "text/plain", body);
        for (name, value) in headers {
            request = request.with_header(leaked(&name), value.trim());
        }
        let keys = Credentials {
            access_key_id: Secret::new("AKIDEXAMPLE"),
            secret_access_key: Secret::new(secret),
            session_token: token.map(Secret::new),
        };
        let scope = Scope { region: "us-east-1", service: "sts" };
        let signed = sign(request.clone(), &keys, scope, Timestamp::from_seconds(now.into())).unwrap();
        let expected = reference(&request, &keys, scope, now.into());
        prop_assert_eq!(signed.header("authorization").unwrap(), expected);
    }
}
