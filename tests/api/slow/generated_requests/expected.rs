//! The outcomes that the generated requests must reach on the routes of the OAuth server and of its pages.

use crate::support::contract::DOCUMENT;
use crate::support::internals::ErrorCode;
use crate::support::routes::Route;

/// The errors that one request cannot cause: failures of the service, its configuration, limits of many requests, and an upload that
/// ends early.
const NOT_BY_A_REQUEST: [ErrorCode; 8] = [
    ErrorCode::IncompleteBody,
    ErrorCode::Misconfigured,
    ErrorCode::OauthDisabled,
    ErrorCode::Overloaded,
    ErrorCode::RateLimited,
    ErrorCode::RuntimeFailed,
    ErrorCode::SigningFailed,
    ErrorCode::StorageUnavailable,
];

/// The routes of the pages that have a sealed request of a client.
const READ: &str = "/api/auth/authorization-request";
const CONSENT: &str = "/api/auth/consent";
const SIGN_OUT: &str = "/api/auth/sign-out-request";
const PAGES: [&str; 3] = [READ, CONSENT, SIGN_OUT];

/// The outcomes of redirects and of the pages, which the OpenAPI document does not list, by the path of the route.
const OUTCOMES: [(&str, &[&str]); 5] = [
    (
        "/oauth/authorize",
        &[
            "client: code",
            "client: consent_required",
            "client: invalid_request",
            "client: invalid_scope",
            "client: invalid_target",
            "client: login_required",
            "client: request_not_supported",
            "client: request_uri_not_supported",
            "client: unsupported_response_type",
            "page /consent",
            "page /error: invalid_redirect_uri",
            "page /error: invalid_request",
            "page /error: unknown_client",
        ],
    ),
    (
        "/oauth/logout",
        &[
            "page /error: invalid_redirect_uri",
            "page /error: invalid_request",
            "page /error: unknown_client",
            "page /sign-out",
        ],
    ),
    (
        READ,
        &[
            "next: consent",
            "next: redirect",
            "next: sign_in",
            "next: step_up",
        ],
    ),
    (CONSENT, &["client: access_denied", "client: code"]),
    (
        SIGN_OUT,
        &[
            "next: ask",
            "next: redirect",
            "next: sign_out",
            "no client: ask",
        ],
    ),
];

/// The outcomes of requests that got beyond the check of the client, of its token or of its sealed request, by the path of the route.
pub const BEYOND: [(&str, &[&str]); 9] = [
    (
        "/oauth/token",
        &[
            "200",
            "invalid_grant",
            "invalid_scope",
            "invalid_target",
            "unauthorized_client",
        ],
    ),
    ("/oauth/introspect", &["200"]),
    ("/oauth/revoke", &["200"]),
    ("/oauth/authorize", &["client: ", "page /consent"]),
    ("/oauth/logout", &["page /sign-out"]),
    ("/oauth/userinfo", &["200"]),
    (READ, &["next: "]),
    (
        CONSENT,
        &["client: ", "consent_changed", "step_up_required"],
    ),
    (SIGN_OUT, &["next: "]),
];

/// Whether the route is of the OAuth server or of a page with a sealed request.
pub fn is_of_clients(route: &Route) -> bool {
    route.template.starts_with("/oauth/") || PAGES.contains(&route.template)
}

/// The paths of these routes, as a regular expression.
pub fn paths() -> String {
    format!("^(/oauth/.*|{})$", PAGES.join("|"))
}

/// The outcomes of a route that the OpenAPI document does not list.
pub fn undocumented(route: &Route) -> &'static [&'static str] {
    let found = OUTCOMES.iter().find(|(path, _)| *path == route.template);
    found.map_or(&[], |(_, outcomes)| outcomes)
}

/// The success status of a route, and its documented errors that a request can cause.
pub fn documented(route: &Route) -> Vec<String> {
    let operation = &DOCUMENT["paths"][route.template][route.method.to_lowercase()];
    let responses = operation["responses"].as_object().expect("responses");
    let mut found = Vec::new();
    for (status, response) in responses {
        if ["200", "303"].contains(&status.as_str()) {
            found.push(status.clone());
            continue;
        }
        let examples = response["content"]["application/json"]["examples"].as_object();
        let codes = examples.into_iter().flat_map(|examples| examples.keys());
        let can_be_caused = |code: &&String| {
            NOT_BY_A_REQUEST
                .iter()
                .all(|other| other.as_str() != **code)
        };
        found.extend(codes.filter(can_be_caused).cloned());
    }
    found
}
