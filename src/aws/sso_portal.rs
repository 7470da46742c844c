//! IAM Identity Center's portal: what a signed-in person is assigned to, and keys for it.
//! Source: botocore's model `sso/2019-06-10`. Requests carry the access token as a bearer and are not signed.

use super::arn::{is_account, is_permission_set};
use super::error::AwsError;
use super::partition::Endpoint;
use super::sigv4::Credentials;
use super::wire::{AwsRequest, AwsResponse, percent_encoded};
use crate::crypto::secret::Secret;
use crate::json::Json;

const BEARER: &str = "x-amz-sso_bearer_token";
/// AWS's own are well under 2 kB; what is longer would come back as a query that servers refuse.
const LONGEST_NEXT_TOKEN: usize = 4 * 1024;
const PAGE_SIZE: usize = 100;

/// An account and a permission set that a person has there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Twelve digits.
    pub account: String,
    /// The permission set's name, which the portal calls role name.
    pub permission_set: String,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Account ids, or names of permission sets.
    pub items: Vec<String>,
    /// What asks for the page behind it.
    pub next: Option<String>,
}

/// `ListAccounts`. The e-mail addresses in its reply are the account owners', never the person's, and are not read.
#[must_use]
pub fn list_accounts(endpoint: &Endpoint, token: &Secret, next: Option<&str>) -> AwsRequest {
    let query = next.map_or_else(String::new, |next| {
        format!("?next_token={}", percent_encoded(next))
    });
    get(endpoint, &format!("/assignment/accounts{query}"), token)
}

/// Reads `ListAccounts`' reply.
///
/// # Errors
/// Any [`AwsError`] but those of the connection.
pub fn accounts(reply: &AwsResponse) -> Result<Page, AwsError> {
    page(reply, "accountList", "accountId", is_account)
}

/// `ListAccountRoles`, with the maximum page size that the model allows.
#[must_use]
pub fn list_account_roles(
    endpoint: &Endpoint,
    token: &Secret,
    account: &str,
    next: Option<&str>,
) -> AwsRequest {
    let next = next.map_or_else(String::new, |next| {
        format!("&next_token={}", percent_encoded(next))
    });
    let account = percent_encoded(account);
    get(
        endpoint,
        &format!("/assignment/roles?account_id={account}&max_result={PAGE_SIZE}{next}"),
        token,
    )
}

/// Reads `ListAccountRoles`' reply.
///
/// # Errors
/// Any [`AwsError`] but those of the connection.
pub fn account_roles(reply: &AwsResponse) -> Result<Page, AwsError> {
    page(reply, "roleList", "roleName", is_permission_set)
}

/// `GetRoleCredentials`.
#[must_use]
pub fn get_role_credentials(
    endpoint: &Endpoint,
    token: &Secret,
    assignment: &Assignment,
) -> AwsRequest {
    let account = percent_encoded(&assignment.account);
    let role = percent_encoded(&assignment.permission_set);
    get(
        endpoint,
        &format!("/federation/credentials?account_id={account}&role_name={role}"),
        token,
    )
}

/// Reads `GetRoleCredentials`' reply. Their end is not read: they are used at once and forgotten.
///
/// # Errors
/// Any [`AwsError`] but those of the connection.
pub fn role_credentials(reply: &AwsResponse) -> Result<Credentials, AwsError> {
    let mut keys = reply.json()?.object("roleCredentials")?;
    let mut key = |name| {
        let key = keys.text(name)?;
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        is_key
            .then(|| Secret::new(key))
            .ok_or(AwsError::InvalidResponse)
    };
    Ok(Credentials {
        access_key_id: key("accessKeyId")?,
        secret_access_key: key("secretAccessKey")?,
        session_token: Some(key("sessionToken")?),
    })
}

/// Logout, which ends the access token. Repeatable: ending what is ended changes nothing.
#[must_use]
pub fn logout(endpoint: &Endpoint, token: &Secret) -> AwsRequest {
    AwsRequest::post(endpoint, "/logout", "application/json", "")
        .with_header(BEARER, token.reveal())
}

/// Reads `Logout`'s reply, which has no body and may say so with a 204.
///
/// # Errors
/// Any [`AwsError`] but those of the connection.
pub fn logged_out(reply: &AwsResponse) -> Result<(), AwsError> {
    match reply.status {
        204 => Ok(()),
        _ => reply.success().map(|_| ()),
    }
}

