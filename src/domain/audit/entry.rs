//! An entry: the event, its actor, and the user whom it is about. It contains no client input: a typed name that no user has
//! is stored as a keyed hash, and address and device as a salted hash (see [`Client`]).

use super::client::Client;
use crate::timestamp::Timestamp;
use serde::Serialize;
use std::borrow::Cow;
use uuid::Uuid;

/// The actor of what is done from the command line.
pub const COMMAND_LINE: &str = "command-line";

/// Kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A user signed in; the detail is the method: `password`, `aws_device`, `aws_app` or `aws_proof`.
    SignIn,
    /// A sign-in was refused; the detail gives the method and the reason.
    SignInFailed,
    /// A user signed out.
    SignOut,
    /// A rotated-out token was reused after the replay window; its session was revoked.
    RefreshReuse,
    /// Sessions were revoked other than by signing out; the detail gives the cause.
    SessionRevoked,
    /// A password was set.
    PasswordSet,
    /// A signed-in user gave a wrong current password.
    PasswordChangeFailed,
    /// A one-time link that sets a password was created.
    PasswordLinkCreated,
    /// A user was added.
    UserAdded,
    /// A user was disabled.
    UserDisabled,
    /// A user was enabled again.
    UserEnabled,
    /// The role of a user was changed; the detail gives the previous and the new role.
    RoleChanged,
    /// The AWS credentials page was viewed.
    AwsCredentialsViewed,
    /// The NVIDIA credentials page was viewed.
    NvidiaCredentialsViewed,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::SignIn,
        Self::SignInFailed,
        Self::SignOut,
        Self::RefreshReuse,
        Self::SessionRevoked,
        Self::PasswordSet,
        Self::PasswordChangeFailed,
        Self::PasswordLinkCreated,
        Self::UserAdded,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::RoleChanged,
        Self::AwsCredentialsViewed,
        Self::NvidiaCredentialsViewed,
    ];

    /// The kind with this name, if there is one; names are matched exactly.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in D1 and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignOut => "sign_out",
            Self::RefreshReuse => "refresh_reuse",
            Self::SessionRevoked => "session_revoked",
            Self::PasswordSet => "password_set",
            Self::PasswordChangeFailed => "password_change_failed",
            Self::PasswordLinkCreated => "password_link_created",
            Self::UserAdded => "user_added",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::RoleChanged => "role_changed",
            Self::AwsCredentialsViewed => "aws_credentials_viewed",
            Self::NvidiaCredentialsViewed => "nvidia_credentials_viewed",
        }
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::SignInFailed | Self::RefreshReuse | Self::PasswordChangeFailed => {
                Outcome::Failure
            }
            _ => Outcome::Success,
        }
    }
}

/// Whether an action succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeded.
    Success,
    /// It was refused or failed.
    Failure,
}

impl Outcome {
    /// The name in D1 and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// An entry, in the texts of its columns: what is signed is what is kept, read back without interpretation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Random UUID.
    pub id: String,
    /// When, `YYYY-MM-DDTHH:MM:SSZ`.
    pub at: String,
    /// A [`Kind`].
    pub kind: String,
    /// An [`Outcome`].
    pub outcome: String,
    /// User id of who did it, or [`COMMAND_LINE`].
    pub actor: Option<String>,
    /// User id of whom it is about.
    pub subject: Option<String>,
    /// Keyed hash of a name that belongs to nobody.
    pub name_key: Option<String>,
    /// The session's key in D1.
    pub session: Option<String>,
    /// Fixed words of ours.
    pub detail: Option<String>,
    /// [`Client::hash`] of where it came from.
    pub client_hash: Option<String>,
    /// Ray id, or a random UUID.
    pub request: String,
    /// The client; `None` if it is unknown or was erased. It is bound by `client_hash` and not part of the signed bytes.
    pub client: Option<Client>,
}

impl Entry {
    /// An entry that names nobody yet; the id is random.
    #[must_use]
    pub fn new(id: Uuid, at: Timestamp, kind: Kind, request: impl Into<String>) -> Self {
        Self {
            id: id.to_string(),
            at: at.to_string(),
            kind: kind.as_str().to_owned(),
            outcome: kind.outcome().as_str().to_owned(),
            actor: None,
            subject: None,
            name_key: None,
            session: None,
            detail: None,
            client_hash: None,
            request: request.into(),
            client: None,
        }
    }

