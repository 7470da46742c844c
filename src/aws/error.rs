//! How a call to AWS can fail. Only AWS's own names of errors, from a list, are ever passed on; whatever else a reply
//! says stays in it.

use super::wire::AwsResponse;
use super::xml;
use crate::json::{Json, Malformed, Object};
use std::fmt;

/// Why a call brought nothing. `Display` is the text for `[error message]` in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AwsError {
    /// No whole reply within the time for a call.
    #[error("Timeout")]
    Timeout,
    /// Refused, reset, not resolved, or broken off.
    #[error("ConnectionError")]
    ConnectionError,
    /// A reply that the service's model does not know: a redirect, another shape, too much of it, an unknown error.
    #[error("InvalidResponse")]
    InvalidResponse,
    /// The service said no, with an error of its model.
    #[error("{0}")]
    Refused(Code),
}

impl AwsError {
    /// The text of `Display`, which is one of a fixed list.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Timeout => "Timeout",
            Self::ConnectionError => "ConnectionError",
            Self::InvalidResponse => "InvalidResponse",
            Self::Refused(code) => code.as_str(),
        }
    }

    /// What a reply of 400 and more says: the name in `x-amzn-ErrorType`, else in the body, else, for the portal's
    /// bare `{"message"}`, what its model gives that status.
    #[must_use]
    pub fn of_refusal(reply: &AwsResponse) -> Self {
        let from_header = reply.error_type.as_deref().and_then(Code::parse);
        from_header
            .or_else(|| code_in_body(reply))
            .map_or(Self::InvalidResponse, Self::Refused)
    }
}

fn code_in_body(reply: &AwsResponse) -> Option<Code> {
    let text = std::str::from_utf8(&reply.body).ok()?;
    if text.trim_start().starts_with('<') {
        // The query protocol's envelope, and two that stand-ins for AWS send.
        let envelopes: [&[&str]; 3] = [
            &["ErrorResponse", "Error", "Code"],
            &["ErrorResponse", "Errors", "Error", "Code"],
            &["Error", "Code"],
        ];
        return envelopes
            .into_iter()
            .find_map(|path| xml::text_at(text, path))
            .and_then(|name| Code::parse(&name));
    }
    code_in_json(text, reply.status)
}

/// Where protocols that speak JSON put the name of an error; in each place may be anything.
fn code_in_json(text: &str, status: u16) -> Option<Code> {
    let mut body = Object::read(text).ok()?;
    let [kind, code, upper_code] = ["__type", "code", "Code"].map(|name| body.optional(name));
    let error = ["Error", "error"]
        .into_iter()
        .find_map(|name| body.optional(name));
    let has_error = error.is_some();
    // The error within the error, as the query protocol has it.
    let error = match error {
        Some(Json::Object(mut inner)) => inner.optional("Code"),
        error => error,
    };
    let names = [kind, code, upper_code, error].into_iter().flatten();
    let mut names = names.filter_map(|name| name.text().ok());
    names.find_map(|name| Code::parse(&name)).or_else(|| {
        (!has_error && body.optional("message").is_some())
            .then(|| Code::of_portal_status(status))
            .flatten()
    })
}

impl From<Malformed> for AwsError {
    fn from(_: Malformed) -> Self {
        Self::InvalidResponse
    }
}

/// AWS's own name of an error; only the names listed here exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(&'static str);

