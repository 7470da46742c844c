//! `/oauth`: the OAuth server.

mod assertions;
mod authentication;
mod authorize;
mod code;
mod consent;
mod ends;
mod forged;
mod forged_tokens;
mod grant_limit;
mod hint;
mod introspect;
mod jwks;
mod library;
mod logout;
mod malformed;
mod metadata;
mod openid;
mod refresh;
mod revoke;
mod token;
