//! The user that a device flow signs in.

use super::{
    NO_TOKEN, OTHER_ACCOUNT, add_directory_user_with, assert_denied, assign, with_role_map,
};
use crate::support::aws::{SIMULATOR, add_directory_user, directory, portal, text, unique_name};
use crate::support::{App, Cases};
use aws_simulator::{ACCOUNT, Operation, User};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn two_users_of_one_aws_account_are_two_users() {
    for vars in [portal(&SIMULATOR), directory(&SIMULATOR)] {
        let app = App::with(vars);
        let (ada, grace) = (
            add_directory_user(&app, "ada"),
            add_directory_user(&app, "grace"),
        );
        let ada_user = app.sign_in_with_device(&ada).await.signed_in_user().await;
        let grace_user = app.sign_in_with_device(&grace).await.signed_in_user().await;
        assert_ne!(ada_user["id"], grace_user["id"]);
        assert_eq!(ada_user["username"], ada.user_name);
        assert_eq!(grace_user["username"], grace.user_name);
        for user in [&ada_user, &grace_user] {
            assert!(!user.to_string().contains("owner-of"), "{user}");
        }
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn one_user_with_several_permission_sets_accounts_or_spellings_is_one_user() {
    let app = App::with(portal(&SIMULATOR));
    let mut ada = add_directory_user(&app, "ada");
    let first = app.sign_in_with_device(&ada).await.signed_in_user().await;
    assign(&mut ada, "Administrator");
    let second = app.sign_in_with_device(&ada).await.signed_in_user().await;
    ada.assignments[0].account_id = OTHER_ACCOUNT.into();
    SIMULATOR.put_user(ada.clone());
    let third = app.sign_in_with_device(&ada).await.signed_in_user().await;
    ada.user_name = ada.user_name.to_uppercase();
    SIMULATOR.put_user(ada.clone());
    let fourth = app.sign_in_with_device(&ada).await.signed_in_user().await;
    assert_eq!(fourth["username"], ada.user_name);
    for other in [&second, &third, &fourth] {
        assert_eq!(first["id"], other["id"]);
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn renamed_user_of_the_directory_stays_the_same_user() {
    let app = App::with(directory(&SIMULATOR));
    let mut ada = add_directory_user(&app, "ada");
    let before = app.sign_in_with_device(&ada).await.signed_in_user().await;
    ada.user_name = unique_name("ada.king");
    SIMULATOR.put_user(ada.clone());
    let after = app.sign_in_with_device(&ada).await.signed_in_user().await;
    assert_eq!(before["id"], after["id"]);
    assert_eq!(after["username"], ada.user_name);
    // Another user with the old name is not the same user.
    let mut heir = User::new(text(&before, "username")).assigned(ACCOUNT, "Developer");
    heir.user_id = "11111111-2222-4333-8444-555555555555".into();
    SIMULATOR.put_user(heir.clone());
    let heir = app.sign_in_with_device(&heir).await.signed_in_user().await;
    assert_ne!(heir["id"], before["id"]);
}

#[tokio::test]
async fn disabled_user_is_denied_and_stays_disabled() {
    for vars in [with_role_map(), directory(&SIMULATOR)] {
        let app = App::with(vars);
        let mut ada = add_directory_user(&app, "ada");
        let user = app.sign_in_with_device(&ada).await.signed_in_user().await;
        let id = text(&user, "id");
        app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [id.clone()])
            .await;
        for _ in 0..2 {
            assert_denied(&app.sign_in_with_device(&ada).await, "access_denied").await;
            // A role of the map does not enable the user either.
            assign(&mut ada, "Administrator");
        }
        let rows = app
            .sql("SELECT role, is_active FROM users WHERE id = ?1", [id])
            .await;
        assert_eq!(rows, [json!({ "role": "user", "is_active": 0 })]);
        assert_eq!(app.sessions_of(&user["id"]).await, 1);
    }
}

/// An STS that returns the configured ARN to every caller.
struct FakeSts {
    url: String,
    arn: Arc<Mutex<String>>,
}

impl FakeSts {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let arn = Arc::new(Mutex::new(String::new()));
        let returned = Arc::clone(&arn);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let arn = returned.lock().unwrap().clone();
                let _ = respond(&stream, &arn);
            }
        });
        Self { url, arn }
    }

    fn set_arn(&self, arn: &str) {
        arn.clone_into(&mut self.arn.lock().unwrap());
    }
}

