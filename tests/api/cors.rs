//! Which web applications may read our responses: the origins of `ALLOWED_ORIGINS`, as browsers send them.

use crate::support::{App, Fault, Reply, Vars};
use edge_auth::http::request::Method;
use edge_auth::router::ROUTES;

const OURS: &str = "https://app.example.com";

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const EXPOSED: &str = "Edge-Auth-Error, Edge-Auth-Expires, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id";

/// Method and path of every route.
fn routes() -> impl Iterator<Item = (&'static str, String)> {
    ROUTES.iter().map(|route| {
        let method = match route.method {
            Method::Get => "GET",
            Method::Delete => "DELETE",
            _ => "POST",
        };
        (method, route.path.replace("{id}", &"0".repeat(64)))
    })
}

fn cors_headers(reply: &Reply) -> Vec<&str> {
    let names = reply
        .headers
        .keys()
        .map(reqwest::header::HeaderName::as_str);
    names
        .filter(|name| name.starts_with("access-control-"))
        .collect()
}

async fn preflight(app: &App, path: &str, origin: &str, method: &str) -> Reply {
    app.request("OPTIONS", path)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
        .send()
        .await
}

#[tokio::test]
async fn a_preflight_is_answered() {
    let app = App::shared();
    let reply = preflight(&app, "/api/auth/login", OURS, "POST").await;
    insta::assert_snapshot!(reply.snapshot(), @"
    204
    access-control-allow-credentials: true
    access-control-allow-headers: Authorization, Content-Type, Prefer, traceparent, tracestate, baggage, sentry-trace, X-Requested-With
    access-control-allow-methods: GET, HEAD, POST, PUT, PATCH, DELETE
    access-control-allow-origin: https://app.example.com
    access-control-expose-headers: Edge-Auth-Error, Edge-Auth-Expires, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id
    access-control-max-age: 7200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    ");
    assert!(reply.body.is_empty());
}

#[tokio::test]
async fn preflight_of_any_path_and_method_succeeds_and_touches_no_store() {
    let app = App::shared();
    let others = ["/", "/api/auth", "/api/auth/nothing"].map(|path| ("GET", path.to_owned()));
    for (_, path) in routes().chain(others) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let reply = preflight(&app, &path, OURS, method).await;
            reply.assert_status(204);
            let allowed = reply.header("access-control-allow-methods");
            assert_eq!(allowed, Some(METHODS), "{path}");
            assert!(reply.seen().await.calls.is_empty(), "{path}");
        }
    }
}

#[tokio::test]
async fn error_of_an_unknown_path_or_method_can_be_read() {
    let app = App::shared();
    for (method, path, status, code) in [
        ("GET", "/api/auth/nothing", 404, "not_found"),
        ("POST", "/api/auth/user", 404, "not_found"),
        ("PUT", "/api/auth/login", 405, "method_not_allowed"),
    ] {
        preflight(&app, path, OURS, method).await.assert_status(204);
        let request = app.request(method, path).header("origin", OURS);
        let reply = request.send().await;
        reply.assert_status(status);
        assert_eq!(reply.header("access-control-allow-origin"), Some(OURS));
        assert_eq!(reply.header("edge-auth-error"), Some(code));
    }
}

#[tokio::test]
async fn headers_of_tracing_libraries_are_allowed() {
    let app = App::shared();
    let reply = preflight(&app, "/api/auth/me", OURS, "GET").await;
    let allowed = reply
        .header("access-control-allow-headers")
        .unwrap_or_default()
        .to_lowercase();
    let allowed: Vec<&str> = allowed.split(',').map(str::trim).collect();
    for name in [
        "authorization",
        "content-type",
        "prefer",
        "traceparent",
        "tracestate",
        "baggage",
        "sentry-trace",
        "x-requested-with",
    ] {
        assert!(allowed.contains(&name), "{name}");
    }
    // They change nothing.
    let token = app.sign_in(&app.password_user("ada").await).await;
    let mut request = app.get("/api/auth/me").bearer(&token);
    for name in &allowed[3..] {
        request = request.header(name, "x");
    }
    request.send().await.assert_status(200);
}

#[tokio::test]
async fn a_reply_can_be_read_by_the_origin_that_asked() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    let reply = app
        .get("/api/auth/me")
        .bearer(&token)
        .header("origin", OURS)
        .send()
        .await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    200
    access-control-allow-credentials: true
    access-control-allow-origin: https://app.example.com
    access-control-expose-headers: Edge-Auth-Error, Edge-Auth-Expires, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    {
      "id": "[uuid]",
      "username": "[ada]",
      "email": "[ada]@example.com",
      "full_name": "ada Lovelace",
      "is_active": true
    }
    "#);
}

#[tokio::test]
async fn an_error_can_be_read_too() {
    let app = App::shared();
    // Uses a time of its own, because the result of /health is cached and shared with other tests.
    app.shift_clock(1_000_000).await;
    app.fault(Fault::d1().fails()).await;
    for (method, path, status) in [
        ("POST", "/api/auth/login", 400),
        ("GET", "/api/auth/me", 401),
        ("GET", "/api/auth/nothing", 404),
        ("GET", "/api/auth/login", 405),
        ("OPTIONS", "/api/auth/login", 405),
        ("GET", "/api/auth/health", 503),
    ] {
        let reply = app
            .request(method, path)
            .header("origin", OURS)
            .send()
            .await;
        reply.assert_status(status);
        assert_eq!(
            reply.header("access-control-allow-origin"),
            Some(OURS),
            "{method} {path}"
        );
        let exposed = reply.header("access-control-expose-headers");
        assert_eq!(exposed, Some(EXPOSED), "{method} {path}");
    }
}

