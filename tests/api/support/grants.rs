//! Applications, which are OAuth clients that users allow to get tokens, and the requests of the user's browser.

use super::access_tokens::RESOURCE;
use super::app::App;
use super::caller::Caller;
use super::request::Request;
use super::response::Response;
use super::services::{Service, TOKEN};
use reqwest::Url;
use serde_json::{Value, json};

/// The redirect URIs of an application.
pub const WEB: &str = "https://app.example.com/callback";
pub const LOOPBACK: &str = "http://127.0.0.1:4711/callback";
pub const PRIVATE: &str = "com.example.app:/callback";

/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub const AUTHORIZE: &str = "/oauth/authorize";
pub const LOGOUT: &str = "/oauth/logout";
/// Where users may return to after a sign-out.
pub const SIGNED_OUT: &str = "https://app.example.com/signed-out";
const READ: &str = "/api/auth/authorization-request";
const CONSENT: &str = "/api/auth/consent";

/// Replacements of parameters by name. An empty value removes the parameter.
pub type Changes<'a> = [(&'a str, &'a str)];

fn changed<'a>(
    parameters: &[(&'a str, &'a str)],
    changes: &Changes<'a>,
) -> Vec<(&'a str, &'a str)> {
    let is_kept = |(name, _): &&(&str, &str)| changes.iter().all(|(other, _)| other != name);
    let kept = parameters.iter().filter(is_kept);
    let all = kept.chain(changes).copied();
    all.filter(|(_, value)| !value.is_empty()).collect()
}

impl App {
    /// An application with this method of authentication, `none` for a public one.
    pub async fn application(&self, method: &'static str) -> Service {
        let is_public = method == "none";
        let of = if is_public {
            "client_secret_post"
        } else {
            method
        };
        let service = self.service(of, "").await.with_method(method);
        let uris = json!([WEB, "http://127.0.0.1/callback", PRIVATE]).to_string();
        let after = json!([SIGNED_OUT, "http://127.0.0.1/out", "com.example.app:/out"]).to_string();
        let sql = "UPDATE oauth_clients
                   SET name = 'Reports', redirect_uris = ?2, post_logout_redirect_uris = ?3,
                       grant_types = '[\"authorization_code\",\"refresh_token\"]'
                   WHERE id = ?1";
        self.sql(sql, [service.id.as_str(), &uris, &after]).await;
        if is_public {
            let sql = "UPDATE oauth_clients
                       SET kind = 'public', token_endpoint_auth_method = 'none', secret_hash = NULL, secret_created_at = NULL
                       WHERE id = ?1";
            self.sql(sql, [service.id.as_str()]).await;
        }
        service
    }
}

/// A sealed request, and the cookie of the browser.
#[derive(Clone, Debug)]
pub struct Pending {
    pub request: String,
    pub cookie: String,
}

/// The user and the scopes that the consent page shows.
#[derive(Clone, Debug)]
pub struct Shown {
    pub user: Value,
    pub scopes: Value,
}

impl Pending {
    /// The request of the consent page for its next step.
    pub fn read(&self, browser: &Caller) -> Request {
        self.post(browser, READ, &json!({ "request": self.request }))
    }

    /// What the consent page shows in this browser.
    pub async fn shown(&self, browser: &Caller) -> Shown {
        let next = self.next(browser).await;
        Shown {
            user: next["user"]["id"].clone(),
            scopes: next["scopes"].clone(),
        }
    }

    /// The request with a decision about what was shown.
    pub fn decision(&self, browser: &Caller, shown: &Shown, decision: &str) -> Request {
        let body = json!({
            "request": self.request, "decision": decision, "user": shown.user, "scopes": shown.scopes
        });
        self.post(browser, CONSENT, &body)
    }

    /// Reads what the page shows, and decides about it.
    pub async fn decide(&self, browser: &Caller, decision: &str) -> Response {
        let shown = self.shown(browser).await;
        self.decision(browser, &shown, decision).await
    }

    fn post(&self, browser: &Caller, path: &str, body: &Value) -> Request {
        let browser = browser.with_cookie(&self.cookie);
        browser.post(path).same_origin().json(body)
    }

    /// The response of `next` with this step.
    pub async fn next(&self, browser: &Caller) -> Value {
        self.read(browser).await.assert_status(200).json()
    }

    /// Allows the request; returns the address of the response.
    pub async fn allow(&self, browser: &Caller) -> Url {
        let response = self.decide(browser, "allow").await;
        address(&response.assert_status(200).json()["location"])
    }
}

/// The path with these parameters of a sign-out request.
pub fn sign_out_path(parameters: &Changes<'_>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("{LOGOUT}?{}", query.finish())
}

pub fn address(value: &Value) -> Url {
    Url::parse(value.as_str().expect("an address")).expect("a URL")
}

