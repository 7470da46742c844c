//! `GET /api/auth/passkeys`: lists the passkeys of the caller.

use crate::app::RequestContext;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::passkeys::{self, Passkey};
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/passkeys",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The passkeys of a user.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct PasskeysResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The passkeys, oldest first.
    pub passkeys: Vec<Passkey>,
}

async fn handle(
    context: RequestContext,
    _: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let passkeys = passkeys::list(context.app.database, session.user.id).await?;
    Ok(Response::ok(&PasskeysResponse {
        success: true,
        passkeys,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::examples;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("listPasskeys", "Second factors", "List passkeys")
        .describe("Returns the passkeys of the caller.")
        .returns::<PasskeysResponse>(
            schemas,
            json!({"success": true, "passkeys": [examples::passkey()]}),
        )
}
