//! IAM Identity Center's directory: a person's unchanging id, name and e-mail address.
//! Source: botocore's model `identitystore/2020-06-15` (JSON 1.1, signed).

use super::error::AwsError;
use super::partition::Endpoint;
use super::wire::{AwsRequest, AwsResponse, json};
use crate::json::{Json, Malformed};
use serde::Serialize;

/// The signing name.
pub const SIGNING_NAME: &str = "identitystore";

/// A person in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityStoreUser {
    /// Never changes and is never given out again.
    pub user_id: String,
    /// What the person signs in with.
    pub user_name: String,
    /// How the person wishes to be called.
    pub display_name: Option<String>,
    /// The primary address, else the only one.
    pub email: Option<String>,
    /// True if the directory has disabled the person.
    pub is_disabled: bool,
}

/// `GetUserId` by user name, still to be signed.
#[must_use]
pub fn get_user_id(endpoint: &Endpoint, store: &str, user_name: &str) -> AwsRequest {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Body<'a> {
        identity_store_id: &'a str,
        alternate_identifier: Identifier<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Identifier<'a> {
        unique_attribute: Attribute<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Attribute<'a> {
        attribute_path: &'a str,
        attribute_value: &'a str,
    }
    let body = Body {
        identity_store_id: store,
        alternate_identifier: Identifier {
            unique_attribute: Attribute {
                attribute_path: "userName",
                attribute_value: user_name,
            },
        },
    };
    post(endpoint, "GetUserId", json(&body))
}

/// Reads `GetUserId`'s reply.
///
/// # Errors
/// Any [`AwsError`] but those of the connection.
pub fn user_id(reply: &AwsResponse) -> Result<String, AwsError> {
    checked_id(&reply.json()?.borrowed("UserId")?)
}

/// `DescribeUser`, still to be signed.
#[must_use]
pub fn describe_user(endpoint: &Endpoint, store: &str, user_id: &str) -> AwsRequest {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Body<'a> {
        identity_store_id: &'a str,
        user_id: &'a str,
    }
    let body = Body {
        identity_store_id: store,
        user_id,
    };
    post(endpoint, "DescribeUser", json(&body))
}

/// Reads `DescribeUser`'s reply.
///
/// # Errors
/// Any [`AwsError`] but those of the connection.
pub fn user(reply: &AwsResponse) -> Result<IdentityStoreUser, AwsError> {
    let mut reply = reply.json()?;
    let emails = reply.optional("Emails").map(Json::list).transpose()?;
    let status = reply.optional_text("UserStatus")?;
    Ok(IdentityStoreUser {
        user_id: checked_id(&reply.borrowed("UserId")?)?,
        user_name: reply.text("UserName")?,
        display_name: reply.optional_text("DisplayName")?,
        email: email(emails.unwrap_or_default())?,
        is_disabled: status.as_deref() == Some("DISABLED"),
    })
}

/// The first primary address, else the only one; that one may lack its value.
fn email(emails: Vec<Json<'_>>) -> Result<Option<String>, Malformed> {
    let is_only = emails.len() == 1;
    let (mut is_found, mut found) = (false, None);
    for email in emails {
        let mut email = email.object()?;
        let is_primary = email.optional("Primary").map(Json::boolean).transpose()?;
        let value = email.optional_text("Value")?;
        if !is_found && (is_only || is_primary == Some(true)) {
            (is_found, found) = (true, value);
        }
    }
    Ok(found)
}

/// The model's `ResourceId`: a UUID, perhaps behind ten hex digits and `-`, perhaps as the end of an ARN; the same person
/// must not have two spellings.
fn checked_id(text: &str) -> Result<String, AwsError> {
    let id = text.rsplit_once('/').map_or(text, |(_, id)| id);
    let is_id = [36, 47].contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_id
        .then(|| id.to_ascii_lowercase())
        .ok_or(AwsError::InvalidResponse)
}

