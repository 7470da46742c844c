//! Decides whether a session is live and what a token of it may be used for: pure functions of the session record and the
//! time.

mod rotations;

pub use rotations::Rotations;

use super::sign_in_method::SignInMethod;
use super::token::LEEWAY_SECONDS;
use super::user::User;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Seconds for which an authentication counts as a step-up: `max_age` in the challenge of RFC 9470.
pub const STEP_UP_SECONDS: i64 = 300;

/// Maximum of `REFRESH_REPLAY_WINDOW`.
pub const MAX_REPLAY_WINDOW_SECONDS: i64 = 300;

/// `last_used_at` is updated when it is this old: users see it to within an hour, and most requests write nothing.
pub const LAST_USED_STEP_SECONDS: i64 = 3_600;

/// Seconds after which `last_used_at` is updated if cookie sessions expire after this many seconds without use.
#[must_use]
pub fn last_used_step(idle_seconds: i64) -> i64 {
    LAST_USED_STEP_SECONDS.min(idle_seconds.div_euclid(4))
}

/// The time that `token_expires_at` of a live session exceeds, as in the statements of `store`: a session is live while it is
/// not revoked, `now` is before `ends_at`, and `token_expires_at` is later than this. After that, its current token cannot be
/// refreshed.
#[must_use]
pub fn expired_until(now: Timestamp) -> Timestamp {
    now.plus(-LEEWAY_SECONDS)
}

/// What a client authenticates its requests with in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// The session cookie, which the browser keeps.
    Cookie,
    /// A bearer token, which the client keeps.
    Token,
}

/// A session as stored in D1, with its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Lower-case hex SHA-256 of the claim `sid`.
    pub id: String,
    /// The user; `last_login` is the time of this sign-in.
    pub user: User,
    /// Whether it is used with a token or with a cookie.
    pub kind: SessionKind,
    /// The method of the sign-in; `None` for a session of a release that did not store it.
    pub method: Option<SignInMethod>,
    /// When the user last authenticated: the sign-in, the last step-up, or the last change of password in the session.
    pub authenticated_at: Timestamp,
    /// The generation of the current token or cookie: claim `gen`.
    pub generation: u32,
    /// When the current token or cookie was issued: claim `iat`.
    pub rotated_at: Timestamp,
    /// Claim `exp` of the current token. A cookie session expires at this time unless it is used before.
    pub token_expires_at: Timestamp,
    /// When the session reaches its maximum age.
    pub ends_at: Timestamp,
    /// When the session was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When the generations before the current one were rotated out.
    pub rotations: Rotations,
    /// Time of the last use, to within [`LAST_USED_STEP_SECONDS`].
    pub last_used_at: Timestamp,
    /// How often the password hash of the user was changed, also when the same password was hashed again.
    pub password_version: u32,
    /// Whether the user has a second factor now.
    pub has_factor: bool,
    /// How often the factors of the user were changed.
    pub factor_version: u32,
    /// When the user last authenticated with a factor in the session.
    pub factor_at: Option<Timestamp>,
}

/// The status of a token, which decides what it may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// The current token of a live session.
    Current,
    /// An earlier token of a live session, rotated out within the replay window.
    Replayable,
    /// An earlier token, rotated out before the replay window, or one that this session has never issued.
    Reused,
    /// The session's current token can no longer be refreshed.
    Expired,
    /// The session was revoked or has reached its maximum age, or its user is disabled.
    Revoked,
}

impl SessionRecord {
    /// The status of the token with this generation. `window` is `REFRESH_REPLAY_WINDOW`, in seconds.
    ///
    /// Reuse is reported even if the session has expired, because it shows that the token has leaked.
    #[must_use]
    pub fn token_status(&self, generation: u32, now: Timestamp, window: i64) -> TokenStatus {
        let is_ended = self.revoked_at.is_some() || self.ends_at <= now || !self.user.is_active;
        let is_current = generation == self.generation;
        if is_ended {
            TokenStatus::Revoked
        } else if !is_current && !self.is_replayable(generation, now, window) {
            TokenStatus::Reused
        } else if self.token_expires_at <= expired_until(now) {
            TokenStatus::Expired
        } else if is_current {
            TokenStatus::Current
        } else {
            TokenStatus::Replayable
        }
    }

