//! What AWS says on the wire, and the conversations with it. Pure but for `client.rs`, the only place that fetches.
//!
//! In scope: one question and its answer. How often and how long to ask, and who may ask, is the endpoints' business.

pub mod arn;
pub mod client;
pub mod error;
pub mod identity;
pub mod identity_store;
pub mod partition;
pub mod proof;
pub mod sigv4;
pub mod sso_oidc;
pub mod sso_portal;
pub mod sts;
pub mod wire;
mod xml;

use crate::crypto::secret::Secret;
use crate::timestamp::Timestamp;
use client::Client;
use error::{AwsError, Code};
use identity_store::IdentityStoreUser;
use partition::{Endpoint, Region, Service};
use proof::Proof;
use sigv4::{Credentials, Scope};
use sso_oidc::{DeviceAuthorization, Registration};
use sso_portal::{Assignment, Page};
use sts::CallerIdentity;
use wire::AwsRequest;

/// How AWS knows this service; people see it when they approve.
const CLIENT_NAME: &str = "edge-auth";
/// Pages that are looked through for the first assignment; AWS may leave some empty.
const PAGES: usize = 5;
/// Maximum number of pages of permission sets in one account: if all are full, five times the default quota of AWS.
const PAGES_OF_SETS: usize = 10;

/// Endpoints in place of AWS's own, in development only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointOverrides {
    /// `AWS_ENDPOINT_URL_STS`.
    pub sts: Option<Endpoint>,
    /// `AWS_ENDPOINT_URL_SSO_OIDC`.
    pub sso_oidc: Option<Endpoint>,
    /// `AWS_ENDPOINT_URL_SSO`.
    pub sso_portal: Option<Endpoint>,
    /// `AWS_ENDPOINT_URL_IDENTITYSTORE`.
    pub identity_store: Option<Endpoint>,
}

/// AWS, as seen from here.
///
/// Identity Center, its directory and the STS that is asked about its role credentials are in its own region, so all are of
/// one partition; the configured keys and proofs are asked about in `region`.
#[derive(Clone, Debug)]
pub struct Aws {
    region: Region,
    identity_center_region: Region,
    sts: Endpoint,
    center_sts: Endpoint,
    sso_oidc: Endpoint,
    sso_portal: Endpoint,
    identity_store: Endpoint,
    client: Client,
}

impl Aws {
    /// AWS in `AWS_REGION`, with Identity Center in `AWS_SSO_REGION`.
    #[must_use]
    pub fn new(
        region: Region,
        identity_center_region: Region,
        overrides: EndpointOverrides,
    ) -> Self {
        let or = |endpoint: Option<Endpoint>, service, region| {
            endpoint.unwrap_or_else(|| Endpoint::of(service, region))
        };
        Self {
            region,
            identity_center_region,
            sts: or(overrides.sts.clone(), Service::Sts, region),
            center_sts: or(overrides.sts, Service::Sts, identity_center_region),
            sso_oidc: or(overrides.sso_oidc, Service::SsoOidc, identity_center_region),
            sso_portal: or(
                overrides.sso_portal,
                Service::SsoPortal,
                identity_center_region,
            ),
            identity_store: or(
                overrides.identity_store,
                Service::IdentityStore,
                identity_center_region,
            ),
            client: Client::new(),
        }
    }

