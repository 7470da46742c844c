//! `GET /api/auth/sign-in-options`: the ways to sign in, and the appearance of the pages.

use crate::app::RequestContext;
use crate::aws::sso_oidc::CLIENT_NAME;
use crate::domain::return_target;
use crate::http::error::{ApiError, ErrorFormat};
#[cfg(not(target_arch = "wasm32"))]
use crate::http::query;
use crate::http::query::Query;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/sign-in-options",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Public(|context, request| {
        Box::pin(std::future::ready(handle(&context, &request)))
    }),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The query parameter with the address that a page wants to lead to.
const RETURN_TO: &str = "return_to";

/// The ways to sign in, and the appearance of the pages.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SignInOptionsResponse<'a> {
    /// The methods that `/sign-in` accepts.
    pub methods: &'static [OfferedMethod],
    /// Whether the service can send e-mail, and thus a link for a forgotten password.
    pub email: bool,
    /// Minimum number of characters of a new password.
    pub password_min_length: usize,
    /// The application that AWS names when it asks a user to approve a sign-in; null if the device flow is not configured.
    pub aws_client_name: Option<&'static str>,
    /// The address that the pages lead to after a sign-in: that of the parameter `return_to` if it is allowed, otherwise
    /// `/account`.
    pub return_to: &'a str,
    /// The appearance of the pages.
    pub branding: Branding<'a>,
}

/// A method of sign-in that a page can offer.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OfferedMethod {
    /// With a password.
    Password,
    /// With the device flow of AWS IAM Identity Center.
    AwsDevice,
}

/// The appearance of the pages.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct Branding<'a> {
    /// Name of the service.
    pub name: &'a str,
    /// Path of the logo, an asset of the service; null if there is none.
    pub logo: Option<&'a str>,
    /// Colour of buttons and links, `#rrggbb`; null for the default.
    pub accent_color: Option<&'a str>,
    /// https URL of the support link; null if there is none.
    pub support_url: Option<&'a str>,
}

fn handle(context: &RequestContext, request: &Request) -> Result<Response, ApiError> {
    let config = &context.app.config;
    let query = Query::of(request, &[RETURN_TO])?;
    let requested = query.get(RETURN_TO, |text| Some(text.to_owned()))?;
    let origins = config.allowed_origins.iter();
    let origins = origins.filter(|origin| origin.has_credentials);
    let origins = origins.map(|origin| origin.text.as_str());
    let return_to = requested
        .as_deref()
        .and_then(|requested| return_target::allowed(requested, origins));
    let is_aws_configured = config.aws.sso_start_url.is_some();
    let methods: &[_] = if is_aws_configured {
        &[OfferedMethod::Password, OfferedMethod::AwsDevice]
    } else {
        &[OfferedMethod::Password]
    };
    let branding = &config.branding;
    Ok(Response::ok(&SignInOptionsResponse {
        methods,
        email: context.app.outbox.is_some(),
        password_min_length: config.passwords.min_length,
        aws_client_name: is_aws_configured.then_some(CLIENT_NAME),
        return_to: return_to.unwrap_or(return_target::DEFAULT),
        branding: Branding {
            name: &branding.name,
            logo: branding.logo.as_deref(),
            accent_color: branding.accent_color.as_deref(),
            support_url: branding.support_url.as_deref(),
        },
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("getSignInOptions", "Sessions", "Get the methods of sign-in")
        .describe("Returns the methods of sign-in that the service is configured for, and the appearance of its pages.")
        .query(
            RETURN_TO,
            "Where a page should lead to after a sign-in: `/account`, or a URL of an origin in `ALLOWED_ORIGINS` that may use \
             cookies. Any other value is replaced by `/account`",
            &json!({"type": "string"}),
        )
        .returns::<SignInOptionsResponse<'_>>(
            schemas,
            json!({
                "methods": ["password", "aws_device"],
                "email": true,
                "password_min_length": 15,
                "aws_client_name": "edge-auth",
                "return_to": "https://app.example.com/projects",
                "branding": {
                    "name": "Acme",
                    "logo": "/brand/logo.svg",
                    "accent_color": "#0a5bff",
                    "support_url": "https://support.example.com"
                }
            }),
        )
        .errors(query::errors(RETURN_TO))
}
