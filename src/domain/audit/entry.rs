//! An entry: the event, its actor, and the user that it is about. It contains no client input: a typed name that no user has
//! is stored as a keyed hash, and address and device as a salted hash (see [`Client`]).

use super::client::Client;
use super::kind::Kind;
use crate::domain::session::SessionRecord;
use crate::timestamp::Timestamp;
use serde::Serialize;
use std::borrow::Cow;
use uuid::Uuid;

/// An entry, as the texts of its columns, so that exactly what is stored is signed. As JSON, it has no client: see `lines.rs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Random UUID.
    pub id: String,
    /// Time, `YYYY-MM-DDTHH:MM:SSZ`.
    pub at: String,
    /// Name of the [`Kind`].
    pub kind: String,
    /// Name of the [`Outcome`](super::Outcome).
    pub outcome: String,
    /// Id of the user or OAuth client that caused the event.
    pub actor: Option<String>,
    /// Id of the user or OAuth client that the entry is about.
    pub subject: Option<String>,
    /// Keyed hash of an entered name that no user has.
    pub name_key: Option<String>,
    /// Key of the session in D1.
    pub session: Option<String>,
    /// Details in fixed words.
    pub detail: Option<String>,
    /// [`Client::hash`] of the client.
    pub client_hash: Option<String>,
    /// Ray id, or a random UUID.
    pub request: String,
    /// The client; `None` if it is unknown or was erased. It is bound by `client_hash` and not part of the signed bytes.
    #[serde(skip)]
    pub client: Option<Client>,
}

impl Entry {
    /// An entry without actor and subject. The id is random.
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

    /// Sets the actor to this user or OAuth client.
    #[must_use]
    pub fn by(mut self, actor: Uuid) -> Self {
        self.actor = Some(actor.to_string());
        self
    }

    /// Sets the user or OAuth client that it is about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<Option<Uuid>>) -> Self {
        self.subject = subject.into().map(|subject| subject.to_string());
        self
    }

    /// Sets the keyed hash of a name that no user has.
    #[must_use]
    pub fn about_name(mut self, name_key: impl Into<Option<String>>) -> Self {
        self.name_key = name_key.into();
        self
    }

    /// Sets the session, by its key in D1.
    #[must_use]
    pub fn of_session(mut self, id: &str) -> Self {
        self.session = Some(id.to_owned());
        self
    }

    /// The user of this session acts on the own account: sets actor, subject and session.
    #[must_use]
    pub fn in_own_session(self, session: &SessionRecord) -> Self {
        let user = session.user.id;
        self.by(user).about(user).of_session(&session.id)
    }

    /// Sets details in fixed words, never a text of the client.
    #[must_use]
    pub fn detail(mut self, words: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(words.into().into_owned());
        self
    }

    /// Sets the client.
    #[must_use]
    pub fn from(mut self, client: Client) -> Self {
        self.client_hash = Some(client.hash());
        self.client = Some(client);
        self
    }

    /// The bytes that are signed: all columns in the order of the table, see [`push`]. Different entries have different bytes.
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
    fn signed_bytes_are_the_columns_with_their_lengths() {
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
        fn signed_bytes_of_different_entries_differ(one in entry(), other in entry()) {
            prop_assert_eq!(one.canonical() == other.canonical(), one == other);
        }
    }
}
