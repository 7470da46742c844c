//! `/_simulator/…`: the API of the library in JSON, for a test in another process.

use crate::faults::ResponseFault;
use crate::http::Response;
use crate::identity::CallerIdentity;
use crate::rules::{Filter, Rule};
use crate::shared::{Shared, lock};
use crate::users::User;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const MAX_REFUSAL_MS: u64 = 60_000;

type Control = State<Arc<Shared>>;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/journal", get(journal))
        .route("/canary", get(canary))
        .route("/secrets", get(secrets))
        .route("/faults", get(faults))
        .route("/rules", get(rules).post(add_rule).delete(remove_all_rules))
        .route("/rules/{number}", delete(remove_rule))
        .route("/users", get(users).post(put_user))
        .route("/users/{name}", delete(remove_user))
        .route("/approve", post(approve))
        .route("/deny", post(deny))
        .route("/expire", post(expire))
        .route("/clock", post(advance_clock))
        .route("/start-urls", post(add_start_url))
        .route("/role-sessions", post(create_role_session))
        .route("/refuse", post(refuse_connections))
        .layer(from_fn(refuse_browsers))
}

/// Web pages in the user's browser must not control the simulator.
async fn refuse_browsers(request: Request, next: Next) -> axum::response::Response {
    if request.headers().contains_key("origin") {
        let error = json!({ "error": "requests from browsers are refused" });
        return Response::json(403, &error).into_response();
    }
    next.run(request).await
}

/// 200 with a value, or 400 with a message.
struct Outcome(Result<Value, String>);

impl IntoResponse for Outcome {
    fn into_response(self) -> axum::response::Response {
        match self.0 {
            Ok(value) => Response::json(200, &value),
            Err(error) => Response::json(400, &json!({ "error": error })),
        }
        .into_response()
    }
}

fn ok(value: Value) -> Outcome {
    Outcome(Ok(value))
}

/// Reads the body, whatever its media type is, and calls the function with it.
fn with_body<T: DeserializeOwned>(
    body: &Bytes,
    handle: impl FnOnce(T) -> Result<Value, String>,
) -> Outcome {
    let body = serde_json::from_slice(body).map_err(|error| error.to_string());
    Outcome(body.and_then(handle))
}

/// `?user_code=…`, `?user=…` and so on select the requests of one sign-in.
async fn journal(State(shared): Control, RawQuery(query): RawQuery) -> Outcome {
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let filter: Result<Option<Filter>, _> = pairs
        .next()
        .map(|(name, value)| serde_json::from_value(json!({ name: value })))
        .transpose();
    let filter = filter.map_err(|error| error.to_string());
    Outcome(filter.map(|filter| json!(shared.journal_of(filter.as_ref()))))
}

async fn canary(State(shared): Control) -> Outcome {
    ok(json!(*lock(&shared.canary)))
}

async fn secrets(State(shared): Control) -> Outcome {
    ok(json!(*lock(&shared.issued_secrets)))
}

async fn faults() -> Outcome {
    ok(json!(ResponseFault::ALL.to_vec()))
}

async fn rules(State(shared): Control) -> Outcome {
    ok(json!(lock(&shared.rules).list()))
}

async fn add_rule(State(shared): Control, body: Bytes) -> Outcome {
    with_body(&body, |rule: Rule| {
        let number = lock(&shared.rules).add(rule)?;
        Ok(json!({ "rule": number }))
    })
}

async fn remove_all_rules(State(shared): Control) -> Outcome {
    lock(&shared.rules).clear();
    ok(Value::Null)
}

async fn remove_rule(State(shared): Control, Path(number): Path<u64>) -> Outcome {
    ok(json!({ "removed": lock(&shared.rules).remove(number) }))
}

async fn users(State(shared): Control) -> Outcome {
    ok(json!(lock(&shared.state).users))
}

async fn put_user(State(shared): Control, body: Bytes) -> Outcome {
    with_body(&body, |user: User| {
        shared.put_user(user);
        Ok(Value::Null)
    })
}

async fn remove_user(State(shared): Control, Path(name): Path<String>) -> Outcome {
    ok(json!({ "removed": shared.remove_user(&name) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    user_code: String,
    user: String,
}

async fn approve(State(shared): Control, body: Bytes) -> Outcome {
    with_body(&body, |Approval { user_code, user }| {
        let decided = shared.approve(&user_code, &user);
        decided
            .map(|()| Value::Null)
            .map_err(|error| error.to_string())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Denial {
    user_code: String,
}

async fn deny(State(shared): Control, body: Bytes) -> Outcome {
    with_body(&body, |Denial { user_code }| {
        let decided = shared.deny(&user_code);
        decided
            .map(|()| Value::Null)
            .map_err(|error| error.to_string())
    })
}

async fn expire(State(shared): Control, body: Bytes) -> Outcome {
    with_body(&body, |filter: Filter| {
        Ok(json!({ "expired": shared.expire(&filter) }))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: i64,
}

async fn advance_clock(State(shared): Control, body: Bytes) -> Outcome {
    with_body(&body, |Advance { advance_ms }| {
        shared.clock.advance(advance_ms);
        Ok(json!({ "now": shared.clock.now() }))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartUrl {
    start_url: String,
}

async fn add_start_url(State(shared): Control, body: Bytes) -> Outcome {
    with_body(&body, |StartUrl { start_url }| {
        lock(&shared.state).start_urls.push(start_url);
        Ok(Value::Null)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleSession {
    account_id: String,
    role: String,
    session_name: String,
    lifetime_ms: i64,
}

async fn create_role_session(State(shared): Control, body: Bytes) -> Outcome {
    with_body(&body, |session: RoleSession| {
        let RoleSession {
            account_id,
            role,
            session_name,
            lifetime_ms,
        } = session;
        let identity = CallerIdentity::role_session(&account_id, &role, &session_name);
        let credentials = shared.create_session(identity, lifetime_ms);
        Ok(json!({
            "accessKeyId": credentials.access_key_id,
            "secretAccessKey": credentials.secret_access_key,
            "sessionToken": credentials.session_token,
            "expiration": credentials.expiration,
        }))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    for_ms: u64,
}

async fn refuse_connections(State(shared): Control, body: Bytes) -> Outcome {
    with_body(&body, |Refusal { for_ms }| {
        let server = shared.server.get().cloned().ok_or("not listening")?;
        // A command blocks until it is done, so it is sent from a separate thread.
        tokio::task::spawn_blocking(move || {
            // The response to this request is sent first.
            std::thread::sleep(Duration::from_millis(50));
            server.refuse();
            std::thread::sleep(Duration::from_millis(for_ms.min(MAX_REFUSAL_MS)));
            server.accept();
        });
        Ok(Value::Null)
    })
}
