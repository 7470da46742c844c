//! Requests with the session cookie, and sign-ins that set it, are accepted from the service's own pages and from allowed origins
//! only, whatever the method.

use crate::support::internals::SessionKind;
use crate::support::routes::{self, Route};
use crate::support::{App, Caller, PASSWORD, Request, Vars};

/// The allowed origin of servers with the default variables.
const ALLOWED: &str = "https://app.example.com";

/// The headers with which a browser states where a request comes from, or the headers of a client that is not a browser.
type Headers = &'static [(&'static str, &'static str)];

/// Requests of pages of other sites. `{OWN}` is the service's own origin.
const OTHER_SITES: [Headers; 16] = [
    // A client that is not a browser, or a browser that states nothing.
    &[],
    // A link, a form with GET, an image or an iframe of another site.
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    ],
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "no-cors"),
    ],
    // A URL that the user typed, or a bookmark.
    &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")],
    // Another host of the same domain.
    &[
        ("sec-fetch-site", "same-site"),
        ("origin", "https://other.example.com"),
    ],
    &[
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://attacker.example"),
    ],
    &[("origin", "https://attacker.example")],
    &[("origin", "null")],
    &[("origin", "")],
    &[("origin", "https://app.example.com.attacker.example")],
    &[("origin", "http://app.example.com")],
    &[("origin", "https://app.example.com:8443")],
    &[("origin", "https://APP.example.com")],
    &[("origin", "{OWN}.attacker.example")],
    &[("sec-fetch-site", "same-origin, cross-site")],
    &[("sec-fetch-site", "Same-Origin")],
];

/// Requests of the service's own pages.
const OWN: [Headers; 3] = [
    &[("sec-fetch-site", "same-origin")],
    &[("origin", "{OWN}")],
    &[("sec-fetch-site", "same-origin"), ("origin", "{OWN}")],
];

/// Requests of an application at an allowed origin, on the same site or on another one.
const ALLOWED_SITES: [Headers; 2] = [
    &[("origin", ALLOWED)],
    &[("sec-fetch-site", "cross-site"), ("origin", ALLOWED)],
];

/// The request with the cookie of `session` and these headers only.
fn request(route: &Route, session: &Caller, headers: Headers) -> Request {
    let app = session.app();
    let request = app.request(route.method, &route.path());
    from(with_cookie(request, session), headers)
}

fn with_cookie(request: Request, session: &Caller) -> Request {
    let name = session.app().session_cookie_name();
    request.cookie(&format!("{name}={}", session.session_cookie()))
}

fn from(request: Request, headers: Headers) -> Request {
    let own = request.app().vars().expect("JWT_ISSUER").to_owned();
    let add = |request: Request, (name, value): &(&str, &str)| {
        request.header(name, value.replace("{OWN}", &own))
    };
    headers.iter().fold(request, add)
}

/// The routes that a session cookie authenticates.
fn cookie_routes() -> Vec<Route> {
    let mut routes = routes::all();
    routes.retain(Route::takes_cookie);
    assert!(routes.len() >= 12, "{}", routes.len());
    routes
}

async fn cookie_session(app: &App) -> Caller {
    let user = app.seed_user("super_admin", 1).await;
    user.sessions[0].clone()
}

#[tokio::test]
async fn cookie_of_another_site_is_refused_on_every_route_and_has_no_effect() {
    let app = App::shared().with_sessions(SessionKind::Cookie);
    let session = cookie_session(&app).await;
    for route in cookie_routes() {
        for headers in OTHER_SITES {
            let response = request(&route, &session, headers).await;
            let what = format!("{} {headers:?}", route.name());
            assert_eq!(response.status, 403, "{what}: {}", response.text());
            response.assert_error(403, "cross_site_request");
            assert_eq!(response.set_session_cookie(), None, "{what}");
            let recorded = response.recorded().await;
            assert!(recorded.calls.is_empty(), "{what}: {:?}", recorded.calls);
        }
    }
    assert!(!session.is_revoked().await);
    assert_eq!(session.audit_kinds().await, [""; 0]);
}

/// The first 300 requests per minute are admitted without the rate limit's binding, so the keys that it is called with are those
/// of later ones.
#[tokio::test]
async fn refused_requests_of_another_site_do_not_count_against_the_session() {
    let app = App::isolated(Vars::new()).with_sessions(SessionKind::Cookie);
    let session = cookie_session(&app).await;
    let mut keys = Vec::new();
    for _ in 0..320 {
        let request = app.get("/api/auth/sessions").client_ip(app.ip());
        let request = with_cookie(request, &session);
        let response = from(request, OTHER_SITES[1]).await;
        response.assert_error(403, "cross_site_request");
        keys.extend(response.recorded().await.rate_limit_keys);
    }
    assert!(!keys.is_empty());
    let session_id = session.session_id();
    assert!(
        keys.iter().all(|key| !key.contains(&session_id)),
        "{keys:?}"
    );
}

