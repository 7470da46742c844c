//! The access portal: `ListAccounts`, `ListAccountRoles`, `GetRoleCredentials`, `Logout`.

use crate::failing::{error, raw};
use crate::form::value;
use crate::http::{Reply, Request};
use crate::operation::{Operation, Service};
use crate::people::{Credentials, Person, Principal};
use crate::simulator::Simulator;
use crate::world::{Key, PortalSession, World};
use serde_json::{Value, json};

const BEARER: &str = "x-amz-sso_bearer_token";

/// What the bearer header stands for, if it is known and not over.
pub(crate) fn session<'a>(
    world: &'a World,
    request: &Request,
    now: i64,
) -> Option<&'a PortalSession> {
    world
        .sessions
        .get(request.header(BEARER)?)
        .filter(|session| session.expires_at > now)
}

pub(crate) fn answer(
    simulator: &Simulator,
    world: &mut World,
    operation: Operation,
    request: &Request,
) -> Reply {
    let refuse = |name: &str, text: &str| error(operation, request, name, text);
    if request.header(BEARER).is_none_or(str::is_empty) {
        return refuse(
            "InvalidRequestException",
            "Request is missing the bearer token",
        );
    }
    let Some(session) = session(world, request, simulator.clock.now()).cloned() else {
        return refuse(
            "UnauthorizedException",
            "Session token not found or invalid",
        );
    };
    if operation == Operation::Logout {
        world
            .sessions
            .retain(|token, _| request.header(BEARER) != Some(token));
        return Reply {
            status: 200,
            headers: Vec::new(),
            body: Vec::new(),
        };
    }
    let Some(person) = world
        .person(&session.user_name)
        .filter(|person| person.enabled)
        .cloned()
    else {
        return refuse(
            "UnauthorizedException",
            "Session token not found or invalid",
        );
    };
    let query = request.query();
    let account = value(&query, "account_id");
    let role = value(&query, "role_name");
    match (operation, account, role) {
        (Operation::ListAccounts, ..) => {
            let page = page(&query, &accounts(&person));
            page.map_or_else(
                || {
                    refuse(
                        "InvalidRequestException",
                        "Invalid next_token or max_result",
                    )
                },
                |(list, next)| Reply::json(200, &json!({"accountList": list, "nextToken": next})),
            )
        }
        (Operation::ListAccountRoles, Some(account), _) => {
            let roles: Vec<Value> = person
                .assignments
                .iter()
                .filter(|assignment| assignment.account_id == account)
                .map(|assignment| json!({"roleName": assignment.permission_set, "accountId": account}))
                .collect();
            if roles.is_empty() {
                return no_access(request);
            }
            let page = page(&query, &roles);
            page.map_or_else(
                || {
                    refuse(
                        "InvalidRequestException",
                        "Invalid next_token or max_result",
                    )
                },
                |(list, next)| Reply::json(200, &json!({"roleList": list, "nextToken": next})),
            )
        }
        (Operation::GetRoleCredentials, Some(account), Some(role)) => {
            let is_assigned = person.assignments.iter().any(|assignment| {
                assignment.account_id == account && assignment.permission_set == role
            });
            if is_assigned {
                role_credentials(&issue(simulator, world, account, role, session))
            } else {
                no_access(request)
            }
        }
        _ => refuse(
            "InvalidRequestException",
            "Request is missing account_id or role_name",
        ),
    }
}

/// Not in the model, but what AWS answers.
fn no_access(request: &Request) -> Reply {
    let status = (403, "");
    raw(
        Service::Portal,
        request,
        "ForbiddenException",
        status,
        "No access",
    )
}

fn role_credentials(credentials: &Credentials) -> Reply {
    let members = json!({
        "accessKeyId": credentials.access_key_id,
        "secretAccessKey": credentials.secret_access_key,
        "sessionToken": credentials.session_token,
        "expiration": credentials.expiration,
    });
    Reply::json(200, &json!({"roleCredentials": members}))
}

/// `emailAddress` is the account owner's, the same for everyone: whoever takes it for the person's merges them all.
fn accounts(person: &Person) -> Vec<Value> {
    let mut ids: Vec<&str> = Vec::new();
    for assignment in &person.assignments {
        if !ids.contains(&assignment.account_id.as_str()) {
            ids.push(&assignment.account_id);
        }
    }
    ids.into_iter()
        .map(|id| {
            json!({
                "accountId": id,
                "accountName": format!("Account {id}"),
                "emailAddress": format!("owner-of-{id}@example.net"),
            })
        })
        .collect()
}

/// One page: `max_result` items (1 to 100, else 20) from the offset that `next_token` hides.
fn page(query: &[(String, String)], items: &[Value]) -> Option<(Vec<Value>, Option<String>)> {
    let size = match value(query, "max_result") {
        None => 20,
        Some(text) => text.parse().ok().filter(|size| (1..=100).contains(size))?,
    };
    let from = match value(query, "next_token") {
        None => 0,
        Some(token) => token
            .strip_prefix("page-")?
            .parse()
            .ok()
            .filter(|from| *from < items.len())?,
    };
    let end = items.len().min(from + size);
    let next = (end < items.len()).then(|| format!("page-{end}"));
    Some((items.get(from..end)?.to_vec(), next))
}

/// New credentials of the person's role session, known to STS from now on.
fn issue(
    simulator: &Simulator,
    world: &mut World,
    account: &str,
    permission_set: &str,
    session: PortalSession,
) -> Credentials {
    let principal = Principal::sso_session(account, permission_set, &session.user_name);
    let credentials = simulator.session_credentials(simulator.role_lifetime_ms);
    world.keys.insert(
        credentials.access_key_id.clone(),
        Key {
            credentials: credentials.clone(),
            principal,
            may_read_identities: false,
            session: Some(session),
        },
    );
    credentials
}
