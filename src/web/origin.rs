//! Where a request comes from, as it is kept with sessions and in the audit log.

use crate::account::audit::{Entry, Kind};
use crate::app::{Call, random};
use crate::failure::Failure;
use crate::web::request::Request;

/// Characters of a `User-Agent` that are kept: enough to tell devices apart in a list.
const DEVICE_LENGTH: usize = 200;

/// Characters of an address that are kept: those of the longest (RFC 4291 §2.2, form 3).
const ADDRESS_LENGTH: usize = 45;

/// Where, on what and in which request somebody does something.
#[derive(Debug)]
pub struct Origin {
    /// The start of `User-Agent`.
    pub device: Option<String>,
    /// The client's address as Cloudflare saw it.
    pub address: Option<String>,
    /// Cloudflare's ray id, by which its own logs know the request; a random UUID where there is none.
    pub request: String,
}

impl Origin {
    /// What the request says.
    ///
    /// # Errors
    /// `Platform` if there are no random bytes.
    pub fn of(request: &Request) -> Result<Self, Failure> {
        let short = |name: &str, length: usize| -> Option<String> {
            let value = request.header(name)?;
            Some(value.chars().take(length).collect())
        };
        Ok(Self {
            device: short("user-agent", DEVICE_LENGTH),
            address: short("cf-connecting-ip", ADDRESS_LENGTH),
            request: match request.header("cf-ray").filter(|ray| is_ray(ray)) {
                Some(ray) => ray,
                None => uuid::Builder::from_random_bytes(random()?)
                    .into_uuid()
                    .to_string(),
            },
        })
    }

    /// An entry of the audit log from here, at this moment.
    ///
    /// # Errors
    /// `Platform` if there are no random bytes.
    pub fn entry(&self, call: &Call, kind: Kind) -> Result<Entry, Failure> {
        let id = uuid::Builder::from_random_bytes(random()?).into_uuid();
        let entry = Entry::new(id, call.moment(), kind, &self.request);
        Ok(entry.from(self.address.as_deref(), self.device.as_deref()))
    }
}

/// 16 hex digits, a hyphen, and the three capitals of a data centre: anything else is not Cloudflare's.
fn is_ray(text: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.split_once('-').is_some_and(|(id, place)| {
        id.len() == 16
            && id.bytes().all(is_hex)
            && place.len() == 3
            && place.bytes().all(|byte| byte.is_ascii_uppercase())
    })
}

#[cfg(test)]
mod tests {
    use super::is_ray;

    #[test]
    fn a_ray_has_exactly_its_shape() {
        assert!(is_ray("230b030023ae2822-SJC"));
        for text in [
            "",
            "230b030023ae2822",
            "230b030023ae2822-",
            "230b030023ae2822-sjc",
            "230b030023ae2822-SJCX",
            "230b030023ae282-SJC",
            "230b030023ae2822a-SJC",
            "230B030023AE2822-SJC",
            "230b030023ae2822-SJC-SJC",
            "230b030023ae2822-SJ1",
            "a password of somebody",
        ] {
            assert!(!is_ray(text), "{text}");
        }
    }
}
