//! The access portal: `ListAccounts`, `ListAccountRoles`, `GetRoleCredentials` and `Logout`.

use crate::errors::{error, error_response};
use crate::http::{Request, Response, value};
use crate::identity::{CallerIdentity, Credentials};
use crate::operation::{Operation, Service};
use crate::shared::Shared;
use crate::state::{AccessKey, PortalSession, State};
use crate::users::User;
use serde_json::{Value, json};

const TOKEN_HEADER: &str = "x-amz-sso_bearer_token";
const DEFAULT_PAGE_SIZE: usize = 20;
const MAX_PAGE_SIZE: usize = 100;

/// Why a request is refused.
enum Refusal {
    /// An error of the service model, with its message.
    Error(&'static str, &'static str),
    /// 403. AWS returns it although the service model does not have it.
    NoAccess,
}

const NO_TOKEN: Refusal = Refusal::Error(
    "InvalidRequestException",
    "Request is missing the bearer token",
);
const INVALID_TOKEN: Refusal = Refusal::Error(
    "UnauthorizedException",
    "Session token not found or invalid",
);
const MISSING_PARAMETER: Refusal = Refusal::Error(
    "InvalidRequestException",
    "Request is missing account_id or role_name",
);
const INVALID_PAGE: Refusal = Refusal::Error(
    "InvalidRequestException",
    "Invalid next_token or max_result",
);

pub(crate) fn respond(
    shared: &Shared,
    state: &mut State,
    operation: Operation,
    request: &Request,
) -> Response {
    match call(shared, state, operation, request) {
        Ok(Value::Null) => Response::empty(200),
        Ok(body) => Response::json(200, &body),
        Err(Refusal::Error(name, text)) => error(operation, request, name, text),
        Err(Refusal::NoAccess) => {
            let status = (403, "");
            error_response(
                Service::Portal,
                request,
                "ForbiddenException",
                status,
                "No access",
            )
        }
    }
}

/// The body of the response; null if it has none.
fn call(
    shared: &Shared,
    state: &mut State,
    operation: Operation,
    request: &Request,
) -> Result<Value, Refusal> {
    let token = request.header(TOKEN_HEADER).unwrap_or_default();
    if token.is_empty() {
        return Err(NO_TOKEN);
    }
    let now = shared.clock.now();
    let session = state.sessions.get(token);
    let session = session.filter(|session| session.expires_at > now);
    let session = session.ok_or(INVALID_TOKEN)?.clone();
    if operation == Operation::Logout {
        state.sessions.remove(token);
        return Ok(Value::Null);
    }
    let user = state.user(&session.user_name).filter(|user| user.enabled);
    let user = user.ok_or(INVALID_TOKEN)?.clone();
    let query = request.query();
    let account = value(&query, "account_id").ok_or(MISSING_PARAMETER);
    match operation {
        Operation::ListAccounts => {
            let (list, next) = page(&query, &accounts(&user)).ok_or(INVALID_PAGE)?;
            Ok(json!({ "accountList": list, "nextToken": next }))
        }
        Operation::ListAccountRoles => {
            let roles = roles(&user, account?);
            if roles.is_empty() {
                return Err(Refusal::NoAccess);
            }
            let (list, next) = page(&query, &roles).ok_or(INVALID_PAGE)?;
            Ok(json!({ "roleList": list, "nextToken": next }))
        }
        _ => {
            let role = value(&query, "role_name").ok_or(MISSING_PARAMETER)?;
            let identity = role_session(&user, account?, role).ok_or(Refusal::NoAccess)?;
            let credentials = issue(shared, state, identity, session);
            Ok(json!({ "roleCredentials": {
                "accessKeyId": credentials.access_key_id,
                "secretAccessKey": credentials.secret_access_key,
                "sessionToken": credentials.session_token,
                "expiration": credentials.expiration,
            }}))
        }
    }
}

/// The accounts of a user. `emailAddress` belongs to the owner of the account: a client that takes it for the user's address
/// would merge all users of the account.
fn accounts(user: &User) -> Vec<Value> {
    let mut ids: Vec<&str> = Vec::new();
    for assignment in &user.assignments {
        if !ids.contains(&assignment.account_id.as_str()) {
            ids.push(&assignment.account_id);
        }
    }
    let account = |id| {
        json!({
            "accountId": id,
            "accountName": format!("Account {id}"),
            "emailAddress": format!("owner-of-{id}@example.net"),
        })
    };
    ids.into_iter().map(account).collect()
}

fn roles(user: &User, account: &str) -> Vec<Value> {
    let assignments = user.assignments.iter();
    assignments
        .filter(|assignment| assignment.account_id == account)
        .map(|assignment| json!({ "roleName": assignment.permission_set, "accountId": account }))
        .collect()
}

/// The identity of a session with this permission set, if the user has it in this account.
fn role_session(user: &User, account: &str, permission_set: &str) -> Option<CallerIdentity> {
    let is_assigned = user.assignments.iter().any(|assignment| {
        assignment.account_id == account && assignment.permission_set == permission_set
    });
    is_assigned.then(|| CallerIdentity::sso_session(account, permission_set, &user.user_name))
}

/// One page of `max_result` items and the token of the next page. `None` if a parameter is invalid.
fn page(query: &[(String, String)], items: &[Value]) -> Option<(Vec<Value>, Option<String>)> {
    let size = match value(query, "max_result") {
        None => DEFAULT_PAGE_SIZE,
        Some(text) => {
            let size = text.parse().ok();
            size.filter(|size| (1..=MAX_PAGE_SIZE).contains(size))?
        }
    };
    let start = match value(query, "next_token") {
        None => 0,
        Some(token) => {
            let start = token.strip_prefix("page-")?.parse().ok();
            start.filter(|start| *start < items.len())?
        }
    };
    let end = items.len().min(start + size);
    let next = (end < items.len()).then(|| format!("page-{end}"));
    Some((items.get(start..end)?.to_vec(), next))
}

/// Issues temporary credentials that STS knows.
fn issue(
    shared: &Shared,
    state: &mut State,
    identity: CallerIdentity,
    session: PortalSession,
) -> Credentials {
    let credentials = shared.temporary_credentials(shared.role_lifetime_ms);
    let key = AccessKey {
        credentials: credentials.clone(),
        identity,
        can_read_identity_store: false,
        session: Some(session),
    };
    let id = credentials.access_key_id.clone();
    state.access_keys.insert(id, key);
    credentials
}
