//! `GET /api/auth/clients`: list OAuth clients.

use crate::support::{App, Caller, Vars};
use serde_json::Value;

async fn names(admin: &Caller, query: &str) -> Vec<String> {
    let response = admin.list_clients(query).await;
    let clients = response.assert_status(200).list("clients");
    let name = |client: &Value| client["client_name"].as_str().expect("a name").to_owned();
    clients.iter().map(name).collect()
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn clients_are_listed_by_name_without_regard_to_case_in_pages() {
    let app = App::isolated(Vars::new());
    let admin = app.administrator("admin").await;
    assert_eq!(names(&admin, "").await, [""; 0]);
    for name in ["beta", "Alpha", "gamma", "alpha 2", "Beta"] {
        app.seed_oauth_client(name).await;
    }
    let all = ["Alpha", "alpha 2", "beta", "Beta", "gamma"];
    assert_eq!(names(&admin, "").await, all);
    assert_eq!(names(&admin, "?term=&active=&limit=&cursor=").await, all);
    assert_eq!(names(&admin, "?limit=5").await, all);
    let mut found = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let response = admin.list_clients(&query).await;
        found.extend(names(&admin, &query).await);
        match response.json()["next"].as_str() {
            Some(next) => query = format!("?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, all);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn clients_are_filtered_by_the_beginning_of_the_name_and_by_status() {
    let app = App::isolated(Vars::new());
    let admin = app.administrator("admin").await;
    for name in ["Grafana", "grafana test", "Langfuse", "100%", "100x"] {
        app.seed_oauth_client(name).await;
    }
    app.run_sql("UPDATE oauth_clients SET is_active = 0 WHERE name = 'Grafana'")
        .await;
    for (query, expected) in [
        ("?term=GRAF", &["Grafana", "grafana test"][..]),
        ("?term=%20graf%20", &["Grafana", "grafana test"]),
        ("?term=graf&active=true", &["grafana test"]),
        ("?term=graf&active=false", &["Grafana"]),
        ("?active=false", &["Grafana"]),
        ("?term=rafana", &[]),
        ("?term=100%25", &["100%"]),
        ("?term=100_", &[]),
    ] {
        assert_eq!(names(&admin, query).await, expected, "{query}");
    }
    let page = admin.list_clients("?term=graf&limit=1").await.json();
    let next = page["next"].as_str().expect("a cursor");
    let second = names(&admin, &format!("?term=graf&limit=1&cursor={next}")).await;
    assert_eq!(second, ["grafana test"]);
    // A cursor belongs to its term.
    let other = admin.list_clients(&format!("?term=lang&cursor={next}"));
    other.await.assert_error(400, "invalid_parameter");
}

#[tokio::test]
async fn invalid_parameters_are_refused() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    for (query, code) in [
        ("?limit=0", "invalid_parameter"),
        ("?limit=201", "invalid_parameter"),
        ("?limit=-1", "invalid_parameter"),
        ("?limit=1e1", "invalid_parameter"),
        ("?active=1", "invalid_parameter"),
        ("?active=True", "invalid_parameter"),
        ("?cursor=x", "invalid_parameter"),
        ("?cursor=%00", "invalid_parameter"),
        ("?term=a&term=b", "repeated_parameter"),
        ("?limit=1&limit=1", "repeated_parameter"),
        ("?%74erm=a&term=b", "repeated_parameter"),
        ("?name=a", "unknown_parameter"),
        ("?term[]=a", "unknown_parameter"),
        ("?Term=a", "unknown_parameter"),
    ] {
        let response = admin.list_clients(query).await;
        response.assert_error(400, code);
    }
    let long = format!("?term={}", "x".repeat(257));
    let response = admin.list_clients(&long).await;
    response.assert_error(400, "invalid_parameter");
}
