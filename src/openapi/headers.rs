//! The response headers of the API, as the `OpenAPI` document describes them.

use serde_json::{Map, Value, json};

/// Response headers of the API: name in the code, name in the document, description and schema.
const RESPONSE_HEADERS: [(&str, &str, &str, &str); 13] = [
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
        "cache-control",
        "Cache-Control",
        "How long caches may keep the response. No other response may be stored",
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
        "etag",
        "ETag",
        "The version of the user or OAuth client, for `If-Match`",
        "string",
    ),
    (
        "edge-auth-next",
        "Edge-Auth-Next",
        "Cursor of the next page; absent on the last page",
        "string",
    ),
    (
        "location",
        "Location",
        "Address that the browser opens",
        "string",
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
        "Session cookie, cookie by which the device is recognised at the next sign-in, or cookie that binds an authorization request to \
         the browser; only the first authenticates requests. A response may set several",
        "string",
    ),
    (
        "www-authenticate",
        "WWW-Authenticate",
        "The challenge (RFC 6750), with `error=\"invalid_token\"` if the request had a token or cookie that is not valid, and with \
         `error=\"insufficient_user_authentication\"` (RFC 9470) if the user has to authenticate again. With 403, \
         `error=\"insufficient_scope\"` and `scope` with the scopes that an access token needs",
        "string",
    ),
    (
        "x-request-id",
        "X-Request-Id",
        "Id of the request in the audit log and in Cloudflare's logs",
        "string",
    ),
];

/// The headers that the text of the document refers to.
pub fn components(text: &str) -> Map<String, Value> {
    RESPONSE_HEADERS
        .iter()
        .filter_map(|(name, ..)| described(name, true))
        .filter(|(name, _)| text.contains(&format!("#/components/headers/{name}\"")))
        .collect()
}

/// The headers of a successful response: those of the operation, and `X-Request-Id`. The Boolean is true if the
/// header is always present.
pub fn of_success(headers: &[(&'static str, bool)]) -> Map<String, Value> {
    let all = headers.iter().chain(&[("x-request-id", true)]);
    all.filter_map(|(name, is_required)| reference(name, *is_required))
        .collect()
}

/// The header with this name in the code, as a member of `headers`. A header that is always present is a component.
pub fn reference(name: &str, is_required: bool) -> Option<(String, Value)> {
    if !is_required {
        return described(name, false);
    }
    let (name, _) = described(name, true)?;
    let reference = json!({"$ref": format!("#/components/headers/{name}")});
    Some((name, reference))
}

fn described(name: &str, is_required: bool) -> Option<(String, Value)> {
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
