//! Requests to AWS and the responses. Everything here is pure, except [`client`], which sends the requests.
//!
//! One file per service holds its requests, its responses and the calls of [`Aws`] to it. `app` decides when
//! to call, how often to poll, and which users may sign in.

pub mod arn;
pub mod arn_pattern;
pub mod client;
pub mod endpoint;
pub mod error;
pub mod identity;
pub mod identity_store;
pub mod proof;
pub mod region;
pub mod role_map;
pub mod sigv4;
pub mod sso_oidc;
pub mod sso_portal;
pub mod sts;
pub mod wire;

use client::Client;
use endpoint::{Endpoint, Service};
use region::Region;

/// Endpoints that replace those of AWS, for development.
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

/// A client of the AWS services that are used here.
///
/// Identity Center, its directory and the STS for role credentials are called in the region of Identity Center, so all are in
/// one partition. The STS for the configured credentials and for proofs is called in `AWS_REGION`.
#[derive(Clone, Debug)]
pub struct Aws {
    region: Region,
    identity_center_region: Region,
    sts: Endpoint,
    identity_center_sts: Endpoint,
    sso_oidc: Endpoint,
    sso_portal: Endpoint,
    identity_store: Endpoint,
    client: Client,
}

impl Aws {
    /// Creates a client for `AWS_REGION` and the Identity Center in `AWS_SSO_REGION`.
    #[must_use]
    pub fn new(
        region: Region,
        identity_center_region: Region,
        overrides: EndpointOverrides,
    ) -> Self {
        let endpoint = |overridden: Option<Endpoint>, service, region| {
            overridden.unwrap_or_else(|| Endpoint::of(service, region))
        };
        let of_identity_center =
            |overridden, service| endpoint(overridden, service, identity_center_region);
        Self {
            region,
            identity_center_region,
            sts: endpoint(overrides.sts.clone(), Service::Sts, region),
            identity_center_sts: of_identity_center(overrides.sts, Service::Sts),
            sso_oidc: of_identity_center(overrides.sso_oidc, Service::SsoOidc),
            sso_portal: of_identity_center(overrides.sso_portal, Service::SsoPortal),
            identity_store: of_identity_center(overrides.identity_store, Service::IdentityStore),
            client: Client::new(),
        }
    }
}
