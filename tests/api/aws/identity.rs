//! The right person, with the right role.

use super::{SIMULATOR, directory, own_name, portal, somebody, text};
use crate::support::{App, Reply, Vars};
use aws_simulator::{ACCOUNT, Assignment, Operation, User};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const FAILED: &str = "Failed to create token from device code";
/// Another account than [`ACCOUNT`].
const SANDBOX: &str = "444455556666";

fn mapped() -> Vars {
    let map = "Administrator=admin, Owner=super_admin, Developer=user";
    let vars = portal(&SIMULATOR).set("AWS_SSO_ACCOUNT_ID", ACCOUNT);
    vars.set("AWS_SSO_ROLE_MAP", map)
}

fn failed(reply: &Reply) {
    reply.assert_status(500);
    assert_eq!(reply.json(), json!({ "detail": FAILED }));
}

/// The sign-in was denied, which is not a failure of the service.
async fn denied(reply: &Reply, code: &str) {
    reply.assert_status(403);
    assert_eq!(reply.json(), json!({ "detail": "Access denied" }));
    assert_eq!(reply.header("edge-auth-error"), Some(code));
    assert_eq!(reply.header("retry-after"), None);
    let logs = reply.seen().await.logs;
    assert!(logs.is_empty(), "{logs:?}");
}

/// The person from now on has this one permission set.
fn assign(person: &mut User, permission_set: &str) {
    person.assignments = vec![Assignment {
        account_id: ACCOUNT.into(),
        permission_set: permission_set.into(),
    }];
    SIMULATOR.put_user(person.clone());
}

#[tokio::test]
async fn two_people_of_one_account_are_two_users() {
    for vars in [portal(&SIMULATOR), directory(&SIMULATOR)] {
        let app = App::with(vars);
        let (ada, grace) = (somebody(&app, "ada"), somebody(&app, "grace"));
        let ada_user = app.who(&app.arrive(&ada).await).await;
        let grace_user = app.who(&app.arrive(&grace).await).await;
        assert_ne!(ada_user["id"], grace_user["id"]);
        assert_eq!(ada_user["username"], ada.user_name);
        assert_eq!(grace_user["username"], grace.user_name);
        for user in [&ada_user, &grace_user] {
            assert!(!user.to_string().contains("owner-of"), "{user}");
        }
    }
}

#[tokio::test]
async fn one_person_by_two_permission_sets_or_accounts_or_spellings_is_one_user() {
    let app = App::with(portal(&SIMULATOR));
    let mut ada = somebody(&app, "ada");
    let first = app.who(&app.arrive(&ada).await).await;
    assign(&mut ada, "Administrator");
    let second = app.who(&app.arrive(&ada).await).await;
    ada.assignments[0].account_id = "444455556666".into();
    SIMULATOR.put_user(ada.clone());
    let third = app.who(&app.arrive(&ada).await).await;
    ada.user_name = ada.user_name.to_uppercase();
    SIMULATOR.put_user(ada.clone());
    let fourth = app.who(&app.arrive(&ada).await).await;
    assert_eq!(fourth["username"], ada.user_name);
    for other in [&second, &third, &fourth] {
        assert_eq!(first["id"], other["id"]);
    }
}

#[tokio::test]
async fn a_renamed_person_of_the_directory_stays_the_same_user() {
    let app = App::with(directory(&SIMULATOR));
    let mut ada = somebody(&app, "ada");
    let before = app.who(&app.arrive(&ada).await).await;
    ada.user_name = own_name("ada.king");
    SIMULATOR.put_user(ada.clone());
    let after = app.who(&app.arrive(&ada).await).await;
    assert_eq!(before["id"], after["id"]);
    assert_eq!(after["username"], ada.user_name);
    // Whoever gets the old name is somebody else.
    let mut heir = User::new(text(&before, "username")).assigned(ACCOUNT, "Developer");
    heir.user_id = "11111111-2222-4333-8444-555555555555".into();
    SIMULATOR.put_user(heir.clone());
    let heir = app.who(&app.arrive(&heir).await).await;
    assert_ne!(heir["id"], before["id"]);
}

