//! One entry: what happened, who did it, and which user it is about. Nothing in it was typed by a client: a name that no
//! user has is a keyed hash, and of address and device the entry holds a salted hash (see [`Client`]).

use super::client::Client;
use crate::account::timestamp::Timestamp;
use serde::Serialize;
use std::borrow::Cow;
use uuid::Uuid;

/// The actor of what is done from the command line.
pub const COMMAND_LINE: &str = "command-line";

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A session began; the detail says how: `password`, `aws_device`, `aws_app` or `aws_proof`.
    SignIn,
    /// Nobody was signed in; the detail says how and why.
    SignInFailed,
    /// A person ended their session.
    SignOut,
    /// A superseded token came back too late; its session ended.
    RefreshReuse,
    /// Sessions were ended by something else than their owner's sign-out; the detail says by what.
    SessionRevoked,
    /// A password was set.
    PasswordSet,
    /// Somebody signed in did not know the current password.
    PasswordChangeFailed,
    /// A one-time link that sets a password was made.
    PasswordLinkCreated,
    /// A person was added.
    UserAdded,
    /// A person may no longer sign in.
    UserDisabled,
    /// A person may sign in again.
    UserEnabled,
    /// A person has another role; the detail says which and which before.
    RoleChanged,
    /// The credentials page of AWS was asked for.
    AwsCredentialsViewed,
    /// The credentials page of NVIDIA was asked for.
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

/// Whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was.
    Success,
    /// It was refused.
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
    /// Where it came from; `None` if that is unknown or was erased. Bound by `client_hash`, no part of what is signed.
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

/// Appends a text or NULL so that no two sequences of them have the same bytes: 0 for NULL, else 1, the length in 4 bytes,
/// big-endian, and the text.
pub(super) fn push(bytes: &mut Vec<u8>, text: Option<&str>) {
    let Some(text) = text else {
        bytes.push(0);
        return;
    };
    bytes.push(1);
    // Saturates at 4 GiB, which D1 has no room for.
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
