//! Directory of IAM Identity Center: the stable ID, the names and the e-mail address of a user.
//! Source: the `identitystore/2020-06-15` model of botocore (JSON 1.1, signed).

use super::Aws;
use super::endpoint::Endpoint;
use super::error::AwsError;
use super::sigv4::{self, Credentials, Scope};
use super::wire::{AwsRequest, AwsResponse, json};
use crate::json::{Json, Malformed};
use crate::timestamp::Timestamp;
use serde::Serialize;

/// Signing name of the service.
pub const SIGNING_NAME: &str = "identitystore";

/// A user in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityStoreUser {
    /// ID. It never changes and is never assigned again.
    pub user_id: String,
    /// Name with which the user signs in.
    pub user_name: String,
    /// Display name.
    pub display_name: Option<String>,
    /// Primary e-mail address or, if none is primary, the only one.
    pub email: Option<String>,
    /// True if the user is disabled in the directory.
    pub is_disabled: bool,
}

/// Returns the request `GetUserId` by user name, without a signature.
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

/// Reads the response to `GetUserId`.
///
/// # Errors
/// Any [`AwsError`] that a response can have.
pub fn user_id(response: &AwsResponse) -> Result<String, AwsError> {
    checked_id(&response.json()?.borrowed("UserId")?)
}

/// Returns the request `DescribeUser`, without a signature.
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

/// Reads the response to `DescribeUser`.
///
/// # Errors
/// Any [`AwsError`] that a response can have.
pub fn user(response: &AwsResponse) -> Result<IdentityStoreUser, AwsError> {
    let mut body = response.json()?;
    let emails = body.optional("Emails").map(Json::list).transpose()?;
    let status = body.optional_text("UserStatus")?;
    Ok(IdentityStoreUser {
        user_id: checked_id(&body.borrowed("UserId")?)?,
        user_name: body.text("UserName")?,
        display_name: body.optional_text("DisplayName")?,
        email: email(emails.unwrap_or_default())?,
        is_disabled: status.as_deref() == Some("DISABLED"),
    })
}

/// Returns the first primary address or, if none is primary, the only one. The value may be absent.
fn email(emails: Vec<Json<'_>>) -> Result<Option<String>, Malformed> {
    let is_only = emails.len() == 1;
    let mut candidates = Vec::new();
    for email in emails {
        let mut email = email.object()?;
        let is_primary = email.optional("Primary").map(Json::boolean).transpose()?;
        let value = email.optional_text("Value")?;
        if is_only || is_primary == Some(true) {
            candidates.push(value);
        }
    }
    Ok(candidates.into_iter().next().flatten())
}

/// Normalises a `ResourceId`, so that one user has one ID: a UUID, optionally after ten hexadecimal digits and `-`, optionally at
/// the end of an ARN.
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
    let target = format!("AWSIdentityStore.{operation}");
    AwsRequest::post(endpoint, "/", "application/x-amz-json-1.1", body)
        .with_header("x-amz-target", &target)
}

impl Aws {
    /// Returns the directory's entry for a user name. The request is signed with the configured credentials.
    ///
    /// # Errors
    /// Any [`AwsError`]. The caller must not continue without the entry: the same user would get another subject.
    pub async fn identity_store_user(
        &self,
        store: &str,
        user_name: &str,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<IdentityStoreUser, AwsError> {
        let scope = Scope {
            region: self.identity_center_region.as_str(),
            service: SIGNING_NAME,
        };
        let endpoint = &self.identity_store;
        let request = get_user_id(endpoint, store, user_name);
        let request = sigv4::sign(request, credentials, scope, now)?;
        let id = user_id(&self.client.send(&request).await?)?;
        let request = describe_user(endpoint, store, &id);
        let request = sigv4::sign(request, credentials, scope, now)?;
        let user = user(&self.client.send(&request).await?)?;
        if user.user_id == id {
            Ok(user)
        } else {
            Err(AwsError::InvalidResponse)
        }
    }
}

#[cfg(test)]
mod tests;
