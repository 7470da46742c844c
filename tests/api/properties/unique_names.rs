//! Of several users with one name or address, only one is added.

use crate::support::command_line::CommandLine;
use crate::support::{App, Vars};
use serde_json::json;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Runs the command line for all of these users at the same time. Returns the number of users that were added.
async fn add_all(line: &Arc<CommandLine>, users: Vec<(String, String)>) -> usize {
    let mut adding = JoinSet::new();
    for (username, email) in users {
        let line = line.clone();
        adding.spawn(async move {
            let words = ["user", "add", &username, "--email", &email];
            let output = line.run(&words).await;
            let (stdout, stderr) = (
                String::from_utf8_lossy(&output.stdout).into_owned(),
                String::from_utf8_lossy(&output.stderr).into_owned(),
            );
            let is_added = output.status.success();
            assert!(
                is_added || stderr.contains("409 Conflict: Another user has this "),
                "{username}: {stdout}{stderr}"
            );
            assert_eq!(is_added, stdout.contains(" added ("), "{stdout}");
            is_added
        });
    }
    adding
        .join_all()
        .await
        .into_iter()
        .filter(|is_added| *is_added)
        .count()
}

/// Spellings of a name that look alike, one for each number: every `o` may be a `0` and every `l` a `1`.
fn lookalike(number: usize) -> String {
    let mut bits = number;
    let spell = |letter| {
        let is_digit = bits % 2 == 1;
        match letter {
            'o' | 'l' => bits /= 2,
            _ => return letter,
        }
        match (letter, is_digit) {
            ('o', true) => '0',
            ('l', true) => '1',
            _ => letter,
        }
    };
    "rococo.lollo".chars().map(spell).collect()
}

#[tokio::test]
#[ignore = "slow"]
async fn concurrent_commands_add_one_user_per_name_and_address() {
    let app = App::isolated(Vars::new());
    let line = Arc::new(app.command_line().await);
    let of_one_name = (0..40).map(|number| {
        // Half of the names are equal.
        let username = lookalike(if number % 2 == 0 { 0 } else { number });
        (username, format!("{number}@one.example"))
    });
    assert_eq!(add_all(&line, of_one_name.collect()).await, 1);
    let of_one_address = (0..20).map(|number| {
        let email = if number % 2 == 0 {
            "Ada@one.example"
        } else {
            "ADA@ONE.EXAMPLE"
        };
        (
            format!("ada-{}", char::from(b'a' + number)),
            email.to_owned(),
        )
    });
    assert_eq!(add_all(&line, of_one_address.collect()).await, 1);
    let users = app.run_sql("SELECT count(*) AS n FROM users").await;
    let links = app
        .run_sql("SELECT count(*) AS n FROM password_links")
        .await;
    // And the administrator.
    assert_eq!((&users[0]["n"], &links[0]["n"]), (&json!(3), &json!(2)));
}

/// The unique indexes of D1 enforce the rule that the service checks first.
#[tokio::test]
#[ignore = "slow"]
async fn indexes_allow_one_user_per_name_and_address() {
    let app = App::isolated(Vars::new());
    for column in ["username", "username_skeleton", "email_key"] {
        let mut adding = JoinSet::new();
        for number in 0..40 {
            let own = format!("{column}-{number}");
            let value = |name| {
                if name == column {
                    "the-same"
                } else {
                    own.as_str()
                }
            };
            let sql = format!(
                "INSERT INTO users (id, source, username, username_skeleton, email_key, name, role, is_active, \
                 created_at, updated_at) VALUES ('{own}', 'password', '{}', '{}', '{}', 'x', 'user', 1, 'x', 'x')",
                value("username"),
                value("username_skeleton"),
                value("email_key"),
            );
            let app = app.clone();
            adding.spawn(async move { app.try_sql(&sql).await });
        }
        let (added, refused): (Vec<_>, Vec<_>) =
            adding.join_all().await.into_iter().partition(Result::is_ok);
        assert_eq!((added.len(), refused.len()), (1, 39), "{column}");
        let words = format!("UNIQUE constraint failed: users.{column}");
        assert!(
            refused
                .iter()
                .filter_map(|error| error.as_ref().err())
                .all(|text| text.contains(&words))
        );
        app.run_sql(&format!("UPDATE users SET {column} = id"))
            .await;
    }
}
