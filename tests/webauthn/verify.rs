//! Both steps of a verification: the checks, then the signature.

use edge_auth::domain::webauthn::credential::{AssertionResponse, AttestationResponse};
use edge_auth::domain::webauthn::{Assertion, Ceremony, Refusal, Registration, Stored};
use edge_auth::runtime::signatures;

pub async fn register(
    response: &AttestationResponse,
    ceremony: &Ceremony<'_>,
) -> Result<Registration, Refusal> {
    let registration = Registration::read(response, ceremony)?;
    signatures::check_key(&registration.public_key).await?;
    if let Some(signed) = &registration.signed {
        signatures::verify(signed).await?;
    }
    Ok(registration)
}

/// Returns the counter to store.
pub async fn authenticate(
    response: &AssertionResponse,
    stored: &Stored,
    ceremony: &Ceremony<'_>,
) -> Result<u32, Refusal> {
    let assertion = Assertion::read(response, stored, ceremony)?;
    signatures::verify(&assertion.signed).await?;
    assertion.sign_count()
}
