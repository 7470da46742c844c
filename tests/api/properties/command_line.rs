//! The command line against a running service: the real program, without a terminal.

use crate::support::audit::{CRON, insert, keys, new_entry};
use crate::support::command_line::CommandLine;
use crate::support::internals::Kind;
use crate::support::{App, PASSWORD, User, Vars};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

/// The numbers of all and of live sessions of a user.
async fn sessions(user: &User) -> (u64, u64) {
    (
        user.sessions_where("true").await,
        user.live_sessions().await,
    )
}

/// The command line of a user who has signed in with `login`.
async fn signed_in(app: &App, user: &User) -> CommandLine {
    let line = app.command_line_with(None).await;
    let args = ["login", "--username", &user.username, "--password-stdin"];
    let output = line.run_with_input(&args, &format!("{PASSWORD}\n")).await;
    assert!(output.status.success(), "{output:?}");
    line
}

/// The stored entries.
fn stored(line: &CommandLine) -> Value {
    let text = fs::read_to_string(line.credentials()).expect("a file");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    value["services"].clone()
}

#[tokio::test]
async fn audit_list_logs_out_of_its_session_even_if_it_fails() {
    let app = App::isolated(Vars::new());
    let (admin, user) = (app.admin("ada").await, app.user("bob").await);
    let line = app.command_line_with(None).await;
    let list = async |user: &User| {
        let args = [
            "audit",
            "list",
            "--username",
            &user.username,
            "--password-stdin",
        ];
        let input = format!("{PASSWORD}\n");
        line.run_with_input(&args, &input).await
    };
    for number in 1..=2 {
        let output = list(&admin).await;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(sessions(&admin).await, (number, 0));
    }
    let output = list(&user).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("403"), "{error}");
    assert_eq!(sessions(&user).await, (1, 0));
    let kinds = app
        .run_sql("SELECT kind FROM audit WHERE kind = 'sign_out'")
        .await;
    assert_eq!(kinds.len(), 3);
}

#[tokio::test]
async fn audit_list_keeps_a_given_session() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let session = admin.sign_in().await;
    let token = Some(session.token().to_owned());
    let line = app.command_line_with(token).await;
    line.succeed(&["audit", "list"]).await;
    assert_eq!(sessions(&admin).await, (1, 1));
}

#[tokio::test]
async fn login_stores_a_private_token_that_logout_revokes_and_deletes() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let line = signed_in(&app, &admin).await;
    let mode = fs::metadata(line.credentials())
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let origin = app.server().origin();
    assert_eq!(stored(&line)[&origin]["username"], admin.username);
    line.succeed(&["audit", "list"]).await;
    // The URL of the only session is the default.
    let output = line.command().args(["audit", "list"]).output().await;
    assert!(output.expect("the command line").status.success());
    assert_eq!(sessions(&admin).await, (1, 1));
    let printed = line.succeed(&["logout"]).await;
    assert_eq!(printed, format!("Signed out of {origin}.\n"));
    assert_eq!(sessions(&admin).await, (1, 0));
    assert_eq!(stored(&line), json!({}));
    let error = line.fail(1, &["audit", "list"]).await;
    assert!(
        error.starts_with(&format!("error: not signed in to {origin}; ")),
        "{error}"
    );
    let error = line.fail(1, &["logout"]).await;
    assert_eq!(error, format!("error: not signed in to {origin}\n"));
}

#[tokio::test]
async fn second_login_revokes_the_earlier_session() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let line = signed_in(&app, &admin).await;
    let args = ["login", "--username", &admin.email, "--password-stdin"];
    let output = line.run_with_input(&args, PASSWORD).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(sessions(&admin).await, (2, 1));
    line.succeed(&["audit", "list"]).await;
}

#[tokio::test]
async fn refused_login_stores_nothing() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let line = app.command_line_with(None).await;
    let args = ["login", "--username", &admin.username, "--password-stdin"];
    let output = line.run_with_input(&args, "wrong").await;
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        error,
        "error: 401 Unauthorized: Invalid username or password\n"
    );
    assert!(!line.credentials().exists());
}

