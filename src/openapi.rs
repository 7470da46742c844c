//! Generates the `OpenAPI` 3.1 document from the route table, the types and the table of failures. Native builds only: the
//! Worker serves a committed text, and `tests/openapi.rs` checks that it is up to date.

use crate::app::failure::{BodyFault, Denial, Failure, INVALID_BODY, Outage};
use crate::aws::error::AwsError;
use crate::aws::partition::Region;
use crate::aws::sigv4::Credentials;
use crate::crypto::secret::Secret;
use crate::domain::audit::Kind;
use crate::domain::password_policy::PolicyError;
use crate::http::body::JSON;
use crate::http::error_response::{
    DetailError, ErrorFormat, MessageError, code, response, status_and_text,
};
use crate::http::request::Method;
use crate::router::{Endpoint, ROUTES, Route};
use crate::routes::audit::search::AuditResponse;
use crate::routes::audit::verify::AuditVerifyResponse;
use crate::routes::aws::credentials::AwsCredentialsResponse;
use crate::routes::aws::login::AwsLoginRequest;
use crate::routes::device::authorize::{DeviceAuthorizationRequest, DeviceAuthorizationResponse};
use crate::routes::device::register_client::RegisterClientResponse;
use crate::routes::device::token::TokenRequest;
use crate::routes::nvidia::credentials::NvidiaCredentialsResponse;
use crate::routes::password::change::ChangePasswordRequest;
use crate::routes::password::set::SetPasswordRequest;
use crate::routes::responses::{BearerResponse, MessageResponse};
use crate::routes::session::list::SessionsResponse;
use crate::routes::session::login::{LoginRequest, LoginResponse};
use crate::routes::session::me::MeResponse;
use crate::routes::session::validate::ValidateResponse;
use crate::routes::system::health::HealthResponse;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What the document says about a route in addition to its path, method and error format.
struct Operation {
    summary: &'static str,
    description: &'static str,
    request: Option<Body>,
    response: Body,
    failures: Vec<Failure>,
    is_secured: bool,
}

/// A JSON body: its schema and an example.
struct Body {
    schema: Value,
    example: Value,
}

/// The schemas of requests, where optional fields may be absent, and of responses, where they are present and null.
struct Schemas {
    requests: SchemaGenerator,
    responses: SchemaGenerator,
}

fn request<T: JsonSchema>(schemas: &mut Schemas, example: Value) -> Body {
    Body {
        schema: schemas.requests.subschema_for::<T>().into(),
        example,
    }
}

fn body<T: JsonSchema>(schemas: &mut Schemas, example: Value) -> Body {
    Body {
        schema: schemas.responses.subschema_for::<T>().into(),
        example,
    }
}

fn token() -> Value {
    json!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...")
}

fn user() -> Value {
    json!({
        "id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "username": "john",
        "email": "john@example.com",
        "name": "John Doe",
        "organization": "Acme Corp",
        "aws_region": "eu-north-1",
        "role": "admin",
        "is_active": true,
        "created_at": "2024-01-01T00:00:00Z",
        "updated_at": "2024-01-01T00:00:00Z",
        "last_login": "2024-01-10T12:00:00Z"
    })
}

fn bearer_reply() -> Value {
    let user =
        json!({"username": "john.doe", "email": "john.doe@example.com", "full_name": "John Doe"});
    json!({"access_token": token(), "token_type": "bearer", "user": user})
}

/// The response for the example keys of the AWS documentation, in the region Stockholm.
fn aws_credentials() -> Value {
    let keys = Credentials {
        access_key_id: Secret::new("AKIAIOSFODNN7EXAMPLE"),
        secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYX"),
        session_token: None,
    };
    let region = Region::parse("eu-north-1").unwrap_or_default();
    json!(AwsCredentialsResponse::new(
        &keys,
        region,
        "global.anthropic.claude-sonnet-4-6"
    ))
}

fn nvidia_credentials() -> Value {
    let key = Secret::new("nvapi-0123456789abcdef0123456789abcdefxxxx");
    json!(NvidiaCredentialsResponse::new(
        &key,
        "nvidia/nemotron-3-super-120b-a12b"
    ))
}