/// The errors of each operation in botocore's models of `sso-oidc`, `sso` and `identitystore`; for STS the common errors
/// of the query protocol, which its model takes for granted. `ForbiddenException` is in no model: it is what the portal answers
/// about an account or a permission set that the user does not have.
static NAMES: [&str; 48] = [
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

/// What SSO OIDC's `error` says, as RFC 6749 and RFC 8628 spell it, and the error of its model.
static OAUTH_ERRORS: [(&str, &str); 13] = [
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
    /// The person said no.
    pub const ACCESS_DENIED: Self = Self("AccessDeniedException");
    /// The person has not answered yet.
    pub const AUTHORIZATION_PENDING: Self = Self("AuthorizationPendingException");
    /// The device code has expired, or, from other services, the credentials have.
    pub const EXPIRED_TOKEN: Self = Self("ExpiredTokenException");
    /// The portal: the user does not have this account or permission set.
    pub const FORBIDDEN: Self = Self("ForbiddenException");
    /// What we sent as credentials cannot be signed with.
    pub const INCOMPLETE_SIGNATURE: Self = Self("IncompleteSignature");
    /// The client registration is unknown or has ended.
    pub const INVALID_CLIENT: Self = Self("InvalidClientException");
    /// The device code is used, unknown or, often, expired.
    pub const INVALID_GRANT: Self = Self("InvalidGrantException");
    /// No such user, account or role, or none that the person may use.
    pub const RESOURCE_NOT_FOUND: Self = Self("ResourceNotFoundException");
    /// Asked too often.
    pub const SLOW_DOWN: Self = Self("SlowDownException");

    /// Reads a name as AWS's protocols write it, `Name`, `namespace#Name` or `Name:http://…`, or as OAuth spells it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The namespace first: some hold a colon themselves.
        let name = text.rsplit_once('#').map_or(text, |(_, name)| name);
        let name = name.split(':').next().unwrap_or_default().trim();
        let name = OAUTH_ERRORS
            .iter()
            .find(|(error, _)| *error == name)
            .map_or(name, |(_, name)| name);
        NAMES.into_iter().find(|known| *known == name).map(Self)
    }

    /// The statuses that the portal's model binds its errors to.
    fn of_portal_status(status: u16) -> Option<Self> {
        Some(Self(match status {
            400 => "InvalidRequestException",
            401 => "UnauthorizedException",
            403 => "ForbiddenException",
            404 => "ResourceNotFoundException",
            429 => "TooManyRequestsException",
            _ => return None,
        }))
    }

    /// AWS's name of it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// True if the portal refuses the access token.
    #[must_use]
    pub fn is_about_access_token(self) -> bool {
        self.0 == "UnauthorizedException"
    }

    /// True if the portal reports that the user does not have this account or permission set.
    #[must_use]
    pub fn is_about_assignments(self) -> bool {
        self == Self::FORBIDDEN || self == Self::RESOURCE_NOT_FOUND
    }

    /// True if the caller's own credentials or signature were refused: of a proof, that it is none.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, error_type: Option<&str>, body: &str) -> AwsError {
        AwsError::of_refusal(&AwsResponse {
            status,
            error_type: error_type.map(str::to_owned),
            body: body.as_bytes().to_vec(),
        })
    }

    #[test]
    fn every_known_name_is_read_in_every_spelling() {
        for name in NAMES {
            let code = Some(Code(name));
            assert_eq!(Code::parse(name), code);
            assert_eq!(
                Code::parse(&format!("{name}:http://internal.amazon.com/coral/x/")),
                code
            );
            assert_eq!(Code::parse(&format!("com.amazonaws.x#{name}")), code);
            assert_eq!(
                Code::parse(&format!("http://x.example/doc#{name}:Sender")),
                code
            );
            assert_eq!(
                refusal(400, Some(name), "not json"),
                AwsError::Refused(Code(name))
            );
        }
        for (error, name) in OAUTH_ERRORS {
            assert_eq!(
                refusal(
                    400,
                    None,
                    &format!(r#"{{"error":"{error}","error_description":"canary"}}"#)
                ),
                AwsError::Refused(Code(name))
            );
        }
    }

    #[test]
    fn codes_come_from_header_json_or_xml() {
        let xml = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                   <Code>SignatureDoesNotMatch</Code><Message>canary</Message></Error>\
                   <RequestId>1</RequestId></ErrorResponse>";
        for (status, error_type, body, name) in [
            (
                400,
                Some("SlowDownException:"),
                r#"{"error":"authorization_pending"}"#,
                "SlowDownException",
            ),
            (
                400,
                Some("NewException"),
                r#"{"error":"slow_down"}"#,
                "SlowDownException",
            ),
            (
                400,
                None,
                r#"{"__type":"com.amazonaws.x#ValidationException","Message":"canary"}"#,
                "ValidationException",
            ),
            (
                403,
                None,
                r#"{"Error":{"Code":"ExpiredToken","Type":"Sender"},"RequestId":"1"}"#,
                "ExpiredToken",
            ),
            (403, None, xml, "SignatureDoesNotMatch"),
            (
                403,
                None,
                "\n<Error><Code>RequestExpired</Code></Error>",
                "RequestExpired",
            ),
            (
                400,
                None,
                r#"{"message":"canary"}"#,
                "InvalidRequestException",
            ),
            (
                401,
                None,
                r#"{"message":"canary"}"#,
                "UnauthorizedException",
            ),
            (
                404,
                None,
                r#"{"message":"canary"}"#,
                "ResourceNotFoundException",
            ),
            (
                429,
                None,
                r#"{"message":"canary"}"#,
                "TooManyRequestsException",
            ),
        ] {
            assert_eq!(
                refusal(status, error_type, body).to_string(),
                name,
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_not_in_the_model_never_leaves() {
        for (status, body) in [
            (500, ""),
            (500, "{}"),
            (500, r#"{"message":"canary"}"#),
            (502, "<html><body>canary</body></html>"),
            (400, r#"{"error":"canary"}"#),
            (400, r#"{"error":["slow_down"]}"#),
            (400, r#"{"error":{"Code":7}}"#),
            (400, r#"{"__type":"canary#"}"#),
            (400, r#"["slow_down"]"#),
            (400, r#"{"error":"slow_down""#),
            (
                403,
                "<ErrorResponse><Error><Code>canary</Code></Error></ErrorResponse>",
            ),
            (
                403,
                "<!DOCTYPE x [<!ENTITY c \"Throttling\">]><Error><Code>&c;</Code></Error>",
            ),
        ] {
            assert_eq!(
                refusal(status, Some("canary"), body),
                AwsError::InvalidResponse,
                "{body}"
            );
        }
        assert_eq!(
            AwsError::of_refusal(&AwsResponse {
                status: 400,
                error_type: None,
                body: vec![0xff, 0xfe, b'{', 0]
            }),
            AwsError::InvalidResponse
        );
    }
}
