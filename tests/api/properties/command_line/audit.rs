//! `audit`: list, export and verify.

use super::sessions;
use crate::support::audit::CRON;
use crate::support::{App, PASSWORD, User, Vars};
use serde_json::{Value, json};
use std::fs;

#[tokio::test]
#[ignore = "slow: starts a server"]
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
#[ignore = "slow: starts a server"]
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
#[ignore = "slow: starts a server"]
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
    let client = app.seed_oauth_client("Dashboards").await;
    let list = ["audit", "list", "--client"];
    line.succeed(&["client", "update", "Dashboards", "--disable", "--yes"])
        .await;
    let listed = line.succeed(&[&list[..], &["Dashboards"]].concat()).await;
    assert!(listed.contains("client Dashboards"), "{listed}");
    line.succeed(&["client", "delete", &client, "--yes"]).await;
    let error = line.fail(1, &[&list[..], &["Dashboards"]].concat()).await;
    assert_eq!(error, "error: client 'Dashboards' not found\n");
    let listed = line
        .succeed(&[&list[..], &[client.as_str()]].concat())
        .await;
    assert!(listed.contains("client_deleted"), "{listed}");
    assert!(!listed.contains("user_added"), "{listed}");
}

#[tokio::test]
#[ignore = "slow: starts a server"]
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
