//! Headers that the service reads, with values that are too long, too many, invalid or meant for other services.

use super::{Attempt, CANARY, Role, try_all};
use crate::support::Cases;
use crate::support::routes::{self, Route};

fn values() -> Vec<(&'static str, Vec<u8>)> {
    let long = CANARY.repeat(1_000);
    let very_long = CANARY.repeat(2_500);
    let mut values: Vec<(&'static str, Vec<u8>)> = Vec::new();
    let mut add = |name, list: &[&[u8]]| {
        values.extend(list.iter().map(|value| (name, value.to_vec())));
    };
    add(
        "authorization",
        &[
            b"",
            b"Bearer",
            b"Bearer CANARY",
            b"Bearer CANARY.CANARY.CANARY",
            b"Bearer \xff\xfe",
            b"Bearer \"CANARY\"",
            b"Bearer ' OR '1'='1",
            b"Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..",
            b"Bearer ........................",
            b"Basic Q0FOQVJZ",
            b"\xe2\x80\x8bBearer CANARY",
            format!("Bearer {long}").as_bytes(),
            format!("Bearer {very_long}").as_bytes(),
        ],
    );
    add(
        "cookie",
        &[
            b"edge-auth-device=CANARY",
            b"edge-auth-device=",
            b"edge-auth-device=\xff\xff; edge-auth-device=CANARY",
            b"__Host-edge-auth-device=CANARY",
            b"=;=;=;;;;CANARY",
            format!("edge-auth-device={long}").as_bytes(),
            format!("edge-auth-device={}", "A".repeat(8_193)).as_bytes(),
            "a=b; ".repeat(1_500).as_bytes(),
        ],
    );
    add(
        "user-agent",
        &[
            b"",
            b"CANARY",
            b"\xf0\x9f\x92\xa9\xff CANARY",
            b"<script>CANARY</script>",
            "\u{202e}yranac".as_bytes(),
            long.as_bytes(),
        ],
    );
    add(
        "origin",
        &[
            b"null",
            b"https://CANARY.example",
            b"https://app.example.com.CANARY.example",
            b"https://app.example.com\xff",
            b"*",
            long.as_bytes(),
        ],
    );
    add(
        "prefer",
        &[
            b"wait=0, CANARY",
            b"wait=-1",
            b"wait=99999999999999999999",
            b"wait=\xff",
            b"wait=\"CANARY\"",
            b"wait=1,wait=2",
            long.as_bytes(),
        ],
    );
    add(
        "cf-connecting-ip",
        &[
            b"",
            b"CANARY",
            b"::",
            b"999.1.1.1",
            b"1.2.3.4, CANARY",
            b"\xff",
        ],
    );
    add("cf-ray", &[b"", b"CANARY", b"\xff\xfe", long.as_bytes()]);
    add("x-forwarded-for", &[b"127.0.0.1", b"CANARY"]);
    add("x-forwarded-proto", &[b"https", b"CANARY"]);
    add("x-http-method-override", &[b"DELETE", b"CANARY"]);
    add("x-original-url", &[b"/api/auth/audit", b"/CANARY"]);
    add("content-encoding", &[b"gzip", b"CANARY"]);
    add("accept", &[b"text/html", b"CANARY/CANARY", b"\xff"]);
    add("accept-encoding", &[b"CANARY;q=2"]);
    add("if-none-match", &[b"*", b"\"CANARY\""]);
    add("range", &[b"bytes=0-0", b"CANARY"]);
    add("content-type", &[b"text/html; CANARY", b"\xff", b";;;;="]);
    add("upgrade-insecure-requests", &[b"CANARY"]);
    values
}

async fn try_header_values(cases: Cases) -> usize {
    let attempt = |(route, (name, value)): (Route, (&'static str, Vec<u8>))| {
        let base = if route.takes_body() {
            let body = r#"{"username":"CANARY","password":"x","token":"x","client_id":"x","client_secret":"x",
                "device_code":"x","current_password":"x","new_password":"x"}"#;
            Attempt::of(&route).json(body)
        } else {
            Attempt::of(&route)
        };
        base.header(name, value)
    };
    let pairs = cases.pairs(&routes::all(), &values());
    let attempts = pairs.into_iter().map(attempt).collect();
    try_all(cases, attempts, &[Role::SuperAdmin]).await
}

#[tokio::test]
async fn any_header_value_gets_a_response() {
    let cases = Cases::of_this_run();
    let count = try_header_values(cases).await;
    let sample = values().len().max(routes::all().len());
    cases.assert_tried(count, sample, 900);
}
