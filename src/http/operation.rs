//! The description of an endpoint for the `OpenAPI` document. Native builds only.

use super::body::{FORM, JSON};
use super::error::ApiError;
use super::error_codes::ErrorCode;
use super::response::LINES;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

/// The schemas of requests, in which optional fields may be absent, and of responses, in which they are present and null.
pub struct Schemas {
    /// Schemas of requests.
    pub requests: SchemaGenerator,
    /// Schemas of responses.
    pub responses: SchemaGenerator,
}

impl Schemas {
    /// Creates an empty set of schemas.
    #[must_use]
    pub fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self {
            requests: settings.clone().into_generator(),
            responses: settings.for_serialize().into_generator(),
        }
    }
}

impl Default for Schemas {
    fn default() -> Self {
        Self::new()
    }
}

/// A JSON body: its schema and an example.
pub struct Body {
    /// JSON Schema.
    pub schema: Value,
    /// An example that matches the schema.
    pub example: Value,
    /// The media type: JSON, or JSON Lines whose lines have the schema.
    pub media_type: &'static str,
    /// Whether a request must have it.
    pub is_required: bool,
}

/// The description of an endpoint for the `OpenAPI` document, in addition to the fields of its [`Route`](super::route::Route).
pub struct Operation {
    /// `operationId`: a verb, in camel case.
    pub id: &'static str,
    /// The resource.
    pub tag: &'static str,
    /// The summary: imperative, without a full stop.
    pub summary: &'static str,
    /// The description: the facts that a client has to know in addition to the summary.
    pub description: &'static str,
    /// `OpenAPI` parameter objects.
    pub parameters: Vec<Value>,
    /// The body of requests.
    pub request: Option<Body>,
    /// The body of a 200 response.
    pub response: Body,
    /// Headers of a 200 response, and whether each is always present.
    pub response_headers: Vec<(&'static str, bool)>,
    /// Whether a success is a redirect.
    pub redirects: bool,
    /// Whether an OAuth client authenticates.
    pub authenticates_client: bool,
    /// Whether the request needs an access token for the user info endpoint.
    pub takes_user_info_token: bool,
    /// The errors of the handler, in addition to those of the access check, the rate limit and the reading of the body.
    pub errors: Vec<ApiError>,
}

impl Operation {
    /// Creates an operation without parameters, request body and errors of its own.
    #[must_use]
    pub fn new(id: &'static str, tag: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            tag,
            summary,
            description: "",
            parameters: Vec::new(),
            request: None,
            response: Body {
                schema: json!({"type": "object"}),
                example: json!({}),
                media_type: JSON,
                is_required: true,
            },
            response_headers: Vec::new(),
            redirects: false,
            authenticates_client: false,
            takes_user_info_token: false,
            errors: Vec::new(),
        }
    }

    /// Sets the description.
    #[must_use]
    pub fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Adds a query parameter. All query parameters are optional, and an empty value counts as absent.
    #[must_use]
    pub fn query(self, name: &str, description: &str, schema: &Value) -> Self {
        self.parameter(json!({
            "name": name,
            "in": "query",
            "required": false,
            "allowEmptyValue": true,
            "description": description,
            "schema": schema
        }))
    }