    /// Done by this person.
    #[must_use]
    pub fn by(mut self, user: Uuid) -> Self {
        self.actor = Some(user.to_string());
        self
    }

    /// Done from the command line.
    #[must_use]
    pub fn by_command_line(mut self) -> Self {
        self.actor = Some(COMMAND_LINE.to_owned());
        self
    }

    /// About this person.
    #[must_use]
    pub fn about(mut self, user: impl Into<Option<Uuid>>) -> Self {
        self.subject = user.into().map(|user| user.to_string());
        self
    }

    /// About a name that belongs to nobody, by its keyed hash.
    #[must_use]
    pub fn about_name(mut self, name_key: impl Into<Option<String>>) -> Self {
        self.name_key = name_key.into();
        self
    }

    /// Of this session, by its key in D1.
    #[must_use]
    pub fn of_session(mut self, id: &str) -> Self {
        self.session = Some(id.to_owned());
        self
    }

    /// More about it, in fixed words of ours; never a client's text.
    #[must_use]
    pub fn detail(mut self, words: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(words.into().into_owned());
        self
    }

    /// From this client.
    #[must_use]
    pub fn from(mut self, client: Client) -> Self {
        self.client_hash = Some(client.hash());
        self.client = Some(client);
        self
    }

    /// The bytes that are signed: each column in the table's order, see [`push`]. No two entries have the same.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let columns = [
            Some(&self.id),
            Some(&self.at),
            Some(&self.kind),
            Some(&self.outcome),
            self.actor.as_ref(),
            self.subject.as_ref(),
            self.name_key.as_ref(),
            self.session.as_ref(),
            self.detail.as_ref(),
            self.client_hash.as_ref(),
            Some(&self.request),
        ];
        let mut bytes = Vec::with_capacity(512);
        for column in columns {
            push(&mut bytes, column.map(String::as_str));
        }
        bytes
    }
}

/// Appends a text or NULL in an unambiguous encoding: 0 for NULL, else 1, the length as 4 bytes (big-endian), and the text.
pub(super) fn push(bytes: &mut Vec<u8>, text: Option<&str>) {
    let Some(text) = text else {
        bytes.push(0);
        return;
    };
    bytes.push(1);
    // Saturates at 4 GiB, which is more than a D1 row can hold.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_round_trip_and_are_spelled_alike_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for name in ["", "sign-in", "SIGN_IN", "sign_in "] {
            assert_eq!(Kind::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_signed_bytes_are_these() {
        let mut entry =
            Entry::new(Uuid::nil(), Timestamp::from_seconds(0), Kind::SignOut, "r").detail("é");
        entry.id = "i".into();
        let expected = [
            b"\x01\0\0\0\x01i".as_slice(),
            b"\x01\0\0\0\x141970-01-01T00:00:00Z",
            b"\x01\0\0\0\x08sign_out",
            b"\x01\0\0\0\x07success",
            b"\0\0\0\0",
            b"\x01\0\0\0\x02\xc3\xa9",
            b"\0",
            b"\x01\0\0\0\x01r",
        ];
        assert_eq!(entry.canonical(), expected.concat());
    }

    fn column() -> impl Strategy<Value = Option<String>> {
        proptest::option::of("[\\x00-\\x02ab]{0,3}")
    }

    prop_compose! {
        fn entry()(
            required in proptest::array::uniform5("[\\x00-\\x02ab]{0,3}"),
            optional in (column(), column(), column(), column(), column(), column()),
        ) -> Entry {
            let [id, at, kind, outcome, request] = required;
            let (actor, subject, name_key, session, detail, client_hash) = optional;
            Entry { id, at, kind, outcome, actor, subject, name_key, session, detail, client_hash, request, client: None }
        }
    }

    proptest! {
        #[test]
        fn two_entries_have_the_same_bytes_only_if_they_are_the_same(one in entry(), other in entry()) {
            prop_assert_eq!(one.canonical() == other.canonical(), one == other);
        }
    }
}
