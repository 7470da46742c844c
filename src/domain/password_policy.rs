//! What a new password must be: long, not a common one, not made of its owner's names. No rules of composition (NIST SP
//! 800-63B section 3.1.1.2): they make passwords worse. Sign-in does not come here.

mod blocklist;

pub use blocklist::blocklist_hash;

use super::names::{self, Email};
use crate::crypto::password::Password;
use crate::unicode::lower_case;

/// Never fewer code points than this, whatever is configured; also what must be left of a password without names.
pub const LEAST_MINIMUM: usize = 8;
/// The most code points.
pub const MAXIMUM: usize = 128;

/// Words of names shorter than this may stand in a password.
const SHORTEST_WORD: usize = 3;

/// The names of the person whose password it is to be.
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

/// Why a new password is refused; the texts are for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Fewer code points than the minimum, which is given.
    #[error("Password must have at least {0} characters")]
    TooShort(usize),
    /// More than [`MAXIMUM`] code points.
    #[error("Password must have at most {MAXIMUM} characters")]
    TooLong,
    /// On the blocklist, a short text repeated, or a plain sequence.
    #[error("Password is too common")]
    Common,
    /// Little is left of it, or a common password, when the owner's names are taken out.
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

/// Checks the text of a new password. `minimum` counts code points in NFC; [`LEAST_MINIMUM`] applies if it is less.
///
/// # Errors
/// The first of [`PolicyError`] that applies, in their order.
pub fn check(text: &str, minimum: usize, own: &OwnNames<'_>) -> Result<Password, PolicyError> {
    let minimum = minimum.max(LEAST_MINIMUM);
    // A password's bytes have room for the maximum in every script.
    let password = Password::parse(text).map_err(|_| PolicyError::TooLong)?;
    let length = password.reveal().chars().count();
    if length < minimum {
        return Err(PolicyError::TooShort(minimum));
    }
    if length > MAXIMUM {
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

/// `folded` is in lower case.
fn is_common(folded: &str) -> bool {
    if blocklist::contains(folded) {
        return true;
    }
    let letters: Vec<char> = folded.chars().collect();
    if is_sequence(&letters) {
        return true;
    }
    // `passwordpassword`, `123456789012345`: what comes once and a half or more is judged by its unit alone.
    let unit = unit_length(&letters);
    let is_repeated = unit.saturating_mul(3) <= letters.len().saturating_mul(2);
    let text: String = letters.iter().take(unit).collect();
    is_repeated && (unit < LEAST_MINIMUM || blocklist::contains(&text))
}

/// All the same, or each the next (`abcdefgh`) or the one before.
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

/// The length of the shortest text that, repeated and cut, gives this one.
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

/// `folded` is in lower case.
fn is_made_of_names(folded: &str, own: &OwnNames<'_>) -> bool {
    let mut words: Vec<String> = Vec::new();
    // The address in both spellings of its domain.
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
        // `Mary Ann` also as `maryann`.
        words.push(text.chars().filter(|c| !is_separator(*c)).collect());
    }
    words.retain(|word| word.chars().count() >= SHORTEST_WORD);

    // The longest first; a sort's code is 1.5 KB of the Worker.
    let mut rest = folded.to_owned();
    let longest = |words: &[String]| {
        let lengths = words.iter().map(String::len).enumerate();
        lengths
            .max_by_key(|(_, length)| *length)
            .map(|(place, _)| place)
    };
    while let Some(place) = longest(&words) {
        rest = rest.replace(&words.swap_remove(place), " ");
    }
    if rest == folded {
        return false;
    }
    let rest: String = rest.chars().filter(|c| !is_separator(*c)).collect();
    rest.chars().count() < LEAST_MINIMUM || is_common(&rest)
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
    fn length_counts_code_points() {
        assert_eq!(judge("kiwi-tram-vexed", 15), Ok(()));
        assert_eq!(judge("kiwi-tram-vexe", 15), Err(PolicyError::TooShort(15)));
        assert_eq!(judge("", 15), Err(PolicyError::TooShort(15)));
        assert_eq!(judge("kiwi-tr", 0), Err(PolicyError::TooShort(8)));
        assert_eq!(judge("kiwi-tra", 0), Ok(()));
        assert_eq!(judge("Größe und 世界 überall", 15), Ok(()));
        // Fifteen after normalization, and one fewer.
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
    fn the_texts() {
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
    fn common_ones() {
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
    fn ones_made_of_names() {
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
        // The longest first: of `ann` alone, `jo` and `a` would be left each time.
        let joanna = OwnNames {
            username: "ann",
            email: None,
            name: "Joanna",
            organization: None,
        };
        let judged = check("joannajoanna123", 15, &joanna);
        assert_eq!(judged.map(|_| ()), Err(PolicyError::OwnNames));
        // Either spelling of a domain, regardless of the one in the record.
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