fn audit_page() -> Value {
    let entry = json!({
        "number": 1042,
        "id": "7d3f0c2e-5a55-4d3c-9a0a-0c7d4f1f2b11",
        "at": "2024-01-10T12:00:00Z",
        "kind": "sign_in",
        "outcome": "success",
        "actor": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "subject": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "name_key": null,
        "session": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "detail": "password",
        "address": "203.0.113.9",
        "device": "curl/8.5.0",
        "request": "230b030023ae2822-SJC",
        "signature": "own"
    });
    json!({"success": true, "entries": [entry], "next": "2024-01-10T12:00:00Z.1042"})
}

/// The parameters of a route.
fn parameters(endpoint: Endpoint) -> Vec<Value> {
    if endpoint == Endpoint::EndSession {
        let schema = json!({"type": "string", "pattern": "^[0-9a-f]{64}$"});
        return vec![json!({
            "name": "id", "in": "path", "required": true, "description": "Id of the session, as returned by GET /sessions", "schema": schema
        })];
    }
    let parameter = |name: &str, description: &str, schema: Value| {
        json!({
            "name": name,
            "in": "query",
            "required": false,
            "allowEmptyValue": true,
            "description": description,
            "schema": schema
        })
    };
    let time =
        json!({"type": "string", "format": "date-time", "examples": ["2024-01-10T12:00:00Z"]});
    let kinds: Vec<&str> = Kind::ALL.map(Kind::as_str).into();
    match endpoint {
        Endpoint::Audit => vec![
            parameter(
                "user",
                "Only entries of which this user is the actor or the subject",
                json!({"type": "string", "format": "uuid"}),
            ),
            parameter(
                "kind",
                "Only entries of this kind",
                json!({"type": "string", "enum": kinds}),
            ),
            parameter("from", "Only entries at or after this time", time.clone()),
            parameter("to", "Only entries at or before this time", time),
            parameter(
                "limit",
                "Maximum number of entries per page",
                json!({"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
            ),
            parameter(
                "cursor",
                "`next` of the previous page",
                json!({"type": "string"}),
            ),
        ],
        Endpoint::AuditVerify => vec![parameter(
            "after",
            "`next` of the previous call, or the number of a row after which to begin",
            json!({"type": "string", "pattern": "^([0-9]+|user\\..{0,64})$", "default": "0"}),
        )],
        Endpoint::Login | Endpoint::SetPassword => vec![json!({
            "name": "__Host-edge-auth-device",
            "in": "cookie",
            "required": false,
            "description": "Cookie of a recognised device, set by an earlier sign-in. Its name is `edge-auth-device` on \
                            http://localhost",
            "schema": {"type": "string"}
        })],
        Endpoint::Token => vec![json!({
            "name": "Prefer",
            "in": "header",
            "required": false,
            "description": "`wait=N`: maximum number of seconds to wait for the user (RFC 7240), up to DEVICE_TOKEN_WAIT. \
                            Other preferences are ignored",
            "schema": {"type": "string", "examples": ["wait=10"]}
        })],
        _ => Vec::new(),
    }
}

/// The failures for bodies that the route does not accept, with this text.
fn bodies(text: &'static str) -> Vec<Failure> {
    [
        BodyFault::NotJson,
        BodyFault::MissingField,
        BodyFault::InvalidField,
        BodyFault::Interrupted,
    ]
    .map(|fault| Failure::InvalidBody { fault, text })
    .to_vec()
}

fn refused_passwords() -> Vec<Failure> {
    [
        PolicyError::TooShort(15),
        PolicyError::TooLong,
        PolicyError::Common,
        PolicyError::OwnNames,
    ]
    .map(Failure::PasswordRefused)
    .to_vec()
}

#[expect(
    clippy::too_many_lines,
    reason = "a table with an entry for each endpoint"
)]
fn operation(endpoint: Endpoint, schemas: &mut Schemas) -> Operation {
    let out = Failure::StoreUnavailable(Outage::D1);
    let signed_in = || {
        vec![
            Failure::NoToken,
            Failure::InvalidToken,
            Failure::TokenExpired,
            Failure::StoreUnavailable(Outage::D1),
        ]
    };
    let for_administrators = |absent| {
        let mut failures = signed_in();
        failures.extend([Failure::AdminRequired, absent]);
        failures
    };
    match endpoint {
        Endpoint::Login => Operation {
            summary: "Sign in with a password",
            description: "The response is the same for unknown users, disabled or locked accounts, accounts without a password, and \
                          wrong passwords.",
            request: Some(request::<LoginRequest>(
                schemas,
                json!({"username": "john@example.com", "password": "securePassword123"}),
            )),
            response: body::<LoginResponse>(
                schemas,
                json!({"success": true, "message": "Login successful", "token": token(), "user": user()}),
            ),
            failures: [
                bodies("Username and password are required"),
                vec![Failure::WrongLogin, Failure::BackOff(1), out],
            ]
            .concat(),
            is_secured: false,
        },
        Endpoint::Validate => Operation {
            summary: "Validate token",
            description: "Uses cached sessions. docs/concepts/caching-and-revocation.md states how soon a revoked session is refused.",
            request: None,
            response: body::<ValidateResponse<'_>>(
                schemas,
                json!({"success": true, "message": "Token is valid", "user": user()}),
            ),
            failures: signed_in(),
            is_secured: true,
        },
        Endpoint::Me => Operation {
            summary: "Get current user",
            description: "Uses cached sessions, as /validate does.",
            request: None,
            response: body::<MeResponse<'_>>(
                schemas,
                json!({
                    "id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                    "username": "john.doe",
                    "email": "john.doe@example.com",
                    "full_name": "John Doe",
                    "is_active": true
                }),
            ),
            failures: signed_in(),
            is_secured: true,
        },
        Endpoint::Refresh => Operation {
            summary: "Refresh token",
            description: "Rotates the token. Until REFRESH_REPLAY_WINDOW seconds (default 30) after its own rotation, any \
                          earlier token of the session gets the current token; later it revokes the session, even if it \
                          has expired. A current token that has expired is refused.",
            request: None,
            response: body::<BearerResponse<'_>>(schemas, bearer_reply()),
            failures: signed_in(),
            is_secured: true,
        },
        Endpoint::Logout => Operation {
            summary: "Sign out",
            description: "Revokes the session of the token, even if the token has expired, was rotated out or is older than \
                          TOKENS_NOT_BEFORE. Responds with 200 as well if there is no token or if this service did not \
                          issue it. May be repeated.",
            request: None,
            response: body::<MessageResponse>(
                schemas,
                json!({"success": true, "message": "Logged out"}),
            ),
            failures: vec![out],
            is_secured: true,
        },
        Endpoint::SetPassword => Operation {
            summary: "Set password with a one-time link",
            description: "Revokes all sessions and all other one-time links of the user.",
            request: Some(request::<SetPasswordRequest>(
                schemas,
                json!({"token": "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80", "password": "correct horse battery staple"}),
            )),
            response: body::<MessageResponse>(
                schemas,
                json!({"success": true, "message": "Password set"}),
            ),
            failures: [
                bodies(INVALID_BODY),
                vec![Failure::InvalidLink],
                refused_passwords(),
                vec![out],
            ]
            .concat(),
            is_secured: false,
        },
        Endpoint::Sessions => Operation {
            summary: "List sessions",
            description: "The caller's live sessions, most recent sign-in first. If a user has more than 100, a sign-in revokes \
                          the least recently used ones.",
            request: None,
            response: body::<SessionsResponse>(
                schemas,
                json!({
                    "success": true,
                    "sessions": [{
                        "id": "3e0d962904b8fedc86e5872eacd26369665db2042fcbad5ff0edcc368aaa1f96",
                        "created_at": "2024-01-10T12:00:00Z",
                        "refreshed_at": "2024-01-10T18:00:00Z",
                        "last_used_at": "2024-01-10T18:00:00Z",
                        "ends_at": "2024-02-09T12:00:00Z",
                        "device": "curl/8.5.0",
                        "address": "192.0.2.7",
                        "refresh_device": "curl/8.5.0",
                        "refresh_address": "192.0.2.7",
                        "is_current": true
                    }]
                }),
            ),
            failures: signed_in(),
            is_secured: true,
        },
        Endpoint::EndSession => Operation {
            summary: "Revoke session",
            description: "Revokes a session of the caller, by its id in GET /sessions. May be repeated.",
            request: None,
            response: body::<MessageResponse>(
                schemas,
                json!({"success": true, "message": "Session ended"}),
            ),
            failures: [signed_in(), vec![Failure::SessionNotFound]].concat(),
            is_secured: true,
        },
        Endpoint::LogoutAll => Operation {
            summary: "Revoke all sessions",
            description: "Revokes all sessions of the caller, including that of the request.",
            request: None,
            response: body::<MessageResponse>(
                schemas,
                json!({"success": true, "message": "Logged out everywhere"}),
            ),
            failures: signed_in(),
            is_secured: true,
        },
        Endpoint::ChangePassword => Operation {
            summary: "Change password",
            description: "Requires the current password. Revokes the other sessions and all one-time links of the user.",
            request: Some(request::<ChangePasswordRequest>(
                schemas,
                json!({"current_password": "securePassword123", "new_password": "correct horse battery staple"}),
            )),
            response: body::<MessageResponse>(
                schemas,
                json!({"success": true, "message": "Password changed"}),
            ),
            failures: [
                bodies(INVALID_BODY),
                vec![Failure::WrongCurrentPassword, Failure::BackOff(1)],
                refused_passwords(),
                signed_in(),
            ]
            .concat(),
            is_secured: true,
        },
        Endpoint::RegisterClient => Operation {
            summary: "Register client for the device flow",
            description: "The secret is an opaque, encrypted text of about 3 kB that is valid until `expiration`.",
            request: None,
            response: body::<RegisterClientResponse>(
                schemas,
                json!({
                    "client_id": "abcdef123456",
                    "client_secret": "secret123456",
                    "expiration": "2023-03-13T12:00:00Z"
                }),
            ),
            failures: vec![
                Failure::RegisterClient("Timeout"),
                Failure::RegisterClient("not_configured"),
            ],
            is_secured: false,
        },
        Endpoint::DeviceAuthorization => Operation {
            summary: "Start device flow",
            description: "Modelled on RFC 8628. Display the user code together with the name of your application, and tell \
                          users never to approve a code that they received from someone else (RFC 8628 section 5.4).",
            request: Some(request::<DeviceAuthorizationRequest>(
                schemas,
                json!({"client_id": "abcdef123456", "client_secret": "secret123456"}),
            )),
            response: body::<DeviceAuthorizationResponse>(
                schemas,
                json!({
                    "device_code": "device-code-123",
                    "user_code": "USER-CODE",
                    "verification_uri": "https://device.sso.us-east-1.amazonaws.com",
                    "verification_uri_complete": "https://device.sso.us-east-1.amazonaws.com?user_code=USER-CODE",
                    "expires_in": 600,
                    "interval": 5
                }),
            ),
            failures: [
                bodies("Failed to start device authorization"),
                vec![
                    Failure::InvalidClientHandle,
                    Failure::DeviceAuthorization("Timeout"),
                    Failure::DeviceAuthorization("not_configured"),
                ],
            ]
            .concat(),
            is_secured: false,
        },
        Endpoint::Token => Operation {
            summary: "Poll for device token",
            description: "Waits for the user for up to DEVICE_TOKEN_WAIT seconds, or fewer with `Prefer: wait=N` (RFC 7240). \
                          408 with Retry-After: the user has not answered yet; repeat the request. 408 without \
                          Retry-After: the device code has expired or was already used. While one request waits, others \
                          with the same device code get 408 at once. 403: the user denied the sign-in, has no permission \
                          set, or is disabled.",
            request: Some(request::<TokenRequest>(
                schemas,
                json!({
                    "client_id": "abcdef123456",
                    "client_secret": "secret123456",
                    "device_code": "device-code-123"
                }),
            )),
            response: body::<BearerResponse<'_>>(schemas, bearer_reply()),
            failures: [
                bodies("Failed to create token from device code"),
                vec![
                    Failure::InvalidDeviceHandle,
                    Failure::AuthorizationPending {
                        retry_after: 5,
                        preference: None,
                    },
                    Failure::AuthorizationPending {
                        retry_after: 5,
                        preference: Some(10),
                    },
                    Failure::DeviceCodeExpired,
                    Failure::AccessDenied(Denial::ByUser),
                    Failure::AccessDenied(Denial::NoAssignment),
                    Failure::AccessDenied(Denial::SessionEnded),
                    Failure::TokenFailed("Timeout"),
                    Failure::TokenFailed("not_configured"),
                    out,
                ],
            ]
            .concat(),
            is_secured: false,
        },
        Endpoint::AwsLogin => Operation {
            summary: "Sign in with AWS credentials",
            description: "With a body, a proof of the client's AWS identity: its signature of a GetCallerIdentity request (see \
                          docs/guides/aws-proofs.md). Without a body, signs in with the service's own keys if AWS_LOGIN \
                          includes `app`.",
            request: Some(request::<AwsLoginRequest>(
                schemas,
                json!({
                    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
                    "amz_date": "20240110T120000Z",
                    "signature": "3a1f8c0d5b7e9246f0c1d2e3b4a5968778695a4b3c2d1e0f9e8d7c6b5a493827"
                }),
            )),
            response: body::<BearerResponse<'_>>(schemas, bearer_reply()),
            failures: [
                bodies("AWS credentials not provided"),
                vec![
                    Failure::AwsCredentialsMissing,
                    Failure::ProofRefused,
                    Failure::AwsLogin(AwsError::Timeout),
                    Failure::AwsLogin(AwsError::ConnectionError),
                    Failure::AwsLogin(AwsError::InvalidResponse),
                    out,
                ],
            ]
            .concat(),
            is_secured: false,
        },
        Endpoint::AwsCredentials => Operation {
            summary: "Get masked AWS credentials",
            description: "For administrators. Includes sample programs that call Bedrock; set the variables that they name to run them.",
            request: None,
            response: body::<AwsCredentialsResponse>(schemas, aws_credentials()),
            failures: for_administrators(Failure::AwsKeysAbsent),
            is_secured: true,
        },
        Endpoint::NvidiaCredentials => Operation {
            summary: "Get masked NVIDIA credentials",
            description: "For administrators. Includes sample programs that call a model; set the variable that they name to run them.",
            request: None,
            response: body::<NvidiaCredentialsResponse>(schemas, nvidia_credentials()),
            failures: for_administrators(Failure::NvidiaKeyAbsent),
            is_secured: true,
        },
        Endpoint::Audit => Operation {
            summary: "List audit log",
            description: "For administrators. Newest entries first. Use /audit/verify to check the integrity of the log.",
            request: None,
            response: body::<AuditResponse>(schemas, audit_page()),
            failures: {
                let mut failures = signed_in();
                failures.extend([
                    Failure::AdminRequired,
                    Failure::InvalidParameter("kind"),
                    Failure::RepeatedParameter("kind"),
                    Failure::UnknownParameter,
                ]);
                failures
            },
            is_secured: true,
        },
        Endpoint::AuditVerify => Operation {
            summary: "Verify audit log",
            description: "For super administrators. Verifies up to 2,000 rows per call and names the first that fails; \
                          compares tables and triggers of the database with those of the service, and roles and status \
                          of users with the last entries about them. Follow `next` to the end.",
            request: None,
            response: body::<AuditVerifyResponse>(
                schemas,
                json!({
                    "success": true,
                    "rows": 1042,
                    "late_signatures": 1,
                    "clients": 1042,
                    "users": 17,
                    "checkpointed_to": 1040,
                    "rows_after_checkpoint": 2,
                    "failure": null,
                    "schema_changes": [],
                    "user_changes": [],
                    "next": null
                }),
            ),
            failures: {
                let mut failures = signed_in();
                failures.extend([
                    Failure::SuperAdminRequired,
                    Failure::InvalidParameter("after"),
                    Failure::RepeatedParameter("after"),
                    Failure::UnknownParameter,
                ]);
                failures
            },
            is_secured: true,
        },
        Endpoint::Health => Operation {
            summary: "Check health",
            description: "A 503 names the store that is unavailable.",
            request: None,
            response: body::<HealthResponse>(
                schemas,
                json!({"success": true, "message": "OK", "version": env!("CARGO_PKG_VERSION")}),
            ),
            failures: vec![Failure::Unhealthy("D1"), Failure::Unhealthy("KV")],
            is_secured: false,
        },
        Endpoint::OpenApi => Operation {
            summary: "Get OpenAPI document",
            description: "This document, in OpenAPI 3.1.",
            request: None,
            response: Body {
                schema: json!({"type": "object"}),
                example: json!({"openapi": "3.1.0"}),
            },
            failures: Vec::new(),
            is_secured: false,
        },
    }
}

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut schemas = Schemas {
        requests: settings.clone().into_generator(),
        responses: settings.for_serialize().into_generator(),
    };
    let message: Value = schemas.responses.subschema_for::<MessageError>().into();
    let detail: Value = schemas.responses.subschema_for::<DetailError>().into();
    let mut paths = Map::new();
    for route in ROUTES {
        let error = if route.dialect == ErrorFormat::Message {
            &message
        } else {
            &detail
        };
        let described = describe(route, operation(route.endpoint, &mut schemas), error);
        let method = match route.method {
            Method::Get => "get",
            Method::Delete => "delete",
            _ => "post",
        };
        paths.insert(route.path.to_owned(), json!({ method: described }));
    }
    let mut definitions = schemas.responses.take_definitions(true);
    definitions.extend(schemas.requests.take_definitions(true));
    let text = json!(paths).to_string();
    let headers: Map<String, Value> = RESPONSE_HEADERS
        .iter()
        .filter_map(|(name, ..)| described_header(name, true))
        .filter(|(name, _)| text.contains(&format!("#/components/headers/{name}\"")))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Edge Auth",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Identity provider of the LLM workflow platform. Each route uses one of two error formats."
        },
        "paths": paths,
        "components": {
            "headers": headers,
            "schemas": definitions,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
        }
    })
}

