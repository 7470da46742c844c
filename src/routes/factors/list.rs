//! `GET /api/auth/factors`: the ways in which the caller can sign in, and the second factors.

use crate::app::RequestContext;
use crate::app::second_factor::{enrollable, rules};
use crate::domain::factor::EnrollableFactor;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::factors;
use crate::store::passkeys::{self, Passkey};
use crate::timestamp::Timestamp;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/factors",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The ways to sign in, and the second factors.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[expect(clippy::struct_excessive_bools, reason = "a body of JSON")]
pub struct FactorsResponse<'a> {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Whether the service demands a second factor of the user.
    pub policy_demands_factor: bool,
    /// Whether an identity source provides the user, so that profile, address and password cannot be changed here.
    pub is_managed_elsewhere: bool,
    /// Whether a password is set.
    pub has_password: bool,
    /// The passkeys, oldest first.
    pub passkeys: Vec<Passkey>,
    /// The one-time codes; null if there are none.
    pub totp: Option<Totp>,
    /// The recovery codes; null if there are none.
    pub recovery_codes: Option<RecoveryCodes>,
    /// The kinds of factors that the service offers. A user can have several passkeys, but one-time codes only once.
    pub can_enrol: Vec<EnrollableFactor>,
    /// RP ID: the domain that passkeys belong to.
    pub rp_id: &'a str,
}

/// One-time codes of an authenticator app.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct Totp {
    /// Time at which their secret was created.
    pub created_at: Timestamp,
}

/// Recovery codes.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct RecoveryCodes {
    /// Number of codes that were not used.
    pub remaining: u32,
    /// Time at which they were created.
    pub created_at: Timestamp,
}

async fn handle(
    context: RequestContext,
    _: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let (database, user) = (context.app.database, &session.user);
    let found = factors::overview(database, user.id).await?;
    let found = found.ok_or(ErrorCode::InvalidToken)?;
    Ok(Response::ok(&FactorsResponse {
        success: true,
        policy_demands_factor: rules(&context, user.role).is_demanded,
        is_managed_elsewhere: found.is_federated,
        has_password: found.has_password,
        passkeys: passkeys::list(database, user.id).await?,
        totp: found.totp_created_at.map(|created_at| Totp { created_at }),
        recovery_codes: found.codes_created_at.map(|created_at| RecoveryCodes {
            remaining: found.codes_left,
            created_at,
        }),
        can_enrol: enrollable(&context),
        rp_id: &context.app.config.factors.rp_id,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("listFactors", "Second factors", "List second factors")
        .describe("Returns the ways in which the user can sign in, and the second factors, without their secrets.")
        .returns::<FactorsResponse<'_>>(
            schemas,
            json!({
                "success": true,
                "policy_demands_factor": false,
                "is_managed_elsewhere": false,
                "has_password": true,
                "passkeys": [],
                "totp": {"created_at": "2024-01-10T12:00:00Z"},
                "recovery_codes": {"remaining": 9, "created_at": "2024-01-10T12:00:00Z"},
                "can_enrol": ["passkey", "totp"],
                "rp_id": "auth.example.com"
            }),
        )
}