fn post(endpoint: &Endpoint, operation: &str, body: String) -> AwsRequest {
    AwsRequest::post(endpoint, "/", "application/x-amz-json-1.1", body)
        .with_header("x-amz-target", &format!("AWSIdentityStore.{operation}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::partition::{Region, Service};
    use serde_json::{Value, json};

    const ID: &str = "906767ab12-1d3e4f56-7a8b-4c9d-8e0f-1a2b3c4d5e6f";

    fn reply(status: u16, body: &Value) -> AwsResponse {
        AwsResponse {
            status,
            error_type: None,
            body: body.to_string().into_bytes(),
        }
    }

    #[test]
    fn requests_are_as_the_model_says() {
        let endpoint = Endpoint::of(Service::IdentityStore, Region::parse("eu-west-1").unwrap());
        for (request, target, body) in [
            (
                get_user_id(&endpoint, "d-1234567890", "zoë\"@x"),
                "AWSIdentityStore.GetUserId",
                json!({"IdentityStoreId": "d-1234567890", "AlternateIdentifier": {"UniqueAttribute":
                    {"AttributePath": "userName", "AttributeValue": "zoë\"@x"}}}),
            ),
            (
                describe_user(&endpoint, "d-1234567890", ID),
                "AWSIdentityStore.DescribeUser",
                json!({"IdentityStoreId": "d-1234567890", "UserId": ID}),
            ),
        ] {
            assert_eq!(
                request.url(),
                "https://identitystore.eu-west-1.amazonaws.com/"
            );
            assert_eq!(request.header("x-amz-target"), Some(target));
            assert_eq!(
                request.header("content-type"),
                Some("application/x-amz-json-1.1")
            );
            let sent: Value = serde_json::from_str(request.body.reveal()).unwrap();
            assert_eq!(sent, body);
        }
    }

    #[test]
    fn ids_have_one_spelling() {
        for text in [
            ID.to_owned(),
            ID.to_ascii_uppercase(),
            format!("arn:aws:identitystore:::user/{ID}"),
        ] {
            assert_eq!(
                user_id(&reply(200, &json!({"UserId": text}))),
                Ok(ID.to_owned())
            );
        }
        for text in [
            "",
            "x",
            "arn:aws:identitystore:::user/",
            &ID[1..],
            &format!("{ID}0"),
            &ID.replace('a', "g"),
        ] {
            let read = user_id(&reply(200, &json!({"UserId": text})));
            assert_eq!(read, Err(AwsError::InvalidResponse), "{text}");
        }
    }

    #[test]
    fn users_are_read() {
        let with = |emails: Value, status: Value| {
            user(&reply(
                200,
                &json!({"IdentityStoreId": "d-1", "UserId": ID, "UserArn": "a", "Revision": "r", "UserName": "zoë",
                    "DisplayName": "Zoë Ä.", "Emails": emails, "UserStatus": status, "CreatedAt": 1.5}),
            ))
            .unwrap()
        };
        let address = |value: &str, primary: bool| json!({"Value": value, "Type": "Work", "Primary": primary});
        for (emails, email) in [
            (
                json!([address("a@x", false), address("b@x", true)]),
                Some("b@x"),
            ),
            (json!([address("a@x", false)]), Some("a@x")),
            (json!([address("a@x", false), address("b@x", false)]), None),
            (json!([{"Primary": true}]), None),
            (json!([]), None),
            (Value::Null, None),
        ] {
            assert_eq!(with(emails, Value::Null).email.as_deref(), email);
        }
        assert!(with(Value::Null, json!("DISABLED")).is_disabled);
        assert!(!with(Value::Null, json!("ENABLED")).is_disabled);
        for body in [
            json!({}),
            json!([]),
            json!({"UserId": ID}),
            json!({"UserId": 1, "UserName": "x"}),
        ] {
            assert_eq!(user(&reply(200, &body)), Err(AwsError::InvalidResponse));
        }
    }

    #[test]
    fn the_modelled_errors_are_told_apart() {
        for name in [
            "ResourceNotFoundException",
            "ThrottlingException",
            "AccessDeniedException",
            "InternalServerException",
            "ValidationException",
        ] {
            let refused = reply(
                400,
                &json!({"__type": format!("com.amazonaws.identitystore#{name}"), "Message": "x"}),
            );
            assert_eq!(user(&refused).unwrap_err().to_string(), name);
            assert_eq!(user_id(&refused).unwrap_err().to_string(), name);
        }
    }
}