#[tokio::test]
async fn login_whose_token_cannot_be_stored_leaves_no_session() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let line = app.command_line_with(None).await;
    // A folder in place of the lock.
    fs::create_dir_all(line.credentials().with_file_name("credentials.lock")).expect("a folder");
    let args = ["login", "--username", &admin.username, "--password-stdin"];
    let output = line.run_with_input(&args, PASSWORD).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.starts_with("error: you were signed out again: cannot write "),
        "{error}"
    );
    assert_eq!(sessions(&admin).await, (1, 0));
    assert!(!line.credentials().exists());
}

/// The stored session may be of another service than the token.
#[tokio::test]
async fn token_of_the_environment_is_sent_to_a_given_service_only() {
    let app = App::isolated(Vars::new());
    let line = signed_in(&app, &app.admin("ada").await).await;
    let mut command = line.command();
    let command = command.env("EDGE_AUTH_TOKEN", "secret");
    let output = command.args(["audit", "list"]).output().await;
    let output = output.expect("the command line");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.starts_with("error: missing required option --url: EDGE_AUTH_TOKEN is set"),
        "{error}"
    );
}

#[tokio::test]
async fn names_of_the_service_cannot_control_the_terminal() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let bob = app.user("bob").await;
    bob.update("username = 'b' || char(27) || '[2J' || char(8238) || char(155) || 'x'")
        .await;
    let shown = "b?[2J??x";
    let unlocked = line.succeed(&["user", "unlock", &bob.id]).await;
    assert_eq!(unlocked, format!("User {shown} unlocked.\n"));
    let changed = line
        .succeed(&["user", "change", &bob.id, "--name", "B"])
        .await;
    assert_eq!(changed, format!("User {shown} changed.\n"));
    let statements = [
        &["user", "disable", &bob.id][..],
        &["user", "erase", &bob.id],
        &["user", "set-role", &bob.id, "admin"],
        &["session", "revoke-all", &bob.id],
    ];
    for args in statements {
        let error = line.fail(2, args).await;
        assert!(error.contains(&format!(" user {shown}")), "{error}");
        assert!(!error.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{error}");
    }
    // JSON keeps the name.
    let args = ["user", "show", &bob.id, "--json"];
    let text = line.succeed(&args).await;
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{text}");
    let shown: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(shown["username"], "b\u{1b}[2J\u{202e}\u{9b}x");
}

#[tokio::test]
async fn own_address_and_password_are_not_changed_by_administration() {
    let app = App::isolated(Vars::new());
    let admin = app.super_admin("ada").await;
    let line = signed_in(&app, &admin).await;
    let error = line
        .fail(
            1,
            &[
                "user",
                "change",
                &admin.username,
                "--email",
                "x@example.com",
            ],
        )
        .await;
    assert_eq!(
        error,
        "error: your own e-mail address is changed on the page /account\n"
    );
    let error = line
        .fail(1, &["user", "reset-password", &admin.username])
        .await;
    assert_eq!(
        error,
        "error: your own password is changed on the page /account\n"
    );
}

#[tokio::test]
async fn credentials_that_others_may_read_are_refused() {
    let app = App::isolated(Vars::new());
    let line = signed_in(&app, &app.admin("ada").await).await;
    let permissions = fs::Permissions::from_mode(0o644);
    fs::set_permissions(line.credentials(), permissions).expect("changed");
    for args in [&["audit", "list"][..], &["logout"], &["status"]] {
        let error = line.fail(1, args).await;
        assert!(error.contains("(mode 644); run: chmod 600 "), "{error}");
    }
}

#[tokio::test]
async fn token_that_expires_soon_is_refreshed() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("ada").await;
    let line = signed_in(&app, &admin).await;
    let origin = app.server().origin();
    let before = stored(&line)[&origin].clone();
    line.succeed(&["audit", "list"]).await;
    assert_eq!(stored(&line)[&origin], before);
    let expires_at = app.now().await.plus(600).to_string();
    let text = fs::read_to_string(line.credentials()).expect("a file");
    let old = before["expires_at"].as_str().expect("a time");
    fs::write(line.credentials(), text.replace(old, &expires_at)).expect("written");
    // Two commands at the same time refresh it once.
    let commands = tokio::join!(line.run(&["audit", "list"]), line.run(&["audit", "list"]));
    assert!(
        commands.0.status.success() && commands.1.status.success(),
        "{commands:?}"
    );
    let after = stored(&line)[&origin].clone();
    assert_ne!(after["token"], before["token"]);
    assert!(after["expires_at"].as_str() > Some(&expires_at));
    let sql = "SELECT generation AS n FROM sessions";
    assert_eq!(app.count(sql, [0; 0]).await, 1);
}