#[tokio::test]
async fn whom_an_administrator_disabled_is_refused_and_stays_disabled() {
    for vars in [mapped(), directory(&SIMULATOR)] {
        let app = App::with(vars);
        let mut ada = somebody(&app, "ada");
        let user = app.who(&app.arrive(&ada).await).await;
        let id = text(&user, "id");
        app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [id.clone()])
            .await;
        for _ in 0..2 {
            denied(&app.arrive(&ada).await, "access_denied").await;
            // Nor does a role that the map would give bring anybody back.
            assign(&mut ada, "Administrator");
        }
        let rows = app
            .sql("SELECT role, is_active FROM users WHERE id = ?1", [id])
            .await;
        assert_eq!(rows, [json!({ "role": "user", "is_active": 0 })]);
        assert_eq!(app.sessions_of(&user["id"]).await, 1);
    }
}

/// An STS that says what it is told to, to whoever asks.
struct Impostor {
    url: String,
    says: Arc<Mutex<String>>,
}

impl Impostor {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let says = Arc::new(Mutex::new(String::new()));
        let arn = Arc::clone(&says);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let arn = arn.lock().unwrap().clone();
                let _ = answer(&stream, &arn);
            }
        });
        Self { url, says }
    }

    fn say(&self, arn: &str) {
        arn.clone_into(&mut self.says.lock().unwrap());
    }
}

fn answer(stream: &TcpStream, arn: &str) -> std::io::Result<()> {
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
        "Account": account, "Arn": arn, "UserId": format!("AROAIMPOSTOR0000000000:{session}"),
    } } })
    .to_string();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn only_a_role_of_identity_center_in_the_asked_account_signs_in() {
    let impostor = Impostor::start();
    let vars = portal(&SIMULATOR).set("AWS_ENDPOINT_URL_STS", &impostor.url);
    let app = App::alone(vars);
    let ada = somebody(&app, "ada");
    let name = &ada.user_name;
    let reserved = "AWSReservedSSO_Developer_0123456789abcdef";
    for arn in [
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/Developer/{name}"),
        format!(
            "arn:aws:sts::{ACCOUNT}:assumed-role/MyAWSReservedSSO_Developer_0123456789abcdef/{name}"
        ),
        format!(
            "arn:aws:sts::{ACCOUNT}:assumed-role/awsreservedsso_Developer_0123456789abcdef/{name}"
        ),
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Developer/{name}"),
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_/{name}"),
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO__0123456789abcdef/{name}"),
        format!(
            "arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Developer_0123456789ABCDEF/{name}"
        ),
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/{reserved}"),
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/{reserved}/"),
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/{reserved}/two words"),
        format!(
            "arn:aws:sts::{ACCOUNT}:assumed-role/{reserved}/{}",
            "n".repeat(129)
        ),
        format!("arn:aws:sts::444455556666:assumed-role/{reserved}/{name}"),
        format!("arn:aws:sts::1111:assumed-role/{reserved}/{name}"),
        format!("arn:aws:sts:us-east-1:{ACCOUNT}:assumed-role/{reserved}/{name}"),
        format!("arn:aws:sts::{ACCOUNT}:federated-user/{name}"),
        format!("arn:aws:iam::{ACCOUNT}:role/{reserved}"),
        format!("arn:aws:iam::{ACCOUNT}:user/{reserved}/{name}"),
        format!("arn:aws:iam::{ACCOUNT}:root"),
        format!("arn:moon:sts::{ACCOUNT}:assumed-role/{reserved}/{name}"),
        String::new(),
        "x".repeat(5_000),
    ] {
        impostor.say(&arn);
        let reply = app.arrive(&ada).await;
        if reply.status == 403 {
            // Filter of somebody who is signed in by Identity Center, but elsewhere.
            assert!(
                arn.contains(&format!("::{SANDBOX}:assumed-role/{reserved}/")),
                "{arn}"
            );
            denied(&reply, "access_denied").await;
        } else {
            failed(&reply);
        }
        assert!(
            app.sql("SELECT id FROM users", [0; 0]).await.is_empty(),
            "{arn}"
        );
    }
    impostor.say(&format!(
        "arn:aws:sts::{ACCOUNT}:assumed-role/{reserved}/{name}"
    ));
    app.arrive(&ada).await.assert_status(200);
}

#[tokio::test]
async fn the_map_gives_roles_at_each_sign_in() {
    let app = App::with(mapped());
    let mut ada = somebody(&app, "ada");
    let mut id = Value::Null;
    for (set, role) in [
        ("Developer", "user"),
        ("Administrator", "admin"),
        ("Owner", "super_admin"),
        ("administrator", "user"),
        ("Owner", "super_admin"),
        ("ReadOnly", "user"),
        ("Administrator", "admin"),
        ("Developer", "user"),
    ] {
        assign(&mut ada, set);
        let user = app.who(&app.arrive(&ada).await).await;
        assert_eq!(user["role"], role, "{set}");
        assert!(id.is_null() || id == user["id"], "{set}");
        id = user["id"].clone();
    }
}

