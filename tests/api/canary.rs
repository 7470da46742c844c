//! No secret in any log line, D1 row or KV value: after a run of all routes, everything that
//! was kept or printed is searched for every secret of the run, in every spelling that a leak would likely have.

use crate::aws_credentials::page as aws_page;
use crate::nvidia_credentials::page as nvidia_page;
use crate::sessions::{
    claims, logout, me, password_link, refresh, refreshed, set_password, signed_in, validate,
};
use crate::support::{App, Fault, Vars};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::json;
use std::fmt::Write;

const CRON: &str = "*/10 * * * *";

/// The secret as it is and as base64, base64url or hex would write it. A secret in the middle of something longer is
/// written in one of three ways, by where it begins; their common middles are searched.
fn spellings(secret: &[u8]) -> Vec<String> {
    let mut list = vec![String::from_utf8_lossy(secret).into_owned()];
    let hex = secret.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text");
        text
    });
    list.extend([hex.to_uppercase(), hex]);
    for offset in 0..3 {
        let shifted = [&[b' '; 2][..offset.min(2)], secret].concat();
        for text in [
            Base64::encode_string(&shifted),
            Base64UrlUnpadded::encode_string(&shifted),
        ] {
            let text = text.trim_end_matches('=');
            // The first and last characters mix with neighbours.
            let end = text.len() - 2;
            list.push(text[if offset == 0 { 0 } else { 4 }..end].to_owned());
        }
    }
    list
}

/// Everything that D1 and KV hold and that the runtime printed, line by line.
async fn kept(app: &App) -> Vec<String> {
    let mut lines = Vec::new();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' \
                  AND name NOT LIKE 'sqlite%'";
    for table in app.sql(tables, [0; 0]).await {
        let name = table["name"].as_str().expect("a name");
        let rows = app.sql(&format!("SELECT * FROM \"{name}\""), [0; 0]).await;
        lines.extend(rows.iter().map(|row| format!("D1 {name} {row}")));
    }
    for key in app.kv_list("").await {
        let value = app.kv_get(&key).await.unwrap_or_default();
        lines.push(format!("KV {key} {value}"));
    }
    let logs = app.server().logs();
    lines.extend(
        logs.iter()
            .map(|(level, text)| format!("log {level} {text}")),
    );
    lines
}

/// Where nothing was written nothing would be found.
fn assert_searched(lines: &[String]) {
    for store in [
        "D1 users",
        "D1 sessions",
        "D1 audit ",
        "D1 audit_seals",
        "KV session:",
        "KV audit-head",
        "log error",
    ] {
        assert!(
            lines.iter().any(|line| line.starts_with(store)),
            "nothing of {store} was searched"
        );
    }
}

