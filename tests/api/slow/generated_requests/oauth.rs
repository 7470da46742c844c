//! The OAuth clients of the generated requests, and what the requests reached. `tests/schemathesis/oauth.py` sends them.

use super::expected::{BEYOND, documented, is_of_clients, undocumented};
use crate::support::access_tokens::RESOURCE;
use crate::support::grants::{CHALLENGE, SIGNED_OUT, VERIFIER, WEB};
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

/// The least number of cases per route in the fuzzing phase. Half of them violate the schema.
pub const LEAST_CASES: usize = 180;

/// The least share of such requests, in percent.
const LEAST_SHARE: usize = 15;

/// Registers the clients, and lets a user allow them their scopes. Returns the value of `EDGE_AUTH_OAUTH`.
pub async fn setup(app: &App, owner: &User) -> Value {
    let expired = expired_token(&app.another_view()).await;
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
        "expired": expired,
        "resource": RESOURCE,
        "administration": format!("{}/api/auth", app.page_origin()),
        "redirect_uri": WEB,
        "loopback": LOOPBACK,
        "signed_out": SIGNED_OUT,
        "verifier": VERIFIER,
        "challenge": CHALLENGE
    })
}

/// The token of a session that began two days ago.
async fn expired_token(app: &App) -> String {
    app.shift_clock(-2 * 86_400).await;
    app.user("ada").await.sign_in().await.token().to_owned()
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
            let status = line.status.to_string();
            if matches!(line.status, 200 | 303) && line.outcome != status {
                *outcomes.entry(status).or_default() += 1;
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
            if is_of_clients(&route) {
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
        let expected = documented(route)
            .into_iter()
            .chain(undocumented(route).iter().map(|it| (*it).to_owned()));
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
        // A redirect and a page have two outcomes. Most requests without other parameters are generated without a token.
        let statuses: &[&str] = if undocumented(route).is_empty() {
            &[]
        } else {
            &["200", "303"]
        };
        let is_counted = |outcome: &str| outcome != "no_token" && !statuses.contains(&outcome);
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
