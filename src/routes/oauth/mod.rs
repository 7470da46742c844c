//! The endpoints of the OAuth 2.1 server.

pub mod jwks;
