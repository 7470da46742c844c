//! The OAuth clients of the generated requests, and what the requests must reach. `tests/schemathesis/oauth.py` sends them.

use crate::support::access_tokens::RESOURCE;
use crate::support::contract::DOCUMENT;
use crate::support::grants::{CHALLENGE, SIGNED_OUT, VERIFIER, WEB};
use crate::support::internals::ErrorCode;
use crate::support::routes::{self, Route};
use crate::support::services::Service;
use crate::support::{App, User};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// A redirect URI for which the user is always asked.
const LOOPBACK: &str = "http://127.0.0.1/callback";

/// The methods of the clients, in the order in which `oauth.py` names them.
const CLIENTS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// The scopes of the confidential clients for themselves.
const OWN_SCOPES: &str = "reports:read reports:write users:read users:write audit:read";

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

/// The outcomes of redirects, which the OpenAPI document does not list, by the path of the route.
const REDIRECTS: [(&str, &[&str]); 2] = [
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
];

/// The outcomes of requests that got beyond the check of the client or of its token, by the path of the route.
const BEYOND: [(&str, &[&str]); 6] = [
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
];

/// The least number of cases per route in the fuzzing phase. Half of them violate the schema.
pub const LEAST_CASES: usize = 180;

/// The least share of such requests, in percent.
const LEAST_SHARE: usize = 15;

/// Registers the clients, and lets a user allow them their scopes. Returns the value of `EDGE_AUTH_OAUTH`.
pub async fn setup(app: &App, owner: &User) -> Value {
    let browser = owner.sign_in_with_cookie().await;
    let mut clients = Vec::new();
    for method in CLIENTS {
        let service = client(app, method).await;
        for changes in [
            &[][..],
            &[("resource", ""), ("scope", "openid profile email roles")],
        ] {
            service.code(&browser, changes).await;
        }
        clients.push(json!({ "id": service.id, "method": method, "secret": service.secret }));
    }
    let cookie = format!("{}={}", app.session_cookie_name(), browser.session_cookie());
    json!({
        "clients": clients,
        "owner": owner.id,
        "cookie": cookie,
        "resource": RESOURCE,
        "administration": format!("{}/api/auth", app.page_origin()),
        "redirect_uri": WEB,
        "loopback": LOOPBACK,
        "signed_out": SIGNED_OUT,
        "verifier": VERIFIER,
        "challenge": CHALLENGE
    })
}

/// A client with all grant types that its kind may have.
async fn client(app: &App, method: &'static str) -> Service {
    let service = app.application(method).await;
    if method != "none" {
        let sql = r#"UPDATE oauth_clients
                     SET grant_types = '["authorization_code","refresh_token","client_credentials"]', scope = ?2
                     WHERE id = ?1"#;
        app.sql(sql, [service.id.as_str(), OWN_SCOPES]).await;
    }
    service
}

/// The result of a request, as `oauth.py` writes it.
#[derive(Deserialize)]
struct Line {
    operation: String,
    outcome: String,
    status: u16,
    caller: String,
}

/// The number of requests by route and outcome, and by route, kind of access token and outcome.
pub struct Seen {
    outcomes: BTreeMap<String, BTreeMap<String, usize>>,
    callers: BTreeMap<(String, String), BTreeMap<String, usize>>,
}

