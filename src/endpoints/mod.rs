//! One file per endpoint: its request, its reply, its story.

pub mod audit;
pub mod audit_verify;
pub mod aws_credentials;
pub mod aws_login;
pub mod change_password;
pub mod device_authorization;
pub mod device_user;
pub mod end_session;
pub mod examples;
pub mod handles;
pub mod health;
pub mod login;
pub mod logout;
pub mod logout_all;
pub mod me;
pub mod nvidia_credentials;
pub mod openapi;
pub mod refresh;
pub mod register_client;
pub mod sessions;
pub mod set_password;
pub mod sign_in;
pub mod token;
pub mod user_json;
pub mod validate;