    /// The time from which a token of this generation is refused unless the session changes: for a rotated-out token the end
    /// of its replay window, for the current token the end of the session.
    #[must_use]
    pub fn accepted_until(&self, generation: u32, window: i64) -> Timestamp {
        let end = self.token_expires_at.plus(LEEWAY_SECONDS).min(self.ends_at);
        if generation == self.generation {
            end
        } else {
            self.replayable_until(generation, window)
                .map_or(Timestamp::from_seconds(0), |until| until.min(end))
        }
    }

    /// Whether the user has authenticated recently enough for a route that requires step-up, as a request with a token or cookie
    /// of this generation shows. A user who has a factor must have used a factor or a recovery code. A token or cookie that was
    /// rotated out is not enough, because the rotation may have been the reaction to its theft. A sign-in with stored keys is not
    /// enough, because it does not show that a user is present.
    #[must_use]
    pub fn is_stepped_up(&self, generation: u32, now: Timestamp) -> bool {
        let authenticated_at = if self.has_factor {
            self.factor_at
        } else {
            Some(self.authenticated_at)
        };
        generation == self.generation
            && authenticated_at.is_some_and(|at| now < at.plus(STEP_UP_SECONDS))
            && !self.method.is_some_and(SignInMethod::is_of_a_program)
    }

    fn is_replayable(&self, generation: u32, now: Timestamp, window: i64) -> bool {
        self.replayable_until(generation, window)
            .is_some_and(|until| now < until)
    }

    fn replayable_until(&self, generation: u32, window: i64) -> Option<Timestamp> {
        let rotated_out_at = self.rotations.rotated_out_at(generation);
        let is_earlier = generation < self.generation;
        rotated_out_at
            .filter(|_| is_earlier)
            .map(|moment| moment.plus(window))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use uuid::Uuid;

    const WINDOW: i64 = 30;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    /// Generations 1 and 2 were rotated out in one second, generation 3 twenty seconds later.
    fn record() -> SessionRecord {
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
            kind: SessionKind::Token,
            method: Some(SignInMethod::Password),
            authenticated_at: at(1_000),
            generation: 4,
            rotated_at: at(1_020),
            token_expires_at: at(2_000),
            ends_at: at(9_000),
            revoked_at: None,
            rotations: Rotations::parse("[[1000,1],[1020,3]]").unwrap(),
            last_used_at: at(1_020),
            password_version: 0,
            has_factor: false,
            factor_version: 0,
            factor_at: None,
        }
    }

    #[test]
    fn rotated_token_is_replayable_for_the_window_after_its_rotation() {
        let record = record();
        for (generation, second, status) in [
            (4, 1_020, TokenStatus::Current),
            (4, 2_029, TokenStatus::Current),
            (4, 2_030, TokenStatus::Expired),
            (4, 9_000, TokenStatus::Revoked),
            (3, 1_020, TokenStatus::Replayable),
            (3, 1_049, TokenStatus::Replayable),
            (3, 1_050, TokenStatus::Reused),
            (2, 1_029, TokenStatus::Replayable),
            (2, 1_030, TokenStatus::Reused),
            (1, 1_029, TokenStatus::Replayable),
            (1, 1_030, TokenStatus::Reused),
            (0, 1_020, TokenStatus::Reused),
            (5, 1_020, TokenStatus::Reused),
            (u32::MAX, 1_020, TokenStatus::Reused),
            // Reuse is reported for an expired session as well.
            (3, 5_000, TokenStatus::Reused),
        ] {
            let verdict = record.token_status(generation, at(second), WINDOW);
            assert_eq!(verdict, status, "generation {generation} at {second}");
        }
    }