fn describe(route: &Route, mut operation: Operation, error: &Value) -> Value {
    if operation.request.is_some() {
        operation.failures.extend([
            Failure::BodyTooLarge,
            Failure::UnsupportedMediaType(JSON),
            Failure::UnsupportedEncoding,
            Failure::Busy,
        ]);
    }
    operation.failures.extend([
        Failure::TooManyRequests(1),
        Failure::Misconfigured,
        Failure::Platform,
    ]);
    let mut responses = Map::new();
    let json = json!({"schema": operation.response.schema, "example": operation.response.example});
    responses.insert(
        "200".into(),
        json!({
            "description": "Success",
            "headers": headers_of_success(route.endpoint),
            "content": {"application/json": json}
        }),
    );
    for (status, failures) in by_status(&operation.failures) {
        let response = failure_reply(&failures, route.dialect, error);
        responses.insert(status.to_string(), response);
    }
    let name = route
        .path
        .trim_start_matches("/api/auth/")
        .trim_end_matches(".json")
        .replace("/{id}", "_end")
        .replace(['-', '/'], "_");
    let mut described = json!({
        "operationId": name,
        "summary": operation.summary,
        "description": operation.description,
        "responses": responses
    });
    if let Some(fields) = described.as_object_mut() {
        if let Some(request) = operation.request {
            let is_required = route.endpoint != Endpoint::AwsLogin;
            let json = json!({"schema": request.schema, "example": request.example});
            fields.insert(
                "requestBody".into(),
                json!({"required": is_required, "content": {"application/json": json}}),
            );
        }
        let parameters = parameters(route.endpoint);
        if !parameters.is_empty() {
            fields.insert("parameters".into(), json!(parameters));
        }
        if operation.is_secured {
            // Signing out succeeds without a token as well.
            let is_optional = route.endpoint == Endpoint::Logout;
            let security = if is_optional {
                json!([{"bearer": []}, {}])
            } else {
                json!([{"bearer": []}])
            };
            fields.insert("security".into(), security);
        }
    }
    described
}