#[tokio::test]
#[ignore = "slow"]
async fn cookie_of_an_own_page_is_accepted_on_every_route() {
    let app = App::shared().with_sessions(SessionKind::Cookie);
    for route in cookie_routes() {
        for headers in OWN {
            let session = cookie_session(&app).await;
            let response = request(&route, &session, headers).await;
            let what = format!("{} {headers:?}: {}", route.name(), response.text());
            assert!(![401, 403].contains(&response.status), "{what}");
        }
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn cookie_of_an_allowed_origin_is_accepted_except_where_only_own_pages_may_use_it() {
    let app = App::shared().with_sessions(SessionKind::Cookie);
    let mut own_only = Vec::new();
    for route in cookie_routes() {
        for headers in ALLOWED_SITES {
            let session = cookie_session(&app).await;
            let response = request(&route, &session, headers).await;
            if route.is_of_own_origin() {
                response.assert_error(403, "cross_site_request");
                own_only.push(route.name());
            } else {
                let what = format!("{} {headers:?}: {}", route.name(), response.text());
                assert!(![401, 403].contains(&response.status), "{what}");
            }
        }
    }
    // Step-up, and all routes of administrators.
    for name in [
        "POST step-up",
        "GET audit",
        "GET audit/verify",
        "GET aws-credentials",
        "GET nvidia-credentials",
    ] {
        assert!(own_only.contains(&name.to_owned()), "{name}: {own_only:?}");
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn token_needs_no_origin() {
    let app = App::shared();
    for route in cookie_routes() {
        let user = app.seed_user("super_admin", 1).await;
        for headers in [&[][..], &[("origin", "https://attacker.example")]] {
            let response = from(route.request(&user.sessions[0]), headers).await;
            assert_ne!(response.status, 403, "{}", route.name());
        }
    }
}

#[tokio::test]
async fn sign_in_of_another_site_sets_no_session_cookie_and_hashes_no_password() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let sign_in = |kind| {
        let body = serde_json::json!({
            "method": "password", "session": kind, "username": ada.username, "password": PASSWORD
        });
        app.post("/api/auth/sign-in")
            .json(&body)
            .hashes_a_password()
    };
    for headers in OTHER_SITES {
        let response = from(sign_in("cookie"), headers).await;
        response.assert_error(403, "cross_site_request");
        assert_eq!(response.set_cookies(), [""; 0], "{headers:?}");
        assert!(response.recorded().await.calls.is_empty(), "{headers:?}");
    }
    for headers in OWN.into_iter().chain(ALLOWED_SITES) {
        let response = from(sign_in("cookie"), headers).await;
        response
            .cookie_session()
            .validate()
            .await
            .assert_status(200);
    }
    // A token is of no use to another site, which cannot read the response.
    let response = from(sign_in("token"), OTHER_SITES[5]).await;
    assert_eq!(response.assert_status(200).set_session_cookie(), None);
    assert_eq!(response.header("access-control-allow-origin"), None);
}

/// Any program on the user's machine can serve such a page.
#[tokio::test]
async fn loopback_origin_has_no_credentials_if_the_service_is_on_https() {
    const LOCAL: &str = "http://localhost:3000";
    let origins = format!("{ALLOWED},{LOCAL}");
    let vars = Vars::new().set("ALLOWED_ORIGINS", &origins);
    let production = vars.clone().set("JWT_ISSUER", "https://auth.example.com");
    for (vars, has_credentials) in [(vars, true), (production, false)] {
        let app = App::with(vars).with_sessions(SessionKind::Cookie);
        let session = cookie_session(&app).await;
        let request = with_cookie(app.get("/api/auth/me"), &session);
        let response = request.header("origin", LOCAL).await;
        assert_eq!(response.header("access-control-allow-origin"), Some(LOCAL));
        let credentials = response.header("access-control-allow-credentials");
        if has_credentials {
            response.assert_status(200);
            assert_eq!(credentials, Some("true"));
        } else {
            response.assert_error(403, "cross_site_request");
            assert_eq!(credentials, None);
        }
        let request = with_cookie(app.get("/api/auth/me"), &session);
        let response = request.header("origin", ALLOWED).await;
        response.assert_status(200);
        let credentials = response.header("access-control-allow-credentials");
        assert_eq!(credentials, Some("true"));
    }
}

#[tokio::test]
async fn application_with_a_custom_scheme_cannot_use_the_cookie() {
    const NATIVE: &str = "tauri://localhost";
    let vars = Vars::new().set("ALLOWED_ORIGINS", NATIVE);
    let app = App::with(vars).with_sessions(SessionKind::Cookie);
    let session = cookie_session(&app).await;
    let request = with_cookie(app.get("/api/auth/me"), &session);
    let response = request.header("origin", NATIVE).await;
    response.assert_error(403, "cross_site_request");
    assert_eq!(response.header("access-control-allow-credentials"), None);
}
