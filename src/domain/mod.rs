//! The rules of the service: users, roles, sessions, names, password policy, tokens and the audit chain. Pure: no clock, no
//! randomness, no network, no storage. Times and random bytes are arguments.

pub mod address;
pub mod administration;
pub mod administration_scope;
pub mod audit;
pub mod authorization_request;
pub mod factor;
pub mod grant;
pub mod host;
pub mod language;
pub mod mask;
pub mod names;
pub mod oauth_client;
pub mod password_policy;
pub mod recognised_device;
pub mod recovery_code;
pub mod redirect_uri;
pub mod resource;
pub mod return_target;
pub mod role;
pub mod session;
pub mod sign_in_method;
pub mod sign_out_request;
pub mod token;
pub mod totp;
pub mod user;
pub mod webauthn;
