//! The options of `navigator.credentials.create()` and `.get()`, in the JSON that
//! `PublicKeyCredential.parseCreationOptionsFromJSON()` and `.parseRequestOptionsFromJSON()` read (Web Authentication Level 3,
//! section 5.1).

use super::ceremony::{self, Begun, CHALLENGE_SECONDS, Use};
use crate::app::context::RequestContext;
use crate::app::error::AppError;
use crate::domain::user::User;
use crate::domain::webauthn::cose::ALGORITHMS;
use crate::store::passkeys::{self, Passkey};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use uuid::Uuid;

/// Milliseconds after which a browser ends its prompt.
const TIMEOUT_MS: i64 = CHALLENGE_SECONDS * 1_000;

/// `PublicKeyCredentialCreationOptionsJSON`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreationOptions {
    /// The service.
    pub rp: RelyingParty,
    /// The user.
    pub user: PasskeyUser,
    /// Challenge, base64url.
    pub challenge: String,
    /// The accepted algorithms, best first.
    pub pub_key_cred_params: Vec<Parameters>,
    /// Time after which the browser ends its prompt, in milliseconds.
    pub timeout: i64,
    /// The passkeys of the user, so that an authenticator that has one of them does not create another.
    pub exclude_credentials: Vec<Descriptor>,
    /// What the authenticator must be able to do.
    pub authenticator_selection: Selection,
    /// Always `none`: the service does not ask for the model of the authenticator.
    pub attestation: &'static str,
}

/// The service.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct RelyingParty {
    /// RP ID: the domain that the passkey belongs to.
    pub id: String,
    /// Name of the service.
    pub name: String,
}

/// The user of a new passkey.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PasskeyUser {
    /// The 16 bytes of the user's id, base64url.
    pub id: String,
    /// User name or e-mail address, shown when the user chooses a passkey.
    pub name: String,
    /// Full name.
    pub display_name: String,
}

/// An accepted algorithm.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct Parameters {
    /// `public-key`.
    pub r#type: &'static str,
    /// COSE algorithm: -7 (ES256), -8 (`EdDSA`) or -257 (RS256).
    pub alg: i32,
}

/// What the authenticator must be able to do.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// Always `required`, so that the passkey can sign in without a user name.
    pub resident_key: &'static str,
    /// Always true: `residentKey: required` for browsers that implement only level 1 of the standard.
    pub require_resident_key: bool,
    /// Always `required`: the authenticator checks a PIN, a fingerprint or a face.
    pub user_verification: &'static str,
}

/// A passkey.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct Descriptor {
    /// `public-key`.
    pub r#type: &'static str,
    /// Credential id, base64url.
    pub id: String,
    /// How browsers can reach the authenticator.
    pub transports: Vec<String>,
}

/// `PublicKeyCredentialRequestOptionsJSON`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RequestOptions {
    /// Challenge, base64url.
    pub challenge: String,
    /// Time after which the browser ends its prompt, in milliseconds.
    pub timeout: i64,
    /// RP ID: the domain that the passkey belongs to.
    pub rp_id: String,
    /// The passkeys that can be used; empty if any passkey of the service can be used.
    pub allow_credentials: Vec<Descriptor>,
    /// Always `required`: the authenticator checks a PIN, a fingerprint or a face.
    pub user_verification: &'static str,
}

/// Options with the sealed challenge.
#[derive(Clone, Debug)]
pub struct With<O> {
    /// The options.
    pub options: O,
    /// The sealed challenge.
    pub state: String,
}

/// The options of a registration.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn creation(
    context: &RequestContext,
    user: &User,
    r#use: Use<'_>,
) -> Result<With<CreationOptions>, AppError> {
    let config = &context.app.config;
    let Begun { challenge, state } = ceremony::begin(context, r#use)?;
    let name = user.email.as_ref().unwrap_or(&user.username);
    let parameters = |alg| Parameters {
        r#type: "public-key",
        alg,
    };
    let options = CreationOptions {
        rp: RelyingParty {
            id: config.factors.rp_id.clone(),
            name: config.branding.name.clone(),
        },
        user: PasskeyUser {
            id: Base64UrlUnpadded::encode_string(user.id.as_bytes()),
            name: name.clone(),
            display_name: user.name.clone(),
        },
        challenge,
        pub_key_cred_params: ALGORITHMS.map(parameters).into(),
        timeout: TIMEOUT_MS,
        exclude_credentials: descriptors(context, user.id).await?,
        authenticator_selection: Selection {
            resident_key: "required",
            require_resident_key: true,
            user_verification: "required",
        },
        attestation: "none",
    };
    Ok(With { options, state })
}

/// The options of an authentication. If `user` is given, they list the passkeys of the user.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn request(
    context: &RequestContext,
    user: Option<Uuid>,
    r#use: Use<'_>,
) -> Result<With<RequestOptions>, AppError> {
    let Begun { challenge, state } = ceremony::begin(context, r#use)?;
    let options = RequestOptions {
        challenge,
        timeout: TIMEOUT_MS,
        rp_id: context.app.config.factors.rp_id.clone(),
        allow_credentials: match user {
            Some(user) => descriptors(context, user).await?,
            None => Vec::new(),
        },
        user_verification: "required",
    };
    Ok(With { options, state })
}

async fn descriptors(context: &RequestContext, user: Uuid) -> Result<Vec<Descriptor>, AppError> {
    let descriptor = |passkey: Passkey| Descriptor {
        r#type: "public-key",
        id: passkey.credential_id,
        transports: passkey.transports,
    };
    let passkeys = passkeys::list(context.app.database, user).await?;
    Ok(passkeys.into_iter().map(descriptor).collect())
}
