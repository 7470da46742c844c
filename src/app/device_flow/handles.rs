//! The sealed handles of the device flow. They contain the values of AWS in encrypted form, so the service stores nothing per
//! client, and any location can serve the next step.

use crate::app::error::AppError;
use crate::app::{App, RequestContext};
use crate::aws::error::{AwsError, Code};
use crate::aws::sso_oidc::{DeviceAuthorization, Registration};
use crate::crypto::sealed::Purpose;
use crate::crypto::secret::Secret;
use crate::domain::token::SessionId;
use crate::runtime::random;
use crate::store::aws_client_registration;
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

/// Lifetime of a client handle in seconds.
const CLIENT_LIFETIME_SECONDS: i64 = 86_400;

/// Seconds before its expiry at which the registration is renewed, so that a handle that is issued now outlives its device flow.
const RENEW_BEFORE_EXPIRY_SECONDS: i64 = 2 * CLIENT_LIFETIME_SECONDS;

/// Seconds for which a completed sign-in can be requested again. A device handle outlives the device code by this time.
pub const REPEAT_WINDOW_SECONDS: i64 = 120;

/// The response to `/register-client`.
pub struct Client {
    /// Random ID.
    pub id: String,
    /// Sealed registration.
    pub secret: String,
    /// Expiry of the handle.
    pub expires_at: Timestamp,
}

/// The contents of a device handle.
pub struct Device {
    /// Device code of AWS.
    pub code: Secret,
    /// Seconds between two polls of AWS.
    pub interval: u32,
    /// Expiry of the device code.
    pub ends_at: Timestamp,
    /// The session that this device flow starts. It is chosen with the handle, so that all requests with the handle get the same
    /// session.
    pub sid: SessionId,
}

#[derive(Serialize, Deserialize)]
struct SealedClient {
    id: String,
    secret: String,
    ends: i64,
}

#[derive(Serialize, Deserialize)]
struct SealedDevice {
    code: String,
    interval: u32,
    ends: i64,
    sid: [u8; 16],
}

impl SealedClient {
    fn of(registration: &Registration) -> Self {
        Self {
            id: registration.client_id.reveal().to_owned(),
            secret: registration.client_secret.reveal().to_owned(),
            ends: registration.expires_at.seconds(),
        }
    }

    fn open(self) -> Registration {
        Registration {
            client_id: Secret::new(self.id),
            client_secret: Secret::new(self.secret),
            expires_at: Timestamp::from_seconds(self.ends),
        }
    }
}

/// Returns a new client. All clients share one registration at AWS.
///
/// # Errors
/// `Aws`, `Runtime`.
pub async fn new_client(context: &RequestContext) -> Result<Client, AppError> {
    let registration = current_registration(context).await?;
    let id = Base64UrlUnpadded::encode_string(&random::bytes::<16>()?);
    let expires_at = context
        .received_at
        .plus(CLIENT_LIFETIME_SECONDS)
        .min(registration.expires_at);
    let sealed = SealedClient::of(&registration);
    let secret = context.app.sealer.seal(
        Purpose::ClientSecret,
        id.as_bytes(),
        expires_at,
        &sealed,
        random::bytes()?,
    );
    Ok(Client {
        id,
        secret: secret.map_err(|_| AppError::Aws("too_long"))?,
        expires_at,
    })
}

/// Returns the registration in KV or, if there is none or it expires soon, a new one.
async fn current_registration(context: &RequestContext) -> Result<Registration, AppError> {
    let (sealer, region) = (
        &context.app.sealer,
        context.app.config.aws.sso_region.as_str(),
    );
    if let Some(cached) = cached_registration(context.app, context.received_at).await
        && cached.expires_at > context.received_at.plus(RENEW_BEFORE_EXPIRY_SECONDS)
    {
        return Ok(cached);
    }
    let new = context
        .app
        .aws
        .register_client()
        .await
        .map_err(|error| AppError::Aws(error.code()))?;
    if new.expires_at <= context.received_at {
        return Err(AppError::Aws("registration_over"));
    }
    let sealed_client = SealedClient::of(&new);
    let text = sealer.seal(
        Purpose::ClientRegistration,
        region.as_bytes(),
        new.expires_at,
        &sealed_client,
        random::bytes()?,
    );
    if let Ok(text) = text {
        let kv = context.app.kv;
        // If the write fails, the next request registers another client.
        context.wait_until(async move {
            let _ = aws_client_registration::keep(kv, region, &text).await;
        });
    }
    Ok(new)
}

