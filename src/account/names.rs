//! The names that people go by: what a user name, an e-mail address and a displayed text may be, and when two are the
//! same.
//!
//! User names of password users follow PRECIS `UsernameCaseMapped` (RFC 8265 section 3.3) and hold no `@`, so that a
//! sign-in can tell a name from an address. Names from an identity source are not judged here.

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

const MAX_USERNAME: usize = 64;
const MAX_TEXT: usize = 128;
/// RFC 5321 section 4.5.3.1: a path has 256 bytes with its angle brackets, a local part 64.
const MAX_EMAIL_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;
/// RFC 1035 section 2.3.4.
const MAX_LABEL_BYTES: usize = 63;
/// No spelling of 64 code points is longer; looked at before anything is mapped.
const MAX_INPUT_BYTES: usize = 1024;

/// Why a name is refused; the texts are for whoever typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No user name by the rules of [`canonical`].
    #[error(
        "a username has 1 to 64 letters, digits and marks, without spaces, invisible characters or @"
    )]
    Username,
    /// No address by the rules of [`email`].
    #[error("an e-mail address has the form name@example.com and at most 254 bytes")]
    Email,
    /// No text by the rules of [`text`].
    #[error("a text has 1 to 128 characters, not only spaces, and no control characters")]
    Text,
}

/// A user name in its canonical form: the one that is stored, shown and compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// The canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email {
    display: String,
    key: String,
}

impl Email {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.display
    }

    /// In lower case and NFC: equal for addresses that count as the same.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// What somebody who signs in goes by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LoginName {
    /// A canonical user name.
    Username(String),
    /// The key of an e-mail address.
    Email(String),
}

/// The canonical form of a user name: width and case mapped, in NFC.
///
/// # Errors
/// [`NameError::Username`] for what PRECIS refuses (spaces, symbols, unassigned, invisible and compatibility characters,
/// mixed directions), for an `@`, and for more than 64 code points.
pub fn canonical(text: &str) -> Result<Username, NameError> {
    let mapped = if text.is_ascii() {
        // RFC 8264 section 9.11: of ASCII, the visible characters and nothing else.
        text.bytes()
            .all(|byte| byte.is_ascii_graphic())
            .then(|| text.to_ascii_lowercase())
    } else {
        settled(text)
    };
    mapped
        .filter(|name| !name.contains('@') && (1..=MAX_USERNAME).contains(&name.chars().count()))
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
    // Each round only replaces characters by prototypes and lower case, and prototypes have none of their own; the
    // bound is for tables yet to come.
    for _ in 0..8 {
        let folded = lower_case(&unicode_security::skeleton(&text).collect::<String>());
        if folded == text {
            break;
        }
        text = folded;
    }
    text
}

/// Reads an e-mail address: one `@`, a local part of up to 64 bytes, a domain of dot-separated labels; letters of all
/// scripts (RFC 6531), but no quoted local part, no comment and no address literal.
///
/// # Errors
/// [`NameError::Email`].
pub fn email(text: &str) -> Result<Email, NameError> {
    let is_email = text.len() <= MAX_EMAIL_BYTES
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain));
    let key = lower_case(text);
    if !is_email || key.len() > MAX_EMAIL_BYTES {
        return Err(NameError::Email);
    }
    Ok(Email {
        display: text.to_owned(),
        key,
    })
}

fn is_local_part(local: &str) -> bool {
    // RFC 5322 section 3.2.3, atext and the dot.
    let allowed = |c: char| {
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || is_foreign_letter(c)
    };
    (1..=MAX_LOCAL_BYTES).contains(&local.len()) && local.chars().all(allowed)
}

fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || is_foreign_letter(c))
    })
}

fn is_foreign_letter(c: char) -> bool {
    !c.is_ascii() && !c.is_control() && !c.is_whitespace() && !is_invisible(c)
}

/// Characters that format, join or reorder others and show nothing themselves.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Lower case character by character (a sigma at the end of a word stays like any other), in NFC, as a fixed point.
fn lower_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let once = |text: &str| -> String { text.nfc().flat_map(char::to_lowercase).nfc().collect() };
    once(&once(text))
}

/// A text to be shown, such as a person's name or an organization's, in NFC.
///
/// # Errors
/// [`NameError::Text`] unless it has 1 to 128 code points, one of them no space, and no control or reordering ones.
pub fn text(text: &str) -> Result<String, NameError> {
    // NFC makes one code point of four at the most.
    if text.len() > MAX_TEXT.saturating_mul(16) {
        return Err(NameError::Text);
    }
    let normal: String = text.nfc().collect();
    let reorders = |c| matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let is_text = (1..=MAX_TEXT).contains(&normal.chars().count())
        && !normal.chars().all(char::is_whitespace)
        && !normal.chars().any(|c| c.is_control() || reorders(c));
    is_text.then_some(normal).ok_or(NameError::Text)
}

/// What to look a sign-in up by: an address if there is an `@` in it, else a user name. `None` for what can be neither,
/// and so is nobody's.
#[must_use]
pub fn login_key(text: &str) -> Option<LoginName> {
    if text.contains('@') {
        email(text).ok().map(|email| LoginName::Email(email.key))
    } else {
        canonical(text).ok().map(|name| LoginName::Username(name.0))
    }
}

/// A name to show for somebody of whom only the user name is known: split at `.`, `_`, `-` and capitalised (`john.doe`:
/// John Doe, `aws-user`: AWS User); of an address, the part before the `@`.
#[must_use]
pub fn full_name_from(username: &str) -> String {
    let local = username
        .split_once('@')
        .map_or(username, |(local, _)| local);
    let words: Vec<String> = local
        .split(['.', '_', '-'])
        .filter(|word| !word.is_empty())
        .map(capitalised)
        .collect();
    if words.is_empty() {
        return username.to_owned();
    }
    words.join(" ")
}

fn capitalised(word: &str) -> String {
    if word.eq_ignore_ascii_case("aws") {
        return "AWS".to_owned();
    }
    let mut letters = word.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

#[cfg(test)]
mod tests;
