//! The stored data: one file per table or KV key, with its SQL and its rows. D1 is authoritative. KV holds cached sessions, the
//! last checkpoint record and the registration at AWS.

pub mod access_tokens;
pub mod audit;
pub mod audit_accounts;
pub mod audit_archive;
pub mod audit_clients;
pub mod audit_export;
pub mod audit_names;
mod audit_rows;
pub mod audit_webhook;
pub mod aws_client_registration;
pub mod bootstrap;
pub mod checkpoints;
pub mod email_links;
pub mod email_requests;
pub mod factor_attempts;
pub mod factors;
pub mod federated_users;
pub mod health;
pub mod integrity;
pub mod oauth_clients;
pub mod passkeys;
pub mod password_links;
pub mod passwords;
pub mod pending_sign_ins;
pub mod recovery_codes;
pub mod required;
pub mod session_cache;
pub mod sessions;
pub mod status;
pub mod throttle;
pub mod totp;
pub mod used_assertions;
pub mod used_challenges;
pub mod used_proofs;
pub mod users;
