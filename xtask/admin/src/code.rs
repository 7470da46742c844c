//! One-time codes and recovery codes.

use crate::failure::usage;
use crate::input;
use anyhow::Result;
use edge_auth::crypto::secret::Secret;
use std::io::{self, IsTerminal as _};

/// What to ask for, if these methods of the service include one that the command line can use.
pub fn question(methods: &[&str]) -> Option<&'static str> {
    match ["totp", "recovery_code"].map(|method| methods.contains(&method)) {
        [true, _] => Some("One-time code or recovery code"),
        [false, true] => Some("Recovery code"),
        [false, false] => None,
    }
}

/// The code of `--code`, or the one that the user types. It is not shown.
///
/// # Errors
/// There is none, and no terminal to ask for it.
pub fn given_or_typed(given: Option<&str>, question: &str, username: &str) -> Result<Secret> {
    if let Some(code) = given {
        return Ok(Secret::new(code));
    }
    if !io::stdin().is_terminal() {
        return Err(usage(
            "missing code of the second factor: there is no terminal to ask for it; use --code",
        ));
    }
    input::ask_secret(&format!("{question} of {username}: "))
}

/// The method of the service that this code belongs to: a one-time code has six digits.
pub fn method(code: &Secret) -> &'static str {
    let characters = code.reveal().chars().filter(|c| !c.is_whitespace());
    let characters: Vec<char> = characters.collect();
    let is_one_time = characters.len() == 6 && characters.iter().all(char::is_ascii_digit);
    if is_one_time { "totp" } else { "recovery_code" }
}

#[cfg(test)]
mod tests {
    use super::{method, question};
    use edge_auth::crypto::secret::Secret;

    #[test]
    fn code_of_six_digits_is_a_one_time_code() {
        for code in ["123456", " 123 456\n"] {
            assert_eq!(method(&Secret::new(code)), "totp", "{code}");
        }
        for code in ["0123-4567-89ab-c", "12345", "1234567", "12345x", ""] {
            assert_eq!(method(&Secret::new(code)), "recovery_code", "{code}");
        }
    }

    #[test]
    fn question_names_what_the_user_has() {
        for (methods, expected) in [
            (&["totp"][..], Some("One-time code or recovery code")),
            (&["passkey", "recovery_code"], Some("Recovery code")),
            (&["passkey"], None),
            (&[], None),
        ] {
            assert_eq!(question(methods), expected, "{methods:?}");
        }
    }
}
