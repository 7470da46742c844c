//! Bodies: what a route that takes one reads, and what it refuses.

use crate::support::App;
use serde_json::json;

/// The routes that take a body, with what they say to a bad one.
const BODIES: [(&str, &str); 2] = [
    ("/api/auth/login", "Username and password are required"),
    ("/api/auth/set-password", "Invalid request body"),
];

#[tokio::test]
async fn what_is_no_body_of_the_route_is_400_with_the_routes_text() {
    let app = App::shared();
    let deep = format!(
        r#"{{"username":"a","token":"a","password":"b","x":{}{}}}"#,
        "[".repeat(16),
        "]".repeat(16)
    );
    let very_deep = "[".repeat(16_000);
    let bodies = [
        "",
        " ",
        "null",
        "true",
        "1",
        r#""text""#,
        "[]",
        "{}",
        "{",
        "}",
        r#"{"username":"a","token":"a"}"#,
        r#"{"password":"b"}"#,
        r#"{"username":null,"token":null,"password":"b"}"#,
        r#"{"username":1,"token":1,"password":"b"}"#,
        r#"{"username":"a","token":"a","password":1}"#,
        r#"{"username":"a","token":"a","password":["b"]}"#,
        r#"{"username":{},"token":{},"password":"b"}"#,
        r#"{"Username":"a","Token":"a","Password":"b"}"#,
        r#"[{"username":"a","token":"a","password":"b"}]"#,
        r#"["a","b"]"#,
        // A key twice: two readers of one body must not see two things.
        r#"{"username":"a","token":"a","password":"b","password":"b"}"#,
        r#"{"username":"a","token":"a","password":"b","p\u0061ssword":"c"}"#,
        r#"{"username":"a","token":"a","password":"b","x":{"y":1,"y":2}}"#,
        r#"{"username":"a","token":"a","password":"b"} x"#,
        r#"{"username":"a","token":"a","password":"b"}{}"#,
        r#"{"username":"a","token":"a","password":"b",}"#,
        r"{'username':'a','token':'a','password':'b'}",
        r#"{"username":"a","token":"a","password":"\ud800"}"#,
        r#"{"username":"a","token":"a","password":"b","x":01}"#,
        r#"{"username":"a","token":"a","password":"b","x":NaN}"#,
        "\u{feff}\u{feff}{\"username\":\"a\",\"token\":\"a\",\"password\":\"b\"}",
        "username=a&password=b",
        &deep,
        &very_deep,
    ];
    for (path, refusal) in BODIES {
        for body in bodies {
            let reply = app
                .post(path)
                .header("content-type", "application/json")
                .body(body)
                .send()
                .await;
            let answer = (reply.status, reply.json()["message"].clone());
            assert_eq!(answer, (400, json!(refusal)), "{path} {body}");
        }
        for bytes in [
            &b"{\"username\":\"a\",\"token\":\"a\",\"password\":\"\xff\"}"[..],
            b"\xff\xfe{\0}\0",
            b"\0",
        ] {
            let reply = app
                .post(path)
                .header("content-type", "application/json")
                .body(bytes)
                .send()
                .await;
            let answer = (reply.status, reply.json()["message"].clone());
            assert_eq!(answer, (400, json!(refusal)), "{path} {bytes:?}");
        }
    }
}