#[tokio::test]
async fn ended_session_says_how_to_sign_in_again() {
    let app = App::isolated(Vars::new());
    let line = signed_in(&app, &app.admin("ada").await).await;
    app.run_sql("UPDATE sessions SET revoked_at = created_at")
        .await;
    let error = line.fail(1, &["audit", "list"]).await;
    let expected = "error: your session has ended; sign in again with `cargo xtask login`: 401 Unauthorized: Invalid or expired token\n";
    assert_eq!(error, expected);
    // There is nothing to revoke.
    line.succeed(&["logout"]).await;
}

#[tokio::test]
async fn change_gives_the_password_if_the_last_authentication_is_old() {
    let app = App::isolated(Vars::new());
    let (admin, bob) = (app.super_admin("ada").await, app.user("bob").await);
    let line = signed_in(&app, &admin).await;
    app.run_sql("UPDATE sessions SET created_at = '2026-01-01T00:00:00Z', authenticated_at = NULL")
        .await;
    let args = ["user", "disable", &bob.username, "--yes"];
    let error = line.fail(2, &args).await;
    assert!(
        error.contains("missing password: there is no terminal"),
        "{error}"
    );
    let with_password = [&args[..], &["--password-stdin"]].concat();
    let output = line.run_with_input(&with_password, "wrong\n").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(bob.row("is_active").await["is_active"], 1);
    app.shift_server_clock(61).await;
    let output = line
        .run_with_input(&with_password, &format!("{PASSWORD}\n"))
        .await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(bob.row("is_active").await["is_active"], 0);
    // From now on, no password is needed.
    line.succeed(&["user", "enable", &bob.username]).await;
}

#[tokio::test]
async fn destructive_command_without_consent_changes_nothing() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let bob = app.seed_user("user", 2).await;
    let session = bob.sessions[0].session_id();
    for (args, statement) in [
        (
            &["user", "disable", &bob.id][..],
            "revokes all sessions, 2 at the moment",
        ),
        (
            &["user", "set-role", &bob.id, "admin"],
            "from user to admin and revokes all sessions: 2 at the moment",
        ),
        (&["user", "erase", &bob.id], "It cannot be undone"),
        (
            &["session", "revoke", &bob.id, &session[..8]],
            "This revokes the session",
        ),
        (
            &["session", "revoke-all", &bob.id],
            "This revokes all sessions",
        ),
    ] {
        let error = line.fail(2, args).await;
        assert!(error.contains(statement), "{error}");
        let end =
            "error: missing --yes: there is no terminal to ask for consent; nothing was changed\n";
        assert!(error.ends_with(end), "{error}");
    }
    assert_eq!(bob.live_sessions().await, 2);
    let row = bob.row("role, is_active").await;
    assert_eq!(row, json!({ "role": "user", "is_active": 1 }));
}

