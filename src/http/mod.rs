//! HTTP as plain values: requests, responses, errors and their formats, and who is calling.

pub mod body;
pub mod caller;
pub mod cors;
pub mod device_cookie;
pub mod error_codes;
pub mod error_response;
pub mod prefer;
pub mod query;
pub mod request;
pub mod response;
