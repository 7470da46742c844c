//! The simulated operations, and how a request names one.

use crate::http::{Request, value};
use serde::{Deserialize, Serialize};

/// An operation, with its name in the service model.
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

/// A simulated service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// SSO OIDC: REST-JSON, unsigned.
    SsoOidc,
    /// The access portal: REST-JSON, a bearer header.
    Portal,
    /// STS: query protocol, signed.
    Sts,
    /// Identity Store: JSON 1.1, signed.
    IdentityStore,
}

impl Operation {
    /// All operations, in the order of a sign-in.
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

    /// The service of the operation.
    #[must_use]
    pub fn service(self) -> Service {
        match self {
            Self::RegisterClient | Self::StartDeviceAuthorization | Self::CreateToken => {
                Service::SsoOidc
            }
            Self::ListAccounts
            | Self::ListAccountRoles
            | Self::GetRoleCredentials
            | Self::Logout => Service::Portal,
            Self::GetCallerIdentity => Service::Sts,
            Self::GetUserId | Self::DescribeUser => Service::IdentityStore,
        }
    }

    /// The operation of a request, if it is one: the path names it for SSO OIDC and the portal, `X-Amz-Target` for Identity
    /// Store, and the form field `Action` for STS.
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
                None => (value(&request.form(), "Action") == Some("GetCallerIdentity"))
                    .then_some(Self::GetCallerIdentity),
            },
            _ => None,
        }
    }
}
