//! The operations that are simulated, and the errors that AWS's models give each.

use crate::form;
use crate::http::Request;
use serde::{Deserialize, Serialize};

/// An operation, under the name that AWS's service models give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are AWS's")]
pub enum Operation {
    RegisterClient,
    StartDeviceAuthorization,
    CreateToken,
    ListAccounts,
    ListAccountRoles,
    GetRoleCredentials,
    Logout,
    GetCallerIdentity,
    GetUserId,
    DescribeUser,
}

/// Which of the four services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// SSO OIDC: REST-JSON, unsigned.
    Oidc,
    /// The access portal: REST-JSON, a bearer header.
    Portal,
    /// STS: query protocol, signed.
    Sts,
    /// Identity Store: JSON 1.1, signed.
    IdentityStore,
}

/// An error that a model lists: its shape's name, its status, and the code in `error` (SSO OIDC only).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelledError {
    /// As in the header `x-amzn-ErrorType`, `__type` or `<Code>`.
    pub name: &'static str,
    /// HTTP status.
    pub status: u16,
    /// `error` of SSO OIDC, the empty string elsewhere.
    pub code: &'static str,
}

impl Operation {
    /// All of them, in the order of a sign-in.
    pub const ALL: [Self; 10] = [
        Self::RegisterClient,
        Self::StartDeviceAuthorization,
        Self::CreateToken,
        Self::ListAccounts,
        Self::ListAccountRoles,
        Self::GetRoleCredentials,
        Self::Logout,
        Self::GetCallerIdentity,
        Self::GetUserId,
        Self::DescribeUser,
    ];

    /// Where it lives.
    #[must_use]
    pub fn service(self) -> Service {
        match self {
            Self::RegisterClient | Self::StartDeviceAuthorization | Self::CreateToken => {
                Service::Oidc
            }
            Self::ListAccounts
            | Self::ListAccountRoles
            | Self::GetRoleCredentials
            | Self::Logout => Service::Portal,
            Self::GetCallerIdentity => Service::Sts,
            Self::GetUserId | Self::DescribeUser => Service::IdentityStore,
        }
    }

    /// What its model lists; for STS, whose model lists none, those that every query service has.
    #[must_use]
    pub fn errors(self) -> Vec<ModelledError> {
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
        names
            .iter()
            .map(|name| modelled(self.service(), name))
            .collect()
    }

    /// What a request asks for: by path for the two REST services, by target header for Identity Store, by `Action`
    /// for STS. `None` for everything else.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        match (request.method.as_str(), request.path()) {
            ("POST", "/client/register") => Some(Self::RegisterClient),
            ("POST", "/device_authorization") => Some(Self::StartDeviceAuthorization),
            ("POST", "/token") => Some(Self::CreateToken),
            ("GET", "/assignment/accounts") => Some(Self::ListAccounts),
            ("GET", "/assignment/roles") => Some(Self::ListAccountRoles),
            ("GET", "/federation/credentials") => Some(Self::GetRoleCredentials),
            ("POST", "/logout") => Some(Self::Logout),
            ("POST", "/") => match request.header("x-amz-target") {
                Some("AWSIdentityStore.GetUserId") => Some(Self::GetUserId),
                Some("AWSIdentityStore.DescribeUser") => Some(Self::DescribeUser),
                Some(_) => None,
                None => (form::value(&request.form(), "Action") == Some("GetCallerIdentity"))
                    .then_some(Self::GetCallerIdentity),
            },
            _ => None,
        }
    }
}

fn modelled(service: Service, name: &'static str) -> ModelledError {
    let (status, code) = match (service, name) {
        (Service::Oidc, name) => oidc(name),
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
    ModelledError { name, status, code }
}

fn oidc(name: &str) -> (u16, &'static str) {
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
