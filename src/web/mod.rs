//! HTTP as plain values: requests, replies, who is calling, and the one place where failures become text.

pub mod body;
pub mod cors;
pub mod device_cookie;
pub mod envelope;
pub mod error_codes;
pub mod extract;
pub mod origin;
pub mod prefer;
pub mod query;
pub mod reply;
pub mod request;
