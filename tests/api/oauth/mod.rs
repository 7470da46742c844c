//! `/oauth`: the OAuth server.

mod assertions;
mod authentication;
mod authorize;
mod code;
mod consent;
mod ends;
mod forged;
mod introspect;
mod jwks;
mod library;
mod malformed;
mod metadata;
mod openid;
mod refresh;
mod revoke;
mod token;
