//! Identity Store: `GetUserId` by user name or e-mail address, `DescribeUser`.

use crate::failing::{JSON_1_1, error, raw};
use crate::http::{Reply, Request};
use crate::operation::{Operation, Service};
use crate::people::Person;
use crate::signed::signer;
use crate::simulator::Simulator;
use crate::world::World;
use serde_json::{Map, Value, json};

/// Answers whatever bears a target header: who signed is asked before what for.
pub(crate) fn answer(
    simulator: &Simulator,
    world: &World,
    operation: Option<Operation>,
    request: &Request,
) -> Reply {
    let service = Service::IdentityStore;
    let key = match signer(simulator, world, request, "identitystore") {
        Ok(key) => key,
        Err((refusal, text)) => return raw(service, request, refusal.of_json(), (400, ""), &text),
    };
    let Some(operation) = operation else {
        return raw(service, request, "UnknownOperationException", (400, ""), "");
    };
    let refuse = |name: &str, text: &str| error(operation, request, name, text);
    if request.header("content-type") != Some(JSON_1_1) {
        return raw(service, request, "UnknownOperationException", (404, ""), "");
    }
    let Some(Value::Object(body)) = request.json() else {
        return raw(service, request, "SerializationException", (400, ""), "");
    };
    if !key.may_read_identities {
        let text = format!(
            "User: {} is not authorized to perform: identitystore:{operation:?}",
            key.principal.arn
        );
        return refuse("AccessDeniedException", &text);
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let Some(store) = text("IdentityStoreId") else {
        return refuse("ValidationException", "IdentityStoreId is required");
    };
    if store != simulator.identity_store_id {
        return missing(operation, request, "IDENTITY_STORE", store);
    }
    let found = match operation {
        Operation::DescribeUser => {
            text("UserId").map(|id| world.people.iter().find(|person| person.user_id == id))
        }
        _ => unique_attribute(&body).map(|(path, value)| find(world, path, value)),
    };
    match found {
        None => refuse("ValidationException", "The request names no user"),
        Some(None) => missing(
            operation,
            request,
            "USER",
            text("UserId").unwrap_or_default(),
        ),
        Some(Some(person)) if operation == Operation::DescribeUser => {
            Reply::new(200, JSON_1_1, describe(store, person).to_string())
        }
        Some(Some(person)) => {
            let found =
                json!({"IdentityStoreId": store, "UserId": person.user_id, "UserArn": arn(person)});
            Reply::new(200, JSON_1_1, found.to_string())
        }
    }
}

fn missing(operation: Operation, request: &Request, kind: &str, id: &str) -> Reply {
    let mut reply = error(operation, request, "ResourceNotFoundException", "");
    let body = json!({
        "__type": "ResourceNotFoundException",
        "Message": format!("{kind} not found."),
        "ResourceType": kind,
        "ResourceId": id,
    });
    reply.body = body.to_string().into_bytes();
    reply
}

/// Path and value of `AlternateIdentifier.UniqueAttribute`.
pub(crate) fn unique_attribute(body: &Map<String, Value>) -> Option<(&str, &str)> {
    let attribute = body.get("AlternateIdentifier")?.get("UniqueAttribute")?;
    Some((
        attribute.get("AttributePath")?.as_str()?,
        attribute.get("AttributeValue")?.as_str()?,
    ))
}

fn find<'a>(world: &'a World, path: &str, value: &str) -> Option<&'a Person> {
    match path.to_ascii_lowercase().as_str() {
        "username" => world.person(value),
        "emails.value" => world.people.iter().find(|person| {
            person
                .emails
                .iter()
                .any(|email| email.eq_ignore_ascii_case(value))
        }),
        _ => None,
    }
}

fn arn(person: &Person) -> String {
    format!("arn:aws:identitystore:::user/{}", person.user_id)
}

/// Members that have no value are absent, as in AWS's replies.
fn describe(store: &str, person: &Person) -> Value {
    let mut user = json!({
        "IdentityStoreId": store,
        "UserId": person.user_id,
        "UserArn": arn(person),
        "Revision": "1",
        "UserName": person.user_name,
        "UserStatus": if person.enabled { "ENABLED" } else { "DISABLED" },
    });
    let mut put = |name: &str, value: Value| {
        if let Some(members) = user.as_object_mut() {
            members.insert(name.into(), value);
        }
    };
    if let Some(name) = &person.display_name {
        put("DisplayName", json!(name));
    }
    if let Some((given, family)) = &person.name {
        put("Name", json!({"GivenName": given, "FamilyName": family}));
    }
    let emails: Vec<Value> = person
        .emails
        .iter()
        .enumerate()
        .map(|(index, email)| json!({"Value": email, "Type": "work", "Primary": index == 0}))
        .collect();
    if !emails.is_empty() {
        put("Emails", json!(emails));
    }
    user
}
