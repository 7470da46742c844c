//! Folds the routes into the `OpenAPI` 3.1 document. It exists in native builds only: the Worker serves a committed text, and
//! `tests/openapi.rs` checks that it is up to date.

#![expect(clippy::indexing_slicing, reason = "indexing of a JSON object inserts")]

mod headers;

use crate::app::client_authentication::TOKEN_PATH;
use crate::config::SECURE_COOKIE_NAME;
use crate::domain::administration_scope::AdministrationScope;
use crate::http::error::{ApiError, DetailError, ErrorFormat, MessageError, OauthError};
use crate::http::error_codes::ErrorCode;
use crate::http::operation::{Operation, Schemas};
use crate::http::request::Method;
use crate::http::route::{Access, Guard, Route};
use crate::router::ROUTES;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The tags in the order of the document, with their descriptions.
const TAGS: [(&str, &str); 13] = [
    ("Sessions", "Sign-in, step-up and sessions."),
    ("Passwords", "Passwords of the users of this service."),
    (
        "Second factors",
        "Passkeys, one-time codes and recovery codes of the user.",
    ),
    (
        "E-mail",
        "E-mail addresses of the users of this service, and the links that change them.",
    ),
    (
        "Connected applications",
        "The OAuth clients to which the user has given a grant.",
    ),
    (
        "AWS device flow",
        "Sign-in with AWS IAM Identity Center. This service is a client of AWS here, not an OAuth server.",
    ),
    (
        "AWS",
        "Sign-in with an AWS identity, and the AWS credentials of the service.",
    ),
    ("NVIDIA", "The NVIDIA credentials of the service."),
    ("Users", "Administration of users."),
    (
        "OAuth clients",
        "Registration of the applications and services that get tokens by OAuth 2.1.",
    ),
    ("Audit log", "The audit log and its verification."),
    (
        "OAuth",
        "The OAuth 2.1 server of this service. The AWS device flow is something else.",
    ),
    ("System", "Health of the service, and this document."),
];

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let errors = ErrorSchemas {
        message: schemas.responses.subschema_for::<MessageError>().into(),
        detail: schemas.responses.subschema_for::<DetailError>().into(),
        oauth: schemas.responses.subschema_for::<OauthError>().into(),
    };
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let operation = (route.operation)(&mut schemas);
        let described = describe(route, operation, &errors);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[method(route)] = described;
    }
    let mut definitions = schemas.responses.take_definitions(true);
    definitions.extend(schemas.requests.take_definitions(true));
    let tags: Vec<Value> = TAGS
        .iter()
        .map(|(name, description)| json!({"name": name, "description": description}))
        .collect();
    let scopes: Map<String, Value> = AdministrationScope::ALL
        .iter()
        .map(|scope| (scope.as_str().to_owned(), json!(scope.meaning())))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Edge Auth",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Identity provider of an LLM workflow platform. Each route uses one of three error formats.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"}
        },
        "servers": [{"url": "/", "description": "The origin that serves this document"}],
        "tags": tags,
        "paths": paths,
        "components": {
            "headers": headers::components(&json!(paths).to_string()),
            "schemas": definitions,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "client": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Id and secret of an OAuth client with client_secret_basic. Clients with another method authenticate \
                                    in the form"
                },
                "accessToken": {
                    "type": "oauth2",
                    "description": "Access token of an OAuth client for the resource {issuer}/api/auth",
                    "flows": {"clientCredentials": {"tokenUrl": TOKEN_PATH, "scopes": scopes}}
                },
                "userInfoToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "Access token of an OAuth client for the user info endpoint: issued for a user, without `resource` \
                                    and with the scope `openid`"
                },
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": SECURE_COOKIE_NAME,
                    "description": "The session cookie of a browser, set by /sign-in. The request must come from the origin of the \
                                    service or from an allowed one. On http://localhost:PORT, its name is edge-auth-session-PORT"
                }
            }
        }
    })
}

/// The schemas of the error formats.
struct ErrorSchemas {
    message: Value,
    detail: Value,
    oauth: Value,
}

fn method(route: &Route) -> &'static str {
    match route.method {
        Method::Get => "get",
        Method::Patch => "patch",
        Method::Delete => "delete",
        _ => "post",
    }
}

/// The errors that a route has besides those of its handler.
fn common_errors(route: &Route, operation: &Operation) -> Vec<ApiError> {
    let session = [
        ErrorCode::NoToken,
        ErrorCode::InvalidToken,
        ErrorCode::TokenExpired,
        ErrorCode::CrossSiteRequest,
        ErrorCode::StorageUnavailable,
    ];
    let mut codes = Vec::new();
    match route.access {
        Access::Public(_) | Access::AnyOrigin(_) | Access::Token(_) => {}
        Access::Optional(_) => codes.push(ErrorCode::CrossSiteRequest),
        Access::CachedSession(_) | Access::Session(_) => codes.extend(session),
        Access::Admin(_) | Access::AdminOrClient(..) => {
            codes.extend(session.into_iter().chain([ErrorCode::AdminRequired]));
        }
        Access::SuperAdmin(_) | Access::SuperAdminOrClient(..) => {
            codes.extend(session.into_iter().chain([ErrorCode::SuperAdminRequired]));
        }
    }
    if matches!(route.guard, Guard::StepUp | Guard::StepUpWithFactor) {
        codes.push(ErrorCode::StepUpRequired);
    }
    if operation.request.is_some() {
        codes.extend([ErrorCode::BodyTooLarge, ErrorCode::Overloaded]);
    }
    codes.extend([ErrorCode::Misconfigured, ErrorCode::RuntimeFailed]);
    let mut errors: Vec<ApiError> = codes.into_iter().map(ApiError::from).collect();
    if let Access::AdminOrClient(scope, _) | Access::SuperAdminOrClient(scope, _) = route.access {
        errors.push(ApiError::insufficient_scope(scope.as_str()));
    }
    errors.push(ApiError::new(ErrorCode::RateLimited).retry_after(1));
    if let Some(body) = &operation.request {
        errors.push(ApiError::unsupported_media_type(body.media_type));
        errors.push(ApiError::unsupported_encoding());
    }
    errors
}

