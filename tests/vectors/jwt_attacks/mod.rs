//! Tokens that must not open the door, forged from a valid one.
//!
//! The forger knows the signing secret, and nearly every token here is correctly signed: it is the shape that must be
//! refused. Nothing of the crate's own token code is used, so a mistake there is not repeated here.

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

/// Forgeries of `genuine`, a token that this secret signed under the plain header and that is valid now and for at
/// least an hour. All can travel in an `Authorization` header; the last ones are longer than 4 KiB.
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

/// Tokens that are strange but right: they must open the door, or the attacks would prove nothing.
pub fn controls(secret: &str, genuine: &str) -> Vec<Attack> {
    let forger = Forger::new(secret, genuine);
    let spaced = forger.claims.replacen(':', ": ", 1);
    assert_eq!(forger.token(HEADER, &forger.claims), genuine);
    vec![
        ("forged without a change".into(), genuine.into()),
        (
            "white space among the claims".into(),
            forger.token(HEADER, &spaced),
        ),
        (
            "claims in another order".into(),
            forger.token(HEADER, &forger.reordered()),
        ),
        (
            "exactly 4 KiB".into(),
            forger.padded_to(4096).expect("a length that base64 has"),
        ),
    ]
}
