//! Malformed requests for tokens: headers, parameters, encodings, sizes and media types.

use super::authentication::{FAILED, tokens};
use super::token::app;
use crate::support::internals::ErrorCode;
use crate::support::services::{ASSERTION_TYPE, Service, TOKEN};
use base64ct::{Base64, Encoding};

/// Headers and bodies that are no valid request, with the expected status and code.
#[expect(clippy::too_many_lines, reason = "a list of requests")]
fn malformed(service: &Service) -> Vec<(Option<String>, String, u16, &'static str)> {
    let (id, secret) = (&service.id, &service.secret);
    let basic = service.basic();
    let grant = "grant_type=client_credentials&resource=https%3A%2F%2Fapi.example.com%2Fv1";
    let post = format!("{grant}&client_id={id}&client_secret={secret}");
    let of = |text: &str| Some(format!("Basic {}", Base64::encode_string(text.as_bytes())));
    let jwt = format!("client_assertion=a.b.c&client_assertion_type={ASSERTION_TYPE}");
    let (missing, repeated) = ("missing_parameter", "repeated_parameter");
    let (several, invalid) = ("several_auth_methods", "invalid_parameter");
    let many: Vec<String> = (0..2_000).map(|number| format!("{number}=1")).collect();
    let many = many.join("&");
    let all = vec![
        (None, String::new(), 400, missing),
        (None, "grant_type=".to_owned(), 400, missing),
        (None, "grant_type".to_owned(), 400, missing),
        (
            None,
            "Grant_Type=client_credentials".to_owned(),
            400,
            missing,
        ),
        (
            None,
            "{\"grant_type\":\"client_credentials\"}".to_owned(),
            400,
            missing,
        ),
        (None, grant.to_owned(), 401, FAILED),
        (None, format!("{grant}&client_id="), 401, FAILED),
        (None, format!("{grant}&client_id={id}"), 401, FAILED),
        (
            None,
            format!("{grant}&client_id={id}&client_secret="),
            401,
            FAILED,
        ),
        (
            None,
            format!("{grant}&client_secret={secret}"),
            400,
            missing,
        ),
        (None, format!("{grant}&{grant}"), 400, repeated),
        (
            None,
            format!("{post}&grant_type=client_credentials"),
            400,
            repeated,
        ),
        (None, format!("{post}&%67rant_type=password"), 400, repeated),
        (None, format!("{post}&client_id={id}"), 400, repeated),
        (None, format!("{post}&client_secret=x"), 400, repeated),
        (
            None,
            format!("{post}&resource=https%3A%2F%2Fmail.example.com%2F"),
            400,
            repeated,
        ),
        (None, format!("{post}&scope=a&scope=b"), 400, repeated),
        (None, format!("{post}&scope=&scope="), 400, repeated),
        (None, format!("{post}&x=CANARY&x=CANARY"), 400, repeated),
        (None, format!("{post}&{jwt}"), 400, several),
        (None, format!("{post}&client_assertion=x"), 400, several),
        (
            None,
            format!("{post}&client_assertion_type={ASSERTION_TYPE}"),
            400,
            several,
        ),
        (
            None,
            format!("{grant}&client_assertion=a.b.c"),
            400,
            missing,
        ),
        (
            None,
            format!("{grant}&client_assertion_type={ASSERTION_TYPE}"),
            400,
            missing,
        ),
        (
            None,
            format!("{grant}&client_assertion=a.b.c&client_assertion_type=CANARY"),
            400,
            invalid,
        ),
        (
            None,
            format!(
                "{grant}&client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
            ),
            400,
            invalid,
        ),
        (None, format!("{grant}&{jwt}"), 401, FAILED),
        (Some(basic.clone()), post.clone(), 400, several),
        (Some(basic.clone()), format!("{grant}&{jwt}"), 400, several),
        (
            Some(basic.clone()),
            format!("{grant}&client_id=CANARY"),
            400,
            invalid,
        ),
        (
            Some(basic.clone()),
            format!("{grant}&scope=CANARY"),
            400,
            "invalid_scope",
        ),
        (
            Some(basic.clone()),
            "grant_type=client_credentials&resource=CANARY".to_owned(),
            400,
            "invalid_target",
        ),
        (
            Some(basic.clone()),
            "grant_type=CANARY".to_owned(),
            400,
            "unsupported_grant_type",
        ),
        (
            Some(basic.clone()),
            "grant_type=client_credentials%00".to_owned(),
            400,
            "unsupported_grant_type",
        ),
        (Some("Bearer CANARY".to_owned()), post, 400, several),
        (
            Some("Bearer CANARY".to_owned()),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (
            Some("Digest username=CANARY".to_owned()),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (Some("Basic".to_owned()), grant.to_owned(), 401, FAILED),
        (
            Some("Basic CANARY".to_owned()),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (
            Some(basic.replace("Basic ", "Basic\t")),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (
            Some(format!("{basic}, {basic}")),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (
            Some(basic.replace("Basic ", "Basic")),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (of(id), grant.to_owned(), 401, FAILED),
        (of(&format!("{id}:")), grant.to_owned(), 401, FAILED),
        (of(&format!(":{secret}")), grant.to_owned(), 401, FAILED),
        (
            of(&format!("{id}:{secret}\n")),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (
            of(&format!("{id}:{secret}\0")),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (
            of(&format!("{id}:{secret}+")),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (
            of(&format!("{id}:{secret}%")),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (
            of(&format!("{id}:{secret}%00")),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (of(&format!("{id}:%FF")), grant.to_owned(), 401, FAILED),
        (
            of(&format!("CANARY:{secret}")),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (
            of(&format!("' OR '1'='1:{secret}")),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (
            of(&format!("{id}\0:{secret}")),
            grant.to_owned(),
            401,
            FAILED,
        ),
        (None, "x".repeat(16_385), 413, "body_too_large"),
        (
            None,
            format!("{grant}&x={}", "y".repeat(100_000)),
            413,
            "body_too_large",
        ),
        (None, "&".repeat(16_384), 400, missing),
        (None, "=".repeat(16_384), 400, missing),
        (None, "%".repeat(16_384), 400, missing),
        (None, many, 400, "too_many_parameters"),
    ];
    assert!(all.len() >= 60, "{}", all.len());
    all
}

#[tokio::test]
#[ignore = "slow"]
async fn malformed_request_gets_its_error_and_no_token() {
    let app = app();
    let basic = app.service("client_secret_basic", "reports:read").await;
    let words: Vec<&str> = ErrorCode::ALL
        .iter()
        .map(|code| code.oauth_code())
        .collect();
    for (header, body, status, code) in malformed(&basic) {
        let view = app.another_view();
        let mut request = view.post(TOKEN).body(body.clone());
        request = request.header("content-type", "application/x-www-form-urlencoded");
        if let Some(header) = &header {
            request = request.header("authorization", header);
        }
        let response = request.await;
        let what = format!("{header:?} {}", &body[..body.len().min(200)]);
        let found = (response.status, response.error_code());
        assert_eq!(found, (status, Some(code)), "{what}");
        let error = response.json()["error"].clone();
        assert!(words.contains(&error.as_str().expect("a text")), "{what}");
        assert!(!response.text().contains("CANARY"), "{what}");
    }
    assert_eq!(tokens(&basic).await, 0);
    let logs = basic.app().server().logs();
    assert!(!logs.iter().any(|(_, line)| line.contains("CANARY")));
    basic.token().await;
}

#[tokio::test]
async fn body_is_a_form_without_a_content_encoding() {
    let app = app();
    let service = app.service("client_secret_basic", "reports:read").await;
    for media_type in [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
    ] {
        let response = service.request_token().header("content-type", media_type);
        response.await.assert_status(200);
    }
    for media_type in [
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded, application/json",
        "application/x-www-form-urlencodedx",
        "",
    ] {
        let response = service
            .request_token()
            .header("content-type", media_type)
            .await;
        let body = response.assert_error(415, "unsupported_media_type").json();
        assert_eq!(body["error"], "invalid_request", "{media_type}");
        let text = "Content-Type must be application/x-www-form-urlencoded";
        assert_eq!(body["error_description"], text);
    }
    let response = service
        .request_token()
        .header("content-encoding", "gzip")
        .await;
    response.assert_error(415, "unsupported_encoding");
    let in_query = format!("{TOKEN}?grant_type=client_credentials&client_id=x&client_secret=y");
    let response = app.post(&in_query).await;
    response.assert_error(400, "missing_parameter");
}
