//! Checks every SQL statement of the Worker: it is valid for the tables of the migrations, and it uses an index, so
//! that its cost does not grow with the number of users.

mod plan;
mod source;

use edge_auth::domain::audit::SchemaObject;
use plan::costly;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// A database with all migrations.
fn migrated() -> Connection {
    let database = Connection::open_in_memory().expect("SQLite in memory");
    let mut migrations: Vec<_> = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))
        .expect("migrations")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    migrations.sort();
    for migration in migrations {
        let sql = fs::read_to_string(&migration).expect("SQL");
        database
            .execute_batch(&sql)
            .unwrap_or_else(|error| panic!("{}: {error}", migration.display()));
    }
    database
}

/// Adds this many users with sessions and audit entries, and lets `SQLite` collect statistics.
fn populate(database: &Connection, users: u32) {
    for sql in include_str!("../../bench/many_users.sql").split_terminator(";\n") {
        let mut statement = database.prepare(sql).expect("SQL");
        let parameters = vec![users; statement.parameter_count()];
        let rows = statement.execute(rusqlite::params_from_iter(parameters));
        assert!(rows.expect("rows") >= users as usize, "{sql}");
    }
    database.execute_batch("ANALYZE").expect("statistics");
}

/// The query plan of a statement, including that of its triggers.
fn plan(database: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_TRIGGER_EQP, true)?;
    let mut statement = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(row.get("detail")?);
    }
    Ok(steps)
}

/// The costly steps that are not allowed, and the allowed steps that do not occur, each with its statement. If a
/// statement cannot be prepared, its error takes the place of a step.
fn unexpected_steps(
    database: &Connection,
    statements: &BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let mut found = BTreeSet::new();
    for (name, sql) in statements {
        match plan(database, sql) {
            Ok(steps) => found.extend(
                costly(&steps)
                    .into_iter()
                    .map(|step| (name.clone(), step.to_owned())),
            ),
            Err(error) => drop(found.insert((name.clone(), error.to_string()))),
        }
    }
    found
        .symmetric_difference(&source::allowed())
        .cloned()
        .collect()
}

