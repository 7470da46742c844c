//! `cargo xtask user add`, `change`, `enable`, `reset-password` and `unlock`: changes that revoke nothing.

use super::{Subject, without_success};
use crate::http::Call;
use crate::service::Service;
use crate::table::cell;
use anyhow::Result;
use cli::{Fields, NewUser};
use serde_json::{Map, Value, json};

pub fn add(options: &cli::Service, new: &NewUser) -> Result<String> {
    let service = Service::connect(options)?;
    let mut body = Map::new();
    body.insert("username".into(), json!(new.new_username));
    body.insert("email".into(), json!(new.email));
    body.insert("role".into(), json!(new.role.as_str()));
    for (field, value) in [
        ("name", &new.name),
        ("organization", &new.organization),
        ("aws_region", &new.aws_region),
    ] {
        if let Some(value) = value {
            body.insert(field.into(), json!(value));
        }
    }
    let response = service.json(&Call::post("users").json(&Value::Object(body)))?;
    if options.json {
        return Ok(without_success(response).to_string());
    }
    let user = &response["user"];
    Ok(format!(
        "User {} added ({}).\n{}",
        cell(user["username"].as_str()),
        cell(user["id"].as_str()),
        delivery(&response, &new.email)
    ))
}

pub fn change(options: &cli::Service, typed: &str, fields: &Fields) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let mut body = Map::new();
    for (field, value, is_removed) in [
        ("name", &fields.name, false),
        ("email", &fields.email, false),
        ("organization", &fields.organization, fields.no_organization),
        ("aws_region", &fields.aws_region, fields.no_aws_region),
    ] {
        if is_removed {
            body.insert(field.into(), Value::Null);
        } else if let Some(value) = value {
            body.insert(field.into(), json!(value));
        }
    }
    let response = patch(&subject, &Value::Object(body))?;
    let sentence = format!("User {} changed.", subject.name());
    Ok(subject.result(response, sentence))
}

pub fn enable(options: &cli::Service, typed: &str) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let response = patch(&subject, &json!({ "is_active": true }))?;
    let sentence = format!("User {} enabled.", subject.name());
    Ok(subject.result(response, sentence))
}

/// Changes fields of a user, unless another administrator has changed the user meanwhile.
pub(super) fn patch(subject: &Subject, fields: &Value) -> Result<Value> {
    let call = Call::patch(subject.path("")).json(fields);
    subject.service.json(&call.if_match(subject.version()))
}

pub fn reset_password(options: &cli::Service, typed: &str) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let response = subject
        .service
        .json(&Call::post(subject.path("/reset-password")))?;
    let sentence = delivery(&response, subject.text("email"));
    Ok(subject.result(response, sentence))
}

pub fn unlock(options: &cli::Service, typed: &str) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let response = subject.service.json(&Call::post(subject.path("/unlock")))?;
    let sentence = format!("User {} unlocked.", subject.name());
    Ok(subject.result(response, sentence))
}

/// The delivery of a one-time link, as a sentence.
fn delivery(response: &Value, email: &str) -> String {
    let until = cell(response["link_expires_at"].as_str());
    match response["link"].as_str() {
        Some(link) => {
            format!("This link sets the password. It can be used once, until {until}:\n\n  {link}")
        }
        None => format!(
            "A link that sets the password was sent to {}. It can be used once, until {until}.",
            cell(Some(email))
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::delivery;
    use serde_json::json;

    #[test]
    fn link_is_shown_unless_it_was_sent() {
        let shown = json!({"delivery": "link_shown", "link": "https://x/set-password#s", "link_expires_at": "t"});
        assert_eq!(
            delivery(&shown, "j@x.de"),
            "This link sets the password. It can be used once, until t:\n\n  https://x/set-password#s"
        );
        let sent = json!({"delivery": "sent", "link": null, "link_expires_at": "t"});
        assert_eq!(
            delivery(&sent, "j@x.de"),
            "A link that sets the password was sent to j@x.de. It can be used once, until t."
        );
    }
}
