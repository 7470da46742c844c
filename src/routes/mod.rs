//! The endpoints: one folder per resource, one file per endpoint.

pub mod audit;
pub mod aws;
pub mod bootstrap;
pub mod clients;
pub mod cursor;
pub mod device;
pub mod email;
pub mod factors;
pub mod grants;
pub mod nvidia;
pub mod oauth;
pub mod pages;
pub mod passkeys;
pub mod password;
pub mod responses;
pub mod sample_programs;
pub mod session;
pub mod system;
pub mod users;
