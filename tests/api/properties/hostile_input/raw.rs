//! Bytes that no client library sends, over separate connections. The runtime rejects some of them. A request that
//! reaches the Worker gets a response like any other request.

use self::Expected::{Runtime, Worker};
use super::{CANARY, assert_not_logged, check_raw, next, replace, service};
use crate::support::App;
use tokio::task::JoinSet;

/// The response that a request must get.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// The Worker responds with one of these statuses.
    Worker(&'static [u16]),
    /// The runtime rejects it or closes the connection. If the Worker receives it, any documented error.
    Runtime,
}

/// Request lines and headers, each ended by CRLF.
const HEADS: [(&str, Expected); 47] = [
    // Dot segments are resolved, as in browsers, before the path is read, so both paths lead to the same route.
    ("GET /api/auth/../auth/me HTTP/1.1", Worker(&[401, 404])),
    ("GET /api/auth/./me HTTP/1.1", Worker(&[401, 404])),
    ("GET /api/auth/x/../me HTTP/1.1", Worker(&[401, 404])),
    ("GET /api/auth/x/%2e%2e/me HTTP/1.1", Worker(&[401, 404])),
    ("GET /api/auth/.%2e/auth/me HTTP/1.1", Worker(&[401, 404])),
    ("GET /../../../etc/passwd HTTP/1.1", Worker(&[404])),
    ("GET /api/auth\\me HTTP/1.1", Worker(&[401, 404])),
    ("GET \\api\\auth\\me HTTP/1.1", Runtime),
    ("GET //CANARY.example/api/auth/me HTTP/1.1", Worker(&[404])),
    ("GET http://CANARY.example/api/auth/me HTTP/1.1", Runtime),
    ("GET https://user:CANARY@x/api/auth/me HTTP/1.1", Runtime),
    ("GET api/auth/me HTTP/1.1", Runtime),
    ("GET * HTTP/1.1", Runtime),
    ("OPTIONS * HTTP/1.1", Runtime),
    ("CONNECT CANARY.example:443 HTTP/1.1", Runtime),
    ("GET /api/auth/me#CANARY HTTP/1.1", Worker(&[401, 404])),
    ("GET /api/auth/me?#?CANARY HTTP/1.1", Worker(&[401, 404])),
    (
        "GET /api/auth/me%0d%0aset-cookie:CANARY HTTP/1.1",
        Worker(&[404]),
    ),
    ("GET /api/auth/me\tHTTP/1.1", Runtime),
    ("GET  /api/auth/me  HTTP/1.1", Runtime),
    ("GET /api/auth/me", Runtime),
    ("GET /api/auth/me HTTP/0.9", Runtime),
    ("GET /api/auth/me HTTP/1.0", Runtime),
    ("GET /api/auth/me HTTP/2.0", Runtime),
    ("GET /api/auth/me HTTP/9.CANARY", Runtime),
    ("get /api/auth/me HTTP/1.1", Runtime),
    ("Post /api/auth/logout HTTP/1.1", Runtime),
    ("TRACK /api/auth/me HTTP/1.1", Runtime),
    ("CANARY /api/auth/me HTTP/1.1", Runtime),
    ("\0GET /api/auth/me HTTP/1.1", Runtime),
    ("GET /api/auth/\0me HTTP/1.1", Runtime),
    ("GET /api/auth/me HTTP/1.1\rset-cookie: CANARY", Runtime),
    (
        "GET /api/auth/me HTTP/1.1\nauthorization: Bearer CANARY",
        Runtime,
    ),
    (
        "GET /api/auth/me HTTP/1.1\r\nauthorization: Bearer CANARY\r\nauthorization: Bearer b",
        Worker(&[401]),
    ),
    (
        "GET /api/auth/me HTTP/1.1\r\nauthorization: Bearer CANARY\r\n folded",
        Runtime,
    ),
    (
        "GET /api/auth/me HTTP/1.1\r\nauthorization : Bearer CANARY",
        Runtime,
    ),
    (
        "GET /api/auth/me HTTP/1.1\r\nauthorization: Bearer CAN\rARY",
        Runtime,
    ),
    (
        "GET /api/auth/me HTTP/1.1\r\nauthorization: Bearer CAN\0ARY",
        Runtime,
    ),
    ("GET /api/auth/me HTTP/1.1\r\n: CANARY", Runtime),
    ("GET /api/auth/me HTTP/1.1\r\nCANARY", Runtime),
    ("GET /api/auth/me HTTP/1.1\r\nhost: CANARY.example", Runtime),
    (
        "POST /api/auth/logout HTTP/1.1\r\ncontent-length: 0\r\ncontent-length: 5",
        Runtime,
    ),
    (
        "POST /api/auth/logout HTTP/1.1\r\ncontent-length: -1",
        Runtime,
    ),
    (
        "POST /api/auth/logout HTTP/1.1\r\ncontent-length: 99999999999999999999",
        Runtime,
    ),
    (
        "POST /api/auth/logout HTTP/1.1\r\ntransfer-encoding: CANARY",
        Runtime,
    ),
    (
        "POST /api/auth/logout HTTP/1.1\r\ncontent-length: 4\r\ntransfer-encoding: chunked",
        Runtime,
    ),
    (
        "POST /api/auth/logout HTTP/1.1\r\nexpect: CANARY\r\ncontent-length: 0",
        Runtime,
    ),
];

