//! The rules for new passwords: long, not common and not made of the user's names. There are no composition rules (NIST SP
//! 800-63B section 3.1.1.2), which make passwords worse. Sign-in does not apply these rules.

mod blocklist;

pub use blocklist::blocklist_hash;

use super::names::{self, Email};
use crate::crypto::password::Password;
use crate::unicode::lower_case;

/// Lower bound of the configured minimum length, in code points. A password needs as many without the names in it.
pub const MIN_CHARACTERS: usize = 8;
/// Maximum length in code points.
pub const MAX_CHARACTERS: usize = 128;

/// Shorter words of names are allowed in a password.
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
    /// Fewer code points than this minimum.
    #[error("Password must have at least {0} characters")]
    TooShort(usize),
    /// More than [`MAX_CHARACTERS`] code points.
    #[error("Password must have at most {MAX_CHARACTERS} characters")]
    TooLong,
    /// On the blocklist, a repeated short text, or a sequence such as `abcdefgh`.
    #[error("Password is too common")]
    Common,
    /// Without the user's names, it is too short or common.
    #[error("Password must not be made of your name, username, e-mail or organization")]
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
/// The first [`PolicyError`] that applies, in their order.
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
    // A text that is repeated one and a half times or more, such as `passwordpassword`, is as good as its unit.
    let unit = unit_length(&letters);
    let is_repeated = unit.saturating_mul(3) <= letters.len().saturating_mul(2);
    let text: String = letters.iter().take(unit).collect();
    is_repeated && (unit < MIN_CHARACTERS || blocklist::contains(&text))
}

/// All characters are the same, or each follows the one before (`abcdefgh`), or precedes it.
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

/// The length of the shortest text of which this one is a repetition, which may be cut off.
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
        // `Mary Ann` as `maryann` too.
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
mod tests {
    use super::*;

    const JOHN: OwnNames = OwnNames {
        username: "john.doe",
        email: Some("jd@example.com"),
        name: "John Émile Doe",
        organization: Some("Acme Corp"),
    };

    fn judge(text: &str, minimum: usize) -> Result<(), PolicyError> {
        check(text, minimum, &JOHN).map(|_| ())
    }

    #[test]
    fn length_is_counted_in_code_points() {
        assert_eq!(judge("kiwi-tram-vexed", 15), Ok(()));
        assert_eq!(judge("kiwi-tram-vexe", 15), Err(PolicyError::TooShort(15)));
        assert_eq!(judge("", 15), Err(PolicyError::TooShort(15)));
        assert_eq!(judge("kiwi-tr", 0), Err(PolicyError::TooShort(8)));
        assert_eq!(judge("kiwi-tra", 0), Ok(()));
        assert_eq!(judge("Größe und 世界 überall", 15), Ok(()));
        // Fifteen and fourteen code points after normalization.
        assert_eq!(judge("kiwi-tram-vexe\u{301}d", 15), Ok(()));
        assert_eq!(
            judge("kiwi-tram-vexe\u{301}", 15),
            Err(PolicyError::TooShort(15))
        );
        let long =
            |count: usize| -> String { "kiwi tram vexed ".chars().cycle().take(count).collect() };
        let long = |count: usize| {
            format!(
                "{}{}",
                "zq",
                long(count - 2).replace("tram", "\u{1f68b}ram")
            )
        };
        assert_eq!(judge(&long(129), 15), Err(PolicyError::TooLong));
        assert_ne!(judge(&long(128), 15), Err(PolicyError::TooLong));
    }

    #[test]
    fn error_texts_are_documented_texts() {
        for (error, text) in [
            (
                PolicyError::TooShort(15),
                "Password must have at least 15 characters",
            ),
            (
                PolicyError::TooLong,
                "Password must have at most 128 characters",
            ),
            (PolicyError::Common, "Password is too common"),
            (
                PolicyError::OwnNames,
                "Password must not be made of your name, username, e-mail or organization",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn common_password_is_refused() {
        for text in [
            "qwertyuiopasdfghjkl",
            "1QAZ2wsx3edc4RFV",
            "passwordpassword",
            "123456789012345",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "abcdefghijklmnop",
            "ponmlkjihgfedcba",
            "qwertyuiopqwertyuiop",
        ] {
            assert_eq!(judge(text, 15), Err(PolicyError::Common), "{text}");
        }
        for text in ["password", "Password1", "iloveyou", "12345678", "sunshine"] {
            assert_eq!(judge(text, 8), Err(PolicyError::Common), "{text}");
        }
        for text in [
            "correct horse battery staple",
            "abcdefghijklmnoq",
            "passwordpasswort",
        ] {
            assert_eq!(judge(text, 15), Ok(()), "{text}");
        }
    }

    #[test]
    fn password_made_of_names_is_refused() {
        for text in [
            "john.doe@example.com",
            "JohnDoeJohnDoe2John",
            "johndoe12345678",
            "acme-corp-2026-!",
            "Acme Corp John 1",
            "john_émile_doe_1",
            "exampleexample.com",
        ] {
            assert_eq!(judge(text, 15), Err(PolicyError::OwnNames), "{text}");
        }
        for text in ["john kiwi tram vexed", "kiwi-tram-vexed-acme"] {
            assert_eq!(judge(text, 15), Ok(()), "{text}");
        }
        // Without the longest name first, `jo` and `a` would remain.
        let joanna = OwnNames {
            username: "ann",
            email: None,
            name: "Joanna",
            organization: None,
        };
        let judged = check("joannajoanna123", 15, &joanna);
        assert_eq!(judged.map(|_| ()), Err(PolicyError::OwnNames));
        // Both spellings of a domain, whichever is stored.
        for email in ["jd@b\u{fc}cherei.example", "jd@xn--bcherei-n2a.example"] {
            let own = OwnNames {
                email: Some(email),
                ..JOHN
            };
            for text in ["B\u{fc}chereib\u{fc}cherei", "xn--bcherei-n2a.example"] {
                let judged = check(text, 15, &own);
                assert_eq!(
                    judged.map(|_| ()),
                    Err(PolicyError::OwnNames),
                    "{email} {text}"
                );
            }
        }
        let nobody = OwnNames {
            username: "",
            email: None,
            name: "",
            organization: None,
        };
        assert!(check("john.doe@example.com", 15, &nobody).is_ok());
    }
}
