//! The right person, with the right role.

use super::{SIMULATOR, directory, own_name, portal, somebody, start, text};
use crate::support::{App, Reply};
use aws_simulator::{ACCOUNT, Assignment, Config, Person};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const FAILED: &str = "Failed to create token from device code";

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
    for vars in [portal(&SIMULATOR), directory(&SIMULATOR)] {
        let app = App::with(vars.set("AWS_SSO_ROLE_MAP", "Administrator=admin"));
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
                let _ = answer(stream, &arn);
            }
        });
        Self { url, says }
    }

    fn say(&self, arn: &str) {
        arn.clone_into(&mut self.says.lock().unwrap());
    }
}

fn answer(stream: TcpStream, arn: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(&stream);
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
    write!(
        &stream,
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
    let map = "Administrator=admin, Owner=super_admin, Developer=user";
    let app = App::with(portal(&SIMULATOR).set("AWS_SSO_ROLE_MAP", map));
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
    let app = App::with(portal(&SIMULATOR).set("AWS_SSO_ROLE_MAP", "Administrator=admin"));
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
async fn names_and_addresses_are_the_directorys_else_made_of_the_user_name() {
    let without = App::with(portal(&SIMULATOR));
    let with_domain = App::with(portal(&SIMULATOR).set("AWS_EMAIL_DOMAIN", "corp.example"));
    let asked = App::with(directory(&SIMULATOR));
    let put = |person: Person| {
        let person = person.assigned(ACCOUNT, "Developer");
        SIMULATOR.put_person(person.clone());
        person
    };
    let john = put(Person::new("john.doe")
        .display_name("Johnny D")
        .email("jd@example.org"));
    let bare = put(Person::new("aws-user"));
    let address = put(Person::new("Grace_Hopper@example.com"));
    let nonsense = put(Person::new("a@b@c")
        .email("no address")
        .display_name("\u{202e}"));
    for (app, person, full_name, email) in [
        (&without, &john, "John Doe", None),
        (
            &with_domain,
            &john,
            "John Doe",
            Some("john.doe@corp.example"),
        ),
        (&asked, &john, "Johnny D", Some("jd@example.org")),
        (&without, &bare, "AWS User", None),
        (
            &with_domain,
            &bare,
            "AWS User",
            Some("aws-user@corp.example"),
        ),
        (&asked, &bare, "AWS User", None),
        (
            &without,
            &address,
            "Grace Hopper",
            Some("Grace_Hopper@example.com"),
        ),
        (
            &with_domain,
            &address,
            "Grace Hopper",
            Some("Grace_Hopper@example.com"),
        ),
        (
            &asked,
            &address,
            "Grace Hopper",
            Some("Grace_Hopper@example.com"),
        ),
        (&with_domain, &nonsense, "A", None),
        (&asked, &nonsense, "A", None),
    ] {
        let reply = app.arrive(person).await;
        reply.assert_status(200);
        assert_eq!(
            reply.json()["user"],
            json!({ "username": person.user_name, "email": email, "full_name": full_name })
        );
        let user = app.who(&reply).await;
        assert_eq!(
            (&user["organization"], &user["aws_region"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[tokio::test]
async fn a_name_of_a_password_user_is_nobody_elses_account() {
    for vars in [portal(&SIMULATOR), directory(&SIMULATOR)] {
        let app = App::with(vars);
        let ada = app.password_user("ada").await;
        let admin = app.admin("grace").await;
        for name in [&ada.username, &ada.email, &admin.username, &admin.email] {
            let person = Person::new(name.as_str())
                .email(ada.email.as_str())
                .assigned(ACCOUNT, "Developer");
            SIMULATOR.put_person(person.clone());
            let user = app.who(&app.arrive(&person).await).await;
            assert!(user["id"] != json!(ada.id) && user["id"] != json!(admin.id));
            assert_eq!(
                (&user["username"], &user["role"]),
                (&json!(name), &json!("user"))
            );
        }
        for person in [&ada, &admin] {
            for name in [&person.username, &person.email] {
                let body = json!({ "username": name, "password": person.password });
                let reply = app.post("/api/auth/login").json(&body).send().await;
                reply.assert_status(200);
                assert_eq!(reply.json()["user"]["id"], json!(person.id), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn any_name_that_identity_center_allows_signs_in_as_itself() {
    let longest = "n".repeat(128);
    let names = [
        "admin",
        "*",
        "/",
        "a/b",
        "//",
        "a:b",
        "::",
        "'; DROP TABLE users; --".trim(),
        "<b>&amp;</b>",
        "\"q\"",
        "\\",
        "%2e%2e",
        "..",
        "@",
        "@@",
        "a@b@c@d",
        "{}",
        "$(id)",
        "null",
        "0",
        "-1",
        "=user",
        "a,b=super_admin",
        "日本語",
        "Zoë.O'Neil2",
        "e\u{301}",
        "\u{e9}",
        "😀",
        "ﬀ",
        "İ",
        "ı",
        "ß",
        "𝕏",
        "АДА",
        longest.as_str(),
    ];
    for vars in [portal(&SIMULATOR), directory(&SIMULATOR)] {
        let app = App::with(vars);
        let mut ids: Vec<String> = Vec::new();
        for name in names {
            let name = name.replace(' ', "_");
            let person = Person::new(name.as_str()).assigned(ACCOUNT, "Developer");
            SIMULATOR.put_person(person.clone());
            let reply = app.arrive(&person).await;
            assert_eq!(reply.status, 200, "{name}: {}", reply.text());
            let user = app.who(&reply).await;
            assert_eq!(text(&user, "username"), name);
            assert_eq!(user["role"], "user", "{name}");
            assert!(!text(&user, "name").is_empty());
            let id = text(&user, "id");
            assert!(!ids.contains(&id), "{name} meets another's account");
            ids.push(id);
        }
    }
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

/// Regions and hosts that lead elsewhere: see `hostile_configuration_connects_nowhere`.
fn hostile() -> Vec<(&'static str, String)> {
    let regions = [
        "us-east-1.evil.example",
        "us-east-1.evil.example/",
        "us-east-1@evil.example",
        "@evil.example",
        "evil.example#",
        "evil.example/?",
        "us-east-1#",
        "us-east-1?",
        "us-east-1/",
        "/us-east-1",
        "us-east-1\\",
        "us-east-1:443",
        "us-east-1%2eevil",
        "us-east-1%00",
        "us-east-1\u{0}",
        "us-east-1\r\nHost: evil",
        "us-east-1\n",
        "us-east-1 ",
        " us-east-1",
        "US-EAST-1",
        "us_east_1",
        "us-east-1.",
        ".us-east-1",
        "us-east-99",
        "us-east-1a",
        "xx-evil-1",
        "evil",
        "localhost",
        "127.0.0.1",
        "127.0.0.1:80",
        "[::1]",
        "169.254.169.254",
        "metadata",
        "aws-global",
        "us-еast-1",
        "us\u{2010}east-1",
        "us-east-\u{661}",
        "..",
        "../..",
        "*",
        "us-east-1,eu-west-1",
        "us-east-1;",
        "https://evil.example",
        "//evil.example",
        "us-east-1&",
        "us-east-1=1",
        "${REGION}",
        "us-east-1<",
        "\"",
        "'",
    ];
    let hosts = [
        "http://evil.example",
        "https://evil.example",
        "https://sts.amazonaws.com.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "http://localhost@evil.example",
        "http://127.0.0.1:80@evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1/evil",
        "http://127.0.0.1?x",
        "http://127.0.0.1#x",
        "http://127.0.0.1\\@evil.example",
        "http://127.0.0.2",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://169.254.169.254",
        "http://[::]",
        "http://[::ffff:10.0.0.1]",
        "http://2130706433",
        "http://0x7f000001",
        "http://127.1",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//127.0.0.1",
        "127.0.0.1",
        "http:/127.0.0.1",
        "http:///127.0.0.1",
        "HTTP://127.0.0.1",
        "http://LOCALHOST",
        "http://127.0.0.1:0",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:-1",
        "http://127.0.0.1:x",
        "http://127.0.0.1:80:80",
        "http://",
        "http://127.0.0.1 ",
        "http://127.0.0.1\r\nx: y",
        "http://user:pw@127.0.0.1",
        "http://localhost%2eevil.example",
    ];
    let of_region = ["AWS_REGION", "AWS_SSO_REGION"];
    let of_host = [
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_SSO_OIDC",
        "AWS_ENDPOINT_URL_SSO",
        "AWS_ENDPOINT_URL_IDENTITYSTORE",
    ];
    let regions = of_region
        .into_iter()
        .flat_map(|name| regions.map(|text| (name, text.to_owned())));
    let hosts = of_host
        .into_iter()
        .flat_map(|name| hosts.map(|text| (name, text.to_owned())));
    regions.chain(hosts).collect()
}

/// The Worker reads its configuration by the same function, natively in a table of all and in the runtime for some.
#[tokio::test]
async fn hostile_configuration_connects_nowhere() {
    let hostile = hostile();
    assert!(hostile.len() >= 200);
    let good = portal(&SIMULATOR);
    for (name, text) in &hostile {
        let lookup = |asked: &str| {
            if asked == *name {
                Some(text.clone())
            } else {
                good.get(asked).map(str::to_owned)
            }
        };
        let Err(mistakes) = edge_auth::config::Config::from_lookup(lookup) else {
            panic!("{name} may be {text:?}");
        };
        assert!(
            mistakes.len() == 1 && mistakes[0].name == *name,
            "{text:?}: {mistakes:?}"
        );
    }
    let simulator = start(Config::default());
    let canary = simulator.canary_url();
    let wrong = [
        ("AWS_SSO_REGION", "us-east-1.evil.example".to_owned()),
        ("AWS_REGION", "us-east-1@evil.example".to_owned()),
        (
            "AWS_ENDPOINT_URL_SSO_OIDC",
            canary.replace("127.0.0.1", "x@127.0.0.1"),
        ),
        ("AWS_ENDPOINT_URL_STS", format!("{canary}/elsewhere")),
    ];
    let vars = wrong.iter().fold(portal(&simulator), |vars, (name, text)| {
        vars.set(name, text)
    });
    let app = App::alone(vars);
    for path in [
        super::REGISTER,
        super::AUTHORIZE,
        super::TOKEN,
        super::AWS_LOGIN,
    ] {
        let reply = app.post(path).json(&json!({})).send().await;
        reply.assert_status(503);
        let detail = json!({ "detail": "Service temporarily unavailable" });
        assert_eq!(reply.json(), detail);
    }
    let logs = app.server().logs();
    for (name, text) in &wrong {
        assert!(logs.iter().any(|(_, line)| line.contains(name)), "{logs:?}");
        assert!(
            !logs.iter().any(|(_, line)| line.contains(text)),
            "{logs:?}"
        );
    }
    assert!(simulator.journal().is_empty() && simulator.canary().is_empty());
}
