//! `GET /api/auth/sign-in-options`: the ways to sign in, and the appearance of the pages.

use crate::app::RequestContext;
use crate::http::error::ErrorFormat;
use crate::http::request::Method;
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
    access: Access::Public(|context, _| Box::pin(std::future::ready(Ok(handle(&context))))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The ways to sign in, and the appearance of the pages.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SignInOptionsResponse<'a> {
    /// The methods that `/sign-in` accepts.
    pub methods: &'static [OfferedMethod],
    /// Whether the service can send e-mail, and thus a link for a forgotten password.
    pub email: bool,
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

fn handle(context: &RequestContext) -> Response {
    let config = &context.app.config;
    let methods: &[_] = if config.aws.sso_start_url.is_some() {
        &[OfferedMethod::Password, OfferedMethod::AwsDevice]
    } else {
        &[OfferedMethod::Password]
    };
    let branding = &config.branding;
    Response::ok(&SignInOptionsResponse {
        methods,
        email: context.app.has_email,
        branding: Branding {
            name: &branding.name,
            logo: branding.logo.as_deref(),
            accent_color: branding.accent_color.as_deref(),
            support_url: branding.support_url.as_deref(),
        },
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("getSignInOptions", "Sessions", "Get the ways to sign in")
        .describe("Returns the methods of sign-in that the service is configured for, and the appearance of its pages.")
        .returns::<SignInOptionsResponse<'_>>(
            schemas,
            json!({
                "methods": ["password", "aws_device"],
                "email": true,
                "branding": {
                    "name": "Acme",
                    "logo": "/brand/logo.svg",
                    "accent_color": "#0a5bff",
                    "support_url": "https://support.example.com"
                }
            }),
        )
}
