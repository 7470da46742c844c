//! All items of the service's own crate that these tests use. All other access is over HTTP, D1 and KV, so that a
//! change of the crate's modules changes only this file.

pub use edge_auth::app::access_tokens::AccessTokens;
pub use edge_auth::aws::endpoint::Endpoint;
pub use edge_auth::aws::proof::Proof;
pub use edge_auth::aws::region::Region;
pub use edge_auth::aws::{sigv4, sts};
pub use edge_auth::config::Config;
pub use edge_auth::crypto::cache_mac::CacheKeys;
pub use edge_auth::crypto::factor_keys::FactorKeys;
pub use edge_auth::crypto::fingerprint::fingerprint;
pub use edge_auth::crypto::password::{self, Password, Peppers};
pub use edge_auth::crypto::sealed::{Purpose, Sealer};
pub use edge_auth::crypto::secret::Secret;
pub use edge_auth::crypto::signing_keys::{SigningKey, SigningKeys};
pub use edge_auth::domain::address::network;
pub use edge_auth::domain::audit::{
    AuditKeys, ChainedRow, Client as AuditClient, Entry, Head, Kind, verify_export,
};
pub use edge_auth::domain::names::{self, LoginName};
pub use edge_auth::domain::recovery_code::RecoveryCode;
pub use edge_auth::domain::role::Role;
pub use edge_auth::domain::session::{STEP_UP_SECONDS, SessionKind};
pub use edge_auth::domain::token::access_token::AccessClaims;
pub use edge_auth::domain::token::{Keys, Session, SessionId};
pub use edge_auth::http::error::ErrorFormat;
pub use edge_auth::http::error_codes::ErrorCode;
pub use edge_auth::http::request::Method;
pub use edge_auth::http::route::{Access, Guard, Route as RouterRoute};
pub use edge_auth::router::ROUTES;
pub use edge_auth::routes::sample_programs;
pub use edge_auth::timestamp::Timestamp;

/// The OpenAPI document that the Worker serves.
pub const OPENAPI: &str = include_str!("../../../src/routes/openapi.json");