fn get(endpoint: &Endpoint, path_and_query: &str, token: &Secret) -> AwsRequest {
    AwsRequest::get(endpoint, path_and_query).with_header(BEARER, token.reveal())
}

/// What each object of a list has under one name.
fn page(
    reply: &AwsResponse,
    list: &str,
    name: &str,
    is_item: fn(&str) -> bool,
) -> Result<Page, AwsError> {
    let mut reply = reply.json()?;
    let list = reply.optional(list).map(Json::list).transpose()?;
    let list = list.unwrap_or_default().into_iter();
    let items = list.map(|item| item.object()?.text(name));
    let items = items.collect::<Result<Vec<String>, _>>()?;
    let next = reply
        .optional_text("nextToken")?
        .filter(|next| !next.is_empty());
    if !items.iter().all(|item| is_item(item))
        || next
            .as_ref()
            .is_some_and(|next| next.len() > LONGEST_NEXT_TOKEN)
    {
        return Err(AwsError::InvalidResponse);
    }
    Ok(Page { items, next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::partition::{Region, Service};

    fn endpoint() -> Endpoint {
        Endpoint::of(Service::SsoPortal, Region::parse("eu-west-1").unwrap())
    }

    fn reply(status: u16, body: &str) -> AwsResponse {
        AwsResponse {
            status,
            error_type: None,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn requests_are_as_the_model_says() {
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
            assert!(request.is_repeatable);
        }
    }

    #[test]
    fn replies_are_read() {
        let body = r#"{"nextToken":"n","accountList":[{"accountId":"123456789012","accountName":"x",
            "emailAddress":"owner@example.com"}]}"#;
        assert_eq!(
            accounts(&reply(200, body)),
            Ok(Page {
                items: vec!["123456789012".to_owned()],
                next: Some("n".to_owned())
            })
        );
        let body =
            r#"{"nextToken":"","roleList":[{"roleName":"Admin_1","accountId":"123456789012"}]}"#;
        assert_eq!(
            account_roles(&reply(200, body)),
            Ok(Page {
                items: vec!["Admin_1".to_owned()],
                next: None
            })
        );
        assert_eq!(
            accounts(&reply(200, "{}")),
            Ok(Page {
                items: vec![],
                next: None
            })
        );
        let body = r#"{"roleCredentials":{"accessKeyId":"ASIA","secretAccessKey":"s/+=","sessionToken":"t",
            "expiration":1704888000000}}"#;
        let keys = role_credentials(&reply(200, body)).unwrap();
        assert_eq!(keys.secret_access_key, Secret::new("s/+="));
        assert_eq!(keys.session_token, Some(Secret::new("t")));
        for (status, body) in [(200, ""), (200, "{}"), (204, "")] {
            assert_eq!(logged_out(&reply(status, body)), Ok(()));
        }
    }

    #[test]
    fn odd_replies_are_invalid() {
        let long = format!(
            r#"{{"nextToken":"{}"}}"#,
            "n".repeat(LONGEST_NEXT_TOKEN + 1)
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
                accounts(&reply(200, body)),
                Err(AwsError::InvalidResponse),
                "{body}"
            );
        }
        for name in ["", "a b", "a/b", "a\\\"b", "é", "a&b", &"a".repeat(33)] {
            let body = format!(r#"{{"roleList":[{{"roleName":"{name}"}}]}}"#);
            assert_eq!(
                account_roles(&reply(200, &body)),
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
                role_credentials(&reply(200, &body)),
                Err(AwsError::InvalidResponse),
                "{keys}"
            );
        }
    }

    #[test]
    fn the_modelled_errors_are_told_apart() {
        for (status, name) in [
            (400, "InvalidRequestException"),
            (401, "UnauthorizedException"),
            (404, "ResourceNotFoundException"),
            (429, "TooManyRequestsException"),
        ] {
            let refused = reply(status, r#"{"message":"canary"}"#);
            assert_eq!(accounts(&refused).unwrap_err().to_string(), name);
            assert_eq!(account_roles(&refused).unwrap_err().to_string(), name);
            assert_eq!(role_credentials(&refused).unwrap_err().to_string(), name);
            assert_eq!(logged_out(&refused).unwrap_err().to_string(), name);
        }
    }
}