async fn cached_registration(app: &App, now: Timestamp) -> Option<Registration> {
    let region = app.config.aws.sso_region.as_str();
    // If KV is unavailable, a new client is registered.
    let text = aws_client_registration::find(app.kv, region)
        .await
        .ok()
        .flatten()?;
    let opened: Result<SealedClient, _> =
        app.sealer
            .open(Purpose::ClientRegistration, region.as_bytes(), &text, now);
    opened.ok().map(SealedClient::open)
}

/// Removes the cached registration if it is the one that AWS no longer knows, so that the next client gets a new one. A handle of
/// an older registration does not remove a newer one.
pub fn forget_if_unknown(context: &RequestContext, error: AwsError, refused: &Registration) {
    if error != AwsError::Refused(Code::INVALID_CLIENT) {
        return;
    }
    let (app, now, refused) = (context.app, context.received_at, refused.client_id.clone());
    context.wait_until(async move {
        let cached = cached_registration(app, now).await;
        if cached.is_some_and(|cached| cached.client_id == refused) {
            // If KV is unavailable, the next request does this again.
            let _ =
                aws_client_registration::forget(app.kv, app.config.aws.sso_region.as_str()).await;
        }
    });
}

/// Returns the registration in a client handle; `None` if the handle is not valid for this client or has expired.
#[must_use]
pub fn open_client(
    context: &RequestContext,
    client_id: &str,
    client_secret: &str,
) -> Option<Registration> {
    let opened: Result<SealedClient, _> = context.app.sealer.open(
        Purpose::ClientSecret,
        client_id.as_bytes(),
        client_secret,
        context.received_at,
    );
    opened.ok().map(SealedClient::open)
}

/// Returns the handle of a new device flow. It is valid for this client only.
///
/// # Errors
/// `Aws`, `Runtime`.
pub fn seal_device(
    context: &RequestContext,
    client_id: &str,
    device: &DeviceAuthorization,
) -> Result<String, AppError> {
    let ends_at = context.received_at.plus(i64::from(device.expires_in));
    let sealed = SealedDevice {
        code: device.device_code.reveal().to_owned(),
        interval: device.interval,
        ends: ends_at.seconds(),
        sid: random::bytes()?,
    };
    let handle = context.app.sealer.seal(
        Purpose::DeviceCode,
        client_id.as_bytes(),
        ends_at.plus(REPEAT_WINDOW_SECONDS),
        &sealed,
        random::bytes()?,
    );
    handle.map_err(|_| AppError::Aws("too_long"))
}

/// Returns the contents of a device handle; `None` if the handle is not valid for this client or has expired.
#[must_use]
pub fn open_device(context: &RequestContext, client_id: &str, device_code: &str) -> Option<Device> {
    let opened: Result<SealedDevice, _> = context.app.sealer.open(
        Purpose::DeviceCode,
        client_id.as_bytes(),
        device_code,
        context.received_at,
    );
    let device = opened.ok()?;
    Some(Device {
        code: Secret::new(device.code),
        interval: device.interval,
        ends_at: Timestamp::from_seconds(device.ends),
        sid: SessionId::from_bytes(device.sid),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn sealed_values_can_be_read_again() {
        let client = SealedClient {
            id: "i".into(),
            secret: "s".into(),
            ends: 7,
        };
        let text = serde_json::to_string(&client).unwrap();
        let read: SealedClient = json::from_str(&text).unwrap();
        assert_eq!(
            (read.id, read.secret, read.ends),
            (client.id, client.secret, 7)
        );

        let device = SealedDevice {
            code: "c".into(),
            interval: 5,
            ends: 7,
            sid: [255; 16],
        };
        let text = serde_json::to_string(&device).unwrap();
        let read = |text: &str| json::from_str::<SealedDevice>(text);
        let same = read(&text).unwrap();
        assert_eq!(
            (same.code, same.interval, same.ends, same.sid),
            (device.code, 5, 7, device.sid)
        );
        for (from, to) in [
            ("[255,", "["),
            ("[255,", "[255,255,"),
            ("[255,", "[256,"),
            ("[255,", "[-1,"),
            ("[255,", "[\"255\","),
            ("[255,", "[null,"),
            (":5,", ":-5,"),
        ] {
            assert!(read(&text.replace(from, to)).is_err(), "{to}");
        }
    }
}
