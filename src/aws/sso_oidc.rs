//! IAM Identity Center's OIDC service: registering this client, starting a device authorization, asking for its token.
//! Source: botocore's model `sso-oidc/2019-06-10`. The three operations are unsigned there (`authtype: none`).

use super::error::AwsError;
use super::partition::Endpoint;
use super::wire::{AwsRequest, AwsResponse, json};
use crate::crypto::secret::Secret;
use crate::json::Json;
use crate::timestamp::Timestamp;
use serde::Serialize;

const MEDIA_TYPE: &str = "application/json";
/// What lets the token list accounts and fetch role credentials.
const SCOPE: &str = "sso:account:access";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628 section 3.2: without an interval the client waits this many seconds.
const DEFAULT_INTERVAL: u32 = 5;
/// Far above anything AWS gives out (about 2 kB); what is longer is no token.
const LONGEST_TOKEN: usize = 16 * 1024;

/// This service as a client of AWS, for about 90 days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// AWS's name for us.
    pub client_id: Secret,
    /// 1 to 2 kB.
    pub client_secret: Secret,
    /// When AWS forgets it.
    pub expires_at: Timestamp,
}

/// A device authorization that a person is to approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAuthorization {
    /// What asks for the token.
    pub device_code: Secret,
    /// What the person compares.
    pub user_code: String,
    /// Where the person goes.
    pub verification_uri: String,
    /// The same with the user code in it.
    pub verification_uri_complete: String,
    /// Seconds, at least 1.
    pub expires_in: u32,
    /// Seconds between two questions, at least 1.
    pub interval: u32,
}

/// `RegisterClient`. Repeatable: a registration whose reply was lost is forgotten and harms nobody.
#[must_use]
pub fn register_client(endpoint: &Endpoint, client_name: &str) -> AwsRequest {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        client_name: &'a str,
        client_type: &'a str,
        scopes: [&'a str; 1],
        grant_types: [&'a str; 1],
    }
    let body = Body {
        client_name,
        client_type: "public",
        scopes: [SCOPE],
        grant_types: [DEVICE_GRANT],
    };
    AwsRequest::post(endpoint, "/client/register", MEDIA_TYPE, json(&body))
}

/// Reads `RegisterClient`'s reply.
///
/// # Errors
/// Any [`AwsError`] but those of the connection.
pub fn registration(reply: &AwsResponse) -> Result<Registration, AwsError> {
    let mut reply = reply.json()?;
    let expires_at = reply.integer("clientSecretExpiresAt")?;
    if expires_at <= 0 {
        return Err(AwsError::InvalidResponse);
    }
    Ok(Registration {
        client_id: token(reply.text("clientId")?)?,
        client_secret: token(reply.text("clientSecret")?)?,
        expires_at: Timestamp::from_seconds(expires_at),
    })
}

/// `StartDeviceAuthorization`. Repeatable: an authorization whose reply was lost is approved by nobody and expires.
#[must_use]
pub fn start_device_authorization(
    endpoint: &Endpoint,
    registration: &Registration,
    start_url: &str,
) -> AwsRequest {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        client_id: &'a str,
        client_secret: &'a str,
        start_url: &'a str,
    }
    let body = Body {
        client_id: registration.client_id.reveal(),
        client_secret: registration.client_secret.reveal(),
        start_url,
    };
    AwsRequest::post(endpoint, "/device_authorization", MEDIA_TYPE, json(&body))
}

/// Reads `StartDeviceAuthorization`'s reply. The addresses in it are shown to people, so they must be https, or http where
/// the endpoint itself is.
///
/// # Errors
/// Any [`AwsError`] but those of the connection.
pub fn device_authorization(
    endpoint: &Endpoint,
    reply: &AwsResponse,
) -> Result<DeviceAuthorization, AwsError> {
    let mut reply = reply.json()?;
    let interval = reply.optional("interval").map(Json::integer).transpose()?;
    let started = DeviceAuthorization {
        device_code: token(reply.text("deviceCode")?)?,
        user_code: reply.text("userCode")?,
        verification_uri: reply.text("verificationUri")?,
        verification_uri_complete: reply.text("verificationUriComplete")?,
        expires_in: reply.integer("expiresIn")?,
        interval: interval.unwrap_or(DEFAULT_INTERVAL).max(1),
    };
    let is_address = |address: &str| {
        let scheme_fits = address.starts_with("https://")
            || (!endpoint.is_https() && address.starts_with("http://"));
        scheme_fits && address.len() <= 2_048 && is_visible(address)
    };
    if !is_address(&started.verification_uri)
        || !is_address(&started.verification_uri_complete)
        || started.user_code.len() > 64
        || !is_visible(&started.user_code)
        || started.expires_in == 0
    {
        return Err(AwsError::InvalidResponse);
    }
    Ok(started)
}

