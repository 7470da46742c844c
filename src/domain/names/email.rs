//! E-mail addresses.

use super::{NameError, is_invisible, trimmed};
use crate::unicode::{domain_to_ascii, domain_to_unicode, lower_case};

/// RFC 5321 section 4.5.3.1: a path has at most 256 bytes with its angle brackets, a local part 64.
const MAX_EMAIL_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;
/// RFC 1035 section 2.3.4.
const MAX_LABEL_BYTES: usize = 63;

/// The characters that UTS #46 treats as a dot between labels.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

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

    /// The key, which is the same for all addresses of a mailbox: the local part in lower case and NFC, the domain in ASCII
    /// (IDNA).
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The address to which a message is sent: the local part as given, and the domain in ASCII.
    #[must_use]
    pub fn mailbox(&self) -> String {
        let local = self.display.split_once('@').map_or("", |(local, _)| local);
        let domain = self.key.split_once('@').map_or("", |(_, domain)| domain);
        format!("{local}@{domain}")
    }

    /// The key with the domain in Unicode.
    #[must_use]
    pub fn unicode_key(&self) -> String {
        match self.key.split_once('@') {
            Some((local, domain)) => format!("{local}@{}", domain_to_unicode(domain)),
            None => self.key.clone(),
        }
    }

    pub(super) fn into_key(self) -> String {
        self.key
    }
}

/// Parses an e-mail address: one `@`, a local part of up to 64 bytes and a domain of labels between dots, with letters of all
/// scripts (RFC 6531). Quoted local parts, comments and address literals are refused. A final dot of the domain, which denotes
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

/// Checks a domain in ASCII.
fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    })
}

/// Whether the character may be in a domain that is not yet in ASCII.
fn is_in_domain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-.".contains(c) || is_foreign_letter(c)
}

fn is_foreign_letter(c: char) -> bool {
    !c.is_ascii() && !c.is_control() && !c.is_whitespace() && !is_invisible(c)
}

#[cfg(test)]
mod tests;
