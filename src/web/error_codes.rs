//! The error codes that clients see in `Edge-Auth-Error`, each with its status, its text, and its row of
//! `docs/reference/errors.md`. To add one, add a row here, and name it in `code` of `web/envelope.rs`.

/// Each row: name, status, code, text, what it means, what a client does. The text is the one of the response body, where
/// the failure has no text of its own.
macro_rules! codes {
    ($($name:ident: $status:literal $code:literal $text:literal; $meaning:literal; $action:literal;)*) => {
        /// An error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// All of them, in the order of the reference.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as clients see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The text of the response body.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it means, for the reference.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// What a client does about it, for the reference.
            #[must_use]
            pub const fn action(self) -> &'static str {
                match self { $(Self::$name => $action,)* }
            }
        }
    };
}

codes! {
    InvalidJson: 400 "invalid_json" "Invalid request body";
        "The body is not a JSON object in UTF-8. Duplicate keys and nesting deeper than 16 levels count as invalid.";
        "Correct the request.";
    MissingField: 400 "missing_field" "Invalid request body";
        "A required field of the body is absent, null or empty.";
        "Correct the request.";
    InvalidField: 400 "invalid_field" "Invalid request body";
        "A field of the body has the wrong type or form.";
        "Correct the request.";
    IncompleteBody: 400 "incomplete_body" "Invalid request body";
        "The body ended before it was complete, or did not arrive within 10 seconds.";
        "Send the request again.";
    InvalidParameter: 400 "invalid_parameter" "Invalid request parameter";
        "A query parameter has a value that it cannot have. The message names the parameter.";
        "Correct the request.";
    RepeatedParameter: 400 "repeated_parameter" "Repeated request parameter";
        "A query parameter was given more than once. The message names the parameter.";
        "Correct the request.";
    UnknownParameter: 400 "unknown_parameter" "Unknown request parameter";
        "The query has a parameter that the route does not take.";
        "Correct the request.";
    PasswordTooShort: 400 "password_too_short" "Password is too short";
        "The new password has fewer characters than required. The message names the minimum.";
        "Ask the user for a longer password.";
    PasswordTooLong: 400 "password_too_long" "Password must have at most 128 characters";
        "The new password has more than 128 characters.";
        "Ask the user for a shorter password.";
    PasswordTooCommon: 400 "password_too_common" "Password is too common";
        "The new password is on the list of common passwords, a repetition or a sequence.";
        "Ask the user for another password.";
    PasswordContainsName: 400 "password_contains_name"
        "Password must not be made of your name, username, e-mail or organization";
        "The new password is derived from the user's own names.";
        "Ask the user for another password.";
    InvalidCurrentPassword: 400 "invalid_current_password" "Current password is incorrect";
        "The current password is wrong.";
        "Ask the user again.";
    InvalidLink: 400 "invalid_link" "Invalid or expired link";
        "The one-time link is unknown, used or expired.";
        "Ask for a new link.";
    InvalidClient: 400 "invalid_client" "Failed to start device authorization";
        "`client_id` and `client_secret` are not a client of this service, or have expired.";
        "Start again at `/register-client`.";
    InvalidDeviceCode: 400 "invalid_device_code" "Failed to create token from device code";
        "`client_id`, `client_secret` and `device_code` do not belong together, were not given out here, or have expired.";
        "Start again at `/register-client`.";
    AwsCredentialsMissing: 400 "aws_credentials_missing" "AWS credentials not provided";
        "The service does not offer this way to sign in with AWS credentials.";
        "Send a proof, or sign in another way.";
    NoToken: 401 "no_token" "No token provided";
        "The request has no bearer token.";
        "Sign in, and send `Authorization: Bearer TOKEN`.";
    InvalidToken: 401 "invalid_token" "Invalid or expired token";
        "The token was not issued here, was rotated out, or its session has ended.";
        "Use the token of the last refresh if there is a newer one, otherwise sign in again.";
    TokenExpired: 401 "token_expired" "Invalid or expired token";
        "The token is authentic, and its lifetime is over.";
        "Sign in again. Refresh before `Edge-Auth-Expires` to avoid it.";
    InvalidCredentials: 401 "invalid_credentials" "Invalid username or password";
        "Username and password do not belong together. Unknown, disabled and locked accounts have the same code.";
        "Ask the user again.";
    InvalidProof: 401 "invalid_proof" "Could not validate credentials";
        "The proof of an AWS identity is malformed, too old, already used, refused by AWS, or of a principal that may \
         not sign in.";
        "Sign a new proof; check the configured principals.";
    AdminRequired: 403 "admin_required" "Admin access required";
        "The route is for administrators.";
        "Do not repeat the request.";
    SuperAdminRequired: 403 "super_admin_required" "Super admin access required";
        "The route is for super administrators.";
        "Do not repeat the request.";
    OriginNotAllowed: 403 "origin_not_allowed" "Origin not allowed";
        "A browser asked whether an origin may call the service, and `ALLOWED_ORIGINS` does not have it.";
        "Add the origin to `ALLOWED_ORIGINS`.";
    AccessDenied: 403 "access_denied" "Access denied";
        "The user denied the sign-in, or may not sign in.";
        "Tell the user. Start again at `/device-authorization` if the user wants to.";
    NoAssignment: 403 "no_assignment" "Access denied";
        "The user has no permission set in the AWS account that the service asks about.";
        "Tell the user to ask the administrator of IAM Identity Center.";
    SessionEnded: 403 "session_ended" "Access denied";
        "The session that this device flow had begun was revoked.";
        "Start again at `/device-authorization`.";
    NotFound: 404 "not_found" "Not found";
        "No route has this path.";
        "Correct the URL.";
    SessionNotFound: 404 "session_not_found" "Not found";
        "The caller has no session with this id.";
        "List the sessions again.";
    CredentialsNotConfigured: 404 "credentials_not_configured" "Credentials are not configured";
        "The service has no credentials of this provider.";
        "Ask the operator.";
    MethodNotAllowed: 405 "method_not_allowed" "Method not allowed";
        "The path does not have this method.";
        "Use a method of the header `Allow`.";
    AuthorizationPending: 408 "authorization_pending" "Authorization timed out";
        "The user has not approved the device flow yet.";
        "Ask again after `Retry-After` seconds.";
    DeviceCodeExpired: 408 "device_code_expired" "Authorization timed out";
        "The device code has expired, or its sign-in was collected already.";
        "Start again at `/device-authorization`.";
    BodyTooLarge: 413 "body_too_large" "Request body too large";
        "The body is larger than the route accepts.";
        "Correct the request.";
    UnsupportedMediaType: 415 "unsupported_media_type" "Content-Type must be application/json";
        "The body has another media type than the route accepts. The message names it.";
        "Correct the request.";
    UnsupportedEncoding: 415 "unsupported_encoding" "Content-Encoding is not supported";
        "The body is compressed.";
        "Send it as it is, without `Content-Encoding`.";
    RateLimited: 429 "rate_limited" "Too many requests";
        "Too many requests came from this session or network.";
        "Wait for `Retry-After` seconds.";
    BackOff: 429 "back_off" "Too many requests";
        "Too many failed attempts came before, for this name or from this network.";
        "Wait for `Retry-After` seconds, and tell the user.";
    AwsNotConfigured: 500 "aws_not_configured" "AWS is not configured";
        "The service is not configured for AWS IAM Identity Center.";
        "Offer another way to sign in.";
    AwsFailed: 500 "aws_failed" "AWS failed";
        "AWS failed, did not answer in time, or refused the service.";
        "Try again later; the operator finds the cause in the log.";
    StorageUnavailable: 503 "storage_unavailable" "Service temporarily unavailable";
        "A store is unavailable. `/health` names it.";
        "Try again after `Retry-After` seconds.";
    Overloaded: 503 "overloaded" "Service temporarily unavailable";
        "More work is in progress than the service takes at once.";
        "Try again after `Retry-After` seconds.";
    Misconfigured: 503 "misconfigured" "Service temporarily unavailable";
        "The configuration is not usable. The log names every mistake.";
        "Tell the operator.";
    RuntimeFailed: 503 "runtime_failed" "Service temporarily unavailable";
        "The runtime denied a resource, or took too long.";
        "Try again after `Retry-After` seconds.";
}

#[cfg(test)]
mod tests {
    use super::Code;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_snake_case_and_distinct() {
        let mut seen = BTreeSet::new();
        for code in Code::ALL {
            let name = code.as_str();
            let is_plain = name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(is_plain && seen.insert(name), "{name}");
            assert!((400..600).contains(&code.status()), "{name}");
        }
    }
}
