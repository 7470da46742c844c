//! `/oauth`: the OAuth server.

mod jwks;