    /// Adds a parameter object.
    #[must_use]
    pub fn parameter(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Sets the request body. `text` is the text of the response to an invalid body.
    #[must_use]
    pub fn takes<T: JsonSchema>(
        mut self,
        schemas: &mut Schemas,
        text: &'static str,
        example: Value,
    ) -> Self {
        self.request = Some(Body {
            schema: schemas.requests.subschema_for::<T>().into(),
            example,
            media_type: JSON,
            is_required: true,
        });
        let codes = [
            ErrorCode::InvalidJson,
            ErrorCode::MissingField,
            ErrorCode::InvalidField,
            ErrorCode::IncompleteBody,
        ];
        self.errors(codes.map(|code| ApiError::new(code).with_text(text)))
    }

    /// Sets the request body to JSON Lines with this schema. The example is the whole text.
    #[must_use]
    pub fn takes_lines<T: JsonSchema>(mut self, schemas: &mut Schemas, example: &[Value]) -> Self {
        let lines: Vec<String> = example.iter().map(Value::to_string).collect();
        let line = schemas.requests.subschema_for::<T>();
        self.request = Some(Body {
            schema: json!({
                "type": "string",
                "description": "JSON Lines; `contentSchema` describes the list of the lines",
                "contentMediaType": LINES,
                "contentSchema": {"type": "array", "items": line}
            }),
            example: json!(lines.join("\n") + "\n"),
            media_type: LINES,
            is_required: true,
        });
        self.errors([ErrorCode::InvalidJson, ErrorCode::IncompleteBody])
    }

    /// Sets the request body to a form.
    #[must_use]
    pub fn takes_form<T: JsonSchema>(mut self, schemas: &mut Schemas, example: Value) -> Self {
        self.request = Some(Body {
            schema: schemas.requests.subschema_for::<T>().into(),
            example,
            media_type: FORM,
            is_required: true,
        });
        self.errors([
            ErrorCode::RepeatedParameter,
            ErrorCode::TooManyParameters,
            ErrorCode::IncompleteBody,
        ])
        .errors([ApiError::parameter(
            ErrorCode::MissingParameter,
            "grant_type",
        )])
    }

    /// Sets the request body to a form without required parameters.
    #[must_use]
    pub fn takes_any_form<T: JsonSchema>(mut self, schemas: &mut Schemas, example: Value) -> Self {
        self.request = Some(Body {
            schema: schemas.requests.subschema_for::<T>().into(),
            example,
            media_type: FORM,
            is_required: true,
        });
        self.errors([ErrorCode::IncompleteBody])
    }

    /// A success is a redirect: 303 without a body.
    #[must_use]
    pub fn redirects(mut self) -> Self {
        self.redirects = true;
        self.header("location", true).header("set-cookie", false)
    }

    /// An OAuth client authenticates, with `Basic` or in the form.
    #[must_use]
    pub fn authenticates_client(mut self) -> Self {
        self.authenticates_client = true;
        self.errors([
            ErrorCode::SeveralAuthMethods,
            ErrorCode::ClientAuthenticationFailed,
        ])
        .errors([ApiError::parameter(
            ErrorCode::InvalidParameter,
            "client_id",
        )])
    }

    /// The request needs an access token for the user info endpoint.
    #[must_use]
    pub fn takes_user_info_token(mut self) -> Self {
        self.takes_user_info_token = true;
        self.errors([ErrorCode::NoToken, ErrorCode::InvalidToken])
    }

    /// Makes the request body optional.
    #[must_use]
    pub fn body_is_optional(mut self) -> Self {
        if let Some(body) = &mut self.request {
            body.is_required = false;
        }
        self
    }

    /// Sets the response body.
    #[must_use]
    pub fn returns<T: JsonSchema>(mut self, schemas: &mut Schemas, example: Value) -> Self {
        self.response.schema = schemas.responses.subschema_for::<T>().into();
        self.response.example = example;
        self
    }

    /// Sets the response body to JSON Lines, each of which is an object. The example is the whole text.
    #[must_use]
    pub fn returns_lines(mut self, description: &'static str, example: &[Value]) -> Self {
        let lines: Vec<String> = example.iter().map(Value::to_string).collect();
        self.response = Body {
            schema: json!({"type": "string", "description": description}),
            example: json!(lines.join("\n") + "\n"),
            media_type: LINES,
            is_required: true,
        };
        self
    }

    /// Adds a response header.
    #[must_use]
    pub fn header(mut self, name: &'static str, is_required: bool) -> Self {
        self.response_headers.push((name, is_required));
        self
    }

    /// Adds errors.
    #[must_use]
    pub fn errors(mut self, errors: impl IntoIterator<Item = impl Into<ApiError>>) -> Self {
        self.errors.extend(errors.into_iter().map(Into::into));
        self
    }
}

/// Values for examples.
pub mod examples {
    use serde_json::{Value, json};

    /// A token.
    #[must_use]
    pub fn token() -> Value {
        json!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...")
    }

    /// A session.
    #[must_use]
    pub fn session() -> Value {
        json!({
            "id": "3e0d962904b8fedc86e5872eacd26369665db2042fcbad5ff0edcc368aaa1f96",
            "created_at": "2024-01-10T12:00:00Z",
            "refreshed_at": "2024-01-10T18:00:00Z",
            "last_used_at": "2024-01-10T18:00:00Z",
            "ends_at": "2024-02-09T12:00:00Z",
            "session": "cookie",
            "method": "password",
            "factor": "totp",
            "authenticated_at": "2024-01-10T12:00:00Z",
            "device": "curl/8.5.0",
            "address": "192.0.2.7",
            "country": "DE",
            "refresh_device": "curl/8.5.0",
            "refresh_address": "192.0.2.7",
            "refresh_country": "DE"
        })
    }

    /// A user as administrators see it.
    #[must_use]
    pub fn admin_user() -> Value {
        json!({
            "id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
            "source": "password",
            "username": "john",
            "email": "john@example.com",
            "email_verified_at": "2024-01-10T12:00:00Z",
            "name": "John Doe",
            "organization": "Acme Corp",
            "aws_region": "us-east-1",
            "role": "user",
            "is_active": true,
            "has_password": true,
            "is_locked": false,
            "has_factor": true,
            "created_at": "2024-01-01T00:00:00Z",
            "updated_at": "2024-01-10T12:00:00Z",
            "last_login": "2024-01-10T12:00:00Z",
            "version": 3
        })
    }

    /// A user.
    #[must_use]
    pub fn user() -> Value {
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

    /// The response of the endpoints that issue a bearer token.
    #[must_use]
    pub fn bearer_token() -> Value {
        json!({
            "access_token": token(),
            "token_type": "bearer",
            "user": {
                "username": "john.doe",
                "email": "john.doe@example.com",
                "full_name": "John Doe"
            }
        })
    }
}