#[tokio::test]
async fn users_are_added_found_changed_and_erased() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let add = [
        "user",
        "add",
        "Grace",
        "--email",
        "grace@example.com",
        "--name",
        "Grace Hopper",
    ];
    let more = [
        "--organization",
        "Navy",
        "--aws-region",
        "eu-north-1",
        "--role",
        "admin",
    ];
    let added = line.succeed(&[&add[..], &more].concat()).await;
    assert!(added.starts_with("User grace added ("), "{added}");
    assert!(
        added.contains("\n\n  http") && added.contains("/set-password#"),
        "{added}"
    );
    let listed = line.succeed(&["user", "list", "--role", "admin"]).await;
    assert!(
        listed.starts_with("USERNAME ") && listed.contains("\ngrace "),
        "{listed}"
    );
    let found = line.json(&["user", "search", "GRACE H"]).await;
    let id = found[0]["id"].as_str().expect("an id").to_owned();
    for name in ["grace", "GRACE@example.com", &id, &id.to_uppercase()] {
        let shown = line.json(&["user", "show", name]).await;
        assert_eq!(shown["id"], json!(id), "{name}");
    }
    let change = [
        "user",
        "change",
        "grace",
        "--name",
        "Admiral Hopper",
        "--no-organization",
    ];
    assert_eq!(line.succeed(&change).await, "User grace changed.\n");
    let shown = line.json(&["user", "show", "grace"]).await;
    assert_eq!(shown["name"], "Admiral Hopper");
    assert_eq!(
        (&shown["organization"], &shown["aws_region"]),
        (&Value::Null, &json!("eu-north-1"))
    );
    let set_role = line
        .succeed(&["user", "set-role", "grace", "user", "--yes"])
        .await;
    assert_eq!(
        set_role,
        "User grace now has the role user; sessions revoked: 0.\n"
    );
    let again = line.succeed(&["user", "set-role", "grace", "user"]).await;
    assert_eq!(again, "User grace already has the role user.\n");
    let disabled = line.json(&["user", "disable", "grace", "--yes"]).await;
    assert_eq!(disabled["user"]["is_active"], false);
    let listed = line.json(&["user", "list", "--disabled"]).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(
        line.succeed(&["user", "enable", "grace"]).await,
        "User grace enabled.\n"
    );
    let reset = line.json(&["user", "reset-password", "grace"]).await;
    assert_eq!(reset["delivery"], "link_shown");
    assert_eq!(
        line.succeed(&["user", "unlock", "grace"]).await,
        "User grace unlocked.\n"
    );
    let erased = line.succeed(&["user", "erase", "grace", "--yes"]).await;
    assert_eq!(erased, "User grace erased.\n");
    let error = line.fail(1, &["user", "show", "grace"]).await;
    assert_eq!(error, "error: user 'grace' not found\n");
    let error = line.fail(1, &["user", "show", &id]).await;
    assert_eq!(error, format!("error: user '{id}' not found\n"));
}

#[tokio::test]
async fn sessions_are_listed_and_revoked() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let bob = app.seed_user("user", 3).await;
    let id = bob.sessions[0].session_id();
    let listed = line.json(&["session", "list", &bob.username]).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(3));
    let table = line.succeed(&["session", "list", &bob.username]).await;
    assert!(table.starts_with("ID ") && table.contains(&id), "{table}");
    let error = line
        .fail(1, &["session", "revoke", &bob.username, "0000000000"])
        .await;
    assert_eq!(error, "error: session '0000000000' not found\n");
    let revoked = line
        .succeed(&["session", "revoke", &bob.email, &id, "--yes"])
        .await;
    assert!(revoked.ends_with(" revoked.\n"), "{revoked}");
    bob.sessions[0].validate().await.assert_status(401);
    bob.sessions[1].validate().await.assert_status(200);
    let revoked = line
        .json(&["session", "revoke-all", &bob.id, "--yes"])
        .await;
    assert_eq!(revoked, json!({ "revoked_sessions": 2 }));
    bob.sessions[1].validate().await.assert_status(401);
}

#[tokio::test]
async fn name_of_several_users_is_refused() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    ada.make_federated().await;
    let username = &bob.username;
    ada.update(&format!(
        "username = '{username}', username_search = '{username}'"
    ))
    .await;
    let error = line.fail(1, &["user", "show", username]).await;
    assert!(
        error.starts_with(&format!("error: '{username}' matches several users; ")),
        "{error}"
    );
    assert!(
        error.contains(&ada.id) && error.contains(&bob.id),
        "{error}"
    );
    let error = line.fail(1, &["user", "show", &bob.name]).await;
    assert_eq!(error, format!("error: user '{}' not found\n", bob.name));
}

