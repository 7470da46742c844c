//! `GET /api/auth/sign-in-options`: the ways to sign in, the appearance of the pages, and the address that they lead to.

use crate::support::aws::{SIMULATOR, portal};
use crate::support::{App, Vars};

#[tokio::test]
async fn options_have_defaults() {
    let app = App::shared();
    insta::assert_snapshot!(app.anonymous().sign_in_options().await.snapshot(), @r#"
    200
    {
      "methods": [
        "password"
      ],
      "email": false,
      "password_min_length": 15,
      "aws_client_name": null,
      "return_to": "/account",
      "branding": {
        "name": "Edge Auth",
        "logo": null,
        "accent_color": null,
        "support_url": null
      }
    }
    "#);
}

#[tokio::test]
async fn options_follow_the_configuration() {
    let vars = portal(&SIMULATOR)
        .set("PASSWORD_MIN_LENGTH", "20")
        .set("BRAND_NAME", "Acme")
        .set("BRAND_LOGO", "/brand/logo.svg")
        .set("BRAND_ACCENT_COLOR", "#0A5BFF")
        .set("SUPPORT_URL", "https://support.example.com/");
    let app = App::with(vars);
    insta::assert_snapshot!(app.anonymous().sign_in_options().await.snapshot(), @r##"
    200
    {
      "methods": [
        "password",
        "aws_device"
      ],
      "email": false,
      "password_min_length": 20,
      "aws_client_name": "edge-auth",
      "return_to": "/account",
      "branding": {
        "name": "Acme",
        "logo": "/brand/logo.svg",
        "accent_color": "#0a5bff",
        "support_url": "https://support.example.com/"
      }
    }
    "##);
}

/// The `return_to` of the response for this one, both as they are in the query.
async fn return_to(app: &App, requested: &str) -> String {
    let path = format!("/api/auth/sign-in-options?return_to={requested}");
    let body = app.get(&path).await.assert_status(200).json();
    body["return_to"].as_str().expect("a text").to_owned()
}

// `domain/return_target.rs` has the list of what is refused.
#[tokio::test]
async fn address_to_return_to_is_that_of_an_allowed_origin_or_the_account() {
    let vars = Vars::new().set(
        "ALLOWED_ORIGINS",
        "https://app.example.com,tauri://localhost,http://localhost:3000",
    );
    let app = App::with(vars);
    for (requested, expected) in [
        ("", "/account"),
        ("%2Faccount%3Fx%3D1", "/account?x=1"),
        ("%2Fadmin", "/admin"),
        (
            "https%3A%2F%2Fapp.example.com%2Fa%3Fb%3Dc%23d",
            "https://app.example.com/a?b=c#d",
        ),
        ("http://localhost:3000/", "http://localhost:3000/"),
        ("https://app.example.com.evil.example/", "/account"),
        ("https://evil.example/", "/account"),
        ("%2F%2Fevil.example", "/account"),
        ("%2Fapi%2Fauth%2Faws-credentials", "/account"),
        ("javascript:alert(1)", "/account"),
        // Its requests carry no cookies.
        ("tauri://localhost/", "/account"),
    ] {
        assert_eq!(return_to(&app, requested).await, expected, "{requested}");
    }
}

#[tokio::test]
async fn loopback_origin_is_refused_by_a_service_on_https() {
    let vars = Vars::new()
        .set("JWT_ISSUER", "https://auth.example.com")
        .set(
            "ALLOWED_ORIGINS",
            "http://localhost:3000,https://app.example.com",
        );
    let app = App::with(vars);
    assert_eq!(return_to(&app, "http://localhost:3000/").await, "/account");
    let allowed = "https://app.example.com/";
    assert_eq!(return_to(&app, allowed).await, allowed);
}

#[tokio::test]
async fn unknown_or_repeated_parameter_returns_400() {
    let app = App::shared();
    for (query, code) in [
        ("redirect=/account", "unknown_parameter"),
        ("return_to=/account&return_to=/", "repeated_parameter"),
    ] {
        let path = format!("/api/auth/sign-in-options?{query}");
        app.get(&path).await.assert_error(400, code);
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn invalid_branding_is_misconfigured() {
    for (name, value) in [
        ("BRAND_LOGO", "//evil.example/logo.svg"),
        (
            "BRAND_ACCENT_COLOR",
            "red;background:url(https://evil.example)",
        ),
        ("SUPPORT_URL", "javascript:alert(1)"),
        ("BRAND_COLOUR", "#ffffff"),
    ] {
        let app = App::isolated(Vars::new().set(name, value));
        let response = app.anonymous().sign_in_options().await;
        response.assert_error(503, "misconfigured");
    }
}
