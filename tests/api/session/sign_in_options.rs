//! `GET /api/auth/sign-in-options`: the ways to sign in, and the appearance of the pages.

use crate::support::aws::{SIMULATOR, portal};
use crate::support::{App, Vars};

#[tokio::test]
async fn options_without_configuration_have_defaults() {
    let app = App::shared();
    insta::assert_snapshot!(app.anonymous().sign_in_options().await.snapshot(), @r#"
    200
    {
      "methods": [
        "password"
      ],
      "email": false,
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
async fn configured_methods_and_branding_are_returned() {
    let vars = portal(&SIMULATOR)
        .set("BRAND_NAME", "B\u{fc}cher <b>&amp;</b>")
        .set("BRAND_LOGO", "/brand/logo.svg")
        .set("BRAND_ACCENT_COLOR", "#0A5BFF")
        .set(
            "SUPPORT_URL",
            "https://support.example.com/help?topic=sign-in",
        );
    let app = App::with(vars);
    insta::assert_snapshot!(app.anonymous().sign_in_options().await.snapshot_body(), @r##"
    200
    {
      "methods": [
        "password",
        "aws_device"
      ],
      "email": false,
      "branding": {
        "name": "Bücher <b>&amp;</b>",
        "logo": "/brand/logo.svg",
        "accent_color": "#0a5bff",
        "support_url": "https://support.example.com/help?topic=sign-in"
      }
    }
    "##);
}

#[tokio::test]
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