/// A parameter of an address.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs().filter(|(known, _)| known == name);
    let found = pairs.next().map(|(_, value)| value.into_owned());
    assert!(pairs.next().is_none(), "{url} has {name} twice");
    found
}

impl Response {
    /// The address that a 303 redirects to.
    #[track_caller]
    pub fn location(&self) -> String {
        self.assert_status(303);
        self.header("location").expect("an address").to_owned()
    }

    /// The response to the client that a 303 contains.
    #[track_caller]
    pub fn response_to_client(&self) -> Url {
        Url::parse(&self.location()).expect("a URL")
    }

    /// The sealed request, if a 303 redirects to the consent page.
    #[track_caller]
    pub fn sealed_request(&self) -> Pending {
        let location = self.location();
        let request = location.strip_prefix("/consent?request=");
        let cookies = self.set_cookies();
        let cookie = cookies
            .iter()
            .find(|cookie| cookie.contains("auth-request"));
        let cookie = cookie.expect("a cookie").split(';').next();
        Pending {
            request: request.unwrap_or_else(|| panic!("{location}")).to_owned(),
            cookie: cookie.expect("a pair").to_owned(),
        }
    }
}

impl Response {
    /// The sealed sign-out request, if a 303 redirects to the page that signs out.
    #[track_caller]
    pub fn sign_out_request(&self) -> String {
        let location = self.location();
        let request = location.strip_prefix("/sign-out?request=");
        request.unwrap_or_else(|| panic!("{location}")).to_owned()
    }
}

impl Service {
    /// The parameters of an authorization request for [`RESOURCE`].
    pub fn parameters<'a>(&'a self, changes: &Changes<'a>) -> Vec<(&'a str, &'a str)> {
        let parameters = [
            ("response_type", "code"),
            ("client_id", self.id.as_str()),
            ("redirect_uri", WEB),
            ("scope", "reports:read offline_access"),
            ("state", "the state"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("resource", RESOURCE),
        ];
        changed(&parameters, changes)
    }

    /// The request of a browser that follows a link of the application.
    pub fn authorize(&self, browser: &Caller, changes: &Changes<'_>) -> Request {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.parameters(changes));
        let request = browser.get(&format!("{AUTHORIZE}?{}", query.finish()));
        request.header("sec-fetch-site", "cross-site")
    }

    /// A request that waits for the consent of the user.
    pub async fn pending(&self, browser: &Caller, changes: &Changes<'_>) -> Pending {
        self.authorize(browser, changes).await.sealed_request()
    }

    /// The address of the response after the user has allowed the request.
    pub async fn allowed(&self, browser: &Caller, changes: &Changes<'_>) -> Url {
        self.pending(browser, changes).await.allow(browser).await
    }

    /// The ID token of a new grant.
    pub async fn id_token(&self, browser: &Caller) -> String {
        let changes = [("resource", ""), ("scope", "openid")];
        let code = self.code(browser, &changes).await;
        let response = self.redeem(&code, &[]).await;
        let body = response.assert_status(200).json();
        body["id_token"].as_str().expect("an ID token").to_owned()
    }

    /// A code. The user is asked even if the consent is remembered.
    pub async fn code(&self, browser: &Caller, changes: &Changes<'_>) -> String {
        let changes = [&[("prompt", "consent")], changes].concat();
        let url = self.allowed(browser, &changes).await;
        parameter(&url, "code").unwrap_or_else(|| panic!("{url}"))
    }

    /// A request that redeems a code.
    pub fn redeem(&self, code: &str, changes: &Changes<'_>) -> Request {
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", WEB),
            ("code_verifier", VERIFIER),
        ];
        self.post(TOKEN, &changed(&parameters, changes))
    }

    /// The tokens of a new grant.
    pub async fn tokens(&self, browser: &Caller, changes: &Changes<'_>) -> Tokens {
        let code = self.code(browser, changes).await;
        self.redeem(&code, &[]).await.tokens()
    }

    /// A request with a refresh token.
    pub fn refresh(&self, token: &str, changes: &Changes<'_>) -> Request {
        let parameters = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.post(TOKEN, &changed(&parameters, changes))
    }
}

/// The tokens of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub scope: String,
}

impl Response {
    #[track_caller]
    pub fn tokens(&self) -> Tokens {
        let body = self.assert_status(200).json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Tokens {
            access: text("access_token"),
            refresh: text("refresh_token"),
            scope: text("scope"),
        }
    }
}

impl App {
    /// One column of the grant of an access token.
    pub async fn grant_column(&self, access_token: &str, column: &str) -> Value {
        let gid = super::sessions::token_part(access_token, 1);
        let claims: Value = serde_json::from_str(&gid).expect("claims");
        let sql = format!("SELECT {column} AS value FROM oauth_grants WHERE id = ?1");
        let rows = self.sql(&sql, [claims["gid"].clone()]).await;
        rows.first().map_or(Value::Null, |row| row["value"].clone())
    }
}
