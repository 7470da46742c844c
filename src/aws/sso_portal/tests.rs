//! Requests to the portal, and its responses.

use super::*;
use crate::aws::endpoint::Service;
use crate::aws::region::Region;

fn endpoint() -> Endpoint {
    Endpoint::of(Service::SsoPortal, Region::parse("eu-west-1").unwrap())
}

fn response(status: u16, body: &str) -> AwsResponse {
    AwsResponse {
        status,
        error_type: None,
        body: body.as_bytes().to_vec(),
    }
}

#[test]
fn requests_conform_to_the_model() {
    let token = Secret::new("token");
    let assignment = Assignment {
        account: "123456789012".to_owned(),
        permission_set: "Power+User@Work".to_owned(),
    };
    for (request, method, path) in [
        (
            list_accounts(&endpoint(), &token, None),
            "GET",
            "/assignment/accounts",
        ),
        (
            list_accounts(&endpoint(), &token, Some("a&b=/+")),
            "GET",
            "/assignment/accounts?next_token=a%26b%3D%2F%2B",
        ),
        (
            list_account_roles(&endpoint(), &token, "123456789012", Some("n")),
            "GET",
            "/assignment/roles?account_id=123456789012&max_result=100&next_token=n",
        ),
        (
            get_role_credentials(&endpoint(), &token, &assignment),
            "GET",
            "/federation/credentials?account_id=123456789012&role_name=Power%2BUser%40Work",
        ),
        (logout(&endpoint(), &token), "POST", "/logout"),
    ] {
        assert_eq!(request.method.as_str(), method);
        assert_eq!(
            request.url(),
            format!("https://portal.sso.eu-west-1.amazonaws.com{path}")
        );
        assert_eq!(request.header("x-amz-sso_bearer_token"), Some("token"));
        assert_eq!(request.header("authorization"), None);
        assert_eq!(request.body.reveal(), "");
        assert!(request.is_idempotent);
    }
}

#[test]
fn responses_are_read() {
    let body = r#"{"nextToken":"n","accountList":[{"accountId":"123456789012","accountName":"x",
        "emailAddress":"owner@example.com"}]}"#;
    assert_eq!(
        accounts(&response(200, body)),
        Ok(Page {
            items: vec!["123456789012".to_owned()],
            next: Some("n".to_owned())
        })
    );
    let body = r#"{"nextToken":"","roleList":[{"roleName":"Admin_1","accountId":"123456789012"}]}"#;
    assert_eq!(
        account_roles(&response(200, body)),
        Ok(Page {
            items: vec!["Admin_1".to_owned()],
            next: None
        })
    );
    assert_eq!(
        accounts(&response(200, "{}")),
        Ok(Page {
            items: vec![],
            next: None
        })
    );
    let body = r#"{"roleCredentials":{"accessKeyId":"ASIA","secretAccessKey":"s/+=","sessionToken":"t",
        "expiration":1704888000000}}"#;
    let keys = role_credentials(&response(200, body)).unwrap();
    assert_eq!(keys.secret_access_key, Secret::new("s/+="));
    assert_eq!(keys.session_token, Some(Secret::new("t")));
    for (status, body) in [(200, ""), (200, "{}"), (204, "")] {
        assert_eq!(logged_out(&response(status, body)), Ok(()));
    }
}

#[test]
fn unexpected_response_is_invalid() {
    let long = format!(
        r#"{{"nextToken":"{}"}}"#,
        "n".repeat(MAX_NEXT_TOKEN_BYTES + 1)
    );
    for body in [
        "",
        "[]",
        r#"{"accountList":{}}"#,
        r#"{"accountList":[{}]}"#,
        r#"{"accountList":[{"accountId":123456789012}]}"#,
        r#"{"accountList":[{"accountId":"12345678901"}]}"#,
        r#"{"accountList":[{"accountId":"12345678901x"}]}"#,
        r#"{"accountList":[{"accountId":"１２３４５６７８９０１２"}]}"#,
        &long,
    ] {
        assert_eq!(
            accounts(&response(200, body)),
            Err(AwsError::InvalidResponse),
            "{body}"
        );
    }
    for name in ["", "a b", "a/b", "a\\\"b", "é", "a&b", &"a".repeat(33)] {
        let body = format!(r#"{{"roleList":[{{"roleName":"{name}"}}]}}"#);
        assert_eq!(
            account_roles(&response(200, &body)),
            Err(AwsError::InvalidResponse),
            "{name}"
        );
    }
    for keys in [
        "null",
        "{}",
        r#"{"accessKeyId":"a","secretAccessKey":"b"}"#,
        r#"{"accessKeyId":"","secretAccessKey":"b","sessionToken":"c"}"#,
        r#"{"accessKeyId":"a","secretAccessKey":"b","sessionToken":"c\r\nx: y"}"#,
    ] {
        let body = format!(r#"{{"roleCredentials":{keys}}}"#);
        assert_eq!(
            role_credentials(&response(200, &body)),
            Err(AwsError::InvalidResponse),
            "{keys}"
        );
    }
}

#[test]
fn errors_of_the_model_are_distinguished() {
    for (status, name) in [
        (400, "InvalidRequestException"),
        (401, "UnauthorizedException"),
        (404, "ResourceNotFoundException"),
        (429, "TooManyRequestsException"),
    ] {
        let refused = response(status, r#"{"message":"canary"}"#);
        assert_eq!(accounts(&refused).unwrap_err().to_string(), name);
        assert_eq!(account_roles(&refused).unwrap_err().to_string(), name);
        assert_eq!(role_credentials(&refused).unwrap_err().to_string(), name);
        assert_eq!(logged_out(&refused).unwrap_err().to_string(), name);
    }
}
