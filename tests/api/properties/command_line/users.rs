//! `user`: every command, and the files of import and export.

use super::signed_in;
use crate::support::audit::{insert, keys, new_entry};
use crate::support::internals::Kind;
use crate::support::{App, Vars};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
#[ignore = "slow"]
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
#[ignore = "slow: starts a server"]
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
#[ignore = "slow: starts a server"]
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
#[ignore = "slow"]
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
