//! SQL of the documentation, run on the schema of the migrations.

use crate::markdown::{Page, blocks, root};
use rusqlite::Connection;
use std::fs;

/// A database with all migrations, and a user with a session, a link, counters and audit entries.
fn database(user: &str) -> Connection {
    let database = Connection::open_in_memory().expect("SQLite");
    let folder = root().join("migrations");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("migrations")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    for file in files {
        let sql = fs::read_to_string(&file).expect("SQL");
        database
            .execute_batch(&sql)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let rows = "
        INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, role, is_active, created_at, updated_at, password_hash)
        VALUES ('USER', 'password', 'ada', 'ada', 'a@b.example', 'a@b.example', 'Ada', 'user', 1, '', '', '$argon2id$v=19$m=1,t=1,p=1,keyid=AAAAAAAAAAA$a$b');
        INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at)
        VALUES ('SESSION', 'USER', 0, '', '', '', '');
        INSERT INTO password_links (id, user_id, created_at, expires_at) VALUES ('LINK', 'USER', '', '');
        INSERT INTO email_links (id, user_id, purpose, email, email_key, created_at, expires_at)
        VALUES ('EMAIL_LINK', 'USER', 'revert', 'c@b.example', 'c@b.example', '', '');
        INSERT INTO sign_in_attempts (key, failures, open_at_ms)
        VALUES ('account:USER', 1, 0), ('device:USER:DEVICE', 1, 0), ('session:SESSION', 1, 0), ('account:OTHER', 1, 0);
        INSERT INTO audit (number, id, at, kind, outcome, actor, subject, request) VALUES (1, 'A', '', 'sign_in', 'success', 'USER', 'USER', 'r');
        INSERT INTO audit (number, id, at, kind, outcome, actor, subject, request) VALUES (2, 'B', '', 'user_disabled', 'success', 'command-line', 'USER', 'r');
        INSERT INTO audit (number, id, at, kind, outcome, actor, request) VALUES (3, 'C', '', 'sign_out', 'success', 'USER', 'r');
        INSERT INTO audit_clients (number, salt, address) VALUES (1, 's', '192.0.2.1'), (3, 's', '192.0.2.1');";
    database
        .execute_batch(&rows.replace("USER", user))
        .expect("rows");
    database
}

#[test]
fn sql_runs_on_the_schema() {
    let mut found = 0;
    for block in blocks()
        .iter()
        .filter(|block| block.language == "sql" && block.is_runnable())
    {
        let database = database("1b4e28ba-2fa1-41d2-883f-0016d3cca427");
        let run = database.execute_batch(&block.text);
        run.unwrap_or_else(|error| panic!("{}: {error}", block.place));
        found += 1;
    }
    assert!(found >= 1, "found only {found} blocks of SQL");
}

#[test]
fn stored_tables_are_documented() {
    let page = Page::read("docs/reference/data-retention.md").text;
    let database = database("USER");
    let mut statement = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .expect("SQL");
    let names = statement
        .query_map([], |row| row.get::<_, String>(0))
        .expect("tables");
    for name in names {
        let name = name.expect("a name");
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}
