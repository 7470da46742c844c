//! The official `SigV4` vectors that apply; `tests/vectors/sigv4/README.md` lists the others and why. And AWS's own crate.

use super::{Credentials, Scope, sign};
use crate::aws::partition::Endpoint;
use crate::aws::wire::{AwsRequest, Method};
use crate::crypto::secret::Secret;
use crate::timestamp::Timestamp;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as calculate};
use aws_sigv4::sign::v4::SigningParams;
use proptest::collection::vec;
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
        // Only with the body's hash as a header, which the suite's signer adds and ours takes as given.
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
        sign(
            self.request.clone(),
            &self.credentials,
            Scope {
                region: self.context["region"].as_str().unwrap(),
                service: self.context["service"].as_str().unwrap(),
            },
            Timestamp::parse(self.context["timestamp"].as_str().unwrap()).unwrap(),
        )
        .unwrap()
    }
}

fn parse(text: &str) -> AwsRequest {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let request_line = lines.next().unwrap();
    let (method, rest) = request_line.split_once(' ').unwrap();
    let target = rest.strip_suffix(" HTTP/1.1").unwrap();
    let mut host = "";
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        if name.eq_ignore_ascii_case("host") {
            host = value;
        } else {
            headers.push((name.to_owned(), Secret::new(value)));
        }
    }
    AwsRequest {
        method: match method {
            "GET" => Method::Get,
            "POST" => Method::Post,
            other => panic!("{other}"),
        },
        endpoint: Endpoint::overridden(&format!("https://{host}")).unwrap(),
        path_and_query: target.to_owned(),
        headers,
        body: Secret::new(body),
        is_repeatable: true,
    }
}

#[test]
fn official_vectors() {
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
    assert_eq!(count, 28);
}

#[test]
fn keys_that_fit_no_header_are_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/sigv4/get-vanilla");
    let mut vector = Vector::read(&root);
    vector.credentials.session_token = Some(Secret::new("a\r\nx-injected: 1"));
    let scope = Scope {
        region: "us-east-1",
        service: "service",
    };
    let fault = sign(
        vector.request.clone(),
        &vector.credentials,
        scope,
        Timestamp::from_seconds(0),
    );
    assert_eq!(fault.unwrap_err().to_string(), "IncompleteSignature");
    let fault = sign(
        vector.request,
        &vector.credentials,
        scope,
        Timestamp::from_seconds(-1),
    );
    assert_eq!(fault.unwrap_err().to_string(), "IncompleteSignature");
}

/// What the crate `aws-sigv4` says of the same request.
fn by_the_crate(request: &AwsRequest, keys: &Credentials, scope: Scope<'_>, now: u64) -> String {
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
        headers.map(|(name, value)| (name.as_str(), value.reveal())),
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
    fn as_the_crate_signs(
        path in "(/([A-Za-z0-9._~%+-]{0,6}|[.]{1,2})){1,4}",
        query in "([?]([a-cA-C0-9.-]{1,3}(=([a-c~+-]|%[2-7][0-9A-F]){0,4})?&?){0,4})?",
        headers in vec(("[ab]{1,2}", "([!-~]| ){0,20}"), 0..5),
        body in ".{0,40}",
        token in option::of("[!-~]{1,40}"),
        secret in "[ -~]{1,40}",
        now in 0_u32..,
    ) {
        let endpoint = Endpoint::overridden("https://sts.us-east-1.amazonaws.com").unwrap();
        let mut request = AwsRequest::post(&endpoint, path + &query, "text/plain", body);
        for (name, value) in headers {
            request = request.with_header(&format!("x-{name}"), &value);
        }
        let keys = Credentials {
            access_key_id: Secret::new("AKIDEXAMPLE"),
            secret_access_key: Secret::new(secret),
            session_token: token.map(Secret::new),
        };
        let scope = Scope { region: "us-east-1", service: "sts" };
        let signed = sign(request.clone(), &keys, scope, Timestamp::from_seconds(now.into())).unwrap();
        let expected = by_the_crate(&request, &keys, scope, now.into());
        prop_assert_eq!(signed.header("authorization").unwrap(), expected);
    }
}
