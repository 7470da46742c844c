//! Bodies: shapes, depths, sizes, duplicate keys, encodings and values of every field, on every route, including those
//! without a body.

use super::{ALL_ROLES, Attempt, CANARY, Role, try_all};
use crate::support::Cases;
use crate::support::routes::{self, Route};
use std::collections::BTreeSet;

/// The fields of each route that takes a body, for each method of authentication. A field may have a text that it has in all
/// bodies in which another field has the value.
const FIELDS: [(&str, &[&str]); 34] = [
    ("authorization-request", &["request"]),
    ("sign-out-request", &["request"]),
    (
        "consent",
        &[
            "request",
            "decision=allow",
            "user=1b4e28ba-2fa1-41d2-883f-0016d3cca427",
            "scopes",
        ],
    ),
    (
        "bootstrap",
        &["secret", "username", "email", "name", "password"],
    ),
    ("login", &["username", "password"]),
    ("set-password", &["token", "password"]),
    ("token", &["client_id", "client_secret", "device_code"]),
    ("device-authorization", &["client_id", "client_secret"]),
    (
        "aws-login",
        &["access_key_id", "amz_date", "signature", "session_token"],
    ),
    ("change-password", &["current_password", "new_password"]),
    (
        "sign-in",
        &["method=password", "session=token", "username", "password"],
    ),
    (
        "sign-in",
        &[
            "method=aws_device",
            "session=token",
            "client_id",
            "client_secret",
            "device_code",
        ],
    ),
    ("step-up", &["method=password", "password"]),
    (
        "step-up",
        &[
            "method=aws_device",
            "client_id",
            "client_secret",
            "device_code",
        ],
    ),
    ("step-up", &["method=totp", "code"]),
    ("step-up", &["method=recovery_code", "code"]),
    ("sign-in/verify", &["method=totp", "pending", "code"]),
    (
        "sign-in/verify",
        &["method=recovery_code", "pending", "code"],
    ),
    ("sign-in/enrol", &["method=totp", "pending"]),
    ("totp/confirm", &["code"]),
    ("sign-in/passkey-options", &["pending"]),
    (
        "sign-in",
        &["method=passkey", "session=token", "state", "credential"],
    ),
    (
        "sign-in/verify",
        &["method=passkey", "pending", "state", "credential", "name"],
    ),
    ("sign-in/enrol", &["method=passkey", "pending"]),
    ("step-up", &["method=passkey", "state", "credential"]),
    ("passkeys", &["state", "credential", "name"]),
    ("forgot-password", &["username"]),
    ("change-email", &["email"]),
    ("confirm-email", &["secret"]),
    ("revert-email", &["secret"]),
    (
        "users",
        &[
            "username",
            "email",
            "name",
            "organization",
            "aws_region",
            "role",
        ],
    ),
    ("users/export", &["cursor", "limit"]),
    (
        "users/search",
        &[
            "term", "role", "active", "source", "sort", "order", "limit", "cursor",
        ],
    ),
    (
        "clients",
        &[
            "client_name",
            "token_endpoint_auth_method",
            "redirect_uris",
            "post_logout_redirect_uris",
            "grant_types",
            "scope",
            "jwks",
        ],
    ),
];

