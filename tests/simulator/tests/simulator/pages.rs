//! The approval page, the curl command that does the same, and the control API.

use crate::client::{Request, SignIn, start, valid_request};
use aws_simulator::{Operation, ResponseFault};
use serde_json::json;

fn approve(user_code: &str, user: &str) -> Request {
    Request::post("/approve", format!("user_code={user_code}&user={user}"))
}

#[test]
fn approval_page_shows_code_and_client_name() {
    let simulator = start();
    let url = simulator.url();
    let name = r#"{"clientName":"<script>x</script>","clientType":"public"}"#;
    let mut sign_in = SignIn::start(&simulator);
    sign_in.client = Request::post("/client/register", name).send(url).json();
    sign_in.device = sign_in.authorization(&simulator).send(url).json();
    let complete = sign_in.device["verificationUriComplete"]
        .as_str()
        .expect("a URL");
    let page = Request::get(complete.trim_start_matches(url)).send(url);
    let html = page.text();
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .is_some_and(|policy| policy.contains("default-src 'none'"))
    );
    for expected in [
        sign_in.user_code(),
        "&lt;script&gt;x",
        "Zoë O&#39;Neil",
        "ada.lovelace",
    ] {
        assert!(html.contains(expected), "{expected}");
    }
    assert!(!html.contains("<script"));
    let form = Request::post(
        "/approve",
        format!(
            "user_code={}&user=Zo%C3%AB.O%27Neil&decision=approve",
            sign_in.user_code()
        ),
    )
    .with("Accept", "text/html")
    .with("Origin", url);
    assert!(form.send(url).text().contains("approved as Zoë.O&#39;Neil"));
    assert!(!sign_in.poll().send(url).member("accessToken").is_empty());
    assert_eq!(
        Request::get(complete.trim_start_matches(url))
            .send(url)
            .status,
        404,
        "decided"
    );
    assert_eq!(
        Request::get("/device?user_code=%3Cb%3E").send(url).status,
        404
    );
    assert!(
        Request::get("/device")
            .send(url)
            .text()
            .contains("<input name=\"user_code\"")
    );
}

#[test]
fn curl_command_approves_and_denies() {
    let simulator = start();
    let url = simulator.url();
    let sign_in = SignIn::start(&simulator);
    let code = sign_in.user_code();
    let other = approve(code, "ada.lovelace")
        .with("Origin", "https://evil.example")
        .send(url);
    assert_eq!(other.status, 403);
    for (ask, expected) in [
        (approve(code, "no.one"), "no user has this name"),
        (
            approve("QQQQ-QQQQ", "ada.lovelace"),
            "no device has this user code",
        ),
        (
            Request::post("/approve", format!("user_code={code}")),
            "user is missing",
        ),
        (Request::post("/approve", "user=x"), "user_code is missing"),
    ] {
        let response = ask.send(url);
        assert_eq!(response.status, 400);
        assert!(response.text().contains(expected), "{}", response.text());
    }
    let loose = code.to_lowercase().replace('-', "");
    assert_eq!(approve(&loose, "ADA.lovelace").send(url).status, 200);
    assert!(
        approve(code, "ada.lovelace")
            .send(url)
            .text()
            .contains("approved or denied before")
    );
    let denied = SignIn::start(&simulator);
    Request::post(
        "/approve",
        format!("user_code={}&decision=deny", denied.user_code()),
    )
    .send(url);
    assert_eq!(denied.poll().send(url).member("error"), "access_denied");
}

#[test]
fn control_api_has_the_effects_of_the_library() {
    let simulator = start();
    let url = simulator.url();
    let control = |path: &str, body: serde_json::Value| {
        Request::post(format!("/_simulator/{path}"), body.to_string()).send(url)
    };
    let read = |path: &str| Request::get(format!("/_simulator/{path}")).send(url).json();
    let sign_in = SignIn::start(&simulator);
    let code = sign_in.user_code();
    let rule = json!({"effect": {"fault": "html"}, "operation": "CreateToken", "filter": {"user_code": code}, "times": 1});
    assert_eq!(control("rules", rule.clone()).json()["rule"], 1);
    assert_eq!(read("rules")[0][1], rule);
    assert_eq!(
        control(
            "approve",
            json!({"user_code": code, "user": "ada.lovelace"})
        )
        .status,
        200
    );
    assert!(sign_in.poll().send(url).text().contains("<h1>"));
    let token = sign_in.poll().send(url).member("accessToken");
    assert!(
        !token.is_empty(),
        "the faulty response did not redeem the code"
    );
    let journal = read(&format!("journal?user_code={code}"));
    assert_eq!(
        (&journal[0]["effect"], &journal[1]["effect"]),
        (&json!("html"), &json!(null))
    );
    assert_eq!(
        read("faults").as_array().map(Vec::len),
        Some(ResponseFault::ALL.len())
    );
    assert!(read("secrets").to_string().contains(&token));
    assert_eq!(read("canary"), json!([]));

    let mut user = read("users")[0].clone();
    user["enabled"] = json!(false);
    control("users", user);
    assert_eq!(
        valid_request(&simulator, Operation::ListAccounts, &sign_in, &token)
            .send(url)
            .status,
        401
    );
    let removed = Request {
        method: "DELETE".into(),
        ..Request::get("/_simulator/users/Zo%C3%AB.O'Neil")
    };
    assert_eq!(removed.send(url).json()["removed"], true);

    let before = control("clock", json!({"advance_ms": 0})).json()["now"].as_i64();
    assert_eq!(
        control("clock", json!({"advance_ms": 5})).json()["now"].as_i64(),
        before.map(|now| now + 5)
    );
    let session = json!({"account_id": "111122223333", "role": "Deploy", "session_name": "x", "lifetime_ms": 1000});
    assert!(
        control("role-sessions", session)
            .member("accessKeyId")
            .starts_with("ASIA")
    );
    assert_eq!(
        control("expire", json!({"user": "ada.lovelace"})).status,
        200
    );
    for (path, body, status) in [
        ("rules", json!({"effect": {"fault": "x"}}), 400),
        ("deny", json!({}), 400),
        ("nothing", json!({}), 404),
    ] {
        assert_eq!(control(path, body).status, status, "{path}");
    }
    let browser = Request::get("/_simulator/secrets")
        .with("Origin", "http://evil.example")
        .send(url);
    assert_eq!(browser.status, 403);
}