#[tokio::test]
async fn an_empty_username_or_password_is_a_missing_one() {
    let app = App::shared();
    for (username, password) in [("", "b"), ("a", ""), ("", "")] {
        let body = json!({ "username": username, "password": password });
        let reply = app.post("/api/auth/login").json(&body).send().await;
        reply.assert_status(400);
        assert_eq!(
            reply.json()["message"],
            "Username and password are required"
        );
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let mut body = ada.login();
    body["role"] = json!("super_admin");
    body["remember"] = json!({ "me": [true, null, 1.5e300, { "deep": [[[]]] }] });
    let reply = app.post("/api/auth/login").json(&body).send().await;
    reply.assert_status(200);
    assert_eq!(reply.json()["user"]["role"], "user");
}

/// A JSON object of exactly this many bytes, with nothing that a route wants.
fn object(length: usize) -> String {
    format!(r#"{{"x":"{}"}}"#, "x".repeat(length - 8))
}

#[tokio::test]
async fn a_body_has_at_most_16_kib() {
    let app = App::shared();
    for (path, _) in BODIES {
        for (length, status) in [(16_384, 400), (16_385, 413), (1_000_000, 413)] {
            let request = app.post(path).header("content-type", "application/json");
            let reply = request.body(object(length)).send().await;
            reply.assert_status(status);
        }
    }
    let reply = app
        .post("/api/auth/login")
        .body(object(16_385))
        .send()
        .await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    413
    {
      "success": false,
      "message": "Request body too large"
    }
    "#);
}

#[tokio::test]
async fn a_body_that_does_not_say_how_long_it_is_has_at_most_16_kib() {
    let app = App::shared();
    for (length, status) in [(16_384, "400"), (16_385, "413"), (200_000, "413")] {
        let mut request = b"POST /api/auth/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
            content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
        for chunk in object(length).as_bytes().chunks(1_000) {
            request.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
            request.extend(chunk);
            request.extend(b"\r\n");
        }
        request.extend(b"0\r\n\r\n");
        let reply = String::from_utf8(app.send_raw(&request).await).unwrap();
        assert!(
            reply.starts_with(&format!("HTTP/1.1 {status} ")),
            "{length}: {reply}"
        );
    }
}

#[tokio::test]
async fn a_length_is_believed_only_where_it_ends_the_body() {
    let app = App::shared();
    let body = object(1_000_000);
    let head = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        content-type: application/json\r\ncontent-length: 4\r\n";
    for (more, body, status) in [
        ("", body.clone(), "400"),
        // Chunks go before a length (RFC 9112 §6.3), which the runtime does not show then.
        (
            "transfer-encoding: chunked\r\n",
            format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
            "413",
        ),
    ] {
        let request = format!("{head}{more}\r\n{body}");
        let reply = String::from_utf8(app.send_raw(request.as_bytes()).await).unwrap();
        let start = format!("HTTP/1.1 {status} ");
        assert!(reply.starts_with(&start), "{more}: {reply}");
    }
}

#[tokio::test]
async fn another_workers_length_is_not_believed() {
    let app = App::shared();
    for (length, body, status) in [
        (16_384, object(16_384), 400),
        (16_384, object(16_385), 413),
        (4, object(1_000_000), 413),
        (16_385, object(9), 413),
        (9, object(9), 400),
        // Less than was said.
        (100, object(9), 400),
    ] {
        let request = app
            .post("/api/auth/login")
            .header("x-test-relay", app.elsewhere(1))
            .header("x-test-content-length", length.to_string())
            .header("content-type", "application/json")
            .body(body);
        request.send().await.assert_status(status);
    }
}

#[tokio::test]
async fn a_body_is_sent_as_json() {
    let app = App::shared();
    let reply = app.post("/api/auth/login").body("{}").send().await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    415
    {
      "success": false,
      "message": "Content-Type must be application/json"
    }
    "#);
    for (path, _) in BODIES {
        for (media_type, status) in [
            ("application/json", 400),
            ("Application/JSON", 400),
            ("application/json; charset=utf-8", 400),
            ("application/json;charset=\"UTF-8\"", 400),
            ("application/json; charset=utf8", 400),
            ("application/json; charset=iso-8859-1", 400),
            ("application/json; charset", 400),
            ("application/json; version=2", 400),
            ("application/jsonp", 415),
            ("application/ld+json", 415),
            ("text/json", 415),
            ("text/plain", 415),
            ("application/x-www-form-urlencoded", 415),
            ("multipart/form-data; boundary=x", 415),
            ("application/json, text/plain", 415),
            ("", 415),
        ] {
            let request = app.post(path).header("content-type", media_type);
            let reply = request.body("{}").send().await;
            assert_eq!(reply.status, status, "{path} {media_type}");
        }
        // Without a body there is no type to name.
        app.post(path).send().await.assert_status(400);
    }
}

#[tokio::test]
async fn login_with_any_charset_parameter_or_a_byte_order_mark_returns_200() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let body = ada.login().to_string();
    for (media_type, mark) in [
        ("application/json; charset=utf8", ""),
        ("application/json;charset=\"utf8\"", ""),
        ("application/json; charset=us-ascii", ""),
        ("application/json", "\u{feff}"),
    ] {
        let request = app
            .post("/api/auth/login")
            .header("content-type", media_type)
            .body(format!("{mark}{body}"));
        let reply = request.send().await;
        assert_eq!(reply.status, 200, "{media_type} {mark:?}: {}", reply.text());
    }
}

#[tokio::test]
async fn body_with_a_content_encoding_returns_415_that_names_identity() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    for encoding in ["gzip", "br", "GZIP", "identity, gzip", "x"] {
        let request = app.post("/api/auth/login").json(&ada.login());
        let reply = request.header("content-encoding", encoding).send().await;
        reply.assert_status(415);
        assert_eq!(reply.header("accept-encoding"), Some("identity"));
        assert_eq!(
            reply.header("edge-auth-error"),
            Some("unsupported_encoding")
        );
        assert_eq!(
            reply.json()["message"],
            "Content-Encoding is not supported",
            "{encoding}"
        );
    }
    for encoding in ["identity", "Identity"] {
        let request = app.post("/api/auth/login").json(&ada.login());
        let reply = request.header("content-encoding", encoding).send().await;
        reply.assert_status(200);
    }
}

#[tokio::test]
async fn a_post_without_a_body_is_fine_where_none_is_asked_for() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    for path in ["/api/auth/refresh", "/api/auth/logout"] {
        let length = app
            .post(path)
            .bearer(&token)
            .header("content-length", "0")
            .send()
            .await;
        length.assert_status(200);
        let typed = app
            .post(path)
            .bearer(&token)
            .header("content-type", "text/plain")
            .send()
            .await;
        typed.assert_status(200);
    }
}
