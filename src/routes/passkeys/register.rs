//! `POST /api/auth/passkeys`: adds a passkey to the caller.

use super::passkey_name;
use crate::app::RequestContext;
use crate::app::passkeys::register::{self, Added, SentRegistration};
use crate::crypto::secret::Secret;
use crate::domain::session::SessionRecord;
use crate::domain::webauthn::credential::CredentialJson;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::factors::recovery_codes;
use crate::runtime::rate_limiter::Bucket;
use crate::store::passkeys::Passkey;
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/passkeys",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// A new passkey.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AddPasskeyRequest {
    /// `state` of the response from `/passkeys/options`.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "String", length(min = 1))
    )]
    state: Secret,
    /// What `navigator.credentials.create()` has returned, as its `toJSON()` writes it.
    credential: CredentialJson,
    /// Name of the passkey, 1 to 64 characters.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1, max = 64)))]
    name: String,
}

/// The new passkey.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AddPasskeyResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The passkey.
    pub passkey: Passkey,
    /// Ten recovery codes, which are not shown again; null unless this is the first factor of the user.
    pub recovery_codes: Option<Vec<String>>,
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let body: AddPasskeyRequest = body::json(request, INVALID_BODY).await?;
    let sent = SentRegistration {
        state: body.state,
        response: body.credential.attestation().ok(),
        name: passkey_name(&body.name)?,
    };
    let added = register::add(&context, &client, &session, sent).await?;
    let (passkey, codes) = match added {
        Added::Yes(passkey, codes) => (*passkey, codes),
        Added::Invalid => return Err(ErrorCode::InvalidPasskey.into()),
        Added::Registered => return Err(ErrorCode::PasskeyExists.into()),
        Added::TooMany => return Err(ErrorCode::TooManyPasskeys.into()),
    };
    Ok(Response::ok(&AddPasskeyResponse {
        success: true,
        passkey,
        recovery_codes: codes.map(|codes| recovery_codes::texts(&codes)),
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::examples;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("addPasskey", "Second factors", "Add a passkey")
        .describe(
            "Adds the passkey that `navigator.credentials.create()` has created with the options of /passkeys/options. A passkey signs in \
             without a password, and is a second factor. No attestation is verified.",
        )
        .takes::<AddPasskeyRequest>(
            schemas,
            INVALID_BODY,
            json!({"state": examples::STATE, "credential": examples::registration(), "name": "Laptop"}),
        )
        .returns::<AddPasskeyResponse>(
            schemas,
            json!({
                "success": true,
                "passkey": examples::passkey(),
                "recovery_codes": recovery_codes::example()
            }),
        )
        .errors([
            ErrorCode::InvalidPasskey,
            ErrorCode::PasskeyExists,
            ErrorCode::TooManyPasskeys,
        ])
}