    /// Registers this service as a client of Identity Center.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn register_client(&self) -> Result<Registration, AwsError> {
        let request = sso_oidc::register_client(&self.sso_oidc, CLIENT_NAME);
        sso_oidc::registration(&self.client.carry(&request).await?)
    }

    /// Starts a device authorization at a start URL.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn start_device_authorization(
        &self,
        registration: &Registration,
        start_url: &str,
    ) -> Result<DeviceAuthorization, AwsError> {
        let request = sso_oidc::start_device_authorization(&self.sso_oidc, registration, start_url);
        sso_oidc::device_authorization(&self.sso_oidc, &self.client.carry(&request).await?)
    }

    /// Asks once for the access token of a device authorization.
    ///
    /// # Errors
    /// Any [`AwsError`]; `AuthorizationPendingException` and `SlowDownException` while the person has not answered.
    pub async fn create_token(
        &self,
        registration: &Registration,
        device_code: &Secret,
    ) -> Result<Secret, AwsError> {
        let request = sso_oidc::create_token(&self.sso_oidc, registration, device_code);
        sso_oidc::access_token(&self.client.carry(&request).await?)
    }

    /// What the person shall be asked about: the configured account and permission set, each if absent the first one that
    /// the portal lists.
    ///
    /// # Errors
    /// Any [`AwsError`]; `ResourceNotFoundException` if nothing is listed.
    pub async fn assignment(
        &self,
        token: &Secret,
        account: Option<&str>,
        permission_set: Option<&str>,
    ) -> Result<Assignment, AwsError> {
        let portal = &self.sso_portal;
        let account = match account {
            Some(account) => account.to_owned(),
            None => {
                self.first(
                    |next| sso_portal::list_accounts(portal, token, next),
                    sso_portal::accounts,
                )
                .await?
            }
        };
        let permission_set = match permission_set {
            Some(set) => set.to_owned(),
            None => {
                self.first(
                    |next| sso_portal::list_account_roles(portal, token, &account, next),
                    sso_portal::account_roles,
                )
                .await?
            }
        };
        Ok(Assignment {
            account,
            permission_set,
        })
    }

    /// Every permission set that the user has in an account, in the portal's order.
    ///
    /// # Errors
    /// Any [`AwsError`]; [`Code::is_about_assignments`] is true if the user has no permission set there. `InvalidResponse` for
    /// a list that does not end.
    pub async fn permission_sets(
        &self,
        token: &Secret,
        account: &str,
    ) -> Result<Vec<String>, AwsError> {
        let (mut sets, mut next) = (Vec::new(), None);
        for _ in 0..PAGES_OF_SETS {
            let portal = &self.sso_portal;
            let request = sso_portal::list_account_roles(portal, token, account, next.as_deref());
            let page = sso_portal::account_roles(&self.client.carry(&request).await?)?;
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
        read: fn(&wire::AwsResponse) -> Result<Page, AwsError>,
    ) -> Result<String, AwsError> {
        let mut next = None;
        for _ in 0..PAGES {
            let page = read(&self.client.carry(&request(next.as_deref())).await?)?;
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

    /// Keys for an assignment.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn role_credentials(
        &self,
        token: &Secret,
        assignment: &Assignment,
    ) -> Result<Credentials, AwsError> {
        let request = sso_portal::get_role_credentials(&self.sso_portal, token, assignment);
        sso_portal::role_credentials(&self.client.carry(&request).await?)
    }

    /// Ends an access token.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn logout(&self, token: &Secret) -> Result<(), AwsError> {
        let request = sso_portal::logout(&self.sso_portal, token);
        sso_portal::logged_out(&self.client.carry(&request).await?)
    }

    /// Whose the role credentials are that the portal gave.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn role_identity(
        &self,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<CallerIdentity, AwsError> {
        self.identity(
            &self.center_sts,
            self.identity_center_region,
            credentials,
            now,
        )
        .await
    }

    /// Whose the configured keys are.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn caller_identity(
        &self,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<CallerIdentity, AwsError> {
        self.identity(&self.sts, self.region, credentials, now)
            .await
    }

    async fn identity(
        &self,
        endpoint: &Endpoint,
        region: Region,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<CallerIdentity, AwsError> {
        let scope = scope(region, sts::SIGNING_NAME);
        let request = sigv4::sign(sts::get_caller_identity(endpoint), credentials, scope, now)?;
        let request = sts::accepting_json(request);
        sts::caller_identity(&self.client.carry(&request).await?)
    }

    /// Whose a client's proof for `server_id` is. Whether it is fresh and unused is the caller's to know.
    ///
    /// # Errors
    /// Any [`AwsError`]; [`Code::is_about_credentials`] tells a proof that is none from an AWS that is out.
    pub async fn proven_identity(
        &self,
        proof: &Proof,
        server_id: &str,
    ) -> Result<CallerIdentity, AwsError> {
        let request = proof.request(&self.sts, self.region.as_str(), server_id);
        sts::caller_identity(&self.client.carry(&request).await?)
    }

    /// The directory's entry of a user name, read with the configured keys.
    ///
    /// # Errors
    /// Any [`AwsError`]. None may be passed over: without the entry the same person would have another subject.
    pub async fn identity_store_user(
        &self,
        store: &str,
        user_name: &str,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<IdentityStoreUser, AwsError> {
        let scope = scope(self.identity_center_region, identity_store::SIGNING_NAME);
        let endpoint = &self.identity_store;
        let request = identity_store::get_user_id(endpoint, store, user_name);
        let request = sigv4::sign(request, credentials, scope, now)?;
        let id = identity_store::user_id(&self.client.carry(&request).await?)?;
        let request = identity_store::describe_user(endpoint, store, &id);
        let request = sigv4::sign(request, credentials, scope, now)?;
        let user = identity_store::user(&self.client.carry(&request).await?)?;
        if user.user_id == id {
            Ok(user)
        } else {
            Err(AwsError::InvalidResponse)
        }
    }
}

fn scope(region: Region, service: &'static str) -> Scope<'static> {
    Scope {
        region: region.as_str(),
        service,
    }
}
