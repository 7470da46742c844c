//! Portal of IAM Identity Center: the accounts and permission sets of a user, and credentials for them.
//! Source: the `sso/2019-06-10` model of botocore. Requests contain the access token and are not signed.

use super::Aws;
use super::arn::{is_account, is_permission_set};
use super::endpoint::Endpoint;
use super::error::{AwsError, Code};
use super::sigv4::Credentials;
use super::wire::{AwsRequest, AwsResponse, percent_encoded};
use crate::crypto::secret::Secret;
use crate::json::Json;

const ACCESS_TOKEN_HEADER: &str = "x-amz-sso_bearer_token";
/// Maximum length of a pagination token, which is sent in a query. The tokens of AWS have less than 2 kB.
const MAX_NEXT_TOKEN_BYTES: usize = 4 * 1024;
/// Permission sets per page: the maximum in the model.
const ROLES_PER_PAGE: usize = 100;
/// Maximum number of pages that are searched for the first item. AWS may return empty pages.
const MAX_PAGES_TO_FIRST: usize = 5;
/// Maximum number of pages of permission sets in one account: if all are full, five times the default quota of AWS.
const MAX_PAGES_OF_ROLES: usize = 10;

/// A permission set that a user has in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Account ID.
    pub account: String,
    /// Name of the permission set, `roleName` in the API of the portal.
    pub permission_set: String,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Account IDs or names of permission sets.
    pub items: Vec<String>,
    /// Token for the next page.
    pub next: Option<String>,
}

/// Returns the request `ListAccounts`. The e-mail addresses in its response are those of the account owners and are not read.
#[must_use]
pub fn list_accounts(endpoint: &Endpoint, token: &Secret, next: Option<&str>) -> AwsRequest {
    let query = next.map_or_else(String::new, |next| {
        format!("?next_token={}", percent_encoded(next))
    });
    get(endpoint, &format!("/assignment/accounts{query}"), token)
}

/// Reads the response to `ListAccounts`.
///
/// # Errors
/// Any [`AwsError`] that a response can have.
pub fn accounts(response: &AwsResponse) -> Result<Page, AwsError> {
    page(response, "accountList", "accountId", is_account)
}

/// Returns the request `ListAccountRoles`.
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
        &format!("/assignment/roles?account_id={account}&max_result={ROLES_PER_PAGE}{next}"),
        token,
    )
}

/// Reads the response to `ListAccountRoles`.
///
/// # Errors
/// Any [`AwsError`] that a response can have.
pub fn account_roles(response: &AwsResponse) -> Result<Page, AwsError> {
    page(response, "roleList", "roleName", is_permission_set)
}

/// Returns the request `GetRoleCredentials`.
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

/// Reads the response to `GetRoleCredentials`. The expiry is not read, because the credentials are used immediately and dropped.
///
/// # Errors
/// Any [`AwsError`] that a response can have.
pub fn role_credentials(response: &AwsResponse) -> Result<Credentials, AwsError> {
    let mut keys = response.json()?.object("roleCredentials")?;
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

/// Returns the request `Logout`, which revokes the access token. It is idempotent.
#[must_use]
pub fn logout(endpoint: &Endpoint, token: &Secret) -> AwsRequest {
    AwsRequest::post(endpoint, "/logout", "application/json", "")
        .with_header(ACCESS_TOKEN_HEADER, token.reveal())
}

/// Reads the response to `Logout`: 200 or 204 without a body.
///
/// # Errors
/// Any [`AwsError`] that a response can have.
pub fn logged_out(response: &AwsResponse) -> Result<(), AwsError> {
    match response.status {
        204 => Ok(()),
        _ => response.success().map(|_| ()),
    }
}

fn get(endpoint: &Endpoint, path_and_query: &str, token: &Secret) -> AwsRequest {
    AwsRequest::get(endpoint, path_and_query).with_header(ACCESS_TOKEN_HEADER, token.reveal())
}

/// Reads one member of each object in a list.
fn page(
    response: &AwsResponse,
    list: &str,
    name: &str,
    is_item: fn(&str) -> bool,
) -> Result<Page, AwsError> {
    let mut body = response.json()?;
    let list = body.optional(list).map(Json::list).transpose()?;
    let list = list.unwrap_or_default().into_iter();
    let items = list.map(|item| item.object()?.text(name));
    let items = items.collect::<Result<Vec<String>, _>>()?;
    let next = body
        .optional_text("nextToken")?
        .filter(|next| !next.is_empty());
    if !items.iter().all(|item| is_item(item))
        || next
            .as_ref()
            .is_some_and(|next| next.len() > MAX_NEXT_TOKEN_BYTES)
    {
        return Err(AwsError::InvalidResponse);
    }
    Ok(Page { items, next })
}

impl Aws {
    /// Returns the configured account and permission set. For a value that is not configured, returns the first one that the
    /// portal lists.
    ///
    /// # Errors
    /// Any [`AwsError`]; `ResourceNotFoundException` if the list is empty.
    pub async fn assignment(
        &self,
        token: &Secret,
        account: Option<&str>,
        permission_set: Option<&str>,
    ) -> Result<Assignment, AwsError> {
        let portal = &self.sso_portal;
        let account = if let Some(account) = account {
            account.to_owned()
        } else {
            let request = |next: Option<&str>| list_accounts(portal, token, next);
            self.first(request, accounts).await?
        };
        let permission_set = if let Some(set) = permission_set {
            set.to_owned()
        } else {
            let request = |next: Option<&str>| list_account_roles(portal, token, &account, next);
            self.first(request, account_roles).await?
        };
        Ok(Assignment {
            account,
            permission_set,
        })
    }

    /// Returns all permission sets of the user in an account, in the order of the portal.
    ///
    /// # Errors
    /// Any [`AwsError`]. [`Code::is_about_assignments`] is true if the user has no permission set there. `InvalidResponse` if
    /// there are too many pages.
    pub async fn permission_sets(
        &self,
        token: &Secret,
        account: &str,
    ) -> Result<Vec<String>, AwsError> {
        let (mut sets, mut next) = (Vec::new(), None);
        for _ in 0..MAX_PAGES_OF_ROLES {
            let request = list_account_roles(&self.sso_portal, token, account, next.as_deref());
            let page = account_roles(&self.client.send(&request).await?)?;
            sets.extend(page.items);
            next = page.next;
            if next.is_none() {
                return Ok(sets);
            }
        }
        Err(AwsError::InvalidResponse)
    }

    async fn first(
        &self,
        request: impl Fn(Option<&str>) -> AwsRequest,
        read: fn(&AwsResponse) -> Result<Page, AwsError>,
    ) -> Result<String, AwsError> {
        let mut next = None;
        for _ in 0..MAX_PAGES_TO_FIRST {
            let page = read(&self.client.send(&request(next.as_deref())).await?)?;
            if let Some(first) = page.items.into_iter().next() {
                return Ok(first);
            }
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        Err(AwsError::Refused(Code::RESOURCE_NOT_FOUND))
    }

    /// Returns credentials for an assignment.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn role_credentials(
        &self,
        token: &Secret,
        assignment: &Assignment,
    ) -> Result<Credentials, AwsError> {
        let request = get_role_credentials(&self.sso_portal, token, assignment);
        role_credentials(&self.client.send(&request).await?)
    }

    /// Revokes an access token.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn logout(&self, token: &Secret) -> Result<(), AwsError> {
        let request = logout(&self.sso_portal, token);
        logged_out(&self.client.send(&request).await?)
    }
}

#[cfg(test)]
mod tests;
