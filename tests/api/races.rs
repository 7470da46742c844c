//! Many at once, for many rounds: one winner, and nothing alive that should not be.

use crate::sessions::{claims, record_id, refresh, validate};
use crate::support::{App, Reply, Vars};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

fn strict() -> App {
    App::alone(Vars::new().set("SESSION_CONSISTENCY", "strict"))
}

fn token_of(reply: &Reply) -> String {
    reply.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

#[tokio::test]
async fn a_hundred_rounds_of_forty_refreshes_are_a_hundred_refreshes() {
    const ROUNDS: usize = 100;
    let app = strict();
    let person = app.crowd(1, "user", ROUNDS).await.remove(0);
    let mut next = Vec::new();
    for token in &person.tokens {
        let mut round = JoinSet::new();
        for _ in 0..40 {
            round.spawn(app.post("/api/auth/refresh").bearer(token).send());
        }
        let replies = round.join_all().await;
        for reply in &replies {
            reply.assert_status(200);
            assert_eq!(reply.body, replies[0].body, "another token");
        }
        next.push(token_of(&replies[0]));
    }
    let sql = "SELECT DISTINCT generation FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL";
    let generations = app.sql(sql, [person.id.clone()]).await;
    assert_eq!(generations, [json!({ "generation": 1 })]);
    app.shift_clock(31).await;
    for (old, new) in person.tokens.iter().zip(&next) {
        assert_eq!(
            (&claims(new)["gen"], record_id(new)),
            (&json!(1), record_id(old))
        );
        validate(&app, old).await.assert_status(401);
        validate(&app, new).await.assert_status(200);
    }
}

/// Ends a session while it is refreshed by several.
async fn ended_beside_refreshes(app: &App, token: &str, method: &str, path: &str, round: usize) {
    let mut racing = JoinSet::new();
    // The end comes before, between and after the refreshes, and sooner or later.
    for place in 0..4 {
        let request = if place == round % 4 {
            app.request(method, path)
        } else {
            app.post("/api/auth/refresh")
        };
        let request = request.bearer(token);
        let wait = Duration::from_micros((round * 131 + place * 977) as u64 % 3_000);
        racing.spawn(async move {
            tokio::time::sleep(wait).await;
            (place, request.send().await)
        });
    }
    let mut tokens = vec![token.to_owned()];
    for (place, reply) in racing.join_all().await {
        reply.seen().await;
        if place == round % 4 {
            reply.assert_status(200);
        } else if reply.status == 200 {
            tokens.push(token_of(&reply));
        } else {
            reply.assert_status(401);
        }
    }
    tokens.dedup();
    assert!(tokens.len() <= 2, "more than one refresh won");
    for token in &tokens {
        validate(app, token).await.assert_status(401);
        refresh(app, token).await.assert_status(401);
    }
    let sql = "SELECT revoked_at FROM sessions WHERE id = ?1";
    let row = app.sql(sql, [record_id(token)]).await;
    assert!(!row[0]["revoked_at"].is_null());
    let sql = "SELECT kind FROM audit WHERE session = ?1 AND kind <> 'refresh_reuse'";
    assert_eq!(app.sql(sql, [record_id(token)]).await.len(), 1, "one end");
}

#[tokio::test]
async fn of_an_end_beside_refreshes_no_token_lives_on() {
    let app = strict();
    let rounds = app.crowd(60, "user", 1).await;
    for (round, person) in rounds.iter().enumerate() {
        let token = &person.tokens[0];
        let own = format!("/api/auth/sessions/{}", record_id(token));
        let (method, path) = match round / 4 % 3 {
            0 => ("POST", "/api/auth/logout"),
            1 => ("POST", "/api/auth/logout-all"),
            _ => ("DELETE", own.as_str()),
        };
        ended_beside_refreshes(&app, token, method, path, round).await;
    }
    // At the edge, where refreshes write copies after their replies.
    let app = App::shared();
    for (round, person) in app.crowd(20, "user", 1).await.iter().enumerate() {
        let token = &person.tokens[0];
        validate(&app, token).await.assert_status(200).seen().await;
        ended_beside_refreshes(&app, token, "POST", "/api/auth/logout", round).await;
    }
}

/// Runs the command line for each of these at once; gives how many were added.
async fn add_all(app: &App, people: Vec<(String, String)>) -> usize {
    let mut adding = JoinSet::new();
    for (username, email) in people {
        let app = app.clone();
        adding.spawn(async move {
            let words = ["add", "--username", &username, "--email", &email];
            let output = app.user_command(&words).await;
            let (said, complaint) = (
                String::from_utf8_lossy(&output.stdout).into_owned(),
                String::from_utf8_lossy(&output.stderr).into_owned(),
            );
            let is_added = output.status.success();
            assert!(
                is_added || complaint.contains("taken"),
                "{username}: {said}{complaint}"
            );
            assert_eq!(is_added, said.contains(" added ("), "{said}");
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

/// A name in another spelling for each number, all of which look alike: every `o` may be a `0` and every `l` a `1`.
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
async fn of_forty_people_of_one_name_or_address_one_is_added() {
    let app = App::alone(Vars::new());
    let of_one_name = (0..40).map(|number| {
        // Half of them are the same to the letter.
        let username = lookalike(if number % 2 == 0 { 0 } else { number });
        (username, format!("{number}@one.example"))
    });
    assert_eq!(add_all(&app, of_one_name.collect()).await, 1);
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
    assert_eq!(add_all(&app, of_one_address.collect()).await, 1);
    let counts = app.sql("SELECT count(*) AS n FROM users", [0; 0]).await;
    let links = app
        .sql("SELECT count(*) AS n FROM password_links", [0; 0])
        .await;
    assert_eq!((&counts[0]["n"], &links[0]["n"]), (&json!(2), &json!(2)));
}

/// Whoever gets around the command line's own check meets the indexes.
#[tokio::test]
async fn of_forty_rows_of_one_name_the_index_takes_one() {
    let app = App::alone(Vars::new());
    for column in ["username", "username_skeleton", "email_key"] {
        let mut adding = JoinSet::new();
        for number in 0..40 {
            let own = format!("{column}-{number}");
            let value = |name| {
                if name == column {
                    "the-one"
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
        app.sql(&format!("UPDATE users SET {column} = id"), [0; 0])
            .await;
    }
}

/// Seconds to wait after so many failures in a row.
fn delay(failures: usize) -> f64 {
    match failures {
        0 => 0.0,
        1 => 1.0,
        2 => 3.0,
        3 => 5.0,
        _ => 10.0,
    }
}

/// Evaluations that fit into so many seconds after so many failures, the first of them at once.
fn allowed(seconds: f64, mut failures: usize) -> usize {
    let (mut at, mut count) = (0.0, 0);
    while at <= seconds {
        (failures, count) = (failures + 1, count + 1);
        at += delay(failures);
    }
    count
}

#[tokio::test]
async fn of_twenty_guesses_at_once_as_many_are_evaluated_as_the_audit_log_has() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let mut evaluated = 0;
    for wave in 0..5 {
        app.calm_down().await;
        let start = Instant::now();
        let mut guessing = JoinSet::new();
        for number in 0..20 {
            let name = if number % 2 == 0 {
                ada.username.clone()
            } else {
                ada.username.to_uppercase()
            };
            let (app, address) = (app.clone(), app.elsewhere(wave * 20 + number));
            guessing.spawn(async move {
                let body = json!({ "username": name, "password": "wrong" });
                // An isolate takes on four at a time, whosever they are; who was refused asks again at once.
                loop {
                    let guess = app.post("/api/auth/login").json(&body).from(&address);
                    let status = guess.send().await.status;
                    if status != 503 {
                        return status;
                    }
                }
            });
        }
        let statuses = guessing.join_all().await;
        let most = allowed(start.elapsed().as_secs_f64(), evaluated);
        let wrong = statuses.iter().filter(|status| **status == 401).count();
        let later = statuses.iter().filter(|status| **status == 429).count();
        assert_eq!(wrong + later, 20, "{statuses:?}");
        // One, unless this machine is so slow that the next was allowed meanwhile.
        assert!(
            (1..=most).contains(&wrong),
            "wave {wave}: {wrong} of {most}"
        );
        evaluated += wrong;
        // Each evaluation writes one row, and nothing else does.
        let sql = "SELECT count(*) AS n FROM audit WHERE kind = 'sign_in_failed' AND subject = ?1";
        assert_eq!(
            app.sql(sql, [ada.id.clone()]).await[0]["n"],
            json!(evaluated)
        );
    }
}