    #[test]
    fn window_of_zero_accepts_the_current_token_only() {
        let record = record();
        assert_eq!(record.token_status(4, at(1_020), 0), TokenStatus::Current);
        assert_eq!(record.token_status(3, at(1_020), 0), TokenStatus::Reused);
    }

    #[test]
    fn replayable_token_does_not_outlive_the_current_one() {
        let mut record = record();
        record.token_expires_at = at(1_010);
        assert_eq!(
            record.token_status(3, at(1_039), WINDOW),
            TokenStatus::Replayable
        );
        assert_eq!(
            record.token_status(3, at(1_040), WINDOW),
            TokenStatus::Expired
        );
        assert_eq!(record.accepted_until(3, WINDOW), at(1_040));
    }

    #[test]
    fn token_is_accepted_until_the_window_or_the_session_ends() {
        let record = record();
        for (generation, second) in [(4, 2_030), (3, 1_050), (2, 1_030), (0, 0), (9, 0)] {
            let until = record.accepted_until(generation, WINDOW);
            assert_eq!(until, at(second), "{generation}");
            if second > 0 {
                let is_accepted = |second| {
                    let status = record.token_status(generation, at(second), WINDOW);
                    matches!(status, TokenStatus::Current | TokenStatus::Replayable)
                };
                assert!(
                    is_accepted(second - 1) && !is_accepted(second),
                    "{generation}"
                );
            }
        }
        let last = SessionRecord {
            token_expires_at: record.ends_at,
            ..record
        };
        assert_eq!(last.accepted_until(4, WINDOW), last.ends_at);
    }

    #[test]
    fn step_up_needs_the_current_generation_and_a_recent_authentication_of_a_user() {
        let mut record = record();
        for (generation, second, is_stepped_up) in [
            (4, 1_000, true),
            (4, 1_299, true),
            (4, 1_300, false),
            (3, 1_020, false),
            (5, 1_020, false),
        ] {
            let found = record.is_stepped_up(generation, at(second));
            assert_eq!(found, is_stepped_up, "generation {generation} at {second}");
        }
        for (method, is_stepped_up) in [
            (None, true),
            (Some(SignInMethod::AwsDevice), true),
            (Some(SignInMethod::AwsProof), false),
            (Some(SignInMethod::AwsApp), false),
        ] {
            record.method = method;
            assert_eq!(record.is_stepped_up(4, at(1_020)), is_stepped_up);
        }
    }

    #[test]
    fn step_up_of_a_user_with_a_factor_needs_the_factor() {
        let mut record = record();
        record.has_factor = true;
        assert!(!record.is_stepped_up(4, at(1_001)));
        record.factor_at = Some(at(1_100));
        for (second, is_stepped_up) in [(1_399, true), (1_400, false)] {
            assert_eq!(record.is_stepped_up(4, at(second)), is_stepped_up);
        }
        // Without a factor, the time of the earlier one does not count.
        record.has_factor = false;
        assert!(!record.is_stepped_up(4, at(1_350)));
    }

    #[test]
    fn last_use_is_stored_at_least_four_times_per_idle_time() {
        for (idle, step) in [
            (3_600, 900),
            (7_200, 1_800),
            (14_400, 3_600),
            (604_800, 3_600),
        ] {
            assert_eq!(last_used_step(idle), step, "{idle}");
        }
    }

    #[test]
    fn token_of_a_revoked_session_or_disabled_user_is_revoked() {
        let now = at(1_020);
        let revoked = SessionRecord {
            revoked_at: Some(now),
            ..record()
        };
        let mut disabled = record();
        disabled.user.is_active = false;
        for record in [revoked, disabled] {
            for generation in [4, 3, 0] {
                let status = record.token_status(generation, now, WINDOW);
                assert_eq!(status, TokenStatus::Revoked);
            }
        }
    }
}
