//! The approval page, its curl line, and the control path.

use crate::wire::{Ask, SignIn, good, start};
use aws_simulator::{Misbehaviour, Operation};
use serde_json::json;

fn approve(user_code: &str, person: &str) -> Ask {
    Ask::post("/approve", format!("user_code={user_code}&person={person}"))
}

#[test]
fn the_page_shows_the_code_and_who_asks() {
    let simulator = start();
    let url = simulator.url();
    let name = r#"{"clientName":"<script>x</script>","clientType":"public"}"#;
    let mut sign_in = SignIn::start(&simulator);
    sign_in.client = Ask::post("/client/register", name).send(url).json();
    sign_in.device = sign_in.authorization(&simulator).send(url).json();
    let complete = sign_in.device["verificationUriComplete"]
        .as_str()
        .expect("a URL");
    let page = Ask::get(complete.trim_start_matches(url)).send(url);
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
    let form = Ask::post(
        "/approve",
        format!(
            "user_code={}&person=Zo%C3%AB.O%27Neil&decision=approve",
            sign_in.user_code()
        ),
    )
    .with("Accept", "text/html")
    .with("Origin", url);
    assert!(form.send(url).text().contains("approved as Zoë.O&#39;Neil"));
    assert!(!sign_in.poll().send(url).member("accessToken").is_empty());
    assert_eq!(
        Ask::get(complete.trim_start_matches(url)).send(url).status,
        404,
        "decided"
    );
    assert_eq!(Ask::get("/device?user_code=%3Cb%3E").send(url).status, 404);
    assert!(
        Ask::get("/device")
            .send(url)
            .text()
            .contains("<input name=\"user_code\"")
    );
}

#[test]
fn one_curl_line_decides() {
    let simulator = start();
    let url = simulator.url();
    let sign_in = SignIn::start(&simulator);
    let code = sign_in.user_code();
    let other = approve(code, "ada.lovelace")
        .with("Origin", "https://evil.example")
        .send(url);
    assert_eq!(other.status, 403);
    for (ask, expected) in [
        (approve(code, "no.one"), "nobody of that name"),
        (
            approve("QQQQ-QQQQ", "ada.lovelace"),
            "no device shows this code",
        ),
        (
            Ask::post("/approve", format!("user_code={code}")),
            "person is missing",
        ),
        (Ask::post("/approve", "person=x"), "user_code is missing"),
    ] {
        let answer = ask.send(url);
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains(expected), "{}", answer.text());
    }
    let loose = code.to_lowercase().replace('-', "");
    assert_eq!(approve(&loose, "ADA.lovelace").send(url).status, 200);
    assert!(
        approve(code, "ada.lovelace")
            .send(url)
            .text()
            .contains("decided before")
    );
    let denied = SignIn::start(&simulator);
    Ask::post(
        "/approve",
        format!("user_code={}&decision=deny", denied.user_code()),
    )
    .send(url);
    assert_eq!(denied.poll().send(url).member("error"), "access_denied");
}

#[test]
fn the_control_path_does_what_the_library_does() {
    let simulator = start();
    let url = simulator.url();
    let control = |path: &str, body: serde_json::Value| {
        Ask::post(format!("/_simulator/{path}"), body.to_string()).send(url)
    };
    let read = |path: &str| Ask::get(format!("/_simulator/{path}")).send(url).json();
    let sign_in = SignIn::start(&simulator);
    let code = sign_in.user_code();
    let rule = json!({"effect": {"misbehaviour": "html"}, "operation": "CreateToken", "only": {"user_code": code}, "times": 1});
    assert_eq!(control("rules", rule.clone()).json()["rule"], 1);
    assert_eq!(read("rules")[0][1], rule);
    assert_eq!(
        control(
            "approve",
            json!({"user_code": code, "person": "ada.lovelace"})
        )
        .status,
        200
    );
    assert!(sign_in.poll().send(url).text().contains("<h1>"));
    let token = sign_in.poll().send(url).member("accessToken");
    assert!(!token.is_empty(), "what misbehaved redeemed nothing");
    let journal = read(&format!("journal?user_code={code}"));
    assert_eq!(
        (&journal[0]["effect"], &journal[1]["effect"]),
        (&json!("html"), &json!(null))
    );
    assert_eq!(
        read("misbehaviours").as_array().map(Vec::len),
        Some(Misbehaviour::ALL.len())
    );
    assert!(read("secrets").to_string().contains(&token));
    assert_eq!(read("canary"), json!([]));

    let mut person = read("people")[0].clone();
    person["enabled"] = json!(false);
    control("people", person);
    assert_eq!(
        good(&simulator, Operation::ListAccounts, &sign_in, &token)
            .send(url)
            .status,
        401
    );
    let removed = Ask {
        method: "DELETE".into(),
        ..Ask::get("/_simulator/people/Zo%C3%AB.O'Neil")
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
        control("expire", json!({"person": "ada.lovelace"})).status,
        200
    );
    for (path, body) in [
        ("rules", json!({"effect": {"misbehaviour": "x"}})),
        ("nothing", json!({})),
        ("deny", json!({})),
    ] {
        assert_eq!(control(path, body).status, 400, "{path}");
    }
    let browser = Ask::get("/_simulator/secrets")
        .with("Origin", "http://evil.example")
        .send(url);
    assert_eq!(browser.status, 403);
}
