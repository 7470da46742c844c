//! Where a request comes from, as it is kept with sessions and in the audit log.

use crate::account::audit::{Client, Entry, Kind};
use crate::account::names;
use crate::app::{Call, random};
use crate::failure::Failure;
use crate::web::request::Request;

/// Bytes of a `User-Agent` that are stored: enough to distinguish devices in a list. Also limits the size of the rows of
/// sessions and of the audit log.
const MAX_DEVICE_BYTES: usize = 256;

/// Bytes of an address that are stored: the length of the longest one (RFC 4291 §2.2, form 3).
const MAX_ADDRESS_BYTES: usize = 45;

/// Where, on what and in which request somebody does something.
#[derive(Debug)]
pub struct Origin {
    /// The beginning of `User-Agent`, without control and bidirectional characters.
    pub device: Option<String>,
    /// The client's address as Cloudflare saw it.
    pub address: Option<String>,
    /// The id of the request, which its response carries as `X-Request-Id`: Cloudflare's ray id, which is also in
    /// Cloudflare's logs, or a random UUID if there is none.
    pub request: String,
}

impl Origin {
    /// What the request says.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let shown = |name: &str, max_bytes: usize| {
            let value = request.header(name)?;
            Some(names::shown(&value, max_bytes))
        };
        Self {
            device: shown("user-agent", MAX_DEVICE_BYTES),
            address: shown("cf-connecting-ip", MAX_ADDRESS_BYTES),
            request: (request.id)(),
        }
    }

    /// An entry of the audit log from here, at this moment.
    ///
    /// # Errors
    /// `Platform` if there are no random bytes.
    pub fn entry(&self, call: &Call, kind: Kind) -> Result<Entry, Failure> {
        let id = uuid::Builder::from_random_bytes(random()?).into_uuid();
        let entry = Entry::new(id, call.moment(), kind, &self.request);
        let (address, device) = (self.address.as_deref(), self.device.as_deref());
        Ok(entry.from(Client::new(random()?, address, device)))
    }
}
