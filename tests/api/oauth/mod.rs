//! `/oauth`: the OAuth server.

mod assertions;
mod authentication;
mod forged;
mod jwks;
mod malformed;
mod metadata;
mod token;
