//! `POST /api/auth/passkeys/options`: begins the registration of a passkey.

use crate::app::RequestContext;
use crate::app::passkeys::ceremony::Use;
use crate::app::passkeys::options::{CreationOptions, With, creation};
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/passkeys/options",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The options of a registration.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct CreationOptionsResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The options for `PublicKeyCredential.parseCreationOptionsFromJSON()`.
    pub options: CreationOptions,
    /// The sealed challenge, which the client sends with the response of the authenticator, once and within 5 minutes.
    pub state: String,
}

impl From<With<CreationOptions>> for CreationOptionsResponse {
    fn from(with: With<CreationOptions>) -> Self {
        Self {
            success: true,
            options: with.options,
            state: with.state,
        }
    }
}

async fn handle(
    context: RequestContext,
    _: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let r#use = Use::Registration(&session.id);
    let options = creation(&context, &session.user, r#use).await?;
    Ok(Response::ok(&CreationOptionsResponse::from(options)))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::examples;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new(
        "beginPasskey",
        "Second factors",
        "Begin the registration of a passkey",
    )
    .describe("Returns the options for `navigator.credentials.create()`. The response of the authenticator is sent to POST /passkeys.")
    .returns::<CreationOptionsResponse>(
        schemas,
        json!({"success": true, "options": examples::creation_options(), "state": examples::STATE}),
    )
}
