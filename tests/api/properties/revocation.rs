//! Revocation applies within 60 seconds, and never later than the TTL of cached sessions, for every way in which a
//! session or a token is revoked, and also if KV drops the write.

use crate::support::command_line::program;
use crate::support::{App, Caller, Fault, NEW_PASSWORD, SEED_PASSWORD, SeededUser};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// The TTL of cached sessions, in seconds.
const TTL: i64 = 300;

/// The time at which the cached sessions are written.
const CACHED_AT: i64 = 301;

/// The time of the revocation: more than a minute later.
const REVOKED_AT: i64 = CACHED_AT + 70;

/// An isolate runs three hashes at a time for devices that are not recognised, and other tests need some of these slots.
static HASHING: Mutex<()> = Mutex::const_new(());

/// A way to revoke a session or a token.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Revocation {
    Logout,
    LogoutAll,
    FromAnotherSession,
    PasswordSet,
    PasswordChange,
    ReusedToken,
    RotatedOutToken,
    Disable,
    Demote,
    SessionLimit,
}

impl Revocation {
    /// The command line writes to KV itself: the faults of the test do not affect these writes.
    fn is_by_command_line(self) -> bool {
        matches!(self, Self::Disable | Self::Demote)
    }

    fn hashes_a_password(self) -> bool {
        matches!(
            self,
            Self::PasswordSet | Self::PasswordChange | Self::SessionLimit
        )
    }

    /// Seconds for which the token stays valid by design.
    fn grace(self) -> i64 {
        if self == Self::RotatedOutToken { 31 } else { 0 }
    }

    /// Revokes the user's first session or its token. `rotated_out` is an older token of that session.
    async fn revoke(self, app: &App, user: &SeededUser, rotated_out: &Caller) {
        let _permit = if self.hashes_a_password() {
            Some(HASHING.lock().await)
        } else {
            None
        };
        let [own, other] = [&user.sessions[0], &user.sessions[1]];
        let request = match self {
            Self::Logout => own.logout(),
            Self::LogoutAll => other.logout_all(),
            Self::FromAnotherSession => other.revoke_session(&own.session_id()),
            Self::PasswordSet => {
                let link = user.reset_link().await;
                app.anonymous().set_password(&link, NEW_PASSWORD)
            }
            Self::PasswordChange => other.change_password(SEED_PASSWORD, NEW_PASSWORD),
            Self::ReusedToken => {
                rotated_out.refresh().await.assert_status(401);
                return;
            }
            Self::RotatedOutToken => own.refresh(),
            Self::Disable => return command(app, &["disable", &user.id]).await,
            Self::Demote => return command(app, &["set-role", &user.id, "user"]).await,
            Self::SessionLimit => {
                app.seed_sessions(&[user.id.as_str(); 98]).await;
                user.login()
            }
        };
        request.await.assert_status(200).recorded().await;
    }
}

const REVOCATIONS: [Revocation; 10] = [
    Revocation::Logout,
    Revocation::LogoutAll,
    Revocation::FromAnotherSession,
    Revocation::PasswordSet,
    Revocation::PasswordChange,
    Revocation::ReusedToken,
    Revocation::RotatedOutToken,
    Revocation::Disable,
    Revocation::Demote,
    Revocation::SessionLimit,
];

/// The failure of KV, which begins just before the revocation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kv {
    /// Reads return what was stored a minute ago.
    Slow,
    /// Writes fail.
    DropsWrites,
}

async fn command(app: &App, words: &[&str]) {
    let output = app.user_command(words).await;
    assert!(output.status.success(), "{output:?}");
}

/// The statuses of the routes that read cached sessions.
async fn statuses_from_cache(app: &App, session: &Caller, seconds: i64) -> [u16; 2] {
    app.shift_clock(seconds).await;
    [session.validate().await.status, session.me().await.status]
}

async fn check(revocation: Revocation, kv: Kv) {
    let what = format!("{revocation:?} with KV {kv:?}");
    // A separate view, with its own clock and faults.
    let app = App::shared();
    let mut user = app.seed_user("admin", 2).await;
    let first = user.sessions[0].clone();
    app.shift_clock(CACHED_AT).await;
    if revocation == Revocation::ReusedToken {
        user.sessions[0] = first.refreshed().await;
    }
    for session in &user.sessions {
        let response = session.validate().await;
        response.assert_status(200).recorded().await;
    }
    app.shift_clock(REVOKED_AT).await;
    let fault = match kv {
        Kv::Slow => Fault::kv_reads().reads_stale(60),
        Kv::DropsWrites => Fault::kv_writes().fails(),
    };
    app.fault(fault).await;
    revocation.revoke(&app, &user, &first).await;

    let session = &user.sessions[0];
    app.shift_clock(REVOKED_AT + revocation.grace()).await;
    // This route reads D1.
    let list = session.list_sessions().await;
    assert_eq!(list.status, 401, "{what}");
    // Until `lasts`, which leaves time for a loaded machine, the cached session is still valid. From `ends` it is not.
    let (lasts, ends) = match (kv, revocation.is_by_command_line()) {
        (Kv::Slow, false) => (Some(15), 61),
        (Kv::DropsWrites, false) | (Kv::Slow, true) => (Some(100), TTL),
        (Kv::DropsWrites, true) => (None, 0),
    };
    if let Some(seconds) = lasts {
        // This shows that the fault has an effect.
        let statuses = statuses_from_cache(&app, session, REVOKED_AT + seconds).await;
        assert_eq!(statuses, [200; 2], "{what}");
    }
    for seconds in [ends, ends + 30, TTL, TTL + 900, 30_000] {
        let seconds = REVOKED_AT + seconds.max(revocation.grace());
        let statuses = statuses_from_cache(&app, session, seconds).await;
        assert_eq!(statuses, [401; 2], "{what}, after {seconds} s");
    }
}

#[tokio::test]
async fn every_revocation_applies_within_a_minute_or_the_ttl() {
    program().await;
    let mut cases = JoinSet::new();
    for revocation in REVOCATIONS {
        for kv in [Kv::Slow, Kv::DropsWrites] {
            cases.spawn(check(revocation, kv));
        }
    }
    cases.join_all().await;
}