impl Seen {
    pub fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).expect("the results");
        let mut seen = Self {
            outcomes: BTreeMap::new(),
            callers: BTreeMap::new(),
        };
        for line in text.lines() {
            let line: Line = serde_json::from_str(line).expect("a result");
            let outcomes = seen.outcomes.entry(line.operation.clone()).or_default();
            *outcomes.entry(line.outcome.clone()).or_default() += 1;
            if matches!(line.status, 200 | 303) {
                *outcomes.entry(line.status.to_string()).or_default() +=
                    usize::from(line.status == 303);
            }
            let callers = seen
                .callers
                .entry((line.operation, line.caller))
                .or_default();
            *callers.entry(line.outcome).or_default() += 1;
        }
        seen
    }

    /// Fails the test if the requests did not reach what they can reach.
    pub fn assert_reach(&self) {
        let mut missing = Vec::new();
        for route in routes::all() {
            if route.template.starts_with("/oauth/") {
                missing.extend(self.missing_outcomes(&route));
            }
            if route.scope().is_some() {
                missing.extend(self.missing_callers(&route));
            }
        }
        assert!(missing.is_empty(), "{missing:#?}\n{}", self.table());
    }

    /// The success and the errors of this route that no request had, and its share of requests if it is too low.
    fn missing_outcomes(&self, route: &Route) -> Vec<String> {
        let name = operation(route);
        let none = BTreeMap::new();
        let seen = self.outcomes.get(&name).unwrap_or(&none);
        let of_redirects = REDIRECTS.iter().find(|(path, _)| *path == route.template);
        let expected = documented(route).into_iter().chain(
            of_redirects
                .into_iter()
                .flat_map(|(_, all)| all.iter().map(|it| (*it).to_owned())),
        );
        let mut missing: Vec<String> = expected
            .filter(|outcome| !seen.contains_key(outcome))
            .map(|outcome| format!("{name}: {outcome}"))
            .collect();
        if let Some((all, beyond)) = self.beyond(route)
            && beyond * 100 < all * LEAST_SHARE
        {
            missing.push(format!("{name}: {beyond} of {all} requests"));
        }
        missing
    }

    /// The number of requests of a route, and of those that got beyond the check of the client.
    fn beyond(&self, route: &Route) -> Option<(usize, usize)> {
        let (_, outcomes) = BEYOND.iter().find(|(path, _)| *path == route.template)?;
        let seen = self.outcomes.get(&operation(route))?;
        // A redirect has two outcomes. Most requests without other parameters are generated without a token.
        let is_counted = |outcome: &str| !["303", "no_token"].contains(&outcome);
        let counted = seen.iter().filter(|(outcome, _)| is_counted(outcome));
        let all = counted.clone().map(|(_, number)| number).sum();
        let is_beyond = |outcome: &str| {
            let mut prefixes = outcomes.iter();
            prefixes.any(|prefix| outcome.starts_with(prefix))
        };
        let beyond = counted.filter(|(outcome, _)| is_beyond(outcome));
        Some((all, beyond.map(|(_, number)| number).sum()))
    }

    /// A route for clients is used by a client that may use it, and refuses one that may not.
    fn missing_callers(&self, route: &Route) -> Vec<String> {
        let name = operation(route);
        let outcomes = |kind: &str| {
            let of_kind = self
                .callers
                .iter()
                .filter(|((operation, caller), _)| *operation == name && caller.starts_with(kind));
            of_kind
                .flat_map(|(_, outcomes)| outcomes.keys())
                .cloned()
                .collect::<Vec<_>>()
        };
        let refusals = ["insufficient_scope", "invalid_token", "no_token"];
        let is_used = outcomes("client")
            .iter()
            .any(|outcome| !refusals.contains(&outcome.as_str()));
        let is_refused = outcomes("wrong")
            .iter()
            .any(|outcome| outcome == "insufficient_scope");
        let used = (!is_used).then(|| format!("{name}: no use by a client"));
        let refused = (!is_refused).then(|| format!("{name}: no refusal of a client"));
        used.into_iter().chain(refused).collect()
    }

    /// The outcomes of the OAuth routes, and the shares of requests that got beyond the check of the client.
    pub fn table(&self) -> String {
        let mut lines = Vec::new();
        for route in routes::all() {
            let Some((all, beyond)) = self.beyond(&route) else {
                continue;
            };
            let name = operation(&route);
            lines.push(format!(
                "{name}: {beyond} of {all}, {:?}",
                self.outcomes[&name]
            ));
        }
        lines.join("\n")
    }
}

/// The name of a route in the results.
fn operation(route: &Route) -> String {
    format!("{} {}", route.method, route.template)
}

/// The success status of a route, and its documented errors that a request can cause.
fn documented(route: &Route) -> Vec<String> {
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
