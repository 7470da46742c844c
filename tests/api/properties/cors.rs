//! CORS: only the web applications of `ALLOWED_ORIGINS` can read responses.

use crate::support::{App, Fault, Response, Vars, routes};

/// The allowed origin of servers with the default variables.
const ALLOWED: &str = "https://app.example.com";

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

const EXPOSED: &str = "ETag, Edge-Auth-Error, Edge-Auth-Expires, Edge-Auth-Next, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id";

/// Method and path of every route.
fn route_paths() -> impl Iterator<Item = (&'static str, String)> {
    let routes = routes::all().into_iter();
    routes.map(|route| (route.method, route.path()))
}

/// Method and path of every route whose responses only allowed origins may read.
fn protected_paths() -> impl Iterator<Item = (&'static str, String)> {
    let routes = routes::all().into_iter();
    let routes = routes.filter(|route| !route.is_for_any_origin());
    routes.map(|route| (route.method, route.path()))
}

/// The names of the CORS headers of a response.
fn cors_headers(response: &Response) -> Vec<&str> {
    let names = response
        .headers
        .keys()
        .map(reqwest::header::HeaderName::as_str);
    names
        .filter(|name| name.starts_with("access-control-"))
        .collect()
}

async fn preflight(app: &App, path: &str, origin: &str, method: &str) -> Response {
    app.request("OPTIONS", path)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
        .await
}

#[tokio::test]
async fn preflight_returns_the_documented_headers() {
    let app = App::shared();
    let response = preflight(&app, "/api/auth/login", ALLOWED, "POST").await;
    insta::assert_snapshot!(response.snapshot(), @"
    204
    access-control-allow-credentials: true
    access-control-allow-headers: Authorization, Content-Type, If-Match, Prefer, traceparent, tracestate, baggage, sentry-trace, X-Requested-With
    access-control-allow-methods: GET, HEAD, POST, PUT, PATCH, DELETE
    access-control-allow-origin: https://app.example.com
    access-control-expose-headers: ETag, Edge-Auth-Error, Edge-Auth-Expires, Edge-Auth-Next, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id
    access-control-max-age: 7200
    ");
    assert!(response.body.is_empty());
}

#[tokio::test]
#[ignore = "slow"]
async fn preflight_of_any_path_and_method_succeeds_without_a_store() {
    let app = App::shared();
    let others = ["/api", "/api/auth", "/api/auth/nothing"].map(|path| ("GET", path.to_owned()));
    for (_, path) in route_paths().chain(others) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let response = preflight(&app, &path, ALLOWED, method).await;
            response.assert_status(204);
            let allowed = response.header("access-control-allow-methods");
            assert_eq!(allowed, Some(METHODS), "{path}");
            assert!(response.recorded().await.calls.is_empty(), "{path}");
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
        preflight(&app, path, ALLOWED, method)
            .await
            .assert_status(204);
        let request = app.request(method, path).header("origin", ALLOWED);
        let response = request.await;
        response.assert_error(status, code);
        assert_eq!(
            response.header("access-control-allow-origin"),
            Some(ALLOWED)
        );
    }
}

#[tokio::test]
async fn headers_of_tracing_libraries_are_allowed() {
    let app = App::shared();
    let response = preflight(&app, "/api/auth/me", ALLOWED, "GET").await;
    let allowed = response
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
    // These headers have no effect.
    let session = app.user("ada").await.sign_in().await;
    let mut request = session.me();
    for name in &allowed[3..] {
        request = request.header(name, "x");
    }
    request.await.assert_status(200);
}

#[tokio::test]
async fn response_can_be_read_by_an_allowed_origin() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let response = session.me().header("origin", ALLOWED).await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    access-control-allow-credentials: true
    access-control-allow-origin: https://app.example.com
    access-control-expose-headers: ETag, Edge-Auth-Error, Edge-Auth-Expires, Edge-Auth-Next, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id
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
async fn error_can_be_read_by_an_allowed_origin() {
    let app = App::shared();
    // The clock is shifted, because the isolate caches the result of /health for other tests.
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
        let response = app.request(method, path).header("origin", ALLOWED).await;
        response.assert_status(status);
        assert_eq!(
            response.header("access-control-allow-origin"),
            Some(ALLOWED),
            "{method} {path}"
        );
        let exposed = response.header("access-control-expose-headers");
        assert_eq!(exposed, Some(EXPOSED), "{method} {path}");
    }
}

