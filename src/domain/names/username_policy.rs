//! Which user names are given out, and which of them are too alike. Not in the Worker: the tables of PRECIS and UTS #39
//! take 65 KiB there, and nobody is created there under a name of his own choice.

use super::{MAX_INPUT_BYTES, MAX_USERNAME, NameError, Username, trimmed};
use crate::unicode::lower_case;
use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;

/// The canonical form of a user name: without white space around it, width and case mapped, in NFC.
///
/// # Errors
/// [`NameError::Username`] for what PRECIS refuses (spaces, symbols, unassigned, invisible and compatibility characters,
/// mixed directions), for an `@`, and for more than 64 code points.
pub fn canonical(text: &str) -> Result<Username, NameError> {
    settled(trimmed(text))
        .filter(|name| !name.contains('@') && name.chars().count() <= MAX_USERNAME)
        .map(Username)
        .ok_or(NameError::Username)
}

/// Applies the profile until it changes nothing, as RFC 8264 section 7 asks; a name that does not settle is refused.
fn settled(text: &str) -> Option<String> {
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

/// What two user names have in common if people may take one for the other: the skeleton of UTS #39 section 4, with case
/// folded too, as a fixed point of both.
///
/// Two such names are never given out: a unique index of the skeletons refuses the second.
#[must_use]
pub fn skeleton(name: &Username) -> String {
    let mut text = name.0.clone();
    // Lower case can uncover another prototype (`0`, `O`, `o`), so again until nothing changes; two rounds do today, and
    // the bound is for tables yet to come.
    for _ in 0..8 {
        let folded = lower_case(&unicode_security::skeleton(&text).collect::<String>());
        if folded == text {
            break;
        }
        text = folded;
    }
    text
}