#[tokio::test]
async fn audit_list_shows_names_and_takes_a_name() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    line.succeed(&["user", "add", "grace", "--email", "grace@example.com"])
        .await;
    let listed = line
        .succeed(&["audit", "list", "--user", "grace@example.com"])
        .await;
    assert!(listed.contains("user_added"), "{listed}");
    assert!(listed.contains(" grace "), "{listed}");
    let error = line.fail(1, &["audit", "list", "--user", "nobody"]).await;
    assert_eq!(error, "error: user 'nobody' not found\n");
}

#[tokio::test]
async fn exit_codes_tell_invalid_arguments_from_an_unavailable_service() {
    let app = App::shared();
    let line = app.command_line_with(None).await;
    for (args, error) in [
        (
            &["user", "show", "--url", "auth.example.com", "ada"][..],
            "invalid --url: 'auth.example.com'",
        ),
        (
            &["audit", "verify", "--url", "http://auth.example.com"],
            "is not an https URL",
        ),
        (
            &["user", "list"],
            "missing credentials: sign in with `cargo xtask login --url URL`",
        ),
        (
            &["user", "list", "--limit", "many"],
            "invalid value 'many' for '--limit <N>'",
        ),
        (
            &["login", "--url", "https://auth.example.com"],
            "missing --username: there is no terminal",
        ),
        (
            &[
                "login",
                "--url",
                "https://auth.example.com",
                "--username",
                "ada",
            ],
            "missing password: there is no terminal",
        ),
        (&["session"], "Usage:"),
    ] {
        let output = line
            .command()
            .args(args)
            .output()
            .await
            .expect("the command line");
        let printed = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {printed}");
        assert!(printed.contains(error), "{args:?}: {printed}");
    }
    // Nothing listens on this port.
    let closed = "http://127.0.0.1:9";
    for args in [
        &["user", "list"][..],
        &["audit", "verify"],
        &["status"],
        &["session", "list", "ada"],
    ] {
        let mut command = line.command();
        command
            .args(args)
            .args(["--url", closed])
            .env("EDGE_AUTH_TOKEN", "x");
        let output = command.output().await.expect("the command line");
        let printed = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{args:?}: {printed}");
        let expected = format!("error: {closed} does not respond: ");
        assert!(printed.starts_with(&expected), "{args:?}: {printed}");
    }
}

#[tokio::test]
async fn closed_pipe_is_not_an_error() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let origin = app.server().origin();
    for args in ["user list", "user list --json", "audit list", "user --help"] {
        let url = if args.ends_with("help") { "" } else { &origin };
        let url = if url.is_empty() {
            String::new()
        } else {
            format!("--url {url}")
        };
        // The reader has closed the pipe before anything is written.
        let script = format!(
            "exec 3>&1; {{ sleep 0.2; \"$PROGRAM\" {args} {url} 2>&3; echo \"code $?\" >&3; }} | true"
        );
        let program = line.command().as_std().get_program().to_owned();
        let mut command = line.command();
        let mut bash = tokio::process::Command::new("bash");
        for (name, value) in command.as_std_mut().get_envs() {
            match value {
                Some(value) => bash.env(name, value),
                None => bash.env_remove(name),
            };
        }
        bash.args(["-c", &script])
            .env("PROGRAM", program)
            .stdin(Stdio::null());
        let output = bash.output().await.expect("bash");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "code 0\n",
            "{args}"
        );
    }
}

