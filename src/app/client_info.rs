//! The client of a request, as it is stored with sessions and in the audit log.

use super::error::AppError;
use crate::app::RequestContext;
use crate::domain::audit::{Client, Entry, Kind};
use crate::domain::language::Language;
use crate::domain::names;
use crate::runtime::random;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// Maximum number of bytes of a `User-Agent` that are stored: enough to distinguish devices in a list. It limits the size of
/// the rows of sessions and of the audit log.
const MAX_DEVICE_BYTES: usize = 256;

/// Maximum number of bytes of an address that are stored: the length of the longest one (RFC 4291 §2.2, form 3).
const MAX_ADDRESS_BYTES: usize = 45;

/// The address and device of a client, and the id of its request.
#[derive(Debug)]
pub struct ClientInfo {
    /// The beginning of `User-Agent`, without control and bidirectional characters.
    pub device: Option<String>,
    /// The client's address as Cloudflare saw it.
    pub address: Option<String>,
    /// The client's country as Cloudflare reports it: a code of ISO 3166-1, or `T1` for the Tor network.
    pub country: Option<String>,
    /// The id of the request, which its response carries as `X-Request-Id`: Cloudflare's ray id, which is also in
    /// Cloudflare's logs, or a random UUID if there is none.
    pub request: String,
    /// The language of messages that the request causes.
    pub language: Language,
}

impl ClientInfo {
    /// The client of a request with these headers, the id of the request, and its `Accept-Language`. `country` is the value of
    /// `CF-IPCountry`.
    #[must_use]
    pub fn new(
        user_agent: Option<&str>,
        address: Option<&str>,
        country: Option<&str>,
        request: String,
        accept_language: Option<&str>,
    ) -> Self {
        Self {
            language: Language::of(accept_language),
            device: user_agent.map(|text| names::shown(text, MAX_DEVICE_BYTES)),
            address: address.map(|text| names::shown(text, MAX_ADDRESS_BYTES)),
            country: country.and_then(known_country),
            request,
        }
    }

    /// Creates an audit entry for this client, with the current time.
    ///
    /// # Errors
    /// `Runtime` if there are no random bytes.
    pub fn entry(&self, context: &RequestContext, kind: Kind) -> Result<Entry, AppError> {
        self.entry_at(context.now(), kind)
    }

    /// Creates an audit entry for this client, with this time.
    ///
    /// # Errors
    /// `Runtime` if there are no random bytes.
    pub fn entry_at(&self, now: Timestamp, kind: Kind) -> Result<Entry, AppError> {
        let id = random::uuid()?;
        let entry = self.entry_without_client(id, now, kind);
        let (address, device) = (self.address.as_deref(), self.device.as_deref());
        Ok(entry.from(Client::new(random::bytes()?, address, device)))
    }

    /// Creates an audit entry of the request of this client, whose client is in another entry of the same request.
    #[must_use]
    pub fn entry_without_client(&self, id: Uuid, now: Timestamp, kind: Kind) -> Entry {
        Entry::new(id, now, kind, &self.request)
    }
}

/// The country of a value of `CF-IPCountry`. Cloudflare sends `XX` if it does not know the country.
fn known_country(code: &str) -> Option<String> {
    let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let is_known = code.len() == 2 && code.bytes().all(is_code) && code != "XX";
    is_known.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn country_is_two_capital_letters_or_digits() {
        for code in ["DE", "T1", "ZZ"] {
            assert_eq!(known_country(code).as_deref(), Some(code));
        }
        for code in [
            "", "D", "de", "DEU", "XX", "D ", " DE", "D-", "\u{c4}", "DE, FR",
        ] {
            assert_eq!(known_country(code), None, "{code:?}");
        }
    }
}