#[test]
fn every_statement_is_valid_for_the_migrated_tables() {
    let database = migrated();
    let statements = source::statements();
    assert!(statements.len() > 45, "found only {}", statements.len());
    for (name, sql) in statements {
        assert!(
            !sql.contains('*') || sql.contains("count(*)"),
            "{name} does not name its columns"
        );
        database
            .prepare(&sql)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn statement_reads_no_whole_table() {
    let (database, statements) = (migrated(), source::statements());
    assert_eq!(unexpected_steps(&database, &statements), []);
    // With statistics, SQLite may choose another plan.
    populate(&database, 2_000);
    assert_eq!(unexpected_steps(&database, &statements), []);
}

/// The tables and triggers that the Worker expects in D1. To regenerate the file after a new migration, run
/// `WRITE_SCHEMA=1 cargo test --test sql`.
#[test]
fn committed_schema_is_that_of_the_migrations() {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/domain/audit/schema.txt");
    let database = migrated();
    // D1 has these tables in addition.
    database
        .execute_batch("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY); CREATE TABLE _cf_METADATA (key INTEGER); ANALYZE")
        .expect("tables");
    let statements = source::statements();
    let mut find = database
        .prepare(&statements["store/integrity.rs: SCHEMA"])
        .expect("SQL");
    let objects: Vec<SchemaObject> = find
        .query_map([20_000, 500], |row| {
            Ok(SchemaObject {
                kind: row.get("type")?,
                name: row.get("name")?,
                table: row.get("tbl_name")?,
                sql: row.get("sql")?,
            })
        })
        .expect("rows")
        .map(|object| object.expect("an object"))
        .collect();
    let is_far_from_bounds = |object: &SchemaObject| object.sql.len() < 10_000;
    assert!(objects.len() < 250 && objects.iter().all(is_far_from_bounds));
    let mut lines: Vec<String> = objects.iter().map(SchemaObject::line).collect();
    lines.sort();
    let text = lines.join("\n") + "\n";
    if std::env::var_os("WRITE_SCHEMA").is_some() {
        fs::write(FILE, &text).expect("schema.txt is writable");
    }
    let committed = fs::read_to_string(FILE).expect("schema.txt is readable");
    assert_eq!(
        committed, text,
        "run WRITE_SCHEMA=1 cargo test --test sql, then build again"
    );
}

#[test]
fn dropped_index_is_noticed_if_the_worker_uses_it() {
    let indexes: Vec<String> = migrated()
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
        .expect("SQL")
        .query_map([], |row| row.get(0))
        .expect("rows")
        .map(|name| name.expect("a name"))
        .collect();
    assert!(indexes.len() > 12, "{indexes:?}");
    let statements = source::statements();
    for index in indexes {
        let database = migrated();
        database
            .execute_batch(&format!("DROP INDEX {index}"))
            .expect("dropped");
        let is_missed = !unexpected_steps(&database, &statements).is_empty();
        assert!(is_missed, "{index}");
    }
}

/// A table that refers to users contains data about them.
#[test]
fn erasure_deletes_the_rows_of_every_table_that_refers_to_users() {
    let database = migrated();
    let sql = "SELECT tables.name FROM sqlite_schema AS tables JOIN pragma_foreign_key_list(tables.name) AS keys
               WHERE tables.type = 'table' AND keys.\"table\" = 'users'";
    let mut find = database.prepare(sql).expect("SQL");
    let tables = find
        .query_map([], |row| row.get::<_, String>(0))
        .expect("rows");
    let tables: Vec<String> = tables.map(|name| name.expect("a name")).collect();
    assert!(tables.len() >= 3, "{tables:?}");
    let statements = source::statements();
    for table in tables {
        let deletes = |(name, sql): (&String, &String)| {
            let words: Vec<&str> = sql.split_whitespace().take(3).collect();
            // The erasure and the reset of second factors share statements.
            let files = ["store/users/erase.rs", "store/factors/reset.rs"];
            files.iter().any(|file| name.starts_with(file))
                && words == ["DELETE", "FROM", table.as_str()]
        };
        assert!(statements.iter().any(deletes), "{table}");
    }
}

#[test]
fn plan_that_reads_a_whole_table_is_costly() {
    let database = migrated();
    let of = |sql: &str| {
        let steps = plan(&database, sql).expect("a plan");
        costly(&steps)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for (sql, found) in [
        ("SELECT id FROM users AS u WHERE name = ?1", &["SCAN u"][..]),
        (
            "SELECT count(*) AS n FROM users",
            &["SCAN users USING COVERING INDEX sqlite_autoindex_users_1"],
        ),
        (
            "UPDATE users SET name = ?1 WHERE EXISTS (SELECT 1 FROM sessions WHERE device = ?2)",
            &["SCAN users", "SCAN sessions"],
        ),
        (
            "SELECT 1 FROM sessions LEFT JOIN audit ON audit.session = sessions.id WHERE sessions.id > ?1",
            &[
                "SEARCH sessions USING COVERING INDEX sqlite_autoindex_sessions_1 (id>?)",
                "SEARCH audit USING AUTOMATIC COVERING INDEX (session=?) LEFT-JOIN",
            ],
        ),
        (
            "SELECT id FROM sessions WHERE user_id = ?1 ORDER BY created_at",
            &["USE TEMP B-TREE FOR ORDER BY"],
        ),
        (
            "WITH mine AS MATERIALIZED (SELECT id FROM sessions WHERE user_id = ?1) SELECT id FROM mine",
            &[],
        ),
        ("SELECT value FROM json_each(?1)", &[]),
    ] {
        assert_eq!(of(sql), found, "{sql}");
    }
    database
        .execute_batch(
            "CREATE TRIGGER idle BEFORE UPDATE ON sign_in_attempts \
             BEGIN SELECT RAISE(IGNORE) FROM users WHERE name = NEW.key; END",
        )
        .expect("a trigger");
    let by_trigger = "UPDATE sign_in_attempts SET failures = 1 WHERE key = ?1";
    assert_eq!(of(by_trigger), ["SCAN users"]);
}

#[test]
fn sql_literals_are_found_and_only_runtime_d1_prepares_statements() {
    let mut found = BTreeMap::new();
    let source = r##"
        /// SELECT alone is not a statement.
        const ONE: &str = "
            SELECT \"quoted\" FROM a; -- as it stands";
        mod inner {
            pub const TWO: &'static str =
                r#"WITH x AS (SELECT 1) SELECT "a" FROM x"#;
            fn three(method: &str) -> Statement {
                assert!(method == "DELETE" || method != "select");
                Statement::new("DELETE FROM a")
            }
        }"##;
    source::gather(
        "f.rs",
        source
            .replace('\\', "")
            .replace("\"quoted\"", "q")
            .parse()
            .expect("Rust"),
        &mut found,
    );
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["f.rs: DELETE FROM a", "f.rs: ONE", "f.rs: TWO"]);
    assert!(found["f.rs: TWO"].ends_with("\"a\" FROM x"));

    // Only `runtime/d1.rs` prepares statements, and `Statement::new` takes literals only.
    source::walk(
        std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &mut |path| {
            let text = fs::read_to_string(path).expect("a source is UTF-8");
            let is_adapter = path.ends_with("runtime/d1.rs");
            let prepares = text.contains(".prepare(") || text.contains("D1Database");
            assert_eq!(prepares, is_adapter, "{}", path.display());
        },
    );
}

/// The Worker of the previous release, after a rollback, does not know that the client was deleted.
#[test]
fn deleted_client_cannot_be_enabled() {
    let database = migrated();
    let insert = "INSERT INTO oauth_clients
                    (id, name, name_search, kind, token_endpoint_auth_method, redirect_uris, post_logout_redirect_uris, grant_types, scope,
                     is_active, created_at, updated_at, deleted_at)
                  VALUES (?1, 'x', 'x', 'public', 'none', '[]', '[]', '[]', '', 0, '', '', ?2)";
    let enable = "UPDATE oauth_clients SET is_active = 1, name = 'y' WHERE id = ?1";
    for (id, deleted_at) in [("deleted", Some("2026-01-01")), ("disabled", None)] {
        let inserted = database.execute(insert, (id, deleted_at));
        assert_eq!(inserted, Ok(1));
        let enabled = database.execute(enable, [id]);
        assert_eq!(enabled.is_ok(), deleted_at.is_none(), "{enabled:?}");
    }
    let erase_creator = "UPDATE oauth_clients SET created_by = NULL WHERE id = 'deleted'";
    assert_eq!(database.execute(erase_creator, []), Ok(1));
}