#[tokio::test]
async fn file_is_imported_in_parts_and_exported() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let user = |number: usize| json!({ "username": format!("user-{number}"), "email": format!("{number}@example.com") });
    let mut lines: Vec<String> = (0..1_100).map(|number| user(number).to_string()).collect();
    lines.push(json!({ "username": "a b", "email": "ab@example.com" }).to_string());
    let text = lines.join("\n");
    let file = line.file("users.jsonl");
    fs::write(&file, &text).expect("a file");
    let dry_run = line.json(&["user", "import", &file, "--dry-run"]).await;
    assert_eq!(
        (&dry_run["created_without_password"], &dry_run["refused"]),
        (&json!(1_100), &json!(1))
    );
    let part = line
        .json(&["user", "import", &file, "--from-line", "1001"])
        .await;
    assert_eq!(part["created_without_password"], 100, "{}", part["created"]);
    let printed = line.succeed(&["user", "import", &file]).await;
    assert_eq!(
        printed,
        "Users imported: 0 with a password, 1000 without a password, 100 existing and not changed, 1 refused.\n\
         line 1101: invalid_username\n"
    );
    let output = line.file("exported.jsonl");
    let printed = line
        .succeed(&["user", "export-all", "--output", &output])
        .await;
    assert_eq!(printed, format!("Export written to {output}.\n"));
    let mode = fs::metadata(&output).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let exported = fs::read_to_string(&output).expect("a file");
    // And the administrator.
    assert_eq!(exported.lines().count(), 1_101);
    assert_eq!(
        line.succeed(&["user", "export-all"]).await.lines().count(),
        1_101
    );
    let error = line
        .fail(1, &["user", "export-all", "--output", &output])
        .await;
    assert_eq!(error, format!("error: {output} already exists\n"));
    let error = line.fail(1, &["user", "import", "/no/such/file"]).await;
    assert!(
        error.starts_with("error: cannot read /no/such/file"),
        "{error}"
    );
}

#[tokio::test]
async fn exported_audit_log_is_verified_without_the_service() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    line.succeed(&["user", "add", "grace", "--email", "grace@example.com"])
        .await;
    app.scheduled(CRON).await;
    line.succeed(&["user", "disable", "grace", "--yes"]).await;
    let file = line.file("audit.jsonl");
    line.succeed(&["audit", "export", "--output", &file]).await;
    let verify = async |key: Option<&str>, args: &[&str]| {
        let mut command = line.command();
        command
            .args(["audit", "verify", "--file", &file])
            .args(args);
        if let Some(key) = key {
            command.env("AUDIT_KEY", key);
        }
        let output = command.output().await.expect("the command line");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let key = app.vars().expect("AUDIT_KEY");
    let (code, text) = verify(Some(key), &[]).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.starts_with("OK: verified ") && text.contains(" 1 checkpoints"),
        "{text}"
    );
    let (code, text) = verify(None, &[]).await;
    assert!(
        code == Some(0) && text.contains("Signatures were not verified"),
        "{text}"
    );
    // One changed character is found with the key.
    let text = fs::read_to_string(&file).expect("a file");
    assert!(text.contains("\"kind\":\"user_disabled\""), "{text}");
    fs::write(&file, text.replace("user_disabled", "user_enabled")).expect("written");
    let (code, text) = verify(Some(key), &[]).await;
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(" fails verification, at line "), "{text}");
    let (code, text) = verify(Some(key), &["--json"]).await;
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (code, &json["failure"]["reason"]),
        (Some(1), &json!("altered"))
    );
    // Without a valid key or file, the result is unknown.
    let (code, _) = verify(Some("short"), &[]).await;
    assert_eq!(code, Some(3));
    fs::remove_file(&file).expect("removed");
    let (code, _) = verify(None, &[]).await;
    assert_eq!(code, Some(3));
}

#[tokio::test]
async fn status_is_printed_in_columns_or_as_json() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let status = line.succeed(&["status"]).await;
    assert!(status.starts_with("FIELD "), "{status}");
    assert!(line.json(&["status"]).await.is_object());
}

#[tokio::test]
async fn everything_about_a_user_is_exported() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let ada = app.seed_user("user", 1).await;
    // More entries than a page has.
    let keys = keys(app.vars());
    for second in 0..250 {
        let id = uuid::Uuid::parse_str(&ada.id).expect("an id");
        let entry = new_entry(1_704_067_200 + second, Kind::SignIn).about(id);
        insert(&app, &keys, entry).await;
    }
    let exported = line.succeed(&["user", "export", &ada.email]).await;
    let exported: Value = serde_json::from_str(&exported).expect("JSON");
    assert_eq!(exported["user"]["id"], json!(ada.id));
    let entries = exported["audit"].as_array().expect("entries").iter();
    let numbers: BTreeSet<u64> = entries
        .filter_map(|entry| entry["number"].as_u64())
        .collect();
    assert!(numbers.len() >= 250, "{}", numbers.len());
    assert_eq!(
        (&exported["next"], &exported["success"]),
        (&Value::Null, &Value::Null)
    );
}