#[tokio::test]
async fn an_origin_is_ours_to_the_letter_or_not_at_all() {
    let app = App::shared();
    for origin in [
        "http://app.example.com",
        "https://APP.example.com",
        "https://app.example.com/",
        "https://app.example.com:443",
        "https://app.example.com:8443",
        "https://app.example.com.attacker.example",
        "https://attacker.example/https://app.example.com",
        "https://xapp.example.com",
        "https://example.com",
        "https://app.example.com, https://attacker.example",
        "https://app.example.com https://attacker.example",
        "https://app.example.co",
        "app.example.com",
        "null",
        "*",
    ] {
        let asked = preflight(&app, "/api/auth/login", origin, "POST").await;
        asked.assert_status(403);
        let code = asked.header("edge-auth-error");
        assert_eq!(code, Some("origin_not_allowed"), "{origin}");
        assert_eq!(cors_headers(&asked), [""; 0], "{origin}");
        let reply = app
            .get("/api/auth/health")
            .header("origin", origin)
            .send()
            .await;
        reply.assert_status(200);
        assert_eq!(cors_headers(&reply), [""; 0], "{origin}");
        assert_eq!(reply.header("vary"), Some("Origin"), "{origin}");
    }
    let reply = app.get("/api/auth/health").send().await;
    assert_eq!(cors_headers(&reply), [""; 0]);
    // Without an origin it is not a preflight.
    let asked = preflight(&app, "/api/auth/login", "", "POST").await;
    asked.assert_status(405);
    assert_eq!(cors_headers(&asked), [""; 0]);
}

#[tokio::test]
async fn each_of_several_origins_gets_its_own_name() {
    let origins = ["https://one.example", "http://localhost:3000"];
    let app = App::with(Vars::new().set("ALLOWED_ORIGINS", &origins.join(", ")));
    for origin in origins {
        let reply = app
            .get("/api/auth/health")
            .header("origin", origin)
            .send()
            .await;
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
        preflight(&app, "/api/auth/login", origin, "POST")
            .await
            .assert_status(204);
    }
    let reply = app
        .get("/api/auth/health")
        .header("origin", OURS)
        .send()
        .await;
    assert_eq!(cors_headers(&reply), [""; 0]);
}

#[tokio::test]
async fn without_a_configured_origin_no_reply_has_a_cors_header() {
    let app = App::with(Vars::new().set("ALLOWED_ORIGINS", ""));
    for origin in [OURS, "null", "*"] {
        for (method, path) in routes() {
            let reply = app
                .request(method, &path)
                .header("origin", origin)
                .send()
                .await;
            assert_eq!(cors_headers(&reply), [""; 0], "{path}");
            let asked = preflight(&app, &path, origin, method).await;
            asked.assert_status(403);
            assert_eq!(cors_headers(&asked), [""; 0], "{path}");
        }
    }
}

#[tokio::test]
async fn every_route_allows_credentials_to_an_allowed_web_origin() {
    let local = "http://localhost:3000";
    let app = App::with(Vars::new().set("ALLOWED_ORIGINS", &format!("{OURS},{local}")));
    let unknown = ("GET", "/api/auth/nothing".to_owned());
    for (method, path) in routes().chain([unknown]) {
        for origin in [OURS, local] {
            for reply in [
                preflight(&app, &path, origin, method).await,
                app.request(method, &path)
                    .header("origin", origin)
                    .send()
                    .await,
            ] {
                let header = reply.header("access-control-allow-credentials");
                assert_eq!(header, Some("true"), "{path}");
                let allowed = reply.header("access-control-allow-origin");
                assert_eq!(allowed, Some(origin), "{path}");
                assert_eq!(reply.header("set-cookie"), None, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn origin_of_an_application_is_served_without_credentials() {
    let origins = [
        "tauri://localhost",
        "capacitor://localhost",
        "app://x",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "moz-extension://1b4e28ba-2fa1-41d2-883f-0016d3cca427",
    ];
    let app = App::with(Vars::new().set("ALLOWED_ORIGINS", &origins.join(",")));
    let token = app.sign_in(&app.password_user("ada").await).await;
    for origin in origins {
        let asked = preflight(&app, "/api/auth/me", origin, "GET").await;
        asked.assert_status(204);
        let request = app.get("/api/auth/me").bearer(&token);
        let reply = request.header("origin", origin).send().await;
        reply.assert_status(200);
        for reply in [asked, reply] {
            let allowed = reply.header("access-control-allow-origin");
            assert_eq!(allowed, Some(origin));
            let credentials = reply.header("access-control-allow-credentials");
            assert_eq!(credentials, None, "{origin}");
        }
    }
    for origin in ["tauri://other", "tauri://localhost:1", "app://y", "null"] {
        let request = app.get("/api/auth/health").header("origin", origin);
        assert_eq!(cors_headers(&request.send().await), [""; 0], "{origin}");
    }
}

#[tokio::test]
async fn origin_is_configured_in_any_spelling_that_means_the_same() {
    for text in [
        "https://app.example.com/",
        " HTTPS://App.Example.com:443 ",
        "http://localhost:3000/, https://app.example.com",
    ] {
        let app = App::with(Vars::new().set("ALLOWED_ORIGINS", text));
        let request = app.get("/api/auth/health").header("origin", OURS);
        let reply = request.send().await;
        reply.assert_status(200);
        let allowed = reply.header("access-control-allow-origin");
        assert_eq!(allowed, Some(OURS), "{text}");
    }
}
