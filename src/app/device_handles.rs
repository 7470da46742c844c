//! The sealed handles of the device flow: what a visitor carries for us, so that nothing is kept for visitors and any
//! location serves the next step. AWS's values are inside and never leave in the clear.

use super::error::AppError;
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

/// Seconds that a client's handle is good for.
const CLIENT_LIFETIME: i64 = 86_400;

/// A registration that ends sooner than this many seconds is renewed: a handle made now must outlive its device flow.
const RENEW_BEFORE: i64 = 2 * CLIENT_LIFETIME;

/// Seconds that a device handle outlives AWS's device code: a sign-in made in the last of them may be asked for again.
pub const RETRY: i64 = 120;

/// What `/register-client` gives out.
pub struct Client {
    /// Random, ours; says nothing.
    pub id: String,
    /// The sealed registration.
    pub secret: String,
    /// When the handle ends.
    pub expires_at: Timestamp,
}

/// What is in a device handle.
pub struct Device {
    /// AWS's.
    pub code: Secret,
    /// Seconds between two questions to AWS.
    pub interval: u32,
    /// When AWS's code ends.
    pub ends_at: Timestamp,
    /// The session that this device flow will begin: drawn with the handle, so that all who show it get the same one.
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

/// A client of its own for a visitor, over the one registration that we have at AWS.
///
/// # Errors
/// `Aws`, `Runtime`.
pub async fn new_client(context: &RequestContext) -> Result<Client, AppError> {
    let registration = our_registration(context).await?;
    let id = Base64UrlUnpadded::encode_string(&random::bytes::<16>()?);
    let expires_at = context
        .received_at
        .plus(CLIENT_LIFETIME)
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

/// From KV, or new from AWS if there is none or it ends soon.
async fn our_registration(context: &RequestContext) -> Result<Registration, AppError> {
    let (sealer, region) = (
        &context.app.sealer,
        context.app.config.aws.sso_region.as_str(),
    );
    if let Some(kept) = kept_registration(context.app, context.received_at).await
        && kept.expires_at > context.received_at.plus(RENEW_BEFORE)
    {
        return Ok(kept);
    }
    let new = context
        .app
        .aws
        .register_client()
        .await
        .map_err(|fault| AppError::Aws(fault.code()))?;
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
        // If it is lost, the next visitor registers another.
        context.wait_until(async move {
            let _ = aws_client_registration::keep(kv, region, &text).await;
        });
    }
    Ok(new)
}

async fn kept_registration(app: &App, now: Timestamp) -> Option<Registration> {
    let region = app.config.aws.sso_region.as_str();
    // KV out is no reason to fail: AWS registers another.
    let text = aws_client_registration::find(app.kv, region)
        .await
        .ok()
        .flatten()?;
    let opened: Result<SealedClient, _> =
        app.sealer
            .open(Purpose::ClientRegistration, region.as_bytes(), &text, now);
    opened.ok().map(SealedClient::open)
}

/// Forgets our registration if it is the one that AWS no longer knows, so that the next client gets another. Who comes with
/// the handle of an older one does not throw the new one away.
pub fn forget_if_unknown(context: &RequestContext, fault: AwsError, refused: &Registration) {
    if fault != AwsError::Refused(Code::INVALID_CLIENT) {
        return;
    }
    let (app, now, refused) = (context.app, context.received_at, refused.client_id.clone());
    context.wait_until(async move {
        let kept = kept_registration(app, now).await;
        if kept.is_some_and(|kept| kept.client_id == refused) {
            // If KV is out, the next visitor brings us here again.
            let _ =
                aws_client_registration::forget(app.kv, app.config.aws.sso_region.as_str()).await;
        }
    });
}

/// The registration in a client's handle; `None` if it is not a living one of ours for this client.
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

/// The handle of a device flow that begins now, for this client alone.
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
        ends_at.plus(RETRY),
        &sealed,
        random::bytes()?,
    );
    handle.map_err(|_| AppError::Aws("too_long"))
}

/// What is in a device handle; `None` if it is not a living one of ours for this client.
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
    fn what_is_sealed_reads_back() {
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
