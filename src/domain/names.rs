//! The names of users: user names, e-mail addresses and names that are shown, and when two of them are the same.
//!
//! User names of password users follow PRECIS `UsernameCaseMapped` (RFC 8265 section 3.3) and contain no `@`, so that a name
//! can be told from an address at sign-in. Names from an identity source are not checked here. [`canonical`] and [`skeleton`]
//! decide which user names can be assigned; users are found by [`LoginName`].

mod display;
mod email;
mod username_policy;

pub use display::{full_name_from, shown, text};
pub use email::{Email, email};
pub use username_policy::{canonical, skeleton};

use crate::unicode::lower_case;
use std::fmt;

/// Maximum code points of a user name.
const MAX_USERNAME_CHARACTERS: usize = 64;
/// Maximum length of a name or text before it is mapped.
const MAX_INPUT_BYTES: usize = 1024;

/// Why a name is refused. The texts are for the user who entered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is not a user name, see [`canonical`].
    #[error(
        "a username has 1 to 64 letters, digits and marks, without spaces, invisible characters or @"
    )]
    Username,
    /// It is not an e-mail address, see [`email`].
    #[error("an e-mail address has the form name@example.com and at most 254 bytes")]
    Email,
    /// It is not a text that can be shown, see [`text`].
    #[error("expected 1 to 128 characters, without control characters and not only spaces")]
    Text,
}

/// A user name in its canonical form, which is stored, shown and compared.
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

/// The name that a user enters to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LoginName {
    /// A canonical user name.
    Username(String),
    /// The [`Email::key`] of an e-mail address.
    Email(String),
}

impl LoginName {
    /// Parses what was entered: an e-mail address if it contains `@`, otherwise a user name. `None` if it can be neither and
    /// so belongs to no user.
    ///
    /// A user name is mapped as [`canonical`] maps it but not checked, because every sign-in would pay for the checks. A text that
    /// PRECIS refuses finds no user, or the user to whose name it is mapped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = trimmed(text);
        if text.contains('@') {
            return email(text).ok().map(|email| Self::Email(email.into_key()));
        }
        if text.len() > MAX_INPUT_BYTES {
            return None;
        }
        let name = lower_case(&text.chars().map(width_folded).collect::<String>());
        let is_valid = (1..=MAX_USERNAME_CHARACTERS).contains(&name.chars().count())
            && !name.contains('@')
            && !name.chars().any(|c| c.is_control() || c.is_whitespace());
        is_valid.then_some(Self::Username(name))
    }
}

/// The form of a text by which users are searched: lower case and NFC. The stored texts of a user and the search term are both in
/// this form.
#[must_use]
pub fn search_key(text: &str) -> String {
    lower_case(text)
}

/// Removes surrounding white space of all kinds, including no-break spaces, and invisible characters that are often copied
/// along with text.
#[must_use]
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{180e}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
    })
}

/// The width mapping of RFC 8265 section 3.3.1 for the characters that a user name may contain: full-width ASCII and
/// half-width katakana. The other narrow and wide forms map to symbols or to letters that PRECIS refuses.
fn width_folded(c: char) -> char {
    const KATAKANA: &str = "・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u{3099}\u{309a}";
    let code = u32::from(c);
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(code.wrapping_sub(0xfee0)),
        '\u{ff65}'..='\u{ff9f}' => usize::try_from(code.wrapping_sub(0xff65))
            .ok()
            .and_then(|index| KATAKANA.chars().nth(index)),
        _ => None,
    }
    .unwrap_or(c)
}

/// Whether Unicode never assigns the character.
fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

/// Characters that format, join or reorder other characters and are invisible themselves, and those that Unicode never assigns.
fn is_invisible(c: char) -> bool {
    is_noncharacter(c)
        || matches!(
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
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests;
