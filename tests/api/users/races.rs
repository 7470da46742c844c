//! Requests of administrators at the same time.

use crate::support::{App, Caller, Vars};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::IntoFuture;
use tokio::task::JoinSet;

/// Two super administrators remove each other with 40 requests at once: one of them stays.
async fn one_stays(changes: Value) {
    let app = App::isolated(Vars::new());
    let supers = app.seed_users(2, "super_admin", 1).await;
    let mut requests = JoinSet::new();
    for number in 0..40 {
        let (actor, target) = (&supers[number % 2], &supers[(number + 1) % 2]);
        let request = actor.sessions[0].update_user(&target.id, &changes);
        requests.spawn(request.into_future());
    }
    let mut statuses = BTreeMap::<u16, usize>::new();
    while let Some(response) = requests.join_next().await {
        let response = response.expect("a response");
        *statuses.entry(response.status).or_default() += 1;
    }
    let sql = "SELECT count(*) AS n FROM users WHERE role = 'super_admin' AND is_active = 1";
    let no_parameters: [Value; 0] = [];
    assert_eq!(app.count(sql, no_parameters).await, 1, "{statuses:?}");
    // The remaining administrator may repeat the request. The other one is signed out or has lost the role.
    let is_expected = |status: &u16| [200, 401, 403].contains(status);
    assert!(statuses.keys().all(is_expected), "{statuses:?}");
    let sql = "SELECT count(*) AS n FROM audit WHERE kind IN ('role_changed', 'user_disabled')";
    let no_parameters: [Value; 0] = [];
    assert_eq!(app.count(sql, no_parameters).await, 1, "{statuses:?}");
}

#[tokio::test]
async fn parallel_demotions_of_the_last_two_super_administrators_leave_one() {
    one_stays(json!({ "role": "user" })).await;
}

#[tokio::test]
async fn parallel_disabling_of_the_last_two_super_administrators_leaves_one() {
    one_stays(json!({ "is_active": false })).await;
}

#[tokio::test]
async fn parallel_creations_with_one_name_make_one_user() {
    let app = App::isolated(Vars::new());
    let admins: Vec<Caller> = {
        let users = app.seed_users(4, "admin", 1).await.into_iter();
        users.map(|mut user| user.sessions.remove(0)).collect()
    };
    let mut requests = JoinSet::new();
    for number in 0..20 {
        // Also a name that can be confused with the other.
        let username = if number % 2 == 0 { "ada" } else { "\u{430}da" };
        let new = json!({ "username": username, "email": format!("ada{number}@example.com") });
        requests.spawn(admins[number % 4].create_user(&new).into_future());
    }
    let mut created = 0;
    while let Some(response) = requests.join_next().await {
        let response = response.expect("a response");
        match response.status {
            200 => created += 1,
            _ => drop(response.assert_error(409, "username_taken")),
        }
    }
    assert_eq!(created, 1);
    for sql in [
        "SELECT count(*) AS n FROM users WHERE role = 'user'",
        "SELECT count(*) AS n FROM password_links",
        "SELECT count(*) AS n FROM audit WHERE kind = 'user_added'",
    ] {
        let no_parameters: [Value; 0] = [];
        assert_eq!(app.count(sql, no_parameters).await, 1, "{sql}");
    }
}
