//! Identity Store: `GetUserId` by user name or e-mail address, and `DescribeUser`.

use crate::authentication::authenticate;
use crate::errors::{JSON_1_1, error, error_response};
use crate::http::{Request, Response};
use crate::operation::{Operation, Service};
use crate::shared::Shared;
use crate::state::State;
use crate::users::User;
use serde_json::{Map, Value, json};

/// Responds to requests with `X-Amz-Target`. The signature is verified before the operation is read, as AWS does.
pub(crate) fn respond(
    shared: &Shared,
    state: &State,
    operation: Option<Operation>,
    request: &Request,
) -> Response {
    let service = Service::IdentityStore;
    let key = match authenticate(shared, state, request, "identitystore") {
        Ok(key) => key,
        Err((refusal, text)) => {
            return error_response(service, request, refusal.json_code(), (400, ""), &text);
        }
    };
    let Some(operation) = operation else {
        return error_response(service, request, "UnknownOperationException", (400, ""), "");
    };
    let refuse = |name: &str, text: &str| error(operation, request, name, text);
    if request.header("content-type") != Some(JSON_1_1) {
        return error_response(service, request, "UnknownOperationException", (404, ""), "");
    }
    let Some(Value::Object(body)) = request.json() else {
        return error_response(service, request, "SerializationException", (400, ""), "");
    };
    if !key.can_read_identity_store {
        let text = format!(
            "User: {} is not authorized to perform: identitystore:{operation:?}",
            key.identity.arn
        );
        return refuse("AccessDeniedException", &text);
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let Some(store) = text("IdentityStoreId") else {
        return refuse("ValidationException", "IdentityStoreId is required");
    };
    if store != shared.identity_store_id {
        return missing(operation, request, "IDENTITY_STORE", store);
    }
    let found = match operation {
        Operation::DescribeUser => {
            text("UserId").map(|id| state.users.iter().find(|user| user.user_id == id))
        }
        _ => unique_attribute(&body).map(|(path, value)| find(state, path, value)),
    };
    match found {
        None => refuse("ValidationException", "The request names no user"),
        Some(None) => missing(
            operation,
            request,
            "USER",
            text("UserId").unwrap_or_default(),
        ),
        Some(Some(user)) if operation == Operation::DescribeUser => {
            Response::new(200, JSON_1_1, describe(store, user).to_string())
        }
        Some(Some(user)) => {
            let found =
                json!({"IdentityStoreId": store, "UserId": user.user_id, "UserArn": arn(user)});
            Response::new(200, JSON_1_1, found.to_string())
        }
    }
}

fn missing(operation: Operation, request: &Request, kind: &str, id: &str) -> Response {
    let mut response = error(operation, request, "ResourceNotFoundException", "");
    let body = json!({
        "__type": "ResourceNotFoundException",
        "Message": format!("{kind} not found."),
        "ResourceType": kind,
        "ResourceId": id,
    });
    response.body = body.to_string().into_bytes();
    response
}

/// Path and value in `AlternateIdentifier.UniqueAttribute`.
pub(crate) fn unique_attribute(body: &Map<String, Value>) -> Option<(&str, &str)> {
    let attribute = body.get("AlternateIdentifier")?.get("UniqueAttribute")?;
    Some((
        attribute.get("AttributePath")?.as_str()?,
        attribute.get("AttributeValue")?.as_str()?,
    ))
}

fn find<'a>(state: &'a State, path: &str, value: &str) -> Option<&'a User> {
    match path.to_ascii_lowercase().as_str() {
        "username" => state.user(value),
        "emails.value" => state.users.iter().find(|user| user.has_email(value)),
        _ => None,
    }
}

fn arn(user: &User) -> String {
    format!("arn:aws:identitystore:::user/{}", user.user_id)
}

/// Members without a value are absent, as in AWS's responses.
fn describe(store: &str, user: &User) -> Value {
    let mut members = json!({
        "IdentityStoreId": store,
        "UserId": user.user_id,
        "UserArn": arn(user),
        "Revision": "1",
        "UserName": user.user_name,
        "UserStatus": if user.enabled { "ENABLED" } else { "DISABLED" },
    });
    if let Some(name) = &user.display_name {
        members["DisplayName"] = json!(name);
    }
    if let Some((given, family)) = &user.name {
        members["Name"] = json!({ "GivenName": given, "FamilyName": family });
    }
    if !user.emails.is_empty() {
        let emails = user.emails.iter().enumerate();
        members["Emails"] = emails
            .map(|(index, email)| json!({ "Value": email, "Type": "work", "Primary": index == 0 }))
            .collect();
    }
    members
}
