//! The exact statements, run by `SQLite` with the migrations applied.

use super::*;
use crate::arguments::NewPerson;
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::fallible_iterator::FallibleIterator as _;

fn database() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    let folder = crate::place::root().join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        database
            .execute_batch(&std::fs::read_to_string(file).unwrap())
            .unwrap();
    }
    database
}

/// As D1 does: all in one transaction; the rows of the last statement as texts.
fn run(database: &Connection, statements: &str) -> Vec<Vec<String>> {
    let transaction = database.unchecked_transaction().unwrap();
    let mut batch = rusqlite::Batch::new(database, statements);
    let mut rows = Vec::new();
    while let Some(mut statement) = batch.next().unwrap() {
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        rows.clear();
        while let Some(row) = found.next().unwrap() {
            let texts = (0..columns).map(|place| {
                row.get::<_, Option<rusqlite::types::Value>>(place)
                    .unwrap()
                    .map_or("NULL".to_owned(), |value| match value {
                        rusqlite::types::Value::Text(text) => text,
                        rusqlite::types::Value::Integer(number) => number.to_string(),
                        other => format!("{other:?}"),
                    })
            });
            rows.push(texts.collect());
        }
    }
    transaction.commit().unwrap();
    rows
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn person(id: &str, username: &str, email: &str) -> Person {
    let typed = NewPerson {
        username: username.into(),
        email: email.into(),
        ..NewPerson::default()
    };
    Person::new(&typed, id.into()).unwrap()
}

fn with_john() -> Connection {
    let database = database();
    let added = add(&person("1", "john", "John@x.de"), at(100), Some("hash")).unwrap();
    assert!(run(&database, &added).is_empty());
    for (id, generation, revoked) in [
        ("a", 0, "NULL"),
        ("b", 7, "NULL"),
        ("c", 1, "'1970-01-01T00:00:09Z'"),
    ] {
        run(
            &database,
            &format!(
                "INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at, \
                 revoked_at) VALUES ('{id}', '1', {generation}, '', '', '', '', {revoked})"
            ),
        );
    }
    database
}

fn live_sessions(database: &Connection) -> usize {
    run(database, "SELECT id FROM sessions WHERE revoked_at IS NULL").len()
}

fn user(database: &Connection) -> Vec<String> {
    run(
        database,
        "SELECT role, is_active, password_hash, updated_at FROM users WHERE id = '1'",
    )
    .remove(0)
}

const SET_AT_100: &str = "1970-01-01T00:01:40Z";
const SET_AT_200: &str = "1970-01-01T00:03:20Z";

#[test]
fn adding_writes_the_person_and_the_link() {
    let database = database();
    let mut someone = person("1", "O'Brien", "o'brien@x.de");
    someone.name = "O'Brien; DROP TABLE users; BEGIN TRANSACTION; -- /* \" `".into();
    someone.organization = Some("a\u{1f600}b".into());
    someone.role = Role::SuperAdmin;
    assert!(run(&database, &add(&someone, at(100), Some("hash")).unwrap()).is_empty());
    let rows = run(&database, "SELECT * FROM users");
    let expected = [
        "1",
        "password",
        "NULL",
        "o'brien",
        &someone.skeleton,
        "o'brien@x.de",
        "o'brien@x.de",
        &someone.name,
        "a\u{1f600}b",
        "NULL",
        "super_admin",
        "1",
        "NULL",
        SET_AT_100,
        SET_AT_100,
        "NULL",
    ];
    assert_eq!(rows, [expected]);
    let links = run(&database, "SELECT * FROM password_links");
    assert_eq!(
        links,
        [["hash", "1", SET_AT_100, "1970-01-01T01:01:40Z", "NULL"]]
    );
}

#[test]
fn adding_with_a_password_makes_no_link() {
    let database = database();
    let mut someone = person("1", "john", "j@x.de");
    someone.password_hash = Some("$argon2id$…".into());
    assert!(run(&database, &add(&someone, at(100), None).unwrap()).is_empty());
    assert_eq!(user(&database), ["user", "1", "$argon2id$…", SET_AT_100]);
    assert!(run(&database, "SELECT * FROM password_links").is_empty());
}

#[test]
fn what_is_taken_is_named_and_nothing_is_written() {
    let database = with_john();
    for (username, email) in [
        ("JOHN", "new@x.de"),
        ("j0hn", "new@x.de"),
        ("mary", "JOHN@X.DE"),
    ] {
        let rows = run(
            &database,
            &add(&person("2", username, email), at(200), Some("other")).unwrap(),
        );
        assert_eq!(rows, [["john", "John@x.de"]], "{username}");
        assert_eq!(run(&database, "SELECT id FROM users"), [["1"]]);
        assert_eq!(run(&database, "SELECT id FROM password_links"), [["hash"]]);
    }
    let mary = add(&person("2", "mary", "mary@x.de"), at(200), None).unwrap();
    assert!(run(&database, &mary).is_empty());
    assert_eq!(run(&database, LIST).len(), 2);
}

#[test]
fn people_are_found_by_id_name_or_address() {
    let database = with_john();
    for (id, username) in [("2", "john"), ("3", "Mary@x.de"), ("4", "Mary@x.de")] {
        run(
            &database,
            &format!(
                "INSERT INTO users (id, source, subject, username, name, role, is_active, created_at, updated_at) \
                 VALUES ('{id}', 'https://sso', '{id}', '{username}', 'x', 'user', 1, '', '')"
            ),
        );
    }
    let ids = |typed: &str, username: Option<&str>, key: Option<&str>| -> Vec<String> {
        run(&database, &find(typed, username, key).unwrap())
            .into_iter()
            .map(|mut row| row.remove(0))
            .collect()
    };
    assert_eq!(ids("1", Some("1"), None), ["1"]);
    assert_eq!(ids("John", Some("john"), None), ["1"]);
    assert_eq!(ids("john", Some("john"), None), ["1", "2"]);
    assert_eq!(ids("JOHN@x.de", None, Some("john@x.de")), ["1"]);
    assert_eq!(ids("Mary@x.de", None, Some("mary@x.de")), ["3", "4"]);
    assert!(ids("' OR 1 = 1 --", None, None).is_empty());
}

#[test]
fn disabling_ends_everything() {
    let database = with_john();
    let ended = run(&database, &disable("1", at(200), at(150)).unwrap());
    assert_eq!(ended, [["a", "0"], ["b", "7"]]);
    assert_eq!(user(&database), ["user", "0", "NULL", SET_AT_200]);
    assert_eq!(live_sessions(&database), 0);
    assert!(run(&database, "SELECT * FROM password_links").is_empty());
    // Again: nothing changes, and the copies can be ended again.
    let again = run(&database, &disable("1", at(300), at(150)).unwrap());
    assert_eq!(again, ended);
    assert_eq!(user(&database), ["user", "0", "NULL", SET_AT_200]);
    // A link is not for somebody disabled.
    let link = Link {
        hash: "x",
        now: at(300),
    };
    run(&database, &keep_link("1", &link).unwrap());
    assert!(run(&database, "SELECT * FROM password_links").is_empty());

    run(&database, &enable("1", at(100)).unwrap());
    assert_eq!(user(&database), ["user", "1", "NULL", SET_AT_100]);
    run(&database, &enable("1", at(200)).unwrap());
    assert_eq!(user(&database), ["user", "1", "NULL", SET_AT_100]);
    assert_eq!(live_sessions(&database), 0);
}

#[test]
fn another_role_ends_the_sessions_and_the_same_does_not() {
    let database = with_john();
    let same = run(
        &database,
        &set_role("1", Role::User, at(200), at(150)).unwrap(),
    );
    assert!(same.is_empty());
    assert_eq!(user(&database), ["user", "1", "NULL", SET_AT_100]);
    assert_eq!(live_sessions(&database), 2);
    let ended = run(
        &database,
        &set_role("1", Role::Admin, at(200), at(150)).unwrap(),
    );
    assert_eq!(ended, [["a", "0"], ["b", "7"]]);
    assert_eq!(user(&database), ["admin", "1", "NULL", SET_AT_200]);
    assert_eq!(live_sessions(&database), 0);
}

#[test]
fn a_new_password_ends_sessions_and_links() {
    let database = with_john();
    let ended = run(
        &database,
        &set_password("1", "new", at(200), at(150)).unwrap(),
    );
    assert_eq!(ended, [["a", "0"], ["b", "7"]]);
    assert_eq!(user(&database), ["user", "1", "new", SET_AT_200]);
    assert_eq!(live_sessions(&database), 0);
    assert!(run(&database, "SELECT * FROM password_links").is_empty());
}

#[test]
fn a_nul_is_refused() {
    assert!(text("a\0b").is_err());
    assert!(find("a\0b", None, None).is_err());
}

proptest! {
    #[test]
    fn texts_come_out_as_they_went_in(value in "([^\\x00]|['\";\\-\\\\\\n%]){0,80}") {
        let database = Connection::open_in_memory().unwrap();
        let expression = text(&value).unwrap();
        prop_assert!(expression.is_ascii());
        let back: String = database
            .query_row(&format!("SELECT {expression}"), [], |row| row.get(0))
            .unwrap();
        prop_assert_eq!(back, value);
    }
}
