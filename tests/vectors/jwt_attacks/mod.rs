//! Tokens that must be refused, forged from a valid one.
//!
//! The forger knows the signing secret, and nearly every token here is correctly signed: it must be refused because of its
//! form. The forger does not use the token code of the crate, so that a mistake there is not repeated here.

mod claims;
mod forger;
mod headers;
mod keys;
mod spelling;

use forger::Forger;

/// The header of a plain token.
pub const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// A name and a token.
pub type Attack = (String, String);

/// Forgeries of `genuine`, a token that is signed with this secret under the plain header and valid for at least an hour.
/// All can be sent in an `Authorization` header; the last ones are longer than 4 KiB.
///
/// # Panics
/// If `genuine` is not such a token.
pub fn attacks(secret: &str, genuine: &str) -> Vec<Attack> {
    let forger = Forger::new(secret, genuine);
    [
        headers::headers(&forger),
        keys::keys(&forger),
        claims::claims(&forger),
        claims::times(&forger),
        spelling::encodings(&forger),
        spelling::structures(&forger),
        spelling::sizes(&forger),
    ]
    .concat()
}

/// A token that the forger made without a change. It must be accepted, or the attacks would prove nothing.
pub fn controls(secret: &str, genuine: &str) -> Vec<Attack> {
    let forger = Forger::new(secret, genuine);
    let token = forger.token(HEADER, &forger.claims);
    vec![("forged without a change".into(), token)]
}
