//! The names that people go by: what a user name, an e-mail address and a displayed text may be, and when two are the
//! same.
//!
//! User names of password users follow PRECIS `UsernameCaseMapped` (RFC 8265 section 3.3) and hold no `@`, so that a
//! sign-in can tell a name from an address. Names from an identity source are not judged here. Only native programs give
//! user names out ([`canonical`], [`skeleton`]); the Worker looks people up by [`login_key`].

use crate::unicode::{domain_to_ascii, domain_to_unicode, lower_case, nfc, upper_character};
use std::fmt;

#[cfg(not(target_arch = "wasm32"))]
mod username_policy;
#[cfg(not(target_arch = "wasm32"))]
pub use username_policy::{canonical, skeleton};

const MAX_USERNAME: usize = 64;
const MAX_TEXT: usize = 128;
/// RFC 5321 section 4.5.3.1: a path has 256 bytes with its angle brackets, a local part 64.
const MAX_EMAIL_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;
/// RFC 1035 section 2.3.4.
const MAX_LABEL_BYTES: usize = 63;
/// Of names and texts; looked at before anything is mapped.
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
    /// The address as given, without surrounding white space.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.display
    }

    /// Equal for addresses that name the same mailbox: the local part in lower case and NFC, the domain in ASCII (IDNA).
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// As [`Email::key`], with the domain in Unicode.
    #[must_use]
    pub fn unicode_key(&self) -> String {
        match self.key.split_once('@') {
            Some((local, domain)) => format!("{local}@{}", domain_to_unicode(domain)),
            None => self.key.clone(),
        }
    }
}

/// Trims a typed or pasted text: removes surrounding white space of all kinds, including no-break spaces, and invisible
/// characters that are often copied along with text.
#[must_use]
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{180e}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
    })
}

/// What somebody who signs in goes by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LoginName {
    /// A canonical user name.
    Username(String),
    /// The key of an e-mail address.
    Email(String),
}

/// Reads an e-mail address: one `@`, a local part of up to 64 bytes, a domain of dot-separated labels; letters of all
/// scripts (RFC 6531), but no quoted local part, no comment and no address literal. A dot at the end of the domain, which names
/// the root, is dropped.
///
/// # Errors
/// [`NameError::Email`].
pub fn email(text: &str) -> Result<Email, NameError> {
    let text = trimmed(text);
    let text = text.strip_suffix(DOTS).unwrap_or(text);
    let key = Some(text)
        .filter(|text| text.len() <= MAX_EMAIL_BYTES)
        .and_then(|text| text.split_once('@'))
        .and_then(|(local, domain)| key(local, domain));
    Ok(Email {
        display: text.to_owned(),
        key: key.ok_or(NameError::Email)?,
    })
}

/// The characters that UTS #46 treats as a dot between labels.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

fn key(local: &str, domain: &str) -> Option<String> {
    let local = Some(local).filter(|local| is_local_part(local))?;
    let domain = Some(domain).filter(|domain| domain.chars().all(is_in_domain))?;
    let domain = domain_to_ascii(domain).filter(|domain| is_domain(domain))?;
    let key = format!("{}@{domain}", lower_case(local));
    (key.len() <= MAX_EMAIL_BYTES).then_some(key)
}

fn is_local_part(local: &str) -> bool {
    // RFC 5322 section 3.2.3, atext and the dot.
    let allowed = |c: char| {
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || is_foreign_letter(c)
    };
    (1..=MAX_LOCAL_BYTES).contains(&local.len()) && local.chars().all(allowed)
}

/// In ASCII.
fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    })
}

/// Before it is brought into ASCII.
fn is_in_domain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-.".contains(c) || is_foreign_letter(c)
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
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Makes an untrusted text safe to show, store and log: truncates it to this many bytes, and replaces every control,
/// bidirectional or invisible character with `?`.
#[must_use]
pub fn shown(text: &str, max_bytes: usize) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        let c = match c {
            ' ' => c,
            _ if c.is_control() || is_invisible(c) => '?',
            _ if c.is_whitespace() => ' ',
            _ => c,
        };
        if shown.len().saturating_add(c.len_utf8()) > max_bytes {
            break;
        }
        shown.push(c);
    }
    shown
}

/// A text to be shown, such as a person's name or an organization's, in NFC and without white space around it.
///
/// # Errors
/// [`NameError::Text`] unless it has 1 to 128 code points, one of them no space, and no control or reordering ones.
pub fn text(text: &str) -> Result<String, NameError> {
    let text = trimmed(text);
    if text.len() > MAX_INPUT_BYTES {
        return Err(NameError::Text);
    }
    let normal = nfc(text);
    let reorders = |c| matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let is_text = (1..=MAX_TEXT).contains(&normal.chars().count())
        && !normal.chars().all(char::is_whitespace)
        && !normal.chars().any(|c| c.is_control() || reorders(c));
    is_text.then_some(normal).ok_or(NameError::Text)
}

/// The name of a sign-in, without surrounding white space: an e-mail address if it contains `@`, else a user name. `None`
/// for a text that cannot be either, and so belongs to no user.
///
/// A user name is mapped as [`canonical`] maps it, but not judged: whether it may be given out was decided when it was,
/// and the tables for that would take 29 KiB of the Worker. A text that the profile refuses finds nobody, or the one whose
/// name it folds to.
#[must_use]
pub fn login_key(text: &str) -> Option<LoginName> {
    let text = trimmed(text);
    if text.contains('@') {
        return email(text).ok().map(|email| LoginName::Email(email.key));
    }
    if text.len() > MAX_INPUT_BYTES {
        return None;
    }
    let name = lower_case(&text.chars().map(of_usual_width).collect::<String>());
    let can_be = (1..=MAX_USERNAME).contains(&name.chars().count())
        && !name.contains('@')
        && !name.chars().any(|c| c.is_control() || c.is_whitespace());
    can_be.then_some(LoginName::Username(name))
}

/// The width mapping of RFC 8265 section 3.3.1, as far as it makes characters that a user name may hold: full-width ASCII
/// and half-width katakana. (The other narrow and wide forms become symbols, or letters that PRECIS refuses.)
fn of_usual_width(c: char) -> char {
    const KATAKANA: &str = "・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u{3099}\u{309a}";
    let code = u32::from(c);
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(code.wrapping_sub(0xfee0)),
        '\u{ff65}'..='\u{ff9f}' => usize::try_from(code.wrapping_sub(0xff65))
            .ok()
            .and_then(|place| KATAKANA.chars().nth(place)),
        _ => None,
    }
    .unwrap_or(c)
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
        .map(upper_character)
        .chain(letters.map(String::from))
        .collect()
}

#[cfg(test)]
mod tests;
