//! `/oauth`: the OAuth server.

mod assertions;
mod authentication;
mod forged;
mod introspect;
mod jwks;
mod library;
mod malformed;
mod metadata;
mod revoke;
mod token;