/// JSON values.
const VALUES: [&str; 40] = [
    "null",
    "true",
    "0",
    "-0",
    "-1",
    "1e400",
    "-1e-400",
    "9007199254740993",
    "18446744073709551616",
    "123456789012345678901234567890",
    "0.1e1",
    "[]",
    "{}",
    r#"["CANARY"]"#,
    r#"{"$ne":null}"#,
    r#"{"CANARY":1,"CANARY":2}"#,
    r#""""#,
    r#"" CANARY ""#,
    r#""CANARY""#,
    r#""\u0000CANARY""#,
    r#""CANARY\u0000""#,
    r#""\ud800CANARY""#,
    r#""\udc00\ud800""#,
    r#""\ud83d\udca9CANARY""#,
    r#""CANARY\r\nset-cookie: CANARY=1""#,
    r#""CANARY' OR '1'='1' --""#,
    r#""CANARY\"; DROP TABLE users; --""#,
    r#""CANARY' UNION SELECT password_hash FROM users --""#,
    r#""%00CANARY%ff""#,
    r#""../../../../CANARY""#,
    r#""<img src=x onerror=CANARY>""#,
    r#""${jndi:ldap://CANARY}""#,
    r#""{{CANARY}}""#,
    r#""CANARY@ехаmple.com""#,
    r#""аdminCANARY""#,
    r#""CANARY\u202egnp.exe""#,
    r#""CANARY\ufeff\u200b\u2060""#,
    r#""CANARYﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺ""#,
    r#""ſᏚıİCANARYẞ""#,
    r#""eyJhbGciOiJub25lIn0.CANARY.""#,
];

