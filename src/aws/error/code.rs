//! The names of errors.

use std::fmt;

/// The name of an error, as AWS spells it. Only listed names exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub(super) &'static str);

/// The errors in botocore's models of `sso-oidc`, `sso` and `identitystore`, and the common errors of the query protocol, which
/// the model of STS does not list. `ForbiddenException` is in no model: the portal returns it for an account or a permission set
/// that the user does not have.
pub(super) static NAMES: [&str; 48] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationPendingException",
    "ExpiredToken",
    "ExpiredTokenException",
    "ForbiddenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InternalError",
    "InternalFailure",
    "InternalServerException",
    "InvalidAccessKeyId",
    "InvalidAction",
    "InvalidClientException",
    "InvalidClientMetadataException",
    "InvalidClientTokenId",
    "InvalidGrantException",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "InvalidQueryParameter",
    "InvalidRedirectUriException",
    "InvalidRequestException",
    "InvalidRequestRegionException",
    "InvalidScopeException",
    "InvalidSignatureException",
    "MalformedQueryString",
    "MissingAction",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "MissingParameter",
    "NotAuthorized",
    "OptInRequired",
    "RegionDisabledException",
    "RequestExpired",
    "RequestLimitExceeded",
    "ResourceNotFoundException",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "SlowDownException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "UnauthorizedClientException",
    "UnauthorizedException",
    "UnrecognizedClientException",
    "UnsupportedGrantTypeException",
    "ValidationError",
    "ValidationException",
];

/// The values of `error` in responses of SSO OIDC (RFC 6749, RFC 8628), each with the error of its model.
pub(super) static OAUTH_ERRORS: [(&str, &str); 13] = [
    ("access_denied", "AccessDeniedException"),
    ("authorization_pending", "AuthorizationPendingException"),
    ("expired_token", "ExpiredTokenException"),
    ("invalid_client", "InvalidClientException"),
    ("invalid_client_metadata", "InvalidClientMetadataException"),
    ("invalid_grant", "InvalidGrantException"),
    ("invalid_redirect_uri", "InvalidRedirectUriException"),
    ("invalid_request", "InvalidRequestException"),
    ("invalid_scope", "InvalidScopeException"),
    ("server_error", "InternalServerException"),
    ("slow_down", "SlowDownException"),
    ("unauthorized_client", "UnauthorizedClientException"),
    ("unsupported_grant_type", "UnsupportedGrantTypeException"),
];

impl Code {
    /// The user denied the request.
    pub const ACCESS_DENIED: Self = Self("AccessDeniedException");
    /// The user has not decided yet.
    pub const AUTHORIZATION_PENDING: Self = Self("AuthorizationPendingException");
    /// The device code has expired or, from other services, the credentials have expired.
    pub const EXPIRED_TOKEN: Self = Self("ExpiredTokenException");
    /// From the portal: the user does not have this account or permission set.
    pub const FORBIDDEN: Self = Self("ForbiddenException");
    /// The credentials cannot be used for a signature.
    pub const INCOMPLETE_SIGNATURE: Self = Self("IncompleteSignature");
    /// The client registration is unknown or has expired.
    pub const INVALID_CLIENT: Self = Self("InvalidClientException");
    /// The device code was used, is unknown or, in many cases, has expired.
    pub const INVALID_GRANT: Self = Self("InvalidGrantException");
    /// The user, account or role does not exist, or the user may not use it.
    pub const RESOURCE_NOT_FOUND: Self = Self("ResourceNotFoundException");
    /// Requests are sent too often.
    pub const SLOW_DOWN: Self = Self("SlowDownException");

    /// Parses `Name`, `namespace#Name`, `Name:http://…` or the OAuth spelling of a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The namespace is removed first, because some namespaces contain a colon.
        let name = text.rsplit_once('#').map_or(text, |(_, name)| name);
        let name = name.split(':').next().unwrap_or_default().trim();
        let name = OAUTH_ERRORS
            .iter()
            .find(|(error, _)| *error == name)
            .map_or(name, |(_, name)| name);
        NAMES.into_iter().find(|known| *known == name).map(Self)
    }

    /// Returns the error that the portal's model assigns to a status.
    pub(super) fn of_portal_status(status: u16) -> Option<Self> {
        Some(Self(match status {
            400 => "InvalidRequestException",
            401 => "UnauthorizedException",
            403 => "ForbiddenException",
            404 => "ResourceNotFoundException",
            429 => "TooManyRequestsException",
            _ => return None,
        }))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// True if the portal refused the access token.
    #[must_use]
    pub fn is_about_access_token(self) -> bool {
        self.0 == "UnauthorizedException"
    }

    /// True if the portal reports that the user does not have this account or permission set.
    #[must_use]
    pub fn is_about_assignments(self) -> bool {
        self == Self::FORBIDDEN || self == Self::RESOURCE_NOT_FOUND
    }

    /// True if the credentials or the signature of the request were refused. For a proof this means that it is not valid.
    #[must_use]
    pub fn is_about_credentials(self) -> bool {
        [
            "AccessDenied",
            "AccessDeniedException",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "RequestExpired",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ]
        .contains(&self.0)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}
