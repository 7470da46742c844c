//! Errors: those of the service models, and their form on the wire.

use crate::encoding::escape;
use crate::http::{Request, Response};
use crate::operation::{Operation, Service};
use serde_json::json;

/// The media type of Identity Store.
pub(crate) const JSON_1_1: &str = "application/x-amz-json-1.1";

/// An error of a service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwsError {
    /// The name in the header `x-amzn-ErrorType`, in `__type` or in `<Code>`.
    pub name: &'static str,
    /// HTTP status.
    pub status: u16,
    /// The member `error` of SSO OIDC; empty for other services.
    pub code: &'static str,
}

impl Operation {
    /// The errors in the operation's service model. The model of STS has none, so for STS they are the common errors of query
    /// services.
    #[must_use]
    pub fn errors(self) -> Vec<AwsError> {
        let names: &[&str] = match self {
            Self::RegisterClient => &[
                "InvalidRequestException",
                "InvalidScopeException",
                "InvalidClientMetadataException",
                "InternalServerException",
                "InvalidRedirectUriException",
                "UnsupportedGrantTypeException",
                "SlowDownException",
            ],
            Self::StartDeviceAuthorization => &[
                "InvalidRequestException",
                "InvalidClientException",
                "UnauthorizedClientException",
                "SlowDownException",
                "InternalServerException",
            ],
            Self::CreateToken => &[
                "InvalidRequestException",
                "InvalidClientException",
                "InvalidGrantException",
                "UnauthorizedClientException",
                "UnsupportedGrantTypeException",
                "InvalidScopeException",
                "AuthorizationPendingException",
                "SlowDownException",
                "AccessDeniedException",
                "ExpiredTokenException",
                "InternalServerException",
            ],
            Self::ListAccounts | Self::ListAccountRoles | Self::GetRoleCredentials => &[
                "InvalidRequestException",
                "UnauthorizedException",
                "TooManyRequestsException",
                "ResourceNotFoundException",
            ],
            Self::Logout => &[
                "InvalidRequestException",
                "UnauthorizedException",
                "TooManyRequestsException",
            ],
            Self::GetCallerIdentity => &[
                "InvalidClientTokenId",
                "SignatureDoesNotMatch",
                "ExpiredToken",
                "RequestExpired",
                "MissingAuthenticationToken",
                "IncompleteSignature",
                "AccessDenied",
                "Throttling",
                "InternalFailure",
                "ServiceUnavailable",
            ],
            Self::GetUserId | Self::DescribeUser => &[
                "ResourceNotFoundException",
                "ThrottlingException",
                "AccessDeniedException",
                "InternalServerException",
                "ValidationException",
            ],
        };
        let service = self.service();
        names.iter().map(|name| aws_error(service, name)).collect()
    }

    /// The error with this name in the operation's service model.
    pub(crate) fn error(self, name: &str) -> Option<AwsError> {
        self.errors().into_iter().find(|error| error.name == name)
    }
}

fn aws_error(service: Service, name: &'static str) -> AwsError {
    let (status, code) = match (service, name) {
        (Service::SsoOidc, name) => oidc_error(name),
        (_, "UnauthorizedException") => (401, ""),
        (_, "ResourceNotFoundException") if service == Service::Portal => (404, ""),
        (_, "TooManyRequestsException") => (429, ""),
        (_, "InternalServerException" | "InternalFailure") => (500, ""),
        (_, "ServiceUnavailable") => (503, ""),
        (
            _,
            "InvalidClientTokenId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "MissingAuthenticationToken"
            | "AccessDenied",
        ) => (403, ""),
        _ => (400, ""),
    };
    AwsError { name, status, code }
}

fn oidc_error(name: &str) -> (u16, &'static str) {
    match name {
        "InvalidScopeException" => (400, "invalid_scope"),
        "InvalidClientMetadataException" => (400, "invalid_client_metadata"),
        "InvalidRedirectUriException" => (400, "invalid_redirect_uri"),
        "UnsupportedGrantTypeException" => (400, "unsupported_grant_type"),
        "SlowDownException" => (400, "slow_down"),
        "InvalidClientException" => (401, "invalid_client"),
        "UnauthorizedClientException" => (400, "unauthorized_client"),
        "InvalidGrantException" => (400, "invalid_grant"),
        "AuthorizationPendingException" => (400, "authorization_pending"),
        "AccessDeniedException" => (400, "access_denied"),
        "ExpiredTokenException" => (400, "expired_token"),
        "InternalServerException" => (500, "server_error"),
        _ => (400, "invalid_request"),
    }
}

/// The response with an error of the operation's service model; other names are a 400.
pub(crate) fn error(operation: Operation, request: &Request, name: &str, text: &str) -> Response {
    let (status, code) = operation
        .error(name)
        .map_or((400, "invalid_request"), |error| (error.status, error.code));
    error_response(operation.service(), request, name, (status, code), text)
}

/// The response with an error of any name and status.
pub(crate) fn error_response(
    service: Service,
    request: &Request,
    name: &str,
    (status, code): (u16, &str),
    text: &str,
) -> Response {
    match service {
        Service::SsoOidc => Response::json(
            status,
            &json!({ "error": code, "error_description": text }),
        )
        .with(
            "x-amzn-errortype",
            format!("{name}:http://internal.amazon.com/coral/com.amazonaws.sso.oidc/"),
        ),
        Service::Portal => Response::json(
            status,
            &json!({ "message": text, "__type": format!("com.amazonaws.switchboard.portal#{name}") }),
        )
        .with(
            "x-amzn-errortype",
            format!("{name}:http://internal.amazon.com/coral/com.amazonaws.switchboard.portal/"),
        ),
        Service::IdentityStore => {
            let body = json!({ "__type": name, "Message": text });
            Response::new(status, JSON_1_1, body.to_string()).with("x-amzn-errortype", name)
        }
        Service::Sts => sts_error(request, name, status, text),
    }
}

fn sts_error(request: &Request, name: &str, status: u16, text: &str) -> Response {
    let kind = if status < 500 { "Sender" } else { "Receiver" };
    let id = "00000000-0000-4000-a000-000000000000";
    if request.accepts("application/json") {
        let error = json!({ "Type": kind, "Code": name, "Message": text });
        return Response::json(status, &json!({ "Error": error, "RequestId": id }));
    }
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>{kind}</Type>\n    \
         <Code>{name}</Code>\n    <Message>{}</Message>\n  </Error>\n  <RequestId>{id}</RequestId>\n</ErrorResponse>\n",
        escape(text)
    );
    Response::new(status, "text/xml", body)
}
