//! HTTP as plain values: requests, responses, errors and their formats, routes, and the caller of a request.

mod administration_error;
pub mod administrator;
pub mod authorization_cookie;
pub mod body;
pub mod browser_cookie;
pub mod caller;
pub mod client_credentials;
pub mod cookies;
pub mod cors;
pub mod device_cookie;
pub mod error;
pub mod error_codes;
pub mod form;
pub mod oauth_client_error;
#[cfg(not(target_arch = "wasm32"))]
pub mod operation;
pub mod origin;
pub mod precondition;
pub mod prefer;
pub mod query;
pub mod request;
pub mod response;
pub mod route;
pub mod session_cookie;
mod token_error;
