//! `POST /api/auth/step-up/options`: the methods with which the caller can step up.

use super::passkey_options::RequestOptionsResponse;
use super::step_up::StepUpMethod;
use crate::app::RequestContext;
use crate::app::passkeys::ceremony::Use;
use crate::app::passkeys::options;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::factors;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/step-up/options",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The methods with which the user can step up.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct StepUpOptionsResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The methods, strongest first. A user who has a factor must use it.
    pub methods: Vec<StepUpMethod>,
    /// How to ask for a passkey; null if the user has none.
    pub passkey: Option<RequestOptionsResponse>,
}

async fn handle(
    context: RequestContext,
    _: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let found = factors::overview(context.app.database, session.user.id).await?;
    let found = found.ok_or(ErrorCode::InvalidToken)?;
    let mut methods = Vec::new();
    let mut passkey = None;
    if session.has_factor {
        let r#use = Use::StepUp(&session.id);
        let options = options::request(&context, Some(session.user.id), r#use).await?;
        if !options.options.allow_credentials.is_empty() {
            methods.push(StepUpMethod::Passkey);
            passkey = Some(options.into());
        }
        if found.totp_created_at.is_some() {
            methods.push(StepUpMethod::Totp);
        }
        if found.codes_left > 0 {
            methods.push(StepUpMethod::RecoveryCode);
        }
    } else if found.has_password {
        methods.push(StepUpMethod::Password);
    } else if found.is_federated {
        methods.push(StepUpMethod::AwsDevice);
    }
    Ok(Response::ok(&StepUpOptionsResponse {
        success: true,
        methods,
        passkey,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use crate::routes::passkeys::examples;
    use serde_json::json;
    Operation::new(
        "listStepUpMethods",
        "Sessions",
        "List the methods of step-up",
    )
    .describe("Returns the methods that /step-up accepts from the user of the session.")
    .returns::<StepUpOptionsResponse>(
        schemas,
        json!({
            "success": true,
            "methods": ["passkey", "recovery_code"],
            "passkey": {"options": examples::request_options(), "state": examples::STATE}
        }),
    )
}
