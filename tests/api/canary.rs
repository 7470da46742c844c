//! No secret in any log line, D1 row or KV value: after a run of all routes, everything that
//! was kept or printed is searched for every secret of the run, in every spelling that a leak would likely have.

use crate::aws_credentials::page as aws_page;
use crate::nvidia_credentials::page as nvidia_page;
use crate::sessions::{
    claims, logout, me, password_link, record_id, refresh, refreshed, set_password, signed_in,
    validate,
};
use crate::support::{App, Fault, Reply, Vars};
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
        "D1 audit_checkpoints",
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

    app.calm_down().await;
    let third = signed_in(&app, &ada).await;
    app.shift_clock(80).await;
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
        let Some(value) = vars.get(name) else {
            continue;
        };
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

/// Fails the test if a secret is in anything that is kept or was printed; each of `searched` begins a line of that.
async fn assert_none_is_kept(app: &App, searched: &[&str], secrets: &[(&str, Vec<u8>)]) {
    let lines = kept(app).await;
    for store in searched {
        assert!(
            lines.iter().any(|line| line.starts_with(store)),
            "nothing of {store} was searched"
        );
    }
    assert_hidden(secrets, &lines);
}

/// What the throttle, the cookie of a known device and a person's own routes keep and print; and their replies, in which a
/// new token and a new cookie stand once, each in its place.
#[expect(clippy::too_many_lines, reason = "one run of many routes")]
#[tokio::test]
async fn neither_do_the_throttle_the_device_cookie_and_the_routes_of_sessions() {
    let vars = Vars::new();
    let app = App::alone(vars.clone());
    let (old, new, wrong, typed) = (
        "canary: the passphrase that Ada had",
        "canary: the passphrase that Ada has now",
        "canary: a passphrase that nobody has",
        "canary-a-passphrase-in-the-field-for-names",
    );
    let ada = app.person("ada").password(old).create().await;
    let mut replies = Vec::new();
    let mut say =
        |reply: &Reply| replies.push(format!("reply {:?} {}", reply.headers, reply.text()));
    let with_cookie = async |name: &str, password: &str, cookie: &str, number: usize| {
        let body = json!({ "username": name, "password": password });
        let login = app
            .post("/api/auth/login")
            .json(&body)
            .from(&app.elsewhere(number));
        login.header("cookie", cookie).send().await
    };

    let mut cookies: Vec<String> = Vec::new();
    let mut tokens = Vec::new();
    for number in 0..3 {
        let cookie = cookies.last().cloned().unwrap_or_default();
        let reply = with_cookie(&ada.username, old, &cookie, number).await;
        reply.assert_status(200).seen().await;
        let cookie = reply.header("set-cookie").expect("a cookie");
        cookies.push(cookie.split(';').next().expect("a pair").to_owned());
        tokens.push(reply.json()["token"].as_str().expect("a token").to_owned());
    }
    // Failures: of the account, of the device, of a name that is a password, of a network; and what comes too early.
    for (name, password, cookie) in [
        (ada.username.as_str(), wrong, ""),
        (&ada.username, wrong, ""),
        (&ada.username, wrong, cookies[1].as_str()),
        (&ada.email, wrong, &cookies[1]),
        (typed, wrong, ""),
        (typed, wrong, ""),
        (
            &ada.username,
            wrong,
            "edge-auth-device=canary-of-a-forged-cookie",
        ),
    ] {
        say(&with_cookie(name, password, cookie, 9).await);
    }
    let off = "UPDATE sign_in_attempts SET failures = 99, open_at_ms = 0 WHERE key = ?1";
    app.sql(off, [format!("account:{}", ada.id)]).await;
    let open = "UPDATE sign_in_attempts SET open_at_ms = 0 WHERE key = ?1";
    app.sql(open, [crate::throttle::typed(&app, &ada.username)])
        .await;
    for number in 10..12 {
        say(&with_cookie(&ada.username, wrong, "", number).await);
    }

    let post = |path: &str, token: &str| app.post(path).bearer(token);
    let change = |current: &str, next: &str| {
        let body = json!({ "current_password": current, "new_password": next });
        post("/api/auth/change-password", &tokens[0])
            .json(&body)
            .send()
    };
    for fault in [Fault::d1(), Fault::kv()] {
        let text = format!("canary: {} {old} {new} {}", tokens[0], cookies[0]);
        let fault = app.fault(fault.fails_with(&text)).await;
        say(&with_cookie(&ada.username, wrong, &cookies[0], 20).await);
        say(&app
            .get("/api/auth/sessions")
            .bearer(&tokens[0])
            .send()
            .await);
        say(&change(wrong, new).await);
        fault.mend().await;
    }
    app.calm_down().await;
    say(&change(wrong, new).await);
    app.calm_down().await;
    let reply = change(old, new).await;
    reply.assert_status(200);
    say(&reply);
    let again = with_cookie(&ada.username, new, &cookies[2], 30).await;
    let last = again.assert_status(200).json()["token"].clone();
    tokens.push(last.as_str().expect("a token").to_owned());
    let sessions = app
        .get("/api/auth/sessions")
        .bearer(&tokens[0])
        .send()
        .await;
    assert_eq!(
        sessions.json()["sessions"].as_array().map(Vec::len),
        Some(2)
    );
    say(&sessions);
    let other = format!("/api/auth/sessions/{}", record_id(&tokens[3]));
    let ended = app
        .request("DELETE", &other)
        .bearer(&tokens[0])
        .send()
        .await;
    say(ended.assert_status(200));
    let typed_id = format!("/api/auth/sessions/{}", tokens[3]);
    say(&app
        .request("DELETE", &typed_id)
        .bearer(&tokens[0])
        .send()
        .await);
    say(post("/api/auth/logout-all", &tokens[0])
        .send()
        .await
        .assert_status(200));
    app.scheduled(CRON).await;
    say(&with_cookie(typed, wrong, &cookies[0], 40).await);

    let mut secrets = of_configuration(&vars);
    for (name, password) in [
        ("old", old),
        ("new", new),
        ("wrong", wrong),
        ("typed", typed),
    ] {
        secrets.push((name, password.into()));
    }
    for token in &tokens {
        secrets.extend(of_token(token).map(|secret| ("a token", secret)));
    }
    for cookie in &cookies {
        let (_, value) = cookie.split_once('=').expect("a value");
        secrets.push(("a cookie", value.into()));
        let raw = Base64UrlUnpadded::decode_vec(value).expect("base64url");
        secrets.push(("a cookie", raw));
    }
    secrets.push(("a forged cookie", b"canary-of-a-forged-cookie".into()));
    let searched = [
        "D1 sign_in_attempts",
        "D1 address_attempts",
        "D1 audit",
        "KV session:",
        "log error",
    ];
    assert_none_is_kept(&app, &searched, &secrets).await;
    assert!(replies.len() > 15);
    assert_hidden(&secrets, &replies);
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
