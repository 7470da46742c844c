//! Client data: the JSON in which the browser states for which ceremony and page it asked the authenticator (section 5.8.1).

use super::{Ceremony, Refusal};
use crate::json;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use subtle::ConstantTimeEq;

/// Browsers write about 200 bytes.
const MAX_BYTES: usize = 4_096;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The `type` of a registration.
pub const CREATE: &str = "webauthn.create";
/// The `type` of an assertion.
pub const GET: &str = "webauthn.get";

/// The members that are checked. Browsers may add others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    cross_origin: Option<bool>,
    top_origin: Option<String>,
}

/// Checks the client data (section 7.1 steps 5 to 12, section 7.2 steps 8 to 15).
pub fn check(bytes: &[u8], r#type: &str, ceremony: &Ceremony<'_>) -> Result<(), Refusal> {
    let data = read(bytes).ok_or(Refusal::ClientData)?;
    if data.r#type != r#type {
        return Err(Refusal::Type);
    }
    let challenge = Base64UrlUnpadded::encode_string(ceremony.challenge);
    if !bool::from(challenge.as_bytes().ct_eq(data.challenge.as_bytes())) {
        return Err(Refusal::Challenge);
    }
    if data.origin != ceremony.origin {
        return Err(Refusal::Origin);
    }
    if data.cross_origin == Some(true) || data.top_origin.is_some() {
        return Err(Refusal::CrossOrigin);
    }
    Ok(())
}

/// "UTF-8 decode" of the Encoding Standard removes a byte order mark and replaces malformed bytes.
fn read(bytes: &[u8]) -> Option<ClientData> {
    if bytes.len() > MAX_BYTES {
        return None;
    }
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    json::from_str(&String::from_utf8_lossy(text)).ok()
}
