//! Request bodies: what routes accept, and what they refuse.

use crate::support::App;
use serde_json::json;

/// The routes that take a body, with their message about an invalid one.
const BODIES: [(&str, &str); 2] = [
    ("/api/auth/login", "Username and password are required"),
    ("/api/auth/set-password", "Invalid request body"),
];

#[tokio::test]
async fn invalid_body_returns_the_400_of_its_route() {
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
        // A repeated key is refused. Otherwise two readers could read different values from one body.
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
            let response = app
                .post(path)
                .header("content-type", "application/json")
                .body(body)
                .await;
            let found = (response.status, response.json()["message"].clone());
            assert_eq!(found, (400, json!(refusal)), "{path} {body}");
        }
        for bytes in [
            &b"{\"username\":\"a\",\"token\":\"a\",\"password\":\"\xff\"}"[..],
            b"\xff\xfe{\0}\0",
            b"\0",
        ] {
            let response = app
                .post(path)
                .header("content-type", "application/json")
                .body(bytes)
                .await;
            let found = (response.status, response.json()["message"].clone());
            assert_eq!(found, (400, json!(refusal)), "{path} {bytes:?}");
        }
    }
}

/// A JSON object of this many bytes, without any field of a route.
pub fn json_object(length: usize) -> String {
    format!(r#"{{"x":"{}"}}"#, "x".repeat(length - 8))
}

#[tokio::test]
async fn body_has_at_most_16_kib() {
    let app = App::shared();
    for (path, _) in BODIES {
        for (length, status) in [(16_384, 400), (16_385, 413), (1_000_000, 413)] {
            let request = app.post(path).header("content-type", "application/json");
            let response = request.body(json_object(length)).await;
            response.assert_status(status);
        }
    }
    let response = app.post("/api/auth/login").body(json_object(16_385)).await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    413
    {
      "success": false,
      "message": "Request body too large"
    }
    "#);
}

#[tokio::test]
async fn chunked_body_has_at_most_16_kib() {
    let app = App::shared();
    for (length, status) in [(16_384, "400"), (16_385, "413"), (200_000, "413")] {
        let mut request = b"POST /api/auth/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
            content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
        for chunk in json_object(length).as_bytes().chunks(1_000) {
            request.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
            request.extend(chunk);
            request.extend(b"\r\n");
        }
        request.extend(b"0\r\n\r\n");
        let response = String::from_utf8(app.send_raw(&request).await).unwrap();
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{length}: {response}"
        );
    }
}

#[tokio::test]
async fn content_length_with_chunks_is_ignored() {
    let app = App::shared();
    let body = json_object(1_000_000);
    let head = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        content-type: application/json\r\ncontent-length: 4\r\n";
    for (more, body, status) in [
        ("", body.clone(), "400"),
        // Chunks take precedence over a length (RFC 9112 §6.3). The runtime then hides the length.
        (
            "transfer-encoding: chunked\r\n",
            format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
            "413",
        ),
    ] {
        let request = format!("{head}{more}\r\n{body}");
        let response = String::from_utf8(app.send_raw(request.as_bytes()).await).unwrap();
        let start = format!("HTTP/1.1 {status} ");
        assert!(response.starts_with(&start), "{more}: {response}");
    }
}

#[tokio::test]
async fn body_of_another_media_type_returns_415() {
    let app = App::shared();
    let response = app.post("/api/auth/login").body("{}").await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
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
            let response = request.body("{}").await;
            assert_eq!(response.status, status, "{path} {media_type}");
        }
        // A request without a body needs no media type.
        app.post(path).await.assert_status(400);
    }
}

#[tokio::test]
async fn body_with_any_charset_or_a_byte_order_mark_is_accepted() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let body = ada.login_body().to_string();
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
        let response = request.await;
        assert_eq!(
            response.status,
            200,
            "{media_type} {mark:?}: {}",
            response.text()
        );
    }
}

#[tokio::test]
async fn body_with_a_content_encoding_returns_415() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for encoding in ["gzip", "br", "GZIP", "identity, gzip", "x"] {
        let request = ada.login();
        let response = request.header("content-encoding", encoding).await;
        response.assert_status(415);
        assert_eq!(response.header("accept-encoding"), Some("identity"));
        assert_eq!(response.error_code(), Some("unsupported_encoding"));
        assert_eq!(
            response.message(),
            "Content-Encoding is not supported",
            "{encoding}"
        );
    }
    for encoding in ["identity", "Identity"] {
        let request = ada.login();
        let response = request.header("content-encoding", encoding).await;
        response.assert_status(200);
    }
}

#[tokio::test]
async fn post_without_a_body_is_accepted_where_none_is_required() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    for path in ["/api/auth/refresh", "/api/auth/logout"] {
        let length = app
            .post(path)
            .bearer(&session)
            .header("content-length", "0")
            .await;
        length.assert_status(200);
        let typed = app
            .post(path)
            .bearer(&session)
            .header("content-type", "text/plain")
            .await;
        typed.assert_status(200);
    }
}
