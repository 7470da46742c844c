//! `PATCH /api/auth/passkeys/{id}`: renames a passkey of the caller.

use super::{passkey_id, passkey_name};
use crate::app::RequestContext;
use crate::domain::session::SessionRecord;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::passkeys::{self, Passkey};
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Patch,
    path: "/api/auth/passkeys/{id}",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// A new name.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct RenamePasskeyRequest {
    /// Name of the passkey, 1 to 64 characters.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1, max = 64)))]
    name: String,
}

/// The renamed passkey.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct RenamePasskeyResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The passkey.
    pub passkey: Passkey,
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let id = passkey_id(&request);
    let body: RenamePasskeyRequest = body::json(request, INVALID_BODY).await?;
    let name = passkey_name(&body.name)?;
    let renamed = passkeys::rename(context.app.database, session.user.id, id?, &name).await?;
    Ok(Response::ok(&RenamePasskeyResponse {
        success: true,
        passkey: renamed.ok_or(ErrorCode::PasskeyNotFound)?,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::{examples, id_parameter};
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("renamePasskey", "Second factors", "Rename a passkey")
        .describe("Changes the name of a passkey of the caller.")
        .parameter(id_parameter())
        .takes::<RenamePasskeyRequest>(schemas, INVALID_BODY, json!({"name": "Laptop"}))
        .returns::<RenamePasskeyResponse>(
            schemas,
            json!({"success": true, "passkey": examples::passkey()}),
        )
        .errors([ErrorCode::PasskeyNotFound])
}
