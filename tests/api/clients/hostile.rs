//! Hostile properties of OAuth clients, in registrations and changes.

use crate::support::{App, Caller, registration};
use serde_json::{Value, json};

/// The code of a registration and of a change with this property, which must be the same. Nothing is written.
async fn refused(admin: &Caller, id: &str, name: &str, value: &Value) -> String {
    let mut body = registration("App");
    body[name] = value.clone();
    let create = admin.create_client(&body).await;
    assert_eq!(create.status, 400, "{name} {value}: {}", create.text());
    let update = admin.update_client(id, &json!({ name: value })).await;
    assert_eq!(update.status, 400, "{name} {value}: {}", update.text());
    assert_eq!(create.error_code(), update.error_code(), "{name} {value}");
    create.error_code().expect("a code").to_owned()
}

#[tokio::test]
#[ignore = "slow"]
async fn redirect_uri_that_leads_elsewhere_is_refused() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let long = format!("https://app.example.com/{}", "a".repeat(2_048));
    for uri in [
        "",
        " ",
        "/callback",
        "//evil.example/",
        "app.example.com",
        "https:app.example.com",
        "https://",
        "HTTPS://app.example.com/",
        "https://APP.example.com/",
        "https://app.example.com/#fragment",
        "https://app.example.com/#",
        "https://user@app.example.com/",
        "https://app.example.com@evil.example/",
        "https://app.example.com\\@evil.example/",
        "https://*.example.com/",
        "https://app.example.com/*",
        "https://app.example.com:0/",
        "https://app.example.com/\r\nset-cookie: a=b",
        "https://app.example.com/%0d%0a",
        "https://app.example.com/\u{0}",
        "https://\u{430}pp.example.com/",
        "https://app.example.com/\u{202e}",
        "https://app.example.com/?code=1",
        "https://app.example.com/?x&state=1",
        "https://app.example.com/?%69ss=https://evil.example",
        "https://2130706433/",
        "http://app.example.com/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.2/",
        "http://0.0.0.0/",
        "http://localhost.evil.example/",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "blob:https://app.example.com/x",
        "file:///etc/passwd",
        "cursor://oauth/callback",
        "com.example.app:callback",
        &long,
    ] {
        for name in ["redirect_uris", "post_logout_redirect_uris"] {
            let uris = json!(["https://app.example.com/ok", uri]);
            let code = refused(&admin, &id, name, &uris).await;
            assert_eq!(code, "invalid_redirect_uri", "{uri:?}");
        }
    }
    assert_eq!(app.client_entries(&id).await, []);
}

#[tokio::test]
async fn list_that_is_too_long_or_has_duplicates_or_other_types_is_refused() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let uri = "https://app.example.com/";
    let eleven: Vec<String> = (0..11).map(|number| format!("{uri}{number}")).collect();
    let scopes: Vec<String> = (0..33).map(|number| format!("s{number}")).collect();
    for (name, value) in [
        ("redirect_uris", json!(eleven)),
        ("redirect_uris", json!(vec!["x"; 3_000])),
        ("redirect_uris", json!([uri, uri])),
        ("redirect_uris", json!(uri)),
        ("redirect_uris", json!({ "0": uri })),
        ("redirect_uris", json!([uri, null])),
        ("redirect_uris", json!([[uri]])),
        ("redirect_uris", json!([{ "uri": uri }])),
        ("post_logout_redirect_uris", json!(eleven)),
        ("post_logout_redirect_uris", json!([uri, uri])),
        (
            "grant_types",
            json!(["authorization_code", "authorization_code"]),
        ),
        ("grant_types", json!(["implicit"])),
        ("grant_types", json!(["password"])),
        (
            "grant_types",
            json!(["urn:ietf:params:oauth:grant-type:device_code"]),
        ),
        ("grant_types", json!("authorization_code")),
        ("grant_types", json!([1])),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("token_endpoint_auth_method", json!("NONE")),
        ("token_endpoint_auth_method", json!(["none"])),
        ("scope", json!(scopes.join(" "))),
        ("scope", json!("a  b")),
        ("scope", json!("a a")),
        ("scope", json!("a\"b")),
        ("scope", json!("a\tb")),
        ("scope", json!("\u{e4}")),
        ("scope", json!("x".repeat(129))),
        ("scope", json!(["a"])),
        ("client_name", json!(["App"])),
        ("client_name", json!(7)),
    ] {
        let code = refused(&admin, &id, name, &value).await;
        assert_eq!(code, "invalid_field", "{name} {value}");
    }
    assert_eq!(app.client_entries(&id).await, []);
}

#[tokio::test]
async fn name_that_hides_or_reorders_text_is_refused() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    for name in [
        "",
        "   ",
        "\u{a0}\u{3000}",
        "a\nb",
        "a\r\nset-cookie: b",
        "a\u{0}b",
        "a\u{1b}[2Jb",
        "a\u{7f}",
        "a\u{85}b",
        "App\u{202e}exe.fdp",
        "a\u{2066}b\u{2069}",
        "a\u{200f}b",
        "a\u{61c}b",
        "a\u{2028}b",
        "a\u{feff}b",
        "a\u{fffe}b",
        &"a".repeat(65),
        &"\u{1f469}".repeat(65),
    ] {
        let code = refused(&admin, &id, "client_name", &json!(name)).await;
        assert_eq!(code, "invalid_field", "{name:?}");
    }
    for name in [
        "Zo\u{eb}'s <b>App</b>",
        "\u{65e5}\u{672c}",
        &"\u{1f469}".repeat(64),
    ] {
        let client = admin.create_client(&registration(name)).await.client();
        assert_eq!(client["client_name"], name);
    }
}

/// A field that is given twice could be read in two ways.
#[tokio::test]
async fn repeated_field_is_refused() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let good = r#""client_name":"App","redirect_uris":["https://app.example.com/"]"#;
    for more in [
        r#""client_name":"Other""#,
        r#""redirect_uris":["https://evil.example/"]"#,
        r#""\u0072edirect_uris":["https://evil.example/"]"#,
        r#""jwks":{"keys":[],"keys":[]}"#,
        r#""x":1,"x":2"#,
    ] {
        let body = format!("{{{good},{more}}}");
        let create = admin.post("/api/auth/clients");
        let create = create
            .header("content-type", "application/json")
            .body(body.clone());
        create.await.assert_error(400, "invalid_json");
        let update = admin.request("PATCH", &format!("/api/auth/clients/{id}"));
        let update = update.header("content-type", "application/json");
        let update = update.header("if-match", "*").body(body);
        update.await.assert_error(400, "invalid_json");
    }
    assert_eq!(app.client_entries(&id).await, []);
}

#[tokio::test]
async fn null_is_refused_in_a_change() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    for name in [
        "client_name",
        "redirect_uris",
        "post_logout_redirect_uris",
        "token_endpoint_auth_method",
        "grant_types",
        "scope",
        "jwks",
        "is_active",
    ] {
        let response = admin.update_client(&id, &json!({ name: null })).await;
        response.assert_error(400, "invalid_field");
    }
    for value in [json!(1), json!("true"), json!([])] {
        let response = admin.update_client(&id, &json!({ "is_active": value }));
        response.await.assert_error(400, "invalid_field");
    }
}
