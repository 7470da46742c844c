//! The right person, with the right role.

use super::{SIMULATOR, directory, own_name, portal, somebody, text};
use crate::support::{App, Reply, Vars};
use aws_simulator::{ACCOUNT, Assignment, Person};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const FAILED: &str = "Failed to create token from device code";

fn mapped() -> Vars {
    let map = "Administrator=admin, Owner=super_admin, Developer=user";
    portal(&SIMULATOR).set("AWS_SSO_ROLE_MAP", map)
}

fn refused(reply: &Reply) {
    reply.assert_status(500);
    assert_eq!(reply.json(), json!({ "detail": FAILED }));
}

/// The person from now on has this one permission set.
fn assign(person: &mut Person, permission_set: &str) {
    person.assignments = vec![Assignment {
        account_id: ACCOUNT.into(),
        permission_set: permission_set.into(),
    }];
    SIMULATOR.put_person(person.clone());
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
    SIMULATOR.put_person(ada.clone());
    let third = app.who(&app.arrive(&ada).await).await;
    ada.user_name = ada.user_name.to_uppercase();
    SIMULATOR.put_person(ada.clone());
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
    SIMULATOR.put_person(ada.clone());
    let after = app.who(&app.arrive(&ada).await).await;
    assert_eq!(before["id"], after["id"]);
    assert_eq!(after["username"], ada.user_name);
    // Whoever gets the old name is somebody else.
    let mut heir = Person::new(text(&before, "username")).assigned(ACCOUNT, "Developer");
    heir.user_id = "11111111-2222-4333-8444-555555555555".into();
    SIMULATOR.put_person(heir.clone());
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
            refused(&app.arrive(&ada).await);
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
        refused(&app.arrive(&ada).await);
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
async fn an_administrators_session_ends_after_a_day_and_without_a_map_the_record_decides() {
    let app = App::with(portal(&SIMULATOR));
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
    let nobody = Person::new(own_name("nobody"));
    SIMULATOR.put_person(nobody.clone());
    refused(&app.arrive(&nobody).await);
    let mut ada = somebody(&app, "ada");
    let device = app.device().await;
    device.approve(&ada);
    ada.enabled = false;
    SIMULATOR.put_person(ada.clone());
    refused(&app.token(&device).await);
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
    refused(&app.arrive(&ada).await);
    let ada = ada.assigned("444455556666", "ReadOnly");
    SIMULATOR.put_person(ada.clone());
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