/// Response headers of the API: name in the code, name in the document, description and schema.
const RESPONSE_HEADERS: [(&str, &str, &str, &str); 9] = [
    (
        "accept-encoding",
        "Accept-Encoding",
        "The only content coding that request bodies may have: `identity`",
        "string",
    ),
    (
        "allow",
        "Allow",
        "The methods of the path, separated by commas",
        "string",
    ),
    (
        "edge-auth-error",
        "Edge-Auth-Error",
        "The error code; see docs/reference/errors.md. New codes may be added",
        "string",
    ),
    (
        "edge-auth-expires",
        "Edge-Auth-Expires",
        "Time at which the token in the body expires (RFC 3339)",
        "date-time",
    ),
    (
        "preference-applied",
        "Preference-Applied",
        "The preference that was applied, such as `wait=10` (RFC 7240)",
        "string",
    ),
    (
        "retry-after",
        "Retry-After",
        "Seconds after which the request may be repeated",
        "integer",
    ),
    (
        "set-cookie",
        "Set-Cookie",
        "Cookie by which the device is recognised at the next sign-in. It does not authenticate requests",
        "string",
    ),
    (
        "www-authenticate",
        "WWW-Authenticate",
        "The challenge (RFC 6750), with `error=\"invalid_token\"` if the request had a token that is not valid",
        "string",
    ),
    (
        "x-request-id",
        "X-Request-Id",
        "Id of the request in the audit log and in Cloudflare's logs",
        "string",
    ),
];