#[tokio::test]
async fn similar_origin_is_not_allowed() {
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
        let preflight_response = preflight(&app, "/api/auth/login", origin, "POST").await;
        preflight_response.assert_error(403, "origin_not_allowed");
        assert_eq!(cors_headers(&preflight_response), [""; 0], "{origin}");
        let response = app.anonymous().health().header("origin", origin).await;
        response.assert_status(200);
        assert_eq!(cors_headers(&response), [""; 0], "{origin}");
        assert_eq!(response.header("vary"), Some("Origin"), "{origin}");
    }
    let response = app.anonymous().health().await;
    assert_eq!(cors_headers(&response), [""; 0]);
    // A request without an origin is not a preflight.
    let preflight_response = preflight(&app, "/api/auth/login", "", "POST").await;
    preflight_response.assert_status(405);
    assert_eq!(cors_headers(&preflight_response), [""; 0]);
}

#[tokio::test]
async fn each_allowed_origin_is_returned_by_name() {
    let origins = ["https://one.example", "http://localhost:3000"];
    let app = App::with(Vars::new().set("ALLOWED_ORIGINS", &origins.join(", ")));
    for origin in origins {
        let response = app.anonymous().health().header("origin", origin).await;
        assert_eq!(response.header("access-control-allow-origin"), Some(origin));
        preflight(&app, "/api/auth/login", origin, "POST")
            .await
            .assert_status(204);
    }
    let response = app.anonymous().health().header("origin", ALLOWED).await;
    assert_eq!(cors_headers(&response), [""; 0]);
}

#[tokio::test]
#[ignore = "slow"]
async fn responses_without_allowed_origins_have_no_cors_headers() {
    let app = App::with(Vars::new().set("ALLOWED_ORIGINS", ""));
    for origin in [ALLOWED, "null", "*"] {
        for (method, path) in protected_paths() {
            let response = app.request(method, &path).header("origin", origin).await;
            assert_eq!(cors_headers(&response), [""; 0], "{path}");
            let preflight_response = preflight(&app, &path, origin, method).await;
            preflight_response.assert_status(403);
            assert_eq!(cors_headers(&preflight_response), [""; 0], "{path}");
        }
    }
}

#[tokio::test]
async fn every_route_allows_credentials_to_a_web_origin() {
    let local = "http://localhost:3000";
    let app = App::with(Vars::new().set("ALLOWED_ORIGINS", &format!("{ALLOWED},{local}")));
    let unknown = ("GET", "/api/auth/nothing".to_owned());
    for (method, path) in route_paths().chain([unknown]) {
        for origin in [ALLOWED, local] {
            for response in [
                preflight(&app, &path, origin, method).await,
                app.request(method, &path).header("origin", origin).await,
            ] {
                let header = response.header("access-control-allow-credentials");
                assert_eq!(header, Some("true"), "{path}");
                let allowed = response.header("access-control-allow-origin");
                assert_eq!(allowed, Some(origin), "{path}");
                assert_eq!(response.header("set-cookie"), None, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn origin_of_a_native_application_is_allowed_without_credentials() {
    let origins = [
        "tauri://localhost",
        "capacitor://localhost",
        "app://x",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "moz-extension://1b4e28ba-2fa1-41d2-883f-0016d3cca427",
    ];
    let app = App::with(Vars::new().set("ALLOWED_ORIGINS", &origins.join(",")));
    let session = app.user("ada").await.sign_in().await;
    for origin in origins {
        let preflight_response = preflight(&app, "/api/auth/me", origin, "GET").await;
        preflight_response.assert_status(204);
        let request = session.me();
        let response = request.header("origin", origin).await;
        response.assert_status(200);
        for response in [preflight_response, response] {
            let allowed = response.header("access-control-allow-origin");
            assert_eq!(allowed, Some(origin));
            let credentials = response.header("access-control-allow-credentials");
            assert_eq!(credentials, None, "{origin}");
        }
    }
    for origin in ["tauri://other", "tauri://localhost:1", "app://y", "null"] {
        let request = app.anonymous().health().header("origin", origin);
        assert_eq!(cors_headers(&request.await), [""; 0], "{origin}");
    }
}

#[tokio::test]
async fn allowed_origin_is_normalised() {
    // Each origin in another form, so that one server is enough.
    let text = " HTTPS://Two.Example.com:443 ,https://one.example.com/, http://localhost:3000/, https://app.example.com ";
    let app = App::with(Vars::new().set("ALLOWED_ORIGINS", text));
    for origin in [
        "https://one.example.com",
        "https://two.example.com",
        "http://localhost:3000",
        ALLOWED,
    ] {
        let request = app.anonymous().health().header("origin", origin);
        let response = request.await;
        response.assert_status(200);
        let allowed = response.header("access-control-allow-origin");
        assert_eq!(allowed, Some(origin));
    }
}
