//! `/_simulator/…`: the library's API for a test in another process, as JSON.

use crate::http::{Reply, Request};
use crate::misbehaviour::{Misbehaviour, Only, Rule};
use crate::people::{Person, Principal};
use crate::simulator::{Simulator, lock};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::thread;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approve {
    user_code: String,
    person: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    user_code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refuse {
    for_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartUrl {
    start_url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleSession {
    account_id: String,
    role: String,
    session_name: String,
    lifetime_ms: i64,
}

pub(crate) fn answer(simulator: &Simulator, request: &Request) -> Reply {
    // A browser's page elsewhere has no business here.
    if request.header("origin").is_some() {
        return Reply::json(403, &json!({"error": "not from a browser"}));
    }
    let path = request.path().trim_start_matches("/_simulator/");
    let outcome = match (request.method.as_str(), path) {
        ("GET", _) => read(simulator, request, path),
        ("POST", _) => write(simulator, request, path),
        ("DELETE", "rules") => {
            lock(&simulator.rules).clear();
            Ok(Value::Null)
        }
        ("DELETE", _) => remove(simulator, path),
        _ => Err("unknown".into()),
    };
    match outcome {
        Ok(value) => Reply::json(200, &value),
        Err(error) => Reply::json(400, &json!({"error": error})),
    }
}

fn read(simulator: &Simulator, request: &Request, path: &str) -> Result<Value, String> {
    match path {
        "journal" => {
            let only = match request.query().into_iter().next() {
                None => None,
                Some((name, value)) => Some(
                    serde_json::from_value(json!({ name: value }))
                        .map_err(|error| error.to_string())?,
                ),
            };
            Ok(json!(simulator.journal_of(only.as_ref())))
        }
        "canary" => Ok(json!(lock(&simulator.canary).clone())),
        "people" => Ok(json!(lock(&simulator.world).people)),
        "rules" => Ok(json!(lock(&simulator.rules).list())),
        "misbehaviours" => Ok(json!(Misbehaviour::ALL.to_vec())),
        "secrets" => Ok(json!(lock(&simulator.given_out).clone())),
        _ => Err("unknown".into()),
    }
}

fn body<T: DeserializeOwned>(request: &Request) -> Result<T, String> {
    serde_json::from_slice(&request.body).map_err(|error| error.to_string())
}

fn write(simulator: &Simulator, request: &Request, path: &str) -> Result<Value, String> {
    match path {
        "rules" => {
            let rule: Rule = body(request)?;
            lock(&simulator.rules)
                .add(rule)
                .map(|number| json!({"rule": number}))
        }
        "approve" => {
            let Approve { user_code, person } = body(request)?;
            let decided = simulator.approve(&user_code, &person);
            decided.map(|()| Value::Null).map_err(|why| why.to_string())
        }
        "deny" => {
            let Code { user_code } = body(request)?;
            simulator
                .deny(&user_code)
                .map(|()| Value::Null)
                .map_err(|why| why.to_string())
        }
        "expire" => {
            let only: Only = body(request)?;
            Ok(json!({"expired": simulator.expire(&only)}))
        }
        "people" => {
            let person: Person = body(request)?;
            simulator.put_person(person);
            Ok(Value::Null)
        }
        "clock" => {
            let Advance { advance_ms } = body(request)?;
            simulator.clock.advance(advance_ms);
            Ok(json!({"now": simulator.clock.now()}))
        }
        "start-urls" => {
            let StartUrl { start_url } = body(request)?;
            lock(&simulator.world).start_urls.push(start_url);
            Ok(Value::Null)
        }
        "role-sessions" => {
            let asked: RoleSession = body(request)?;
            let principal =
                Principal::role_session(&asked.account_id, &asked.role, &asked.session_name);
            let session = simulator.start_session(principal, asked.lifetime_ms);
            Ok(json!({
                "accessKeyId": session.access_key_id,
                "secretAccessKey": session.secret_access_key,
                "sessionToken": session.session_token,
                "expiration": session.expiration,
            }))
        }
        "refuse" => {
            let Refuse { for_ms } = body(request)?;
            let gate = simulator.gate.get().cloned().ok_or("not listening")?;
            thread::spawn(move || {
                // The reply to this request has to get out first.
                thread::sleep(Duration::from_millis(50));
                gate.refuse();
                thread::sleep(Duration::from_millis(for_ms.min(60_000)));
                gate.accept();
            });
            Ok(Value::Null)
        }
        _ => Err("unknown".into()),
    }
}

fn remove(simulator: &Simulator, path: &str) -> Result<Value, String> {
    match path.split_once('/') {
        Some(("rules", number)) => {
            let number = number.parse().map_err(|_| "not a number")?;
            Ok(json!({"removed": lock(&simulator.rules).remove(number)}))
        }
        Some(("people", name)) => {
            let name = crate::form::decode(name, false);
            Ok(json!({"removed": simulator.remove_person(&name)}))
        }
        _ => Err("unknown".into()),
    }
}
