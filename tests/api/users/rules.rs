//! The permissions of administrators: every route of administration with every role of the administrator and of the user.

use crate::support::{App, Caller, Request, SeededUser, unique_id};
use serde_json::json;

/// The pairs of administrator and user. `own` is the administrator, `federated` a user of an identity source.
const PAIRS: [(&str, &str); 11] = [
    ("user", "user"),
    ("admin", "user"),
    ("admin", "admin"),
    ("admin", "super_admin"),
    ("admin", "own"),
    ("admin", "federated"),
    ("super_admin", "user"),
    ("super_admin", "admin"),
    ("super_admin", "super_admin"),
    ("super_admin", "own"),
    ("super_admin", "federated"),
];

/// For each pair: `+` allowed, `a` only for administrators, `-` not permitted, `s` managed by the identity source.
#[rustfmt::skip]
const RULES: [(&str, &str); 21] = [
    ("read",             "a++++ + ++++ +"),
    ("list sessions",    "a+--- + ++++ +"),
    ("list factors",     "a+--- + ++++ +"),
    ("list grants",      "a+--- + ++++ +"),
    ("export",           "a+--- + ++++ +"),
    ("revoke a session", "a+--- + ++++ +"),
    ("revoke sessions",  "a+--- + ++++ +"),
    ("remove a grant",   "a+--- + ++++ +"),
    ("name",             "a+--- s ++++ s"),
    ("email",            "a+--- s +++- s"),
    ("organization",     "a+--- s ++++ s"),
    ("region",           "a+--- + ++++ +"),
    ("role user",        "a+--- + +++- +"),
    ("role admin",       "a---- - +++- s"),
    ("role super_admin", "a---- - ++++ s"),
    ("disable",          "a+--- + +++- +"),
    ("enable",           "a+--- + ++++ +"),
    ("reset password",   "a+--- s +++- s"),
    ("unlock",           "a+--- s ++++ s"),
    ("reset factors",    "a+--- + +++- +"),
    ("erase",            "a+--- + +++- +"),
];

fn request(action: &str, actor: &Caller, user: &SeededUser, grant: &str) -> Request {
    let id = &user.id;
    let change = |changes| actor.update_user(id, &changes);
    match action {
        "read" => actor.get_user(id),
        "list sessions" => actor.list_user_sessions(id),
        "list factors" => actor.list_user_factors(id),
        "list grants" => actor.list_user_grants(id),
        "export" => actor.export_user(id, ""),
        "revoke a session" => actor.revoke_user_session(id, &user.sessions[1].session_id()),
        "revoke sessions" => actor.revoke_user_sessions(id),
        "remove a grant" => actor.remove_user_grant(id, grant),
        "name" => change(json!({ "name": "Another Name" })),
        "email" => change(json!({ "email": format!("{}@example.com", unique_id()) })),
        "organization" => change(json!({ "organization": "Another" })),
        "region" => change(json!({ "aws_region": "eu-west-3" })),
        "role user" => change(json!({ "role": "user" })),
        "role admin" => change(json!({ "role": "admin" })),
        "role super_admin" => change(json!({ "role": "super_admin" })),
        "disable" => change(json!({ "is_active": false })),
        "enable" => change(json!({ "is_active": true })),
        "reset password" => actor.reset_user_password(id),
        "unlock" => actor.unlock_user(id),
        "reset factors" => actor.reset_user_factors(id),
        "erase" => actor.erase_user(id, "*"),
        _ => panic!("{action}"),
    }
}

/// The administrator of a pair, and the user.
async fn pair(app: &App, role: &str, target: &str) -> (SeededUser, SeededUser) {
    let actor = app.seed_users(1, role, 2).await.remove(0);
    let user = match target {
        "own" => actor.clone(),
        "federated" => {
            let user = app.seed_users(1, "user", 2).await.remove(0);
            user.make_federated().await;
            user
        }
        role => app.seed_users(1, role, 2).await.remove(0),
    };
    (actor, user)
}