/// `CreateToken` for a device code. Sent once: the code is used up by the question that gets the token.
#[must_use]
pub fn create_token(
    endpoint: &Endpoint,
    registration: &Registration,
    device_code: &Secret,
) -> AwsRequest {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        client_id: &'a str,
        client_secret: &'a str,
        grant_type: &'a str,
        device_code: &'a str,
    }
    let body = Body {
        client_id: registration.client_id.reveal(),
        client_secret: registration.client_secret.reveal(),
        grant_type: DEVICE_GRANT,
        device_code: device_code.reveal(),
    };
    AwsRequest::post(endpoint, "/token", MEDIA_TYPE, json(&body)).once()
}

/// Reads `CreateToken`'s reply: the access token, which opens all that the person may do in AWS.
///
/// # Errors
/// Any [`AwsError`] but those of the connection; while the person has not answered, `AuthorizationPendingException`.
pub fn access_token(reply: &AwsResponse) -> Result<Secret, AwsError> {
    token(reply.json()?.text("accessToken")?)
}

/// Tokens go into headers and bodies of later requests.
fn token(text: String) -> Result<Secret, AwsError> {
    (text.len() <= LONGEST_TOKEN && is_visible(&text))
        .then(|| Secret::new(text))
        .ok_or(AwsError::InvalidResponse)
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::error::Code;
    use crate::aws::partition::{Region, Service};
    use serde_json::{Value, json};

    fn endpoint() -> Endpoint {
        Endpoint::of(Service::SsoOidc, Region::parse("eu-west-1").unwrap())
    }

    fn reply(status: u16, body: &str) -> AwsResponse {
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
    fn requests_are_as_the_model_says() {
        let device_code = Secret::new("code");
        for (request, path, body, is_repeatable) in [
            (
                register_client(&endpoint(), "edge-auth"),
                "/client/register",
                json!({"clientName": "edge-auth", "clientType": "public", "scopes": ["sso:account:access"],
                    "grantTypes": ["urn:ietf:params:oauth:grant-type:device_code"]}),
                true,
            ),
            (
                start_device_authorization(
                    &endpoint(),
                    &registered(),
                    "https://d-1.awsapps.com/start",
                ),
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
            assert_eq!(request.is_repeatable, is_repeatable, "{path}");
        }
    }

    #[test]
    fn replies_are_read() {
        let secret = "s".repeat(2_000);
        let body = json!({"clientId": "id", "clientSecret": secret, "clientIdIssuedAt": 1,
            "clientSecretExpiresAt": 1_704_888_000, "authorizationEndpoint": null, "new": {}});
        let read = registration(&reply(200, &body.to_string())).unwrap();
        assert_eq!(read.client_secret, Secret::new(secret));
        assert_eq!(read.expires_at.to_string(), "2024-01-10T12:00:00Z");

        let body = r#"{"deviceCode":"d","userCode":"ABCD-EFGH","verificationUri":"https://x.example/",
            "verificationUriComplete":"https://x.example/?user_code=ABCD-EFGH","expiresIn":600}"#;
        let read = device_authorization(&endpoint(), &reply(200, body)).unwrap();
        assert_eq!((read.expires_in, read.interval), (600, 5));
        assert_eq!(read.user_code, "ABCD-EFGH");

        let body =
            r#"{"accessToken":"t","tokenType":"Bearer","expiresIn":28800,"refreshToken":null}"#;
        assert_eq!(access_token(&reply(200, body)), Ok(Secret::new("t")));
    }

    #[test]
    fn odd_replies_are_invalid() {
        let huge = format!(r#"{{"accessToken":"{}"}}"#, "t".repeat(LONGEST_TOKEN + 1));
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
                access_token(&reply(200, body)),
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
                registration(&reply(200, body)),
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
        assert!(device_authorization(&endpoint(), &reply(200, &started(good, "A", "1"))).is_ok());
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
            let read = device_authorization(&endpoint(), &reply(200, &body));
            assert_eq!(read, Err(AwsError::InvalidResponse), "{body}");
        }
    }

    #[test]
    fn the_modelled_errors_are_told_apart() {
        for (status, error, code) in [
            (400, "authorization_pending", Code::AUTHORIZATION_PENDING),
            (400, "slow_down", Code::SLOW_DOWN),
            (400, "expired_token", Code::EXPIRED_TOKEN),
            (400, "access_denied", Code::ACCESS_DENIED),
            (400, "invalid_grant", Code::INVALID_GRANT),
            (401, "invalid_client", Code::INVALID_CLIENT),
        ] {
            let refused = reply(
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
}
