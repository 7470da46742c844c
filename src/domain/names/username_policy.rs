//! Decides which user names are allowed, and which ones are too similar.

use super::{MAX_INPUT_BYTES, MAX_USERNAME_CHARACTERS, NameError, Username, trimmed};
use crate::unicode::lower_case;
use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;

/// The canonical form of a user name: trimmed, with width and case mapped, in NFC.
///
/// # Errors
/// [`NameError::Username`] for a name that PRECIS refuses (spaces, symbols, unassigned, invisible and compatibility characters,
/// mixed directions), with an `@`, or of more than 64 code points.
pub fn canonical(text: &str) -> Result<Username, NameError> {
    enforced(trimmed(text))
        .filter(|name| !name.contains('@') && name.chars().count() <= MAX_USERNAME_CHARACTERS)
        .map(Username)
        .ok_or(NameError::Username)
}

/// Applies the profile until it changes nothing, as RFC 8264 section 7 requires; a name that keeps changing is refused.
fn enforced(text: &str) -> Option<String> {
    if text.len() > MAX_INPUT_BYTES {
        return None;
    }
    let mut name = UsernameCaseMapped::enforce(text).ok()?.into_owned();
    for _ in 0..3 {
        let again = UsernameCaseMapped::enforce(name.as_str())
            .ok()?
            .into_owned();
        if again == name {
            return Some(name);
        }
        name = again;
    }
    None
}

/// The skeleton of a user name, which is equal for two user names that can be confused. It is the skeleton of UTS #39 section 4
/// with case folded, repeated until neither changes anything. A unique index of the skeletons refuses the second of two such
/// names.
#[must_use]
pub fn skeleton(name: &Username) -> String {
    let mut text = name.0.clone();
    // Mapping to lower case can produce a character with another prototype (`0`, `O`, `o`), so this is repeated until nothing
    // changes. Two rounds suffice with the current tables.
    for _ in 0..8 {
        let folded = lower_case(&unicode_security::skeleton(&text).collect::<String>());
        if folded == text {
            break;
        }
        text = folded;
    }
    text
}