/// The header with this name in the code, as a member of `headers`. A header that is always present is a component.
fn header(name: &str, is_required: bool) -> Option<(String, Value)> {
    if !is_required {
        return described_header(name, false);
    }
    let (name, _) = described_header(name, true)?;
    let reference = json!({"$ref": format!("#/components/headers/{name}")});
    Some((name, reference))
}

fn described_header(name: &str, is_required: bool) -> Option<(String, Value)> {
    let known = RESPONSE_HEADERS.iter().find(|(known, ..)| *known == name);
    known.map(|(_, name, description, kind)| {
        let schema = match *kind {
            "integer" => json!({"type": "integer", "minimum": 0}),
            "date-time" => json!({"type": "string", "format": "date-time"}),
            kind => json!({"type": kind}),
        };
        let header = json!({"description": description, "required": is_required, "schema": schema});
        ((*name).to_owned(), header)
    })
}

fn headers_of_success(endpoint: Endpoint) -> Map<String, Value> {
    let own: &[(&str, bool)] = match endpoint {
        // Over plain http, only localhost gets the cookie.
        Endpoint::Login => &[("edge-auth-expires", true), ("set-cookie", false)],
        Endpoint::SetPassword => &[("set-cookie", false)],
        Endpoint::Token => &[("edge-auth-expires", true), ("preference-applied", false)],
        Endpoint::AwsLogin | Endpoint::Refresh => &[("edge-auth-expires", true)],
        _ => &[],
    };
    let all = own.iter().chain(&[("x-request-id", true)]);
    all.filter_map(|(name, is_required)| header(name, *is_required))
        .collect()
}