#[tokio::test]
async fn nothing_that_is_kept_or_printed_holds_a_secret() {
    let vars = Vars::new()
        .set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .set(
            "AWS_SECRET_ACCESS_KEY",
            "canary/of+the/service/own/aws/secret/key",
        )
        .set(
            "AWS_SESSION_TOKEN",
            "canary/of+the/service/own/aws/session/token",
        )
        .set("NVIDIA_API_KEY", "nvapi-canary-of-the-key-of-the-service");
    let app = App::alone(vars.clone());
    let (first_password, second_password) = (
        "canary: the first passphrase of Ada",
        "canary: the other passphrase of Ada",
    );
    let ada = app.person("ada").password(first_password).create().await;
    let link = password_link(&app, &ada, "2999-01-01T00:00:00Z").await;
    let no_link = "canary: a link that was never made";
    let no_name = "canary.somebody@example.com";

    let first = signed_in(&app, &ada).await;
    let second = refreshed(&app, &first).await;
    validate(&app, &second).await.assert_status(200);
    me(&app, &second).await.assert_status(200);
    app.get("/api/auth/health").send().await.assert_status(200);
    let grace = signed_in(&app, &app.admin("grace").await).await;
    let pages = async || {
        [
            aws_page(&app, &grace).await,
            nvidia_page(&app, &grace).await,
        ]
    };
    for page in pages().await {
        page.assert_status(200);
    }

    // A password typed as a name, a wrong one, a body that breaks off, a token in the address and in a header.
    for body in [
        json!({ "username": first_password, "password": "x" }).to_string(),
        json!({ "username": no_name, "password": "x" }).to_string(),
        json!({ "username": ada.username, "password": second_password }).to_string(),
        format!(
            "{{\"username\": \"{}\", \"password\": \"{first_password}",
            ada.username
        ),
    ] {
        let login = app.post("/api/auth/login").body(body);
        login
            .header("content-type", "application/json")
            .header("user-agent", "a browser")
            .send()
            .await;
    }
    app.get(&format!("/api/auth/validate?token={second}"))
        .send()
        .await
        .assert_status(401);
    validate(&app, &format!("{second}x"))
        .await
        .assert_status(401);
    set_password(&app, no_link, second_password)
        .await
        .assert_status(400);

    // Failing stores are when services begin to talk.
    for fault in [Fault::d1(), Fault::kv()] {
        let text = format!("canary: {second} {first_password} {link}");
        let fault = app.fault(fault.fails_with(&text)).await;
        app.login(&ada).await;
        validate(&app, &second).await;
        refresh(&app, &second).await;
        set_password(&app, &link, first_password).await;
        app.get("/api/auth/health").send().await;
        pages().await;
        app.scheduled(CRON).await;
        fault.mend().await;
    }

    let third = signed_in(&app, &ada).await;
    app.shift_clock(11).await;
    refresh(&app, &first).await.assert_status(401);
    // The link was used above while only KV was out.
    set_password(&app, &link, second_password)
        .await
        .assert_status(400);
    logout(&app, &third).await.assert_status(200).seen().await;
    app.scheduled(CRON).await;

    let mut secrets: Vec<(&str, Vec<u8>)> = vec![
        ("the first password", first_password.into()),
        ("the second password", second_password.into()),
        ("the link", link.into()),
        ("the link that was none", no_link.into()),
        ("the name that was none", no_name.into()),
    ];
    for (name, token) in [("first", &first), ("second", &second), ("third", &third)] {
        secrets.extend(of_token(token).map(|secret| (name, secret)));
    }
    secrets.extend(of_configuration(&vars));
    let lines = kept(&app).await;
    assert_searched(&lines);
    assert_hidden(&secrets, &lines);
}

/// A token, and what of it is as good as the whole.
fn of_token(token: &str) -> [Vec<u8>; 4] {
    let signature = token.rsplit('.').next().expect("a signature");
    let sid = claims(token)["sid"].as_str().expect("a sid").to_owned();
    let raw = Base64UrlUnpadded::decode_vec(&sid).expect("base64url");
    [token.into(), signature.into(), sid.into(), raw]
}

fn of_configuration(vars: &Vars) -> Vec<(&'static str, Vec<u8>)> {
    let mut secrets: Vec<(&str, Vec<u8>)> = Vec::new();
    for name in [
        "JWT_SECRET",
        "PASSWORD_PEPPER",
        "HANDLE_KEY",
        "AUDIT_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "NVIDIA_API_KEY",
    ] {
        let value = vars.get(name).expect("a value");
        secrets.push((name, value.into()));
        if let Ok(raw) = Base64::decode_vec(value) {
            secrets.push((name, raw));
        }
    }
    secrets
}

fn assert_hidden(secrets: &[(&str, Vec<u8>)], lines: &[String]) {
    for (name, secret) in secrets {
        for spelling in spellings(secret) {
            for line in lines {
                assert!(
                    !line.contains(&spelling),
                    "{name}, as {spelling}, in {line}"
                );
            }
        }
    }
}

#[test]
fn a_secret_is_found_in_every_spelling() {
    let secret = b"a secret of the test";
    for before in ["", "x", "xy", "xyz"] {
        let text = [before.as_bytes(), secret, b" and more"].concat();
        let hex = text.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("text");
            text
        });
        for kept in [
            String::from_utf8(text.clone()).expect("text"),
            Base64::encode_string(&text),
            Base64UrlUnpadded::encode_string(&text),
            hex,
        ] {
            assert!(
                spellings(secret)
                    .iter()
                    .any(|spelling| kept.contains(spelling)),
                "{kept}"
            );
        }
    }
}