/// A body with this value in one field, and text in the others.
fn with(fields: &[&str], odd: &str, value: &str) -> String {
    let members: Vec<String> = fields
        .iter()
        .map(|field| {
            let (name, text) = field.split_once('=').unwrap_or((field, "x CANARY"));
            if *field == odd {
                format!(r#""{name}":{value}"#)
            } else {
                format!(r#""{name}":"{text}""#)
            }
        })
        .collect();
    format!("{{{}}}", members.join(","))
}

/// Texts that are long in bytes, in characters or when normalised.
fn long_texts() -> impl Iterator<Item = String> {
    let texts = [
        "x".repeat(1_024),
        "x".repeat(1_025),
        "x".repeat(8_193),
        "\u{301}".repeat(2_000),
        "ﷺ".repeat(1_000),
        "👩‍👩‍👧‍👦".repeat(100),
    ];
    texts.map(|text| format!("\"{CANARY}{text}\"")).into_iter()
}

async fn try_values(cases: Cases) -> usize {
    let values: Vec<String> = VALUES
        .map(str::to_owned)
        .into_iter()
        .chain(long_texts())
        .collect();
    let fields: Vec<_> = FIELDS
        .iter()
        .flat_map(|(name, fields)| fields.iter().map(move |field| (*name, *fields, *field)))
        .collect();
    let pairs = cases.pairs(&fields, &values);
    let mut count = 0;
    let names: BTreeSet<_> = FIELDS.iter().map(|(name, _)| *name).collect();
    for name in names {
        let own = pairs.iter().filter(|((route, ..), _)| *route == name);
        let attempts = own.map(|((_, fields, field), value)| {
            let path = format!("/api/auth/{name}");
            Attempt::new("POST", &path).json(with(fields, field, value))
        });
        let is_secured = [
            "change-password",
            "step-up",
            "change-email",
            "confirm-email",
            "totp/confirm",
            "passkeys",
            "authorization-request",
            "sign-out-request",
            "consent",
        ]
        .contains(&name);
        let role = if name == "clients" {
            Role::SuperAdmin
        } else if name.starts_with("users") {
            Role::Admin
        } else if is_secured {
            Role::User
        } else {
            Role::Anonymous
        };
        count += try_all(cases, attempts.collect(), &[role]).await;
    }
    count
}

#[tokio::test]
#[ignore = "slow"]
async fn any_value_of_a_field_gets_a_response() {
    let cases = Cases::of_this_run();
    let count = try_values(cases).await;
    assert!(count >= cases.number(41, 601), "{count}");
}

#[test]
fn fields_of_every_route_are_listed() {
    let mut routes = routes::all();
    // `users/update` and `clients/hostile` test the fields of PATCH.
    routes.retain(|route| route.takes_body() && route.method == "POST");
    let names = routes.iter().map(|route| route.template);
    let listed = FIELDS.map(|(name, _)| format!("/api/auth/{name}"));
    assert_eq!(
        names.collect::<BTreeSet<_>>(),
        listed.iter().map(String::as_str).collect()
    );
}

/// Bytes that are not a valid body of any route.
fn shapes() -> Vec<Vec<u8>> {
    let object = r#"{"username":"CANARY","password":"b","token":"a","client_id":"a","client_secret":"a","device_code":"a","#;
    let and = |rest: &str| format!("{object}{rest}").into_bytes();
    vec![
        Vec::new(),
        b" ".to_vec(),
        b"\0".to_vec(),
        b"CANARY".to_vec(),
        b"{".to_vec(),
        b"[[[[".to_vec(),
        b"\xff\xfe{\0}\0".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"\x1f\x8b\x08\0\0\0\0\0\0\0CANARY".to_vec(),
        b"username=CANARY&password=b".to_vec(),
        b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///CANARY\">]><a>&b;</a>"
            .to_vec(),
        and(r#""username":"CANARY"}"#),
        and(r#""\u0075sername":"CANARY"}"#),
        and(r#""x":{"y":1,"y":2}}"#),
        and(r#""__proto__":{"role":"super_admin"},"constructor":null}"#),
        and(r#""role":"super_admin","is_active":true,"sub":"CANARY"}"#),
        and(&format!(r#""x":{}{}}}"#, "[".repeat(15), "]".repeat(15))),
        and(&format!(r#""x":{}{}}}"#, "[".repeat(16), "]".repeat(16))),
        and(&format!(r#""x":{}}}"#, r#"{"a":"#.repeat(2_000))),
        and(&format!(r#""x":{}}}"#, "9".repeat(10_000))),
        and(&format!(
            r#""x":-0.{}e-{}}}"#,
            "0".repeat(1_000),
            "9".repeat(1_000)
        )),
        and(&format!(r#""{}":1}}"#, CANARY.repeat(1_000))),
        "[".repeat(16_000).into_bytes(),
        vec![0xff; 16_384],
        vec![b' '; 16_384],
        vec![b'{'; 16_385],
        vec![b'x'; 200_000],
    ]
}

const TYPES: [&str; 12] = [
    "application/json",
    "application/json; charset=utf-7",
    "application/json;charset=\"utf-8\"; CANARY=\"",
    "APPLICATION/JSON ;",
    "application/json, application/json",
    "application/jsonCANARY",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=CANARY",
    "multipart/form-data",
    "application/xml",
    "/",
];

async fn try_shapes(cases: Cases) -> usize {
    let pairs = cases.pairs(&routes::all(), &shapes()).into_iter();
    // An empty body is valid for /aws-login: a request without a proof signs in with the service credentials.
    let attempts = pairs
        .filter(|(route, shape)| !shape.is_empty() || !route.template.ends_with("/aws-login"))
        .map(|(route, shape)| Attempt::of(&route).json(shape))
        .collect();
    try_all(cases, attempts, &[Role::Anonymous, Role::Admin]).await
}

#[tokio::test]
async fn body_of_any_shape_gets_a_response() {
    let cases = Cases::of_this_run();
    // A sample contains each shape and each route.
    let sample = shapes().len().max(routes::all().len());
    let count = try_shapes(cases).await;
    cases.assert_tried(count, sample, 900);
}

async fn try_media_types(cases: Cases) -> usize {
    let mut routes = routes::all();
    routes.retain(Route::takes_body);
    let bodies = Cases::All.pairs(&TYPES, &["{}", "CANARY"]);
    let pairs = cases.pairs(&routes, &bodies).into_iter();
    let attempts = pairs.map(|(route, (media_type, body))| {
        let attempt = Attempt::of(&route).header("content-type", media_type);
        attempt.body(body)
    });
    try_all(cases, attempts.collect(), &ALL_ROLES).await
}

#[tokio::test]
async fn body_of_any_media_type_gets_a_response() {
    let cases = Cases::of_this_run();
    // A sample contains each body of each type and each route.
    let routes = routes::all().into_iter().filter(Route::takes_body);
    let sample = (TYPES.len() * 2).max(routes.count());
    let count = try_media_types(cases).await;
    cases.assert_tried(count, sample, 700);
}