fn by_status(failures: &[Failure]) -> BTreeMap<u16, Vec<&Failure>> {
    let mut statuses: BTreeMap<u16, Vec<&Failure>> = BTreeMap::new();
    for failure in failures {
        statuses
            .entry(code(failure).status())
            .or_default()
            .push(failure);
    }
    statuses
}

/// The response for these failures, which have the same status, with an example for each code and text.
fn failure_reply(failures: &[&Failure], dialect: ErrorFormat, error: &Value) -> Value {
    let mut texts: Vec<String> = Vec::new();
    let mut examples = Map::new();
    let mut headers: BTreeMap<&str, usize> = BTreeMap::from([("x-request-id", failures.len())]);
    for failure in failures {
        for (name, _) in response(failure, dialect).headers {
            let count = headers.entry(name).or_default();
            *count = count.saturating_add(1);
        }
        let (_, text) = status_and_text(failure, dialect);
        let value = match dialect {
            ErrorFormat::Message => json!({"success": false, "message": text}),
            ErrorFormat::Detail => json!({"detail": text}),
        };
        let code = code(failure).as_str();
        let mut keys = std::iter::once(code.to_owned())
            .chain((2_u8..=u8::MAX).map(|number| format!("{code}_{number}")));
        let is_new = |key: &String| {
            examples
                .get(key)
                .is_none_or(|known: &Value| known["value"] == value)
        };
        if let Some(key) = keys.find(is_new) {
            examples.insert(key, json!({"value": value}));
        }
        if !texts.iter().any(|known| *known == text) {
            texts.push(text.into_owned());
        }
    }
    let headers: Map<String, Value> = headers
        .into_iter()
        .filter_map(|(name, count)| header(name, count == failures.len()))
        .collect();
    json!({
        "description": texts.join(", or "),
        "headers": headers,
        "content": {"application/json": {"schema": error, "examples": examples}}
    })
}
