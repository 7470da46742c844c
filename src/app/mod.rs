//! The use cases, without HTTP and without SQL, and the context in which they run.

pub mod access_tokens;
pub mod administration;
pub mod archived_range;
mod attempt_retries;
pub mod audit_search;
pub mod bootstrap;
pub mod client_authentication;
pub mod client_credentials;
pub mod client_info;
pub mod context;
pub mod cookie_verifier;
pub mod credential;
pub mod denial;
pub mod denied_access;
pub mod device_flow;
pub mod email;
pub mod error;
pub mod federated_sign_in;
pub mod hash_slots;
pub mod isolate;
pub mod maintenance;
pub mod oauth_clients;
pub mod passkeys;
pub mod password_attempt;
pub mod password_change;
pub mod password_reset;
pub mod password_sign_in;
pub mod second_factor;
mod session_password;
pub mod sessions;
pub mod sign_in;
pub mod step_up;
pub mod token_verifier;

pub use attempt_retries::Retries;
pub use context::RequestContext;
pub use isolate::App;
