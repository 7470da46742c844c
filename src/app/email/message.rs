//! The messages that the service sends, as parts that each language puts into words.

use super::{english, german};
use crate::crypto::secret::Secret;
use crate::domain::language::Language;
use crate::timestamp::Timestamp;

/// A message to a user.
#[derive(Debug)]
pub enum Message {
    /// A link for a forgotten password.
    SetPassword {
        /// The link.
        link: Secret,
    },
    /// A link that sets the first password of an account that an administrator has created.
    SetUpAccount {
        /// The link.
        link: Secret,
    },
    /// A link that confirms a new address, to that address.
    ConfirmAddress {
        /// The link.
        link: Secret,
    },
    /// Another user asked for an address that the recipient has.
    AddressTaken,
    /// The address was changed; to the earlier one.
    AddressChanged {
        /// The link that restores it; `None` if the user has gone back to an address that is earlier still.
        restore: Option<Restore>,
        /// When it was changed.
        at: Timestamp,
    },
    /// The address was restored; to the restored one, with a link that sets a password.
    AddressRestored {
        /// The link.
        link: Secret,
    },
    /// The address was restored; to the one that it replaced.
    AddressReplaced,
    /// A sign-in on a device that is not recognised.
    NewDevice {
        /// `User-Agent`.
        device: Option<String>,
        /// The client's address.
        address: Option<String>,
        /// When it was.
        at: Timestamp,
    },
    /// A password was replaced.
    PasswordChanged {
        /// When it was.
        at: Timestamp,
    },
    /// A user without a password has set one.
    PasswordSet {
        /// When it was.
        at: Timestamp,
    },
    /// The account was locked.
    AccountLocked,
    /// A second factor was added, removed or used.
    Factor {
        /// What happened.
        event: FactorEvent,
        /// When it was.
        at: Timestamp,
    },
}

/// What happened to the second factors of a user, or to the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorEvent {
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// A passkey was refused, because it may have been copied.
    PasskeyCloned,
    /// One-time codes were added.
    TotpAdded,
    /// One-time codes were removed.
    TotpRemoved,
    /// Recovery codes were replaced.
    RecoveryCodesCreated,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// No code is accepted any more.
    CodesLocked,
    /// An administrator removed all factors.
    FactorsReset,
    /// The password was removed.
    PasswordRemoved,
}

impl FactorEvent {
    fn as_str(self) -> &'static str {
        match self {
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::PasskeyCloned => "passkey_cloned",
            Self::TotpAdded => "totp_added",
            Self::TotpRemoved => "totp_removed",
            Self::RecoveryCodesCreated => "recovery_codes_created",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::CodesLocked => "codes_locked",
            Self::FactorsReset => "factors_reset",
            Self::PasswordRemoved => "password_removed",
        }
    }
}

/// A link that restores an address.
#[derive(Debug)]
pub struct Restore {
    /// The link.
    pub link: Secret,
    /// The end of its lifetime.
    pub until: Timestamp,
}

impl Message {
    /// The name in the log and in the audit log.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SetPassword { .. } => "set_password",
            Self::SetUpAccount { .. } => "set_up_account",
            Self::ConfirmAddress { .. } => "confirm_address",
            Self::AddressTaken => "address_taken",
            Self::AddressChanged { .. } => "address_changed",
            Self::AddressRestored { .. } => "address_restored",
            Self::AddressReplaced => "address_replaced",
            Self::NewDevice { .. } => "new_device",
            Self::PasswordChanged { .. } => "password_changed",
            Self::PasswordSet { .. } => "password_set",
            Self::AccountLocked => "account_locked",
            Self::Factor { event, .. } => event.as_str(),
        }
    }

    /// Whether the name of the recipient may be in it. A message to an address that is not confirmed contains no text that a
    /// user has chosen.
    #[must_use]
    pub fn is_to_a_known_address(&self) -> bool {
        !matches!(self, Self::ConfirmAddress { .. } | Self::AddressTaken)
    }

    /// The message in words.
    #[must_use]
    pub fn words(&self, language: Language, service: &Service<'_>) -> Words {
        match language {
            Language::English => english::words(self, service),
            Language::German => german::words(self, service),
        }
    }
}

/// The service, as its messages name it.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its own origin.
    pub origin: &'a str,
}

impl Service<'_> {
    /// The page that sends a link for a forgotten password.
    #[must_use]
    pub fn forgot_password(&self) -> Block {
        Block::Link(Secret::new(format!("{}/forgot-password", self.origin)))
    }
}

/// A message in words. Neither a subject nor a block has markup.
#[derive(Debug)]
pub struct Words {
    /// The subject. It contains no secret and no text of a user.
    pub subject: String,
    /// What precedes the name of the recipient.
    pub greeting: &'static str,
    /// The blocks of the message.
    pub blocks: Vec<Block>,
}

/// A block of a message.
#[derive(Debug)]
pub enum Block {
    /// A paragraph.
    Paragraph(String),
    /// A link by itself.
    Link(Secret),
    /// Facts, each with its label.
    Facts(Vec<(&'static str, String)>),
}

/// A time as messages show it, such as `2026-01-31 12:00 UTC`.
#[must_use]
pub fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {} UTC", time.get(..5).unwrap_or(time))
}
