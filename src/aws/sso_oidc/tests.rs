//! Requests to the OIDC service, and its responses.

use super::*;
use crate::aws::endpoint::Service;
use crate::aws::error::Code;
use crate::aws::region::Region;
use serde_json::{Value, json};

fn endpoint() -> Endpoint {
    Endpoint::of(Service::SsoOidc, Region::parse("eu-west-1").unwrap())
}

fn response(status: u16, body: &str) -> AwsResponse {
    AwsResponse {
        status,
        error_type: None,
        body: body.as_bytes().to_vec(),
    }
}

fn registered() -> Registration {
    Registration {
        client_id: Secret::new("id"),
        client_secret: Secret::new("secret"),
        expires_at: Timestamp::from_seconds(1),
    }
}

#[test]
fn requests_conform_to_the_model() {
    let device_code = Secret::new("code");
    for (request, path, body, is_idempotent) in [
        (
            register_client(&endpoint()),
            "/client/register",
            json!({"clientName": "edge-auth", "clientType": "public", "scopes": ["sso:account:access"],
                "grantTypes": ["urn:ietf:params:oauth:grant-type:device_code"]}),
            true,
        ),
        (
            start_device_authorization(&endpoint(), &registered(), "https://d-1.awsapps.com/start"),
            "/device_authorization",
            json!({"clientId": "id", "clientSecret": "secret", "startUrl": "https://d-1.awsapps.com/start"}),
            true,
        ),
        (
            create_token(&endpoint(), &registered(), &device_code),
            "/token",
            json!({"clientId": "id", "clientSecret": "secret", "deviceCode": "code",
                "grantType": "urn:ietf:params:oauth:grant-type:device_code"}),
            false,
        ),
    ] {
        assert_eq!(
            request.url(),
            format!("https://oidc.eu-west-1.amazonaws.com{path}")
        );
        assert_eq!(request.method.as_str(), "POST");
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("authorization"), None);
        let sent: Value = serde_json::from_str(request.body.reveal()).unwrap();
        assert_eq!(sent, body);
        assert_eq!(request.is_idempotent, is_idempotent, "{path}");
    }
}

#[test]
fn responses_are_read() {
    let secret = "s".repeat(2_000);
    let body = json!({"clientId": "id", "clientSecret": secret, "clientIdIssuedAt": 1,
        "clientSecretExpiresAt": 1_704_888_000, "authorizationEndpoint": null, "new": {}});
    let read = registration(&response(200, &body.to_string())).unwrap();
    assert_eq!(read.client_secret, Secret::new(secret));
    assert_eq!(read.expires_at.to_string(), "2024-01-10T12:00:00Z");

    let body = r#"{"deviceCode":"d","userCode":"ABCD-EFGH","verificationUri":"https://x.example/",
        "verificationUriComplete":"https://x.example/?user_code=ABCD-EFGH","expiresIn":600}"#;
    let read = device_authorization(&endpoint(), &response(200, body)).unwrap();
    assert_eq!((read.expires_in, read.interval), (600, 5));
    assert_eq!(read.user_code, "ABCD-EFGH");

    let body = r#"{"accessToken":"t","tokenType":"Bearer","expiresIn":28800,"refreshToken":null}"#;
    assert_eq!(access_token(&response(200, body)), Ok(Secret::new("t")));
}

#[test]
fn unexpected_response_is_invalid() {
    let huge = format!(r#"{{"accessToken":"{}"}}"#, "t".repeat(MAX_TOKEN_BYTES + 1));
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    for body in [
        "",
        "null",
        "{}",
        "[]",
        "<html></html>",
        r#"{"accessToken":"#,
        r#"{"accessToken":7}"#,
        r#"{"accessToken":null}"#,
        r#"{"accessToken":""}"#,
        r#"{"accessToken":"a\r\nb"}"#,
        r#"{"accessToken":"a b"}"#,
        r#"{"accessToken":"a","accessToken":"b"}"#,
        r#"{"accessToken":"a"} tail"#,
        "\u{feff}{\"accessToken\":\"a\"}",
        &huge,
        &deep,
    ] {
        assert_eq!(
            access_token(&response(200, body)),
            Err(AwsError::InvalidResponse)
        );
    }
    for body in [
        r#"{"clientId":"a","clientSecret":"b"}"#,
        r#"{"clientId":"a","clientSecret":"b","clientSecretExpiresAt":0}"#,
        r#"{"clientId":"a","clientSecret":"b","clientSecretExpiresAt":"1"}"#,
        r#"{"clientId":"a","clientSecret":"b","clientSecretExpiresAt":1.5}"#,
        r#"{"clientId":"a","clientSecret":"b","clientSecretExpiresAt":1e400}"#,
    ] {
        assert_eq!(
            registration(&response(200, body)),
            Err(AwsError::InvalidResponse),
            "{body}"
        );
    }
    let started = |uri: &str, code: &str, seconds: &str| {
        format!(
            r#"{{"deviceCode":"d","userCode":"{code}","verificationUri":"{uri}",
            "verificationUriComplete":"https://x.example/?c","expiresIn":{seconds},"interval":1}}"#
        )
    };
    let good = "https://x.example/";
    assert!(device_authorization(&endpoint(), &response(200, &started(good, "A", "1"))).is_ok());
    for body in [
        started("http://x.example/", "A", "1"),
        started("javascript:alert(1)", "A", "1"),
        started("https://x.example/ <script>", "A", "1"),
        started(good, "", "1"),
        started(good, "A\\u0007", "1"),
        started(good, "A", "0"),
        started(good, "A", "-1"),
        started(good, "A", "4294967296"),
    ] {
        let read = device_authorization(&endpoint(), &response(200, &body));
        assert_eq!(read, Err(AwsError::InvalidResponse), "{body}");
    }
}

#[test]
fn errors_of_the_model_are_distinguished() {
    for (status, error, code) in [
        (400, "authorization_pending", Code::AUTHORIZATION_PENDING),
        (400, "slow_down", Code::SLOW_DOWN),
        (400, "expired_token", Code::EXPIRED_TOKEN),
        (400, "access_denied", Code::ACCESS_DENIED),
        (400, "invalid_grant", Code::INVALID_GRANT),
        (401, "invalid_client", Code::INVALID_CLIENT),
    ] {
        let refused = response(
            status,
            &format!(r#"{{"error":"{error}","error_description":"x"}}"#),
        );
        assert_eq!(access_token(&refused), Err(AwsError::Refused(code)));
        assert_eq!(registration(&refused), Err(AwsError::Refused(code)));
        assert_eq!(
            device_authorization(&endpoint(), &refused),
            Err(AwsError::Refused(code))
        );
    }
}
