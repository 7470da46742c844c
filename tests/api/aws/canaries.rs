//! No secret of AWS in any reply, log line, D1 row or KV value, in whatever spelling.

use super::{AWS_LOGIN, Alone, directory};
use aws_simulator::{Config, Operation, ResponseFault, Rule};
use base64ct::{Base64, Base64Url, Encoding};
use std::fmt::Write;

/// A secret as it may be spelled: raw, hex, URL-encoded, and base64 wherever in a longer text it begins.
fn spellings(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut hex = String::new();
    let mut percent = String::new();
    for byte in bytes {
        write!(hex, "{byte:02x}").unwrap();
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            percent.push(char::from(*byte));
        } else {
            write!(percent, "%{byte:02X}").unwrap();
        }
    }
    let mut all = vec![secret.to_owned(), hex.to_uppercase(), hex, percent];
    for offset in 0..3 {
        let padded = [&b"xx"[..offset.min(2)], bytes].concat();
        // Filter the letters that the secret alone decides.
        let whole = padded.len() / 3 * 4;
        let from = if offset == 0 { 0 } else { 4 };
        for text in [
            Base64::encode_string(&padded),
            Base64Url::encode_string(&padded),
        ] {
            all.push(text[from..whole].to_owned());
        }
    }
    all
}

#[test]
fn spellings_are_found() {
    let secret = "a/secret+of==AWS";
    let texts = [
        format!("x{secret}y"),
        Base64::encode_string(format!("ab{secret}").as_bytes()),
        Base64Url::encode_string(format!("a{secret}zzz").as_bytes()),
        Base64::encode_string(secret.as_bytes()),
        "612f7365637265742b6f663d3d415753".into(),
        "q=a%2Fsecret%2Bof%3D%3DAWS".into(),
    ];
    for text in texts {
        assert!(
            spellings(secret)
                .iter()
                .any(|spelled| text.contains(spelled)),
            "{text}"
        );
    }
    assert!(
        !spellings(secret)
            .iter()
            .any(|spelled| "a/secret+of".contains(spelled))
    );
}

/// Those that a sign-in writes to.
const TABLES: [&str; 6] = [
    "users",
    "sessions",
    "used_proofs",
    "password_links",
    "audit",
    "audit_clients",
];

#[tokio::test]
async fn no_secret_of_aws_leaves_the_worker() {
    let alone = Alone::new(Config::default(), |simulator| {
        directory(simulator).set("AWS_LOGIN", "app,proof")
    });
    let (app, simulator) = (&alone.app, &alone.simulator);
    let mut told = String::new();
    let mut tell = |reply: &crate::support::Reply| {
        write!(told, "{:?}\n{}\n", reply.headers, reply.text()).unwrap();
    };

    let mut flows = Vec::new();
    for person in [
        "ada.lovelace",
        "grace.hopper@example.com",
        "Zoë.O'Neil",
        "alan-turing",
        "nobody",
    ] {
        flows.push((person, None));
    }
    for operation in [
        Operation::CreateToken,
        Operation::GetRoleCredentials,
        Operation::GetCallerIdentity,
        Operation::DescribeUser,
        Operation::Logout,
    ] {
        for misbehaviour in [
            ResponseFault::TrailingText,
            ResponseFault::InternalError,
            ResponseFault::WrongTypes,
        ] {
            flows.push(("ada.lovelace", Some(Rule::new(misbehaviour).on(operation))));
        }
    }
    for (person, rule) in flows {
        let reply = app.post(super::REGISTER).send().await;
        tell(&reply);
        let client = super::Client {
            id: super::text(&reply.json(), "client_id"),
            secret: super::text(&reply.json(), "client_secret"),
            expiration: super::text(&reply.json(), "expiration"),
        };
        let reply = app.try_authorize(&client).await;
        tell(&reply);
        let device = super::Device {
            client,
            code: super::text(&reply.json(), "device_code"),
            user_code: super::text(&reply.json(), "user_code"),
        };
        simulator.approve(&device.user_code, person).unwrap();
        let rule = rule.map(|rule| simulator.add_rule(rule.matching(device.line())).unwrap());
        let reply = app.token(&device).await;
        reply.seen().await;
        tell(&reply);
        if let Some(rule) = rule {
            simulator.remove_rule(rule);
        }
        if reply.status == 200 {
            let token = super::text(&reply.json(), "access_token");
            for path in ["/api/auth/validate", "/api/auth/me"] {
                let reply = app.get(path).bearer(&token).send().await;
                reply.assert_status(200).seen().await;
                tell(&reply);
            }
        }
    }
    let reply = app.post(AWS_LOGIN).send().await;
    reply.assert_status(200).seen().await;
    tell(&reply);

    let mut places = vec![("replies", told)];
    places.push(("log", format!("{:?}", app.server().logs())));
    let mut kept = String::new();
    for table in TABLES {
        let rows = app
            .control(
                "sql",
                serde_json::json!({ "sql": format!("SELECT * FROM {table}"), "params": [] }),
            )
            .await;
        writeln!(kept, "{rows}").unwrap();
    }
    assert!(kept.contains("ada.lovelace"));
    places.push(("D1", kept));
    let mut values = String::new();
    for key in app.kv_list("").await {
        let value = app.kv_get(&key).await.unwrap_or_default();
        writeln!(values, "{key} {value}").unwrap();
    }
    assert!(values.contains("aws-client:us-east-1") && values.contains("session:"));
    places.push(("KV", values));

    let secrets = simulator.secrets();
    assert!(secrets.len() > 60, "{}", secrets.len());
    for secret in &secrets {
        for spelled in spellings(secret) {
            for (place, text) in &places {
                assert!(!text.contains(&spelled), "{place}: a secret as {spelled}");
            }
        }
    }
}
