//! The rules for new passwords: long, not common and not derived from the user's names. There are no composition rules (NIST SP
//! 800-63B section 3.1.1.2), which make passwords worse. Sign-in does not apply these rules.

mod blocklist;

pub use blocklist::blocklist_hash;

use super::names::{self, Email};
use crate::crypto::password::Password;
use crate::unicode::lower_case;

/// Lower bound of the configured minimum length, in code points. A password also needs this many code points without the names
/// in it.
pub const MIN_CHARACTERS: usize = 8;
/// Maximum length in code points.
pub const MAX_CHARACTERS: usize = 128;

/// Minimum length of a word of a name that counts. Shorter words are allowed in a password.
const MIN_WORD_CHARACTERS: usize = 3;

/// The names of the user.
#[derive(Clone, Copy, Debug)]
pub struct OwnNames<'a> {
    /// User name.
    pub username: &'a str,
    /// E-mail.
    pub email: Option<&'a str>,
    /// Full name.
    pub name: &'a str,
    /// Organization.
    pub organization: Option<&'a str>,
}

/// Why a new password is refused. The texts are sent to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The password has fewer code points than this minimum.
    #[error("Password must have at least {0} characters")]
    TooShort(usize),
    /// The password has more than [`MAX_CHARACTERS`] code points.
    #[error("Password must have at most {MAX_CHARACTERS} characters")]
    TooLong,
    /// The password is on the blocklist, a repeated short text, or a sequence such as `abcdefgh`.
    #[error("Password is too common")]
    Common,
    /// Without the user's names, the password is too short or common.
    #[error("Password must not be derived from your name, username, e-mail or organization")]
    OwnNames,
}

impl PolicyError {
    /// Each kind of error once.
    pub const ALL: [Self; 4] = [
        Self::TooShort(15),
        Self::TooLong,
        Self::Common,
        Self::OwnNames,
    ];
}

/// Checks a new password. `minimum` is the configured length in code points of the NFC form, at least [`MIN_CHARACTERS`].
///
/// # Errors
/// The first [`PolicyError`] that applies, in the order of the checks below.
pub fn check(text: &str, minimum: usize, own: &OwnNames<'_>) -> Result<Password, PolicyError> {
    let minimum = minimum.max(MIN_CHARACTERS);
    let password = Password::parse(text).map_err(|_| PolicyError::TooLong)?;
    let length = password.reveal().chars().count();
    if length < minimum {
        return Err(PolicyError::TooShort(minimum));
    }
    if length > MAX_CHARACTERS {
        return Err(PolicyError::TooLong);
    }
    let folded = lower_case(password.reveal());
    if is_common(&folded) {
        return Err(PolicyError::Common);
    }
    if is_made_of_names(&folded, own) {
        return Err(PolicyError::OwnNames);
    }
    Ok(password)
}

/// Expects lower case.
fn is_common(folded: &str) -> bool {
    if blocklist::contains(folded) {
        return true;
    }
    let letters: Vec<char> = folded.chars().collect();
    if is_sequence(&letters) {
        return true;
    }
    // A text that is repeated one and a half times or more, such as `passwordpassword`, is as weak as the text that is
    // repeated.
    let unit = unit_length(&letters);
    let is_repeated = unit.saturating_mul(3) <= letters.len().saturating_mul(2);
    let text: String = letters.iter().take(unit).collect();
    is_repeated && (unit < MIN_CHARACTERS || blocklist::contains(&text))
}

/// Whether all characters are the same, or each follows the one before it (`abcdefgh`), or each precedes it.
fn is_sequence(letters: &[char]) -> bool {
    let follow = |step: u32| {
        letters
            .iter()
            .zip(letters.iter().skip(1))
            .all(|(left, right)| u32::from(*left).checked_add(step) == Some(u32::from(*right)))
    };
    let precede = || {
        letters
            .iter()
            .zip(letters.iter().skip(1))
            .all(|(left, right)| u32::from(*right).checked_add(1) == Some(u32::from(*left)))
    };
    follow(0) || follow(1) || precede()
}

/// The length of the shortest text whose repetition, possibly cut off at the end, is this text.
fn unit_length(letters: &[char]) -> usize {
    (1..letters.len())
        .find(|shift| {
            letters
                .iter()
                .zip(letters.iter().skip(*shift))
                .all(|(left, right)| left == right)
        })
        .unwrap_or(letters.len())
}

/// Expects lower case.
fn is_made_of_names(folded: &str, own: &OwnNames<'_>) -> bool {
    let mut words: Vec<String> = Vec::new();
    // The domain of the address in ASCII and in Unicode.
    let email = own.email.and_then(|email| names::email(email).ok());
    let unicode = email.as_ref().map(Email::unicode_key);
    let given = [
        Some(own.username),
        own.email,
        email.as_ref().map(Email::key),
        unicode.as_deref(),
        Some(own.name),
        own.organization,
    ];
    for text in given.into_iter().flatten() {
        let text = lower_case(text);
        words.extend(text.split(|c: char| is_separator(c)).map(str::to_owned));
        // `Mary Ann` also counts as `maryann`.
        words.push(text.chars().filter(|c| !is_separator(*c)).collect());
    }
    words.retain(|word| word.chars().count() >= MIN_WORD_CHARACTERS);

    // The longest word first: after `ann`, `joanna` would no longer be found.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let rest = words
        .iter()
        .fold(folded.to_owned(), |rest, word| rest.replace(word, " "));
    if rest == folded {
        return false;
    }
    let rest: String = rest.chars().filter(|c| !is_separator(*c)).collect();
    rest.chars().count() < MIN_CHARACTERS || is_common(&rest)
}

fn is_separator(c: char) -> bool {
    c.is_ascii_punctuation() || c.is_ascii_whitespace()
}

#[cfg(test)]
mod tests;
