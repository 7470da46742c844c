//! Access tokens that must be refused, forged from a valid one.
//!
//! The forger knows the signing key, and nearly every token here is correctly signed: it must be refused because of its form. The
//! forger does not use the token code of the crate, so that a mistake there is not repeated here.

mod claims;
mod forger;
mod headers;
mod signatures;
mod spelling;

use forger::Forger;

/// A name and a token.
pub type Attack = (String, String);

/// Forgeries of `genuine`, a token that the key with this private JWK signed. `other` is the private JWK of a key that the service does
/// not have. All can be sent in an `Authorization` header.
///
/// # Panics
/// If `genuine` is not such a token.
pub fn attacks(key: &str, other: &str, genuine: &str) -> Vec<Attack> {
    let forger = Forger::new(key, genuine);
    [
        headers::headers(&forger),
        signatures::algorithms(&forger),
        signatures::keys(&forger, other),
        signatures::encodings(&forger),
        claims::claims(&forger),
        spelling::spelling(&forger),
        spelling::structures(&forger),
    ]
    .concat()
}

/// A token that the forger made without a change. It must be accepted, or the attacks would prove nothing.
pub fn control(key: &str, genuine: &str) -> String {
    let forger = Forger::new(key, genuine);
    forger.token(&forger.header, &forger.claims)
}
