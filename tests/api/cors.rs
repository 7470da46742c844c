//! Which web applications may read our replies: exact origins, and nobody with cookies.

use crate::support::{App, Fault, Reply, Vars};

const OURS: &str = "https://app.example.com";

const ROUTES: [(&str, &str, &str); 10] = [
    ("POST", "/api/auth/login", "POST"),
    ("GET", "/api/auth/validate", "GET, HEAD"),
    ("POST", "/api/auth/logout", "POST"),
    ("GET", "/api/auth/me", "GET, HEAD"),
    ("POST", "/api/auth/refresh", "POST"),
    ("POST", "/api/auth/set-password", "POST"),
    ("GET", "/api/auth/aws-credentials", "GET, HEAD"),
    ("GET", "/api/auth/nvidia-credentials", "GET, HEAD"),
    ("GET", "/api/auth/health", "GET, HEAD"),
    ("GET", "/api/auth/openapi.json", "GET, HEAD"),
];

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
    access-control-allow-headers: Authorization, Content-Type, Prefer
    access-control-allow-methods: POST
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
async fn every_route_has_a_preflight_that_touches_no_store() {
    let app = App::shared();
    for (method, path, allowed) in ROUTES {
        let reply = preflight(&app, path, OURS, method).await;
        reply.assert_status(204);
        assert_eq!(
            reply.header("access-control-allow-methods"),
            Some(allowed),
            "{path}"
        );
        assert!(reply.seen().await.calls.is_empty(), "{path}");
    }
    preflight(&app, "/api/auth/nothing", OURS, "GET")
        .await
        .assert_status(404);
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
        assert_eq!(
            exposed,
            Some(
                "Edge-Auth-Error, Edge-Auth-Expires, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id"
            ),
            "{method} {path}"
        );
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
        "",
    ] {
        let asked = preflight(&app, "/api/auth/login", origin, "POST").await;
        asked.assert_status(405);
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
    for origin in [OURS, "null", "*", ""] {
        for (method, path, _) in ROUTES {
            let reply = app
                .request(method, path)
                .header("origin", origin)
                .send()
                .await;
            assert_eq!(cors_headers(&reply), [""; 0], "{path}");
            let asked = preflight(&app, path, origin, method).await;
            asked.assert_status(405);
            assert_eq!(cors_headers(&asked), [""; 0], "{path}");
        }
    }
}

#[tokio::test]
async fn cookies_go_along_to_sign_in_only() {
    let app = App::shared();
    for (method, path, _) in ROUTES {
        for reply in [
            preflight(&app, path, OURS, method).await,
            app.request(method, path)
                .header("origin", OURS)
                .send()
                .await,
        ] {
            // The one that knows a device again.
            let lets = (path == "/api/auth/login").then_some("true");
            let header = reply.header("access-control-allow-credentials");
            assert_eq!(header, lets, "{path}");
            assert_ne!(
                reply.header("access-control-allow-origin"),
                Some("*"),
                "{path}"
            );
            assert_eq!(reply.header("set-cookie"), None, "{path}");
        }
    }
}
