//! Devices on which somebody signed in before. Such a device has a counter of failures of its own, so that nobody who
//! guesses elsewhere locks its people out; that is all that it is good for.

use crate::json::{FromJson, Malformed, Object};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use uuid::Uuid;

/// People that one device is known for; of more, those who signed in last.
const MOST_PEOPLE: usize = 5;

/// A device, as its sealed cookie has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Device {
    id: String,
    people: Vec<Uuid>,
}

impl FromJson for Device {
    fn from_json(object: &mut Object<'_>) -> Result<Self, Malformed> {
        let people = object.list("people")?.into_iter();
        let person = |text: &str| Uuid::try_parse(text).map_err(|_| Malformed::Unexpected);
        Ok(Self {
            id: object.text("id")?,
            people: people
                .map(|id| person(&id.text()?))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Device {
    /// A device that nobody has signed in on, of bytes that the caller draws at random.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self {
            id: Base64UrlUnpadded::encode_string(&bytes),
            people: Vec::new(),
        }
    }

    /// Its name: 22 characters of base64url.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Who signed in on it, the last first.
    #[must_use]
    pub fn people(&self) -> &[Uuid] {
        &self.people
    }

    /// The same after this person signed in.
    #[must_use]
    pub fn after_sign_in(mut self, person: Uuid) -> Self {
        self.people.retain(|known| *known != person);
        self.people.insert(0, person);
        self.people.truncate(MOST_PEOPLE);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_remembers_the_last_five_and_each_once() {
        let people: Vec<Uuid> = (1..=6).map(Uuid::from_u128).collect();
        let device = people
            .iter()
            .chain(&people[2..4])
            .fold(Device::new([7; 16]), |device, person| {
                device.after_sign_in(*person)
            });
        let expected: Vec<Uuid> = [4, 3, 6, 5, 2].map(Uuid::from_u128).to_vec();
        assert_eq!(device.people(), expected);
        assert_eq!(device.id(), "BwcHBwcHBwcHBwcHBwcHBw");
    }

    #[test]
    fn a_cookie_that_was_given_long_ago_is_read() {
        let text =
            r#"{"id":"BwcHBwcHBwcHBwcHBwcHBw","people":["00000000-0000-0000-0000-000000000005"]}"#;
        let device = Device::new([7; 16]).after_sign_in(Uuid::from_u128(5));
        assert_eq!(serde_json::to_string(&device).unwrap(), text);
        let read = |text: &str| Device::from_json(&mut Object::read(text)?);
        assert_eq!(read(text), Ok(device));
        for other in ["0000", "", "00000000-0000-0000-0000-00000000000g"] {
            let text = text.replace("00000000-0000-0000-0000-000000000005", other);
            assert_eq!(read(&text), Err(Malformed::Unexpected), "{text}");
        }
    }
}