#[tokio::test]
#[ignore = "slow"]
async fn every_action_is_allowed_by_the_table_only() {
    let app = App::shared();
    let client = app.seed_oauth_client("App").await;
    let mut wrong = Vec::new();
    for (action, cells) in RULES {
        let cells: Vec<char> = cells.chars().filter(|cell| *cell != ' ').collect();
        assert_eq!(cells.len(), PAIRS.len(), "{action}");
        for ((role, target), cell) in PAIRS.into_iter().zip(cells) {
            let (actor, user) = pair(&app, role, target).await;
            let before = user
                .row("name, email, organization, aws_region, role, is_active")
                .await;
            let grant = match action {
                "remove a grant" => app.seed_grant(&user.id, &client).await,
                _ => String::new(),
            };
            let response = request(action, &actor.sessions[0], &user, &grant).await;
            let found = (response.status, response.error_code().unwrap_or_default());
            let expected = match cell {
                '+' => (200, ""),
                'a' => (403, "admin_required"),
                '-' => (403, "not_permitted"),
                's' => (409, "managed_by_identity_source"),
                _ => panic!("{cell}"),
            };
            if found != expected {
                wrong.push(format!("{action}: {role} to {target}: {found:?}"));
            }
            if cell != '+' {
                let after = user
                    .row("name, email, organization, aws_region, role, is_active")
                    .await;
                assert_eq!(before, after, "{action}: {role} to {target}");
                assert_eq!(
                    user.live_sessions().await,
                    2,
                    "{action}: {role} to {target}"
                );
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// A client has the permissions of an administrator of role `admin`, but no account.
#[tokio::test]
async fn every_action_of_a_client_is_allowed_as_for_an_administrator() {
    let app = App::shared();
    let service = app.service("client_secret_basic", "users:read users:write");
    let client = service.await.administrator().await;
    let application = app.seed_oauth_client("App").await;
    let mut wrong = Vec::new();
    for (action, cells) in RULES {
        let cells = cells.chars().filter(|cell| *cell != ' ');
        for ((role, target), cell) in PAIRS.into_iter().zip(cells) {
            if role != "admin" || target == "own" {
                continue;
            }
            let (_, user) = pair(&app, "admin", target).await;
            let columns = "name, email, organization, aws_region, role, is_active";
            let before = user.row(columns).await;
            let grant = match action {
                "remove a grant" => app.seed_grant(&user.id, &application).await,
                _ => String::new(),
            };
            let response = request(action, &client, &user, &grant).await;
            let found = (response.status, response.error_code().unwrap_or_default());
            let expected = match cell {
                '+' => (200, ""),
                '-' => (403, "not_permitted"),
                's' => (409, "managed_by_identity_source"),
                _ => panic!("{cell}"),
            };
            if found != expected {
                wrong.push(format!("{action}: client to {target}: {found:?}"));
            }
            if cell != '+' {
                assert_eq!(before, user.row(columns).await, "{action}: {target}");
                assert_eq!(user.live_sessions().await, 2, "{action}: {target}");
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[tokio::test]
async fn client_creates_and_imports_users_of_the_role_user_only() {
    let app = App::shared();
    let service = app.service("client_secret_basic", "users:write").await;
    let client = service.administrator().await;
    for role in ["user", "admin", "super_admin"] {
        let name = format!("x{}", unique_id().simple());
        let new = json!({ "username": name, "email": format!("{name}@example.com"), "role": role });
        let created = client.create_user(&new).await;
        let name = format!("y{}", unique_id().simple());
        let line =
            json!({ "username": name, "email": format!("{name}@example.com"), "role": role });
        let imported = client.import_users("", line.to_string()).await;
        let imported = &imported.assert_status(200).json()["lines"][0]["outcome"];
        if role == "user" {
            assert_eq!(created.user()["role"], role);
            assert_eq!(imported, "created_without_password");
        } else {
            created.assert_error(403, "not_permitted");
            assert_eq!(imported, "not_permitted");
        }
    }
    let name = format!("z{}", unique_id().simple());
    let line =
        json!({ "username": name, "email": format!("{name}@example.com"), "email_verified": true });
    let imported = client.import_users("", line.to_string()).await.json();
    assert_eq!(imported["lines"][0]["outcome"], "not_permitted");
}

#[tokio::test]
async fn role_of_a_new_user_is_at_most_that_which_the_administrator_may_give() {
    let app = App::shared();
    for (actor, allowed) in [
        ("admin", &["user"][..]),
        ("super_admin", &["user", "admin", "super_admin"]),
    ] {
        let caller = app.administrator(actor).await;
        for role in ["user", "admin", "super_admin"] {
            let ada = app.new_user("ada").without_password().create().await;
            let (username, email) = (format!("x{}", ada.username), format!("x{}", ada.email));
            let new = json!({ "username": username, "email": email, "role": role });
            let response = caller.create_user(&new).await;
            if allowed.contains(&role) {
                assert_eq!(response.user()["role"], role);
            } else {
                response.assert_error(403, "not_permitted");
            }
        }
    }
}

/// A change of several fields is refused as a whole.
#[tokio::test]
async fn change_with_one_field_that_is_not_permitted_changes_nothing() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let changes = json!({ "name": "X", "role": "admin" });
    let response = admin.update_user(&ada.id, &changes).await;
    response.assert_error(403, "not_permitted");
    assert_eq!(admin.get_user(&ada.id).await.user()["version"], 1);
}

#[tokio::test]
async fn writes_and_exports_need_a_recent_authentication_and_reads_do_not() {
    let app = App::shared();
    let (actor, user) = pair(&app, "super_admin", "user").await;
    app.shift_clock(301).await;
    for (action, _) in RULES {
        let response = request(action, &actor.sessions[0], &user, "x").await;
        let is_read = ["read", "list sessions", "list factors", "list grants"].contains(&action);
        if is_read {
            response.assert_status(200);
        } else {
            response.assert_error(401, "step_up_required");
        }
    }
    let search = actor.sessions[0].search_users(&json!({ "limit": 1 })).await;
    search.assert_status(200);
    let create =
        actor.sessions[0].create_user(&json!({ "username": "x", "email": "x@example.com" }));
    create.await.assert_error(401, "step_up_required");
}