#[tokio::test]
async fn a_demotion_ends_the_other_sessions() {
    let app = App::with(mapped());
    let mut ada = somebody(&app, "ada");
    assign(&mut ada, "Administrator");
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let reply = app.arrive(&ada).await;
        assert_eq!(app.who(&reply).await["role"], "admin");
        tokens.push(text(&reply.json(), "access_token"));
    }
    assign(&mut ada, "Unheard-of");
    let reply = app.arrive(&ada).await;
    assert_eq!(app.who(&reply).await["role"], "user");
    reply.seen().await;
    for token in &tokens {
        for (method, path) in [("POST", "/api/auth/refresh"), ("GET", "/api/auth/validate")] {
            let request = app.request(method, path).bearer(token);
            request.send().await.assert_status(401);
        }
    }
    let token = text(&reply.json(), "access_token");
    let refreshed = app.post("/api/auth/refresh").bearer(&token).send().await;
    refreshed.assert_status(200);
}

#[tokio::test]
async fn an_administrators_session_ends_after_a_day_and_with_the_directorys_id_the_record_decides()
{
    let app = App::with(directory(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let user = app.who(&app.arrive(&ada).await).await;
    assert_eq!(user["role"], "user");
    let id = text(&user, "id");
    app.sql(
        "UPDATE users SET role = 'admin' WHERE id = ?1",
        [id.clone()],
    )
    .await;
    let user = app.who(&app.arrive(&ada).await).await;
    assert_eq!(user["role"], "admin");
    let sql = "SELECT unixepoch(ends_at) - unixepoch(created_at) AS lasts FROM sessions \
               WHERE user_id = ?1 ORDER BY lasts";
    let lasting = app.sql(sql, [id]).await;
    let lasting: Vec<_> = lasting.iter().map(|row| row["lasts"].clone()).collect();
    assert_eq!(lasting, [json!(86_400), json!(30 * 86_400)]);
}

#[tokio::test]
async fn somebody_without_an_assignment_or_disabled_in_the_directory_is_refused() {
    let app = App::with(directory(&SIMULATOR));
    let nobody = User::new(own_name("nobody"));
    SIMULATOR.put_user(nobody.clone());
    denied(&app.arrive(&nobody).await, "no_assignment").await;
    let mut ada = somebody(&app, "ada");
    let device = app.device().await;
    device.approve(&ada);
    ada.enabled = false;
    SIMULATOR.put_user(ada.clone());
    denied(&app.token(&device).await, "access_denied").await;
    let sql = "SELECT id FROM users WHERE username IN (?1, ?2)";
    let rows = app.sql(sql, [nobody.user_name, ada.user_name]).await;
    assert!(rows.is_empty());
}

#[tokio::test]
async fn the_configured_account_and_permission_set_are_what_is_asked() {
    let vars = portal(&SIMULATOR)
        .set("AWS_SSO_ACCOUNT_ID", "444455556666")
        .set("AWS_SSO_ROLE_NAME", "ReadOnly");
    let app = App::with(vars);
    let ada = somebody(&app, "ada");
    denied(&app.arrive(&ada).await, "no_assignment").await;
    let ada = ada.assigned("444455556666", "ReadOnly");
    SIMULATOR.put_user(ada.clone());
    let device = app.device().await;
    device.approve(&ada);
    app.token(&device).await.assert_status(200);
    let listed = |operation: &aws_simulator::Operation| {
        matches!(
            operation,
            aws_simulator::Operation::ListAccounts | aws_simulator::Operation::ListAccountRoles
        )
    };
    assert!(!device.operations().iter().any(listed));
}

/// A new user of the directory with these permission sets in these accounts, in the portal's order.
fn assigned(name: &str, sets: &[(&str, &str)]) -> User {
    let mut person = User::new(own_name(name));
    for (account, set) in sets {
        person = person.assigned(*account, *set);
    }
    SIMULATOR.put_user(person.clone());
    person
}

#[tokio::test]
async fn users_with_one_and_with_two_permission_sets_get_their_roles_under_one_map() {
    for vars in [
        mapped(),
        // The same without a configured account.
        portal(&SIMULATOR).set(
            "AWS_SSO_ROLE_MAP",
            &format!("{ACCOUNT}/Administrator=admin,{ACCOUNT}/Owner=super_admin,Developer=user"),
        ),
    ] {
        let app = App::with(vars);
        for (sets, role) in [
            (
                &[(ACCOUNT, "Developer"), (ACCOUNT, "Administrator")][..],
                "admin",
            ),
            (&[(ACCOUNT, "Developer")], "user"),
            (
                &[(ACCOUNT, "Administrator"), (ACCOUNT, "Developer")],
                "admin",
            ),
            (
                &[
                    (ACCOUNT, "Developer"),
                    (ACCOUNT, "Owner"),
                    (ACCOUNT, "Administrator"),
                ],
                "super_admin",
            ),
            // Permission sets in the user's own account have no effect.
            (&[(SANDBOX, "Owner"), (ACCOUNT, "Developer")], "user"),
            (&[(ACCOUNT, "ReadOnly"), (SANDBOX, "Administrator")], "user"),
        ] {
            let person = assigned("grace", sets);
            let device = app.device().await;
            device.approve(&person);
            let reply = app.token(&device).await;
            assert_eq!(app.who(&reply).await["role"], role, "{sets:?}");
        }
    }
}

#[tokio::test]
async fn role_is_the_greatest_of_permission_sets_on_all_pages() {
    let app = App::with(mapped());
    let names: Vec<String> = (0..250).map(|number| format!("Set{number:03}")).collect();
    let mut sets: Vec<(&str, &str)> = names.iter().map(|name| (ACCOUNT, name.as_str())).collect();
    sets.push((ACCOUNT, "Owner"));
    let person = assigned("grace", &sets);
    let device = app.device().await;
    device.approve(&person);
    let reply = app.token(&device).await;
    assert_eq!(app.who(&reply).await["role"], "super_admin");
    let listed = device.operations();
    let pages = listed
        .iter()
        .filter(|it| **it == Operation::ListAccountRoles);
    assert_eq!(pages.count(), 3, "{listed:?}");
}

#[tokio::test]
async fn user_without_a_permission_set_in_the_configured_account_is_denied() {
    let app = App::with(mapped());
    let person = assigned("mallory", &[(SANDBOX, "Owner"), (SANDBOX, "Developer")]);
    denied(&app.arrive(&person).await, "no_assignment").await;
}

#[tokio::test]
async fn role_map_that_gives_admin_without_an_account_is_misconfigured() {
    for map in ["Administrator=admin", "Owner=super_admin,Developer=user"] {
        let app = App::alone(portal(&SIMULATOR).set("AWS_SSO_ROLE_MAP", map));
        app.get("/api/auth/health").send().await.assert_status(503);
        let logs = app.server().logs();
        let is_named = |line: &str| {
            line.contains(r#""event":"misconfigured""#) && line.contains(r#""AWS_SSO_ROLE_MAP""#)
        };
        assert!(logs.iter().any(|(_, line)| is_named(line)), "{logs:?}");
    }
}

#[tokio::test]
async fn role_set_by_hand_does_not_outlast_a_sign_in_without_map_and_directory() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let id = text(&app.who(&app.arrive(&ada).await).await, "id");
    let sql = "UPDATE users SET role = 'super_admin' WHERE id = ?1";
    app.sql(sql, [id.clone()]).await;
    // The directory assigns the name to another person; nothing in the portal's responses distinguishes the two.
    let mut heir = ada.clone();
    heir.user_id = "11111111-2222-4333-8444-555555555555".into();
    SIMULATOR.put_user(heir.clone());
    let user = app.who(&app.arrive(&heir).await).await;
    assert_eq!((&user["id"], &user["role"]), (&json!(id), &json!("user")));
}

#[tokio::test]
async fn derived_address_is_never_that_of_a_password_user() {
    let app = App::with(portal(&SIMULATOR).set("AWS_EMAIL_DOMAIN", "corp.example"));
    let stored = async |person: &User| {
        let sql = "SELECT email FROM users WHERE username = ?1 AND source <> 'password'";
        let rows = app.sql(sql, [person.user_name.clone()]).await;
        rows[0]["email"].clone()
    };
    // The password user was there first, in another spelling.
    let ceo = somebody(&app, "ceo");
    let address = format!("{}@Corp.example", ceo.user_name.to_uppercase());
    let ada = app.password_user("ada").await;
    let set_address = async |address: &str, id: &str| {
        let key = address.to_lowercase();
        let sql = "UPDATE users SET email = ?1, email_key = ?2 WHERE id = ?3";
        app.sql(sql, [address.to_owned(), key, id.to_owned()]).await;
    };
    set_address(&address, &ada.id).await;
    for _ in 0..2 {
        let reply = app.arrive(&ceo).await;
        assert_eq!(reply.json()["user"]["email"], Value::Null);
        assert_eq!(app.who(&reply).await["email"], Value::Null);
        assert_eq!(stored(&ceo).await, Value::Null);
    }
    // A user name that is an address is not a confirmed address either.
    let mut named = somebody(&app, "named");
    named.user_name = format!("{}@corp.example", ceo.user_name);
    SIMULATOR.put_user(named.clone());
    let reply = app.arrive(&named).await;
    assert_eq!(reply.json()["user"]["email"], Value::Null);

    // The password user comes later, and then gets another address.
    let cfo = somebody(&app, "cfo");
    let made = format!("{}@corp.example", cfo.user_name);
    let reply = app.arrive(&cfo).await;
    assert_eq!(reply.json()["user"]["email"], made);
    let sql = "INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, role, is_active, \
               created_at, updated_at) \
               SELECT ?1, source, ?1, ?1, ?2, ?2, name, role, is_active, created_at, updated_at FROM users WHERE id = ?3";
    let id = crate::support::minted::next_uuid().to_string();
    app.sql(sql, [id.clone(), made.clone(), ada.id.clone()])
        .await;
    assert_eq!(stored(&cfo).await, Value::Null);
    assert_eq!(app.arrive(&cfo).await.json()["user"]["email"], Value::Null);
    set_address("elsewhere@corp.example", &id).await;
    assert_eq!(app.arrive(&cfo).await.json()["user"]["email"], made);
    set_address(&made, &id).await;
    assert_eq!(stored(&cfo).await, Value::Null);
    // It is written once, not at every sign-in.
    app.arrive(&cfo).await.assert_status(200);
    let seen = app.arrive(&cfo).await.seen().await;
    let is_update = |sql: &&str| sql.contains("UPDATE users SET username");
    let statements = seen.statements();
    assert_eq!(
        statements.iter().filter(|sql| is_update(&&***sql)).count(),
        0,
        "{statements:?}"
    );
}

#[tokio::test]
async fn refused_device_flows_are_audited_with_fixed_codes_and_bounded() {
    let app = App::alone(directory(&SIMULATOR));
    let details = async |from: &str| {
        let sql = "SELECT detail, subject FROM audit JOIN audit_clients USING (number) \
                   WHERE kind = 'sign_in_failed' AND address = ?1 ORDER BY number";
        app.sql(sql, [from]).await
    };
    let refused = async |person: Option<&User>, from: &str| {
        let device = app.device().await;
        match person {
            Some(person) => device.approve(person),
            None => SIMULATOR.deny(&device.user_code).expect("denied"),
        }
        let request = app.post(super::TOKEN).header("prefer", "wait=0").from(from);
        let reply = request.json(&device.body()).send().await;
        reply.assert_status(403);
        reply.seen().await;
    };
    let (mut ada, nobody) = (somebody(&app, "ada"), assigned("nobody", &[]));
    let id = text(&app.who(&app.arrive(&ada).await).await, "id");
    refused(None, &app.elsewhere(1)).await;
    refused(Some(&nobody), &app.elsewhere(2)).await;
    let sql = "UPDATE users SET is_active = 0 WHERE id = ?1";
    app.sql(sql, [id.clone()]).await;
    refused(Some(&ada), &app.elsewhere(3)).await;
    let device = app.device().await;
    device.approve(&ada);
    ada.enabled = false;
    SIMULATOR.put_user(ada.clone());
    let elsewhere = app.elsewhere(4);
    let request = app
        .post(super::TOKEN)
        .header("prefer", "wait=0")
        .from(&elsewhere);
    request.json(&device.body()).send().await.assert_status(403);
    for (number, detail, subject) in [
        (1, "aws_device: denied", Value::Null),
        (2, "aws_device: no_assignment", Value::Null),
        (3, "aws_device: disabled", json!(id)),
        (4, "aws_device: disabled_in_directory", Value::Null),
    ] {
        let entry = json!({ "detail": detail, "subject": subject });
        assert_eq!(details(&app.elsewhere(number)).await, [entry], "{number}");
    }
    for _ in 0..5 {
        refused(None, &app.elsewhere(5)).await;
    }
    assert_eq!(
        details(&app.elsewhere(5)).await.len(),
        3,
        "as of other refusals"
    );
}
