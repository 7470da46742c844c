//! Runs the statements in `SQLite`, with the migrations applied.

#[path = "../../../../tests/sql/plan.rs"]
mod plan;

use super::*;
use edge_auth::domain::audit::{Entry, Kind};
use plan::costly;
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::fallible_iterator::FallibleIterator as _;
use std::sync::atomic::{AtomicU32, Ordering};

fn database() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    let folder = cli::workspace::root().join("migrations");
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

/// As [`ask`]. Also checks that the cost of the statements does not grow with the number of users.
fn run(database: &Connection, statements: &str) -> Vec<Vec<String>> {
    let mut batch = rusqlite::Batch::new(database, statements);
    while let Some(statement) = batch.next().unwrap() {
        let text = statement.expanded_sql().unwrap();
        let rows = ask(database, &format!("EXPLAIN QUERY PLAN {text}"));
        let steps: Vec<String> = rows.into_iter().map(|mut row| row.remove(3)).collect();
        // The devices of one user.
        let allowed = |step: &&str| step.ends_with("(key>? AND key<?)");
        let costly = costly(&steps).into_iter().filter(|step| !allowed(step));
        assert_eq!(costly.collect::<Vec<_>>(), [""; 0], "{text}");
    }
    ask(database, statements)
}

/// Runs statements in one transaction, as D1 does; returns the rows of the last one as texts.
fn ask(database: &Connection, statements: &str) -> Vec<Vec<String>> {
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

fn new_user(id: &str, username: &str, email: &str) -> NewUser {
    let args = cli::NewUser {
        username: username.into(),
        email: email.into(),
        ..Default::default()
    };
    NewUser::new(&args, id.into()).unwrap()
}

/// A new entry about user 1.
fn entry(kind: Kind) -> NewEntry {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let id = uuid::Uuid::from_u128(LAST.fetch_add(1, Ordering::Relaxed).into());
    let mut entry = Entry::new(id, at(0), kind, "a command").by_command_line();
    entry.subject = Some("1".into());
    NewEntry {
        entry,
        mac: Some("mac".into()),
    }
}

fn add_linked(user: &NewUser, now: Timestamp, hash: Option<&str>) -> String {
    let (added, created) = (entry(Kind::UserAdded), entry(Kind::PasswordLinkCreated));
    let link = hash.map(|hash| Link {
        hash,
        now,
        created: &created,
    });
    add(user, now, &added, link.as_ref()).unwrap()
}

/// Runs the statements of a change at this time.
fn change(
    database: &Connection,
    kind: Kind,
    now: Timestamp,
    statements: impl Fn(&Change<'_>) -> Result<String>,
) -> Vec<Vec<String>> {
    let (change_entry, revoked) = (entry(kind), entry(Kind::SessionRevoked));
    let change = Change {
        entry: &change_entry,
        revoked: &revoked,
        now,
        cached_since: at(150),
    };
    run(database, &statements(&change).unwrap())
}

/// The kinds of the entries in the audit log, whose numbers have no gap.
fn logged(database: &Connection) -> Vec<String> {
    let rows = ask(database, "SELECT number, kind FROM audit ORDER BY number");
    let kinds = rows.into_iter().zip(1..).map(|(mut row, number)| {
        assert_eq!(row[0], number.to_string());
        row.remove(1)
    });
    kinds.collect()
}

fn with_john() -> Connection {
    let database = database();
    let added = add_linked(&new_user("1", "john", "John@x.de"), at(100), Some("hash"));
    assert!(run(&database, &added).is_empty());
    // Two live sessions, one that was revoked before, and one that has expired.
    for (id, generation, rotations, expires_at, revoked) in [
        ("a", 0, "[]", "2000", "NULL"),
        ("b", 7, "[[90,5],[91,6]]", "2000", "NULL"),
        ("c", 1, "[]", "2000", "'1970-01-01T00:00:09Z'"),
        ("d", 1, "[]", "1970-01-01T00:00:10Z", "NULL"),
    ] {
        ask(
            &database,
            &format!(
                "INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at, \
                 revoked_at, recent_rotations) \
                 VALUES ('{id}', '1', {generation}, '', '', '{expires_at}', '2000', {revoked}, '{rotations}')"
            ),
        );
    }
    database
}

fn live_sessions(database: &Connection) -> usize {
    let sql = "SELECT id FROM sessions WHERE revoked_at IS NULL AND token_expires_at > '1970-01-01T00:02:50Z'";
    ask(database, sql).len()
}

fn stored_user(database: &Connection) -> Vec<String> {
    ask(
        database,
        "SELECT role, is_active, password_hash, updated_at FROM users WHERE id = '1'",
    )
    .remove(0)
}

const ENTRIES_OF_ADD: [&str; 2] = ["user_added", "password_link_created"];
const SET_AT_100: &str = "1970-01-01T00:01:40Z";
const SET_AT_200: &str = "1970-01-01T00:03:20Z";

#[test]
fn add_inserts_the_user_and_the_link() {
    let database = database();
    let mut user = new_user("1", "O'Brien", "o'brien@x.de");
    user.name = "O'Brien; DROP TABLE users; BEGIN TRANSACTION; -- /* \" `".into();
    user.organization = Some("a\u{1f600}b".into());
    user.role = Role::SuperAdmin;
    assert!(run(&database, &add_linked(&user, at(100), Some("hash"))).is_empty());
    let rows = ask(&database, "SELECT * FROM users");
    let expected = [
        "1",
        "password",
        "NULL",
        "o'brien",
        &user.skeleton,
        "o'brien@x.de",
        "o'brien@x.de",
        "NULL",
        &user.name,
        "a\u{1f600}b",
        "NULL",
        "super_admin",
        "1",
        "NULL",
        SET_AT_100,
        SET_AT_100,
        "NULL",
        "NULL",
        "0",
    ];
    assert_eq!(rows, [expected]);
    let links = ask(&database, "SELECT * FROM password_links");
    assert_eq!(
        links,
        [[
            "hash",
            "1",
            SET_AT_100,
            "1970-01-01T01:01:40Z",
            "NULL",
            "NULL"
        ]]
    );
    assert_eq!(logged(&database), ["user_added", "password_link_created"]);
}

#[test]
fn add_with_a_password_creates_no_link() {
    let database = database();
    let mut user = new_user("1", "john", "j@x.de");
    user.password_hash = Some("$argon2id$…".into());
    assert!(run(&database, &add_linked(&user, at(100), None)).is_empty());
    assert_eq!(
        stored_user(&database),
        ["user", "1", "$argon2id$…", SET_AT_100]
    );
    assert!(ask(&database, "SELECT * FROM password_links").is_empty());
    assert_eq!(logged(&database), ["user_added"]);
}

#[test]
fn add_of_a_taken_name_returns_the_other_user_and_changes_nothing() {
    let database = with_john();
    for (username, email) in [
        ("JOHN", "new@x.de"),
        ("j0hn", "new@x.de"),
        ("mary", "JOHN@X.DE"),
    ] {
        let rows = run(
            &database,
            &add_linked(&new_user("2", username, email), at(200), Some("other")),
        );
        assert_eq!(rows, [["john", "John@x.de"]], "{username}");
        assert_eq!(ask(&database, "SELECT id FROM users"), [["1"]]);
        assert_eq!(ask(&database, "SELECT id FROM password_links"), [["hash"]]);
        assert_eq!(logged(&database), ENTRIES_OF_ADD);
    }
    let mary = add_linked(&new_user("2", "mary", "mary@x.de"), at(200), None);
    assert!(run(&database, &mary).is_empty());
    assert_eq!(ask(&database, LIST).len(), 2);
}

#[test]
fn add_of_an_address_that_another_user_can_restore_changes_nothing() {
    let database = with_john();
    ask(
        &database,
        &format!(
            "INSERT INTO email_links (id, user_id, purpose, email, email_key, created_at, expires_at) \
             VALUES ('r', '1', 'revert', 'Old@x.de', 'old@x.de', '', '{SET_AT_200}'), \
             ('c', '1', 'confirm', 'new@x.de', 'new@x.de', '', '{SET_AT_200}')"
        ),
    );
    let add = |id, username, email, now| {
        let user = new_user(id, username, email);
        run(&database, &add_linked(&user, at(now), None))
    };
    assert_eq!(add("2", "mary", "OLD@x.de", 199), [["john", "John@x.de"]]);
    assert_eq!(ask(&database, "SELECT id FROM users"), [["1"]]);
    assert_eq!(logged(&database), ENTRIES_OF_ADD);
    // A link that has expired and one that confirms an address reserve nothing.
    assert!(add("2", "mary", "OLD@x.de", 200).is_empty());
    assert!(add("3", "eve", "new@x.de", 199).is_empty());
    assert_eq!(ask(&database, LIST).len(), 3);
}

#[test]
fn users_are_found_by_id_username_or_address() {
    let database = with_john();
    for (id, username) in [("2", "john"), ("3", "Mary@x.de"), ("4", "Mary@x.de")] {
        ask(
            &database,
            &format!(
                "INSERT INTO users (id, source, subject, username, name, role, is_active, created_at, updated_at) \
                 VALUES ('{id}', 'https://sso', '{id}', '{username}', 'x', 'user', 1, '', '')"
            ),
        );
    }
    let ids = |typed: &str, username: Option<&str>, key: Option<&str>| -> Vec<String> {
        run(&database, &find(typed, Some(typed), username, key).unwrap())
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
fn disable_revokes_sessions_and_deletes_links() {
    let database = with_john();
    ask(
        &database,
        "INSERT INTO email_links (id, user_id, purpose, email, email_key, created_at, expires_at) \
         VALUES ('r', '1', 'revert', 'old@x.de', 'old@x.de', '', ''), ('c', '1', 'confirm', 'new@x.de', 'new@x.de', '', '')",
    );
    let revoked = change(&database, Kind::UserDisabled, at(200), |change| {
        disable("1", change)
    });
    assert_eq!(revoked, [["a", "0", "NULL"], ["b", "7", "5"]]);
    assert_eq!(stored_user(&database), ["user", "0", "NULL", SET_AT_200]);
    assert_eq!(live_sessions(&database), 0);
    assert!(ask(&database, "SELECT * FROM password_links").is_empty());
    assert!(ask(&database, "SELECT * FROM email_links").is_empty());
    // A second run changes nothing, and lists the cached sessions again.
    let again = change(&database, Kind::UserDisabled, at(300), |change| {
        disable("1", change)
    });
    assert_eq!(again, revoked);
    assert_eq!(stored_user(&database), ["user", "0", "NULL", SET_AT_200]);
    // A disabled user gets no link.
    let link = Link {
        hash: "x",
        now: at(300),
        created: &entry(Kind::PasswordLinkCreated),
    };
    run(&database, &add_link("1", &link).unwrap());
    assert!(ask(&database, "SELECT * FROM password_links").is_empty());

    run(
        &database,
        &enable("1", at(100), &entry(Kind::UserEnabled)).unwrap(),
    );
    assert_eq!(stored_user(&database), ["user", "1", "NULL", SET_AT_100]);
    run(
        &database,
        &enable("1", at(200), &entry(Kind::UserEnabled)).unwrap(),
    );
    assert_eq!(stored_user(&database), ["user", "1", "NULL", SET_AT_100]);
    assert_eq!(live_sessions(&database), 0);
    // Each entry is written once, however often the command runs.
    let expected = ["user_disabled", "session_revoked", "user_enabled"];
    assert_eq!(logged(&database)[2..], expected);
}

#[test]
fn set_role_revokes_sessions_only_if_the_role_changes() {
    let database = with_john();
    let same = change(&database, Kind::RoleChanged, at(200), |change| {
        set_role("1", Role::User, Role::User, change)
    });
    assert!(same.is_empty());
    assert_eq!(stored_user(&database), ["user", "1", "NULL", SET_AT_100]);
    assert_eq!(live_sessions(&database), 2);
    let revoked = change(&database, Kind::RoleChanged, at(200), |change| {
        set_role("1", Role::User, Role::Admin, change)
    });
    assert_eq!(revoked, [["a", "0", "NULL"], ["b", "7", "5"]]);
    assert_eq!(stored_user(&database), ["admin", "1", "NULL", SET_AT_200]);
    assert_eq!(live_sessions(&database), 0);
    assert_eq!(logged(&database)[2..], ["role_changed", "session_revoked"]);
    // A command that read the previous role changes nothing.
    change(&database, Kind::RoleChanged, at(300), |change| {
        set_role("1", Role::User, Role::SuperAdmin, change)
    });
    assert_eq!(stored_user(&database), ["admin", "1", "NULL", SET_AT_200]);
    assert_eq!(logged(&database).len(), 4);
}

#[test]
fn entry_has_these_columns_and_no_mac_without_a_key() {
    let database = database();
    let mut added = entry(Kind::UserAdded);
    added.mac = None;
    added.entry.detail = Some("role 'user'".into());
    run(
        &database,
        &add(&new_user("1", "john", "j@x.de"), at(100), &added, None).unwrap(),
    );
    let Entry { id, .. } = &added.entry;
    let expected = [
        "1",
        id,
        "1970-01-01T00:00:00Z",
        "user_added",
        "success",
        "command-line",
        "1",
        "NULL",
        "NULL",
        "role 'user'",
        "NULL",
        "a command",
        "NULL",
    ];
    assert_eq!(ask(&database, "SELECT * FROM audit"), [expected]);
}

#[test]
fn set_password_revokes_sessions_and_deletes_links() {
    let database = with_john();
    let revoked = change(&database, Kind::PasswordSet, at(200), |change| {
        set_password("1", "new", change)
    });
    assert_eq!(revoked, [["a", "0", "NULL"], ["b", "7", "5"]]);
    assert_eq!(stored_user(&database), ["user", "1", "new", SET_AT_200]);
    assert_eq!(live_sessions(&database), 0);
    assert!(ask(&database, "SELECT * FROM password_links").is_empty());
    assert_eq!(logged(&database)[2..], ["password_set", "session_revoked"]);
}

#[test]
fn change_whose_entry_a_trigger_skips_fails_and_changes_nothing() {
    let database = with_john();
    let (change_entry, revoked) = (entry(Kind::RoleChanged), entry(Kind::SessionRevoked));
    let change = Change {
        entry: &change_entry,
        revoked: &revoked,
        now: at(200),
        cached_since: at(150),
    };
    let link = Link {
        hash: "another hash",
        now: at(200),
        created: &change_entry,
    };
    let other = new_user("2", "eve", "eve@x.de");
    let before = (stored_user(&database), live_sessions(&database));
    database
        .execute_batch("CREATE TRIGGER z BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END")
        .unwrap();
    for statements in [
        set_role("1", Role::User, Role::SuperAdmin, &change),
        disable("1", &change),
        set_password("1", "new", &change),
        add_link("1", &link),
        add(&other, at(200), &change_entry, None),
    ] {
        let transaction = database.unchecked_transaction().unwrap();
        assert!(database.execute_batch(&statements.unwrap()).is_err());
        transaction.rollback().unwrap();
    }
    assert_eq!((stored_user(&database), live_sessions(&database)), before);
    assert_eq!(ask(&database, "SELECT count(*) FROM users"), [["1"]]);
}

#[test]
fn text_with_a_nul_is_refused() {
    assert!(text("a\0b").is_err());
    assert!(find("a\0b", None, None, None).is_err());
}

proptest! {
    #[test]
    fn texts_are_stored_unchanged(value in "([^\\x00]|['\";\\-\\\\\\n%]){0,80}") {
        let database = Connection::open_in_memory().unwrap();
        let expression = text(&value).unwrap();
        prop_assert!(expression.is_ascii());
        let back: String = database
            .query_row(&format!("SELECT {expression}"), [], |row| row.get(0))
            .unwrap();
        prop_assert_eq!(back, value);
    }
}