/// Bodies of a sign-in behind `transfer-encoding: chunked`.
const CHUNKS: [&str; 9] = [
    "0\r\n\r\n",
    "2\r\n{}\r\n0\r\n\r\n",
    "2;CANARY=x\r\n{}\r\n0\r\n\r\n",
    "2\r\n{}\r\n0\r\nset-cookie: CANARY\r\n\r\n",
    "ffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "-2\r\n{}\r\n0\r\n\r\n",
    "2\r\n{}XX0\r\n\r\n",
    "zz\r\n{}\r\n",
    "100\r\n{\"username\":\"CANARY",
];

#[tokio::test]
async fn any_bytes_get_a_response_or_are_rejected_by_the_runtime() {
    let app = service();
    let mut attempts: Vec<(Vec<u8>, Expected)> = HEADS
        .iter()
        .map(|(head, expected)| {
            let host = if head.contains("host:") {
                ""
            } else {
                "host: x\r\n"
            };
            (format!("{head}\r\n{host}").into_bytes(), *expected)
        })
        .collect();
    for bytes in [
        &b"\xff\xfe"[..],
        b"\x80",
        b"\xc0\xaf",
        "é".as_bytes(),
        b"\x7f",
    ] {
        for (before, after) in [
            ("GET /api/auth/", "me HTTP/1.1\r\nhost: x\r\n"),
            ("GET /api/auth/me?", " HTTP/1.1\r\nhost: x\r\n"),
            (
                "GET /api/auth/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ",
                "CANARY\r\n",
            ),
            ("GET /api/auth/me HTTP/1.1\r\nhost: x\r\n", "CANARY: x\r\n"),
            ("G", "ET /api/auth/me HTTP/1.1\r\nhost: x\r\n"),
        ] {
            attempts.push((
                [before.as_bytes(), bytes, after.as_bytes()].concat(),
                Runtime,
            ));
        }
    }
    for chunks in CHUNKS {
        let head = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                    transfer-encoding: chunked\r\n";
        attempts.push((head.into(), Runtime));
        if let Some((bytes, _)) = attempts.last_mut() {
            bytes.extend_from_slice(b"BODY");
            bytes.extend_from_slice(chunks.as_bytes());
        }
    }
    // Where the runtime waits for more bytes, `send_raw` waits for two seconds.
    let mut tasks = JoinSet::new();
    for (attempt, expected) in attempts {
        let app = app.clone();
        tasks.spawn(async move { usize::from(has_response(&app, &attempt, expected).await) });
    }
    let responses: usize = tasks.join_all().await.iter().sum();
    assert!(responses > 20, "{responses}");
    assert_not_logged(&app);
    app.anonymous().health().await.assert_status(200);
}

/// Sends an attempt. Returns whether the Worker responded.
async fn has_response(app: &App, attempt: &[u8], expected: Expected) -> bool {
    let number = next();
    let (name, canary) = (app.next_request(), format!("canary{number:06}"));
    let own = format!(
        "x-test-request: {name}\r\ncf-connecting-ip: {}\r\nconnection: close\r\n\r\n",
        app.other_ip(number)
    );
    let mut bytes = replace(attempt, CANARY.as_bytes(), canary.as_bytes());
    if bytes.windows(4).any(|part| part == b"BODY") {
        bytes = replace(&bytes, b"BODY", own.as_bytes());
    } else {
        bytes.extend_from_slice(own.as_bytes());
    }
    let response = app.send_raw(&bytes).await;
    let what = String::from_utf8_lossy(&bytes).into_owned();
    let status = check_raw(&response, &canary, &what);
    if let Worker(statuses) = expected {
        assert!(
            status.is_some_and(|it| statuses.contains(&it)),
            "{what}\n{}",
            String::from_utf8_lossy(&response)
        );
    }
    app.recorded(&name).await;
    status.is_some()
}
