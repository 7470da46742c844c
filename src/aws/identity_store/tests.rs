//! Requests to the directory, and its responses.

use super::*;
use crate::aws::endpoint::Service;
use crate::aws::region::Region;
use serde_json::{Value, json};

const ID: &str = "906767ab12-1d3e4f56-7a8b-4c9d-8e0f-1a2b3c4d5e6f";

fn response(status: u16, body: &Value) -> AwsResponse {
    AwsResponse {
        status,
        error_type: None,
        body: body.to_string().into_bytes(),
    }
}

#[test]
fn requests_conform_to_the_model() {
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
fn user_id_has_one_spelling() {
    for text in [
        ID.to_owned(),
        ID.to_ascii_uppercase(),
        format!("arn:aws:identitystore:::user/{ID}"),
    ] {
        assert_eq!(
            user_id(&response(200, &json!({"UserId": text}))),
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
        let read = user_id(&response(200, &json!({"UserId": text})));
        assert_eq!(read, Err(AwsError::InvalidResponse), "{text}");
    }
}

#[test]
fn user_is_read_with_the_primary_address() {
    let with = |emails: Value, status: Value| {
        user(&response(
            200,
            &json!({"IdentityStoreId": "d-1", "UserId": ID, "UserArn": "a", "Revision": "r", "UserName": "zoë",
                "DisplayName": "Zoë Ä.", "Emails": emails, "UserStatus": status, "CreatedAt": 1.5}),
        ))
        .unwrap()
    };
    let address =
        |value: &str, primary: bool| json!({"Value": value, "Type": "Work", "Primary": primary});
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
        assert_eq!(user(&response(200, &body)), Err(AwsError::InvalidResponse));
    }
}

#[test]
fn errors_of_the_model_are_distinguished() {
    for name in [
        "ResourceNotFoundException",
        "ThrottlingException",
        "AccessDeniedException",
        "InternalServerException",
        "ValidationException",
    ] {
        let refused = response(
            400,
            &json!({"__type": format!("com.amazonaws.identitystore#{name}"), "Message": "x"}),
        );
        assert_eq!(user(&refused).unwrap_err().to_string(), name);
        assert_eq!(user_id(&refused).unwrap_err().to_string(), name);
    }
}
