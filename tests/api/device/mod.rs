//! The AWS device flow: `/register-client`, `/device-authorization` and `/token`.

mod authorize;
mod register_client;
mod token;
