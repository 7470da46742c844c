//! The configuration of e-mail.

use super::variable::{Default, Reader, Variable};
use crate::domain::names;

/// The configuration of outgoing messages.
#[derive(Debug)]
pub struct EmailConfig {
    /// `EMAIL_FROM`: the sender of all messages. Without it, no message is sent.
    pub from: Option<Sender>,
}

/// The sender of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The name that is shown, if it is not `BRAND_NAME`.
    pub name: Option<String>,
    /// The address, in ASCII.
    pub address: String,
}

const EMAIL_FROM: Variable = Variable::new(
    "EMAIL_FROM",
    Default::None,
    "an e-mail address in ASCII such as no-reply@example.com, or a name and an address such as Example <no-reply@example.com>",
    "sender of all messages: `ADDRESS` or `NAME <ADDRESS>`; the name is `BRAND_NAME` by default. The domain of the address must be set \
     up in Cloudflare's Email Service. Without this variable, or without the binding `EMAIL`, no message is sent; see [the guide](../guides/e-mail.md)",
);

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[&EMAIL_FROM];

impl EmailConfig {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            from: read.optional(&EMAIL_FROM, sender),
        }
    }
}

fn sender(text: &str) -> Option<Sender> {
    let (name, address) = match text.split_once('<') {
        None => (None, text),
        Some((name, rest)) => (Some(shown_name(name)?), rest.strip_suffix('>')?),
    };
    let email = names::email(address).ok()?;
    let is_plain = address == email.as_str() && address.is_ascii();
    is_plain.then(|| Sender {
        name,
        address: address.to_owned(),
    })
}

/// A name in quotation marks, or with characters that have a meaning in a header, is refused: it would be shown with them.
fn shown_name(text: &str) -> Option<String> {
    let name = names::text(text).ok()?;
    let is_plain = !name.contains(['"', '\\', '<', '>', '@', ',', ';', ':']);
    is_plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{Sender, sender};

    #[test]
    fn sender_is_an_address_or_a_name_with_an_address() {
        for (text, name, address) in [
            ("no-reply@example.com", None, "no-reply@example.com"),
            (
                "Edge Auth <no-reply@example.com>",
                Some("Edge Auth"),
                "no-reply@example.com",
            ),
            ("Bücher <a@example.com>", Some("Bücher"), "a@example.com"),
        ] {
            let expected = Sender {
                name: name.map(str::to_owned),
                address: address.to_owned(),
            };
            assert_eq!(sender(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn sender_that_would_change_a_header_is_refused() {
        for text in [
            "",
            "no-reply",
            "<a@example.com>",
            "A <a@example.com",
            "A <a@example.com> ",
            "A <<a@example.com>>",
            "A <a@bücher.example>",
            "ä@example.com",
            "\"A\" <a@example.com>",
            "A, B <a@example.com>",
            "A\r\nBcc: b@example.com <a@example.com>",
            "A <a@example.com\r\nBcc: b@example.com>",
            "a@example.com, b@example.com",
            " a@example.com",
        ] {
            assert_eq!(sender(text), None, "{text:?}");
        }
    }
}