fn describe(route: &Route, mut operation: Operation, errors: &ErrorSchemas) -> Value {
    let common = common_errors(route, &operation);
    operation.errors.extend(common);
    let security = security(route.access, &operation);
    let description = description(route, &operation);
    let mut responses = Map::new();
    let (schema, example) = (operation.response.schema, operation.response.example);
    let media_type = operation.response.media_type;
    let (status, mut success) = if operation.redirects {
        ("303", json!({"description": "Redirect"}))
    } else {
        let content = json!({media_type: {"schema": schema, "example": example}});
        ("200", json!({"description": "Success", "content": content}))
    };
    success["headers"] = json!(headers::of_success(&operation.response_headers));
    responses.insert(status.into(), success);
    for (status, errors_of_status) in by_status(&operation.errors) {
        let response = error_response(&errors_of_status, route.error_format, errors);
        responses.insert(status.to_string(), response);
    }
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": description,
        "security": security,
        "responses": responses
    });
    if let Some(body) = operation.request {
        let json = json!({"schema": body.schema, "example": body.example});
        described["requestBody"] =
            json!({"required": body.is_required, "content": {body.media_type: json}});
    }
    if !operation.parameters.is_empty() {
        described["parameters"] = json!(operation.parameters);
    }
    described
}

/// The description, with the sentence about clients that all routes for administrators and clients have in common.
fn description(route: &Route, operation: &Operation) -> String {
    let text = operation.description;
    match (route.access, route.guard) {
        (Access::AdminOrClient(scope, _) | Access::SuperAdminOrClient(scope, _), guard) => {
            let scope = scope.as_str();
            let step_up = match guard {
                Guard::StepUp => " They do not authenticate again.",
                _ => "",
            };
            format!("{text} OAuth clients need the scope `{scope}` instead.{step_up}")
        }
        _ => text.to_owned(),
    }
}

fn security(access: Access, operation: &Operation) -> Value {
    let needs_token = |error: &ApiError| error.code() == ErrorCode::NoToken;
    match access {
        // The credentials may also be in the form.
        _ if operation.authenticates_client => json!([{"client": []}, {}]),
        _ if operation.takes_user_info_token => json!([{"userInfoToken": []}]),
        Access::Public(_) | Access::AnyOrigin(_) => json!([]),
        // The handler decides. `/logout`, for example, succeeds without a token.
        Access::Token(_) if !operation.errors.iter().any(needs_token) => {
            json!([{"bearer": []}, {}])
        }
        Access::Token(_) => json!([{"bearer": []}]),
        Access::Optional(_) => json!([{"bearer": []}, {"cookie": []}, {}]),
        Access::CachedSession(_)
        | Access::Session(_)
        | Access::Admin(_)
        | Access::SuperAdmin(_) => json!([{"bearer": []}, {"cookie": []}]),
        Access::AdminOrClient(scope, _) | Access::SuperAdminOrClient(scope, _) => {
            json!([{"bearer": []}, {"cookie": []}, {"accessToken": [scope.as_str()]}])
        }
    }
}

fn by_status(errors: &[ApiError]) -> BTreeMap<u16, Vec<&ApiError>> {
    let mut statuses: BTreeMap<u16, Vec<&ApiError>> = BTreeMap::new();
    for error in errors {
        let same_status = statuses.entry(error.code().status()).or_default();
        if !same_status.contains(&error) {
            same_status.push(error);
        }
    }
    statuses
}

/// The response for these errors, which have the same status, with an example for each code and text.
fn error_response(errors: &[&ApiError], format: ErrorFormat, schemas: &ErrorSchemas) -> Value {
    let mut texts: Vec<String> = Vec::new();
    let mut examples: Map<String, Value> = Map::new();
    let mut header_counts: BTreeMap<&str, usize> = BTreeMap::from([("x-request-id", errors.len())]);
    for error in errors {
        for (name, _) in error.response(format).headers {
            let count = header_counts.entry(name).or_default();
            *count = count.saturating_add(1);
        }
        let text = error.text(format);
        let value = match format {
            ErrorFormat::Message => json!({"success": false, "message": text}),
            ErrorFormat::Detail => json!({"detail": text}),
            ErrorFormat::Oauth => {
                json!({"error": error.code().oauth_code(), "error_description": text})
            }
        };
        let code = error.code().as_str();
        let mut keys = std::iter::once(code.to_owned())
            .chain((2_u8..=u8::MAX).map(|number| format!("{code}_{number}")));
        let is_free = |key: &String| {
            examples
                .get(key)
                .is_none_or(|known| known["value"] == value)
        };
        if let Some(key) = keys.find(is_free) {
            examples.insert(key, json!({"value": value}));
        }
        if !texts.iter().any(|known| *known == text) {
            texts.push(text.into_owned());
        }
    }
    let headers: Map<String, Value> = header_counts
        .into_iter()
        .filter_map(|(name, count)| headers::reference(name, count == errors.len()))
        .collect();
    let schema = match format {
        ErrorFormat::Message => &schemas.message,
        ErrorFormat::Detail => &schemas.detail,
        ErrorFormat::Oauth => &schemas.oauth,
    };
    json!({
        "description": texts.join(", or "),
        "headers": headers,
        "content": {"application/json": {"schema": schema, "examples": examples}}
    })
}