fn respond(stream: &TcpStream, arn: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 2 {
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    reader.read_exact(&mut vec![0; length])?;
    let account = arn.split(':').nth(4).unwrap_or_default();
    let session = arn.rsplit('/').next().unwrap_or_default();
    let body = json!({ "GetCallerIdentityResponse": { "GetCallerIdentityResult": {
        "Account": account, "Arn": arn, "UserId": format!("AROAFAKESTS00000000000:{session}"),
    } } })
    .to_string();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// ARNs that do not sign this user in, by the part that is wrong.
fn other_arns(name: &str) -> Vec<(&'static str, String)> {
    let reserved = "AWSReservedSSO_Developer_0123456789abcdef";
    let role = |role: &str| format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}");
    let session =
        |session: &str| format!("arn:aws:sts::{ACCOUNT}:assumed-role/{reserved}{session}");
    let account = |start: &str| format!("{start}:assumed-role/{reserved}/{name}");
    vec![
        ("role", role("Developer")),
        ("role", role("MyAWSReservedSSO_Developer_0123456789abcdef")),
        ("role", role("awsreservedsso_Developer_0123456789abcdef")),
        ("role", role("AWSReservedSSO_Developer")),
        ("role", role("AWSReservedSSO_")),
        ("role", role("AWSReservedSSO__0123456789abcdef")),
        ("role", role("AWSReservedSSO_Developer_0123456789ABCDEF")),
        ("session", session("")),
        ("session", session("/")),
        ("session", session("/two words")),
        ("session", session(&format!("/{}", "n".repeat(129)))),
        ("account", account(&format!("arn:aws:sts::{OTHER_ACCOUNT}"))),
        ("form", account("arn:aws:sts::1111")),
        ("form", account(&format!("arn:aws:sts:us-east-1:{ACCOUNT}"))),
        ("form", account(&format!("arn:moon:sts::{ACCOUNT}"))),
        (
            "principal",
            format!("arn:aws:sts::{ACCOUNT}:federated-user/{name}"),
        ),
        (
            "principal",
            format!("arn:aws:iam::{ACCOUNT}:role/{reserved}"),
        ),
        (
            "principal",
            format!("arn:aws:iam::{ACCOUNT}:user/{reserved}/{name}"),
        ),
        ("principal", format!("arn:aws:iam::{ACCOUNT}:root")),
        ("text", String::new()),
        ("text", "x".repeat(5_000)),
    ]
}

async fn refuse_other_arns(cases: Cases) {
    let sts = FakeSts::start();
    let vars = portal(&SIMULATOR).set("AWS_ENDPOINT_URL_STS", &sts.url);
    let app = App::isolated(vars);
    let ada = add_directory_user(&app, "ada");
    for (part, arn) in cases.of_each_class(other_arns(&ada.user_name), |(part, _)| *part) {
        sts.set_arn(&arn);
        let response = app.sign_in_with_device(&ada).await;
        // A user of Identity Center in another account is denied. All other cases are failures.
        if part == "account" {
            assert_denied(&response, "access_denied").await;
        } else {
            assert_eq!(response.status, 500, "{arn}");
            assert_eq!(response.json(), json!({ "detail": NO_TOKEN }));
        }
        assert!(
            app.run_sql("SELECT id FROM users").await.is_empty(),
            "{arn}"
        );
    }
    sts.set_arn(&format!(
        "arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/{}",
        ada.user_name
    ));
    app.sign_in_with_device(&ada).await.assert_status(200);
}

#[tokio::test]
async fn only_identity_center_roles_of_the_requested_account_sign_in() {
    refuse_other_arns(Cases::of_this_run()).await;
}

#[tokio::test]
async fn user_without_an_assignment_or_disabled_in_the_directory_is_denied() {
    let app = App::with(directory(&SIMULATOR));
    let unassigned = add_directory_user_with("unassigned", &[]);
    assert_denied(&app.sign_in_with_device(&unassigned).await, "no_assignment").await;
    let mut ada = add_directory_user(&app, "ada");
    let device = app.device().await;
    device.approve(&ada);
    ada.enabled = false;
    SIMULATOR.put_user(ada.clone());
    assert_denied(&app.token(&device).await, "access_denied").await;
    let sql = "SELECT id FROM users WHERE username IN (?1, ?2)";
    let rows = app.sql(sql, [unassigned.user_name, ada.user_name]).await;
    assert!(rows.is_empty());
}

#[tokio::test]
async fn configured_account_and_permission_set_are_requested() {
    let vars = portal(&SIMULATOR)
        .set("AWS_SSO_ACCOUNT_ID", OTHER_ACCOUNT)
        .set("AWS_SSO_ROLE_NAME", "ReadOnly");
    let app = App::with(vars);
    let ada = add_directory_user(&app, "ada");
    assert_denied(&app.sign_in_with_device(&ada).await, "no_assignment").await;
    let ada = ada.assigned(OTHER_ACCOUNT, "ReadOnly");
    SIMULATOR.put_user(ada.clone());
    let device = app.device().await;
    device.approve(&ada);
    app.token(&device).await.assert_status(200);
    let operations = device.operations();
    for listing in [Operation::ListAccounts, Operation::ListAccountRoles] {
        assert!(!operations.contains(&listing), "{operations:?}");
    }
}

#[tokio::test]
async fn user_without_a_permission_set_in_the_configured_account_is_denied() {
    let app = App::with(with_role_map());
    let directory_user = add_directory_user_with(
        "mallory",
        &[(OTHER_ACCOUNT, "Owner"), (OTHER_ACCOUNT, "Developer")],
    );
    assert_denied(
        &app.sign_in_with_device(&directory_user).await,
        "no_assignment",
    )
    .await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn denied_device_flows_are_audited_with_fixed_codes_and_bounded() {
    let app = App::isolated(directory(&SIMULATOR));
    let details = async |from: &str| {
        let sql = "SELECT detail, subject FROM audit JOIN audit_clients USING (number) \
                   WHERE kind = 'sign_in_failed' AND address = ?1 ORDER BY number";
        app.sql(sql, [from]).await
    };
    let refused = async |directory_user: Option<&User>, from: &str| {
        let device = app.device().await;
        match directory_user {
            Some(directory_user) => device.approve(directory_user),
            None => SIMULATOR.deny(&device.user_code).expect("denied"),
        }
        let response = app.token(&device).client_ip(from).await;
        response.assert_status(403).recorded().await;
    };
    let (mut ada, unassigned) = (
        add_directory_user(&app, "ada"),
        add_directory_user_with("unassigned", &[]),
    );
    let user = app.sign_in_with_device(&ada).await.signed_in_user().await;
    let id = text(&user, "id");
    refused(None, &app.other_ip(1)).await;
    refused(Some(&unassigned), &app.other_ip(2)).await;
    let sql = "UPDATE users SET is_active = 0 WHERE id = ?1";
    app.sql(sql, [id.clone()]).await;
    refused(Some(&ada), &app.other_ip(3)).await;
    let device = app.device().await;
    device.approve(&ada);
    ada.enabled = false;
    SIMULATOR.put_user(ada.clone());
    let response = app.token(&device).client_ip(&app.other_ip(4)).await;
    response.assert_status(403);
    for (number, detail, subject) in [
        (1, "aws_device: denied", Value::Null),
        (2, "aws_device: no_assignment", Value::Null),
        (3, "aws_device: disabled", json!(id)),
        (4, "aws_device: disabled_in_directory", Value::Null),
    ] {
        let entry = json!({ "detail": detail, "subject": subject });
        assert_eq!(details(&app.other_ip(number)).await, [entry], "{number}");
    }
    for _ in 0..5 {
        refused(None, &app.other_ip(5)).await;
    }
    // The limit of other refusals.
    assert_eq!(details(&app.other_ip(5)).await.len(), 3);
}
