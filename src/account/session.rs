//! When a session lives and when it ends. Pure: the record and the time come in, a verdict goes out.

use super::role::Role;
use super::timestamp::Timestamp;
use super::user::User;

/// Seconds in which the token just before the current one still counts: a client that refreshed twice at once, or lost
/// the reply, is not thrown out.
pub const GRACE: i64 = 10;

/// Seconds from sign-in to a session's absolute end.
#[must_use]
pub fn longest(role: Role) -> i64 {
    const DAY: i64 = 86_400;
    if role.is_admin() { DAY } else { 30 * DAY }
}

/// A session as D1 has it, with the person it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// SHA-256 of the token's `sid`, lower-case hex.
    pub id: String,
    /// Whose session it is; `last_login` is this session's sign-in.
    pub user: User,
    /// Of the one token that is current.
    pub generation: u32,
    /// `iat` of the current token.
    pub rotated_at: Timestamp,
    /// `exp` of the current token.
    pub token_expires_at: Timestamp,
    /// Absolute end.
    pub ends_at: Timestamp,
    /// Set once it was ended before its time.
    pub revoked_at: Option<Timestamp>,
}

/// What a record says of a token of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The current token.
    Current,
    /// The one before, within [`GRACE`].
    JustSuperseded,
    /// An older one, or one that this session never gave out.
    Superseded,
    /// The session is over: revoked, past its end, or its person disabled.
    Ended,
}

impl SessionRecord {
    /// Judges a token of this generation.
    #[must_use]
    pub fn standing(&self, generation: u32, now: Timestamp) -> Standing {
        if self.revoked_at.is_some() || self.ends_at <= now || !self.user.is_active {
            Standing::Ended
        } else if generation == self.generation {
            Standing::Current
        } else if generation.checked_add(1) == Some(self.generation)
            && now <= self.rotated_at.plus(GRACE)
        {
            Standing::JustSuperseded
        } else {
            Standing::Superseded
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn record() -> SessionRecord {
        let at = Timestamp::from_seconds;
        SessionRecord {
            id: "0".repeat(64),
            user: User {
                id: Uuid::nil(),
                username: "ada".into(),
                email: None,
                name: "Ada".into(),
                organization: None,
                aws_region: None,
                role: Role::User,
                is_active: true,
                created_at: at(0),
                updated_at: at(0),
                last_login: None,
            },
            generation: 3,
            rotated_at: at(1_000),
            token_expires_at: at(2_000),
            ends_at: at(9_000),
            revoked_at: None,
        }
    }

    #[test]
    fn a_token_counts_while_current_and_ten_seconds_longer() {
        let record = record();
        for (generation, second, standing) in [
            (3, 1_000, Standing::Current),
            (3, 8_999, Standing::Current),
            (3, 9_000, Standing::Ended),
            (2, 1_000, Standing::JustSuperseded),
            (2, 1_010, Standing::JustSuperseded),
            (2, 1_011, Standing::Superseded),
            (1, 1_000, Standing::Superseded),
            (4, 1_000, Standing::Superseded),
            (u32::MAX, 1_000, Standing::Superseded),
        ] {
            let verdict = record.standing(generation, Timestamp::from_seconds(second));
            assert_eq!(verdict, standing, "generation {generation} at {second}");
        }
    }

    #[test]
    fn revoked_and_disabled_end_it() {
        let now = Timestamp::from_seconds(1_000);
        let revoked = SessionRecord {
            revoked_at: Some(now),
            ..record()
        };
        assert_eq!(revoked.standing(3, now), Standing::Ended);
        let mut disabled = record();
        disabled.user.is_active = false;
        assert_eq!(disabled.standing(3, now), Standing::Ended);
    }

    #[test]
    fn administrators_sign_in_every_day() {
        assert_eq!(longest(Role::User), 30 * longest(Role::Admin));
        assert_eq!(longest(Role::SuperAdmin), 86_400);
    }
}
