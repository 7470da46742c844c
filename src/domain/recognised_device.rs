//! Recognised devices: devices on which a user has signed in. For the names of those users, such a device has its own
//! failure counter and access to a reserved hashing slot, so that guessing on other devices does not lock them out.

use super::names::LoginName;
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

/// Maximum number of users per recognised device; the most recent ones are kept.
const MAX_USERS: usize = 5;
/// Bytes of a name's hash that are kept. The probability that a name that was not typed here matches one of the ten hashes of a
/// device is less than 2^-60.
const NAME_HASH_BYTES: usize = 8;

/// A device, as stored in its sealed cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecognisedDevice {
    id: String,
    users: Vec<DeviceUser>,
}

/// A user who signed in on the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DeviceUser {
    id: Uuid,
    /// Keyed hashes of what the user may type: the user name and the e-mail address.
    names: Vec<String>,
}

/// The user of a recognised device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecognisedUser {
    /// The user whose name was typed when the cookie was created.
    pub user: Uuid,
    /// The device's id.
    pub device: String,
}

impl RecognisedDevice {
    /// A device on which no user has signed in. The caller provides random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self {
            id: Base64UrlUnpadded::encode_string(&bytes),
            users: Vec::new(),
        }
    }

    /// The id: 22 characters of base64url.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The user with this name, if the device is recognised for that user.
    #[must_use]
    pub fn recognises(&self, name: &LoginName) -> Option<RecognisedUser> {
        let hash = self.name_hash(name);
        let known = self.users.iter().find(|user| user.names.contains(&hash))?;
        Some(RecognisedUser {
            user: known.id,
            device: self.id.clone(),
        })
    }

    /// Whether this user has signed in on the device.
    #[must_use]
    pub fn is_of(&self, user: Uuid) -> bool {
        self.users.iter().any(|known| known.id == user)
    }

    /// The device after this user has signed in on it. Without names, no typed name is recognised.
    #[must_use]
    pub fn after_sign_in(
        mut self,
        user: Uuid,
        username: Option<&str>,
        email: Option<&str>,
    ) -> Self {
        let typed = [username, email].into_iter().flatten();
        let names = typed.filter_map(LoginName::parse);
        let known = DeviceUser {
            id: user,
            names: names.map(|name| self.name_hash(&name)).collect(),
        };
        self.users.retain(|known| known.id != user);
        self.users.insert(0, known);
        self.users.truncate(MAX_USERS);
        self
    }

    /// The device's id is the key: it is random and stored only in its encrypted cookie. So no rotation of the service's
    /// keys makes a device unrecognised, and hashes of two devices cannot be compared.
    fn name_hash(&self, name: &LoginName) -> String {
        let (kind, name): (&[u8], _) = match name {
            LoginName::Username(name) => (b"username\0", name),
            LoginName::Email(key) => (b"email\0", key),
        };
        let mut block = [0; 64];
        for (place, byte) in block.iter_mut().zip(self.id.bytes()) {
            *place = byte;
        }
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(kind);
        mac.update(name.as_bytes());
        let hash: [u8; 32] = mac.finalize().into_bytes().into();
        let part = hash.first_chunk::<NAME_HASH_BYTES>();
        Base64UrlUnpadded::encode_string(part.map_or(&[][..], |part| part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{self, Malformed};

    fn name(text: &str) -> LoginName {
        LoginName::parse(text).unwrap()
    }

    fn after(device: RecognisedDevice, number: u128) -> RecognisedDevice {
        let (username, email) = (format!("user-{number}"), format!("{number}@example.com"));
        device.after_sign_in(Uuid::from_u128(number), Some(&username), Some(&email))
    }

    #[test]
    fn device_recognises_the_last_five_users_by_name_and_address() {
        let numbers = [1, 2, 3, 4, 5, 6, 3, 4];
        let device = numbers
            .into_iter()
            .fold(RecognisedDevice::new([7; 16]), after);
        assert_eq!(device.id(), "BwcHBwcHBwcHBwcHBwcHBw");
        for number in [4, 3, 6, 5, 2] {
            let recognised = Some(RecognisedUser {
                user: Uuid::from_u128(number),
                device: device.id().to_owned(),
            });
            let username = name(&format!("User-{number}"));
            assert_eq!(device.recognises(&username), recognised);
            let email = name(&format!("{number}@EXAMPLE.com"));
            assert_eq!(device.recognises(&email), recognised);
        }
        for other in ["user-1", "1@example.com", "user-7", "user-22"] {
            assert_eq!(device.recognises(&name(other)), None, "{other}");
        }
    }

    #[test]
    fn renamed_user_is_recognised_by_the_names_of_the_last_sign_in() {
        let user = Uuid::from_u128(1);
        let device = RecognisedDevice::new([7; 16]).after_sign_in(
            user,
            Some("ada"),
            Some("ada@example.com"),
        );
        let device = device.after_sign_in(user, Some("augusta"), None);
        assert!(device.recognises(&name("augusta")).is_some());
        assert_eq!(device.recognises(&name("ada")), None);
        assert_eq!(device.recognises(&name("ada@example.com")), None);
    }

    #[test]
    fn name_hashes_of_two_devices_differ() {
        let (one, other) = (
            after(RecognisedDevice::new([7; 16]), 1),
            after(RecognisedDevice::new([8; 16]), 1),
        );
        assert_ne!(one.users[0].names, other.users[0].names);
    }

    #[test]
    fn cookie_of_this_format_is_read() {
        let text = r#"{"id":"BwcHBwcHBwcHBwcHBwcHBw","users":[{"id":"00000000-0000-0000-0000-000000000005","names":["FIRST","SECOND"]}]}"#;
        let device = after(RecognisedDevice::new([7; 16]), 5);
        let [first, second] = device.users[0].names.as_slice() else {
            panic!("{device:?}");
        };
        let text = text.replace("FIRST", first).replace("SECOND", second);
        assert_eq!(serde_json::to_string(&device).unwrap(), text);
        let read = |text: &str| json::from_str::<RecognisedDevice>(text);
        assert_eq!(read(&text), Ok(device));
        for other in ["0000", "", "00000000-0000-0000-0000-00000000000g"] {
            let text = text.replace("00000000-0000-0000-0000-000000000005", other);
            assert_eq!(read(&text), Err(Malformed::Unexpected), "{text}");
        }
    }
}
