//! OIDC service of IAM Identity Center: registers this service as a client, starts device authorizations and fetches their access
//! tokens. Source: the `sso-oidc/2019-06-10` model of botocore. The three operations are not signed (`authtype: none`).

use super::Aws;
use super::endpoint::Endpoint;
use super::error::AwsError;
use super::wire::{AwsRequest, AwsResponse, json};
use crate::crypto::secret::Secret;
use crate::json::Json;
use crate::timestamp::Timestamp;
use serde::Serialize;

/// The client name at AWS, which users see when they approve.
pub const CLIENT_NAME: &str = "edge-auth";
const MEDIA_TYPE: &str = "application/json";
/// Allows the access token to list accounts and fetch role credentials.
const SCOPE: &str = "sso:account:access";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Seconds between two polls if the response has no interval (RFC 8628 section 3.2).
const DEFAULT_INTERVAL_SECONDS: u32 = 5;
/// Maximum length of a token. The longest tokens of AWS have about 2 kB.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// Maximum length of a verification URI.
const MAX_URI_BYTES: usize = 2_048;
/// Maximum length of a user code.
const MAX_USER_CODE_BYTES: usize = 64;

/// The registration of this service as a client, valid for about 90 days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Client ID.
    pub client_id: Secret,
    /// Client secret, 1 to 2 kB.
    pub client_secret: Secret,
    /// Expiry.
    pub expires_at: Timestamp,
}

/// A device authorization for a user to approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAuthorization {
    /// Device code, with which the access token is fetched.
    pub device_code: Secret,
    /// User code, which the user compares.
    pub user_code: String,
    /// URI that the user opens.
    pub verification_uri: String,
    /// The same URI with the user code.
    pub verification_uri_complete: String,
    /// Lifetime in seconds, at least 1.
    pub expires_in: u32,
    /// Seconds between two polls, at least 1.
    pub interval: u32,
}

/// Returns the request `RegisterClient`. It is idempotent: an unused registration has no effect.
#[must_use]
pub fn register_client(endpoint: &Endpoint) -> AwsRequest {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        client_name: &'a str,
        client_type: &'a str,
        scopes: [&'a str; 1],
        grant_types: [&'a str; 1],
    }
    let body = Body {
        client_name: CLIENT_NAME,
        client_type: "public",
        scopes: [SCOPE],
        grant_types: [DEVICE_GRANT],
    };
    AwsRequest::post(endpoint, "/client/register", MEDIA_TYPE, json(&body))
}

/// Reads the response to `RegisterClient`.
///
/// # Errors
/// Any [`AwsError`] that a response can have.
pub fn registration(response: &AwsResponse) -> Result<Registration, AwsError> {
    let mut body = response.json()?;
    let expires_at = body.integer("clientSecretExpiresAt")?;
    if expires_at <= 0 {
        return Err(AwsError::InvalidResponse);
    }
    Ok(Registration {
        client_id: token(body.text("clientId")?)?,
        client_secret: token(body.text("clientSecret")?)?,
        expires_at: Timestamp::from_seconds(expires_at),
    })
}

/// Returns the request `StartDeviceAuthorization`. It is idempotent: an unused authorization expires.
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

/// Reads the response to `StartDeviceAuthorization`. Users open its URIs, so they must be https; http is allowed if the endpoint is
/// http.
///
/// # Errors
/// Any [`AwsError`] that a response can have.
pub fn device_authorization(
    endpoint: &Endpoint,
    response: &AwsResponse,
) -> Result<DeviceAuthorization, AwsError> {
    let mut body = response.json()?;
    let interval = body.optional("interval").map(Json::integer).transpose()?;
    let started = DeviceAuthorization {
        device_code: token(body.text("deviceCode")?)?,
        user_code: body.text("userCode")?,
        verification_uri: body.text("verificationUri")?,
        verification_uri_complete: body.text("verificationUriComplete")?,
        expires_in: body.integer("expiresIn")?,
        interval: interval.unwrap_or(DEFAULT_INTERVAL_SECONDS).max(1),
    };
    let is_uri = |uri: &str| {
        let scheme_fits =
            uri.starts_with("https://") || (!endpoint.is_https() && uri.starts_with("http://"));
        scheme_fits && uri.len() <= MAX_URI_BYTES && is_visible(uri)
    };
    if !is_uri(&started.verification_uri)
        || !is_uri(&started.verification_uri_complete)
        || started.user_code.len() > MAX_USER_CODE_BYTES
        || !is_visible(&started.user_code)
        || started.expires_in == 0
    {
        return Err(AwsError::InvalidResponse);
    }
    Ok(started)
}

/// Returns the request `CreateToken` for a device code. It is not idempotent: the device code can be used once.
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
    AwsRequest::post(endpoint, "/token", MEDIA_TYPE, json(&body)).not_idempotent()
}

/// Reads the response to `CreateToken`: an access token for everything that the user may do in AWS.
///
/// # Errors
/// Any [`AwsError`] that a response can have; `AuthorizationPendingException` until the user decides.
pub fn access_token(response: &AwsResponse) -> Result<Secret, AwsError> {
    token(response.json()?.text("accessToken")?)
}

/// Tokens are sent in headers and bodies of later requests.
fn token(text: String) -> Result<Secret, AwsError> {
    (text.len() <= MAX_TOKEN_BYTES && is_visible(&text))
        .then(|| Secret::new(text))
        .ok_or(AwsError::InvalidResponse)
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl Aws {
    /// Registers this service as a client of Identity Center.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn register_client(&self) -> Result<Registration, AwsError> {
        let request = register_client(&self.sso_oidc);
        registration(&self.client.send(&request).await?)
    }

    /// Starts a device authorization at a start URL.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn start_device_authorization(
        &self,
        registration: &Registration,
        start_url: &str,
    ) -> Result<DeviceAuthorization, AwsError> {
        let request = start_device_authorization(&self.sso_oidc, registration, start_url);
        device_authorization(&self.sso_oidc, &self.client.send(&request).await?)
    }

    /// Polls once for the access token of a device authorization.
    ///
    /// # Errors
    /// Any [`AwsError`]; `AuthorizationPendingException` and `SlowDownException` until the user decides.
    pub async fn create_token(
        &self,
        registration: &Registration,
        device_code: &Secret,
    ) -> Result<Secret, AwsError> {
        let request = create_token(&self.sso_oidc, registration, device_code);
        access_token(&self.client.send(&request).await?)
    }
}

#[cfg(test)]
mod tests;
