//! Revocation applies within 60 seconds, and never later than the TTL of cached sessions, for every way in which a
//! session, a token or a session cookie is revoked, and also if KV drops the write.

use crate::support::internals::SessionKind;
use crate::support::{App, Caller, Fault, NEW_PASSWORD, SEED_PASSWORD, SeededUser};
use serde_json::json;
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

/// A way to revoke a session, or its token or cookie.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Revocation {
    Logout,
    LogoutAll,
    FromAnotherSession,
    PasswordSet,
    PasswordChange,
    Reused,
    RotatedOut,
    Disable,
    Demote,
    SessionLimit,
}

impl Revocation {
    fn hashes_a_password(self) -> bool {
        matches!(
            self,
            Self::PasswordSet | Self::PasswordChange | Self::RotatedOut | Self::SessionLimit
        )
    }

    /// Seconds for which the token or cookie stays valid by design.
    fn grace(self) -> i64 {
        if self == Self::RotatedOut { 31 } else { 0 }
    }

    /// Revokes the user's first session, or its token or cookie. `rotated_out` is an older token or cookie of that session.
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
            Self::Reused => {
                let request = match app.kind() {
                    SessionKind::Token => rotated_out.refresh(),
                    // Every route that reads D1.
                    SessionKind::Cookie => rotated_out.list_sessions(),
                };
                request.await.assert_status(401);
                return;
            }
            Self::RotatedOut => match app.kind() {
                SessionKind::Token => own.refresh(),
                SessionKind::Cookie => own.step_up(SEED_PASSWORD),
            },
            Self::Disable => {
                let admin = app.super_admin_session().await;
                admin.change_user(&user.id, &json!({ "is_active": false }))
            }
            Self::Demote => {
                let admin = app.super_admin_session().await;
                admin.change_user(&user.id, &json!({ "role": "user" }))
            }
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
    Revocation::Reused,
    Revocation::RotatedOut,
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

/// The session with its next token or cookie.
async fn rotated(session: &Caller) -> Caller {
    match session.app().kind() {
        SessionKind::Token => session.refreshed().await,
        SessionKind::Cookie => {
            let _permit = HASHING.lock().await;
            session.stepped_up(SEED_PASSWORD).await
        }
    }
}

/// The statuses of the routes that read cached sessions.
async fn statuses_from_cache(app: &App, session: &Caller, seconds: i64) -> [u16; 2] {
    app.shift_clock(seconds).await;
    [session.validate().await.status, session.me().await.status]
}

async fn check(revocation: Revocation, kv: Kv, kind: SessionKind) {
    let what = format!("{revocation:?} of a {kind:?} session with KV {kv:?}");
    // A separate view, with its own clock and faults.
    let app = App::shared().with_sessions(kind);
    let mut user = app.seed_user("admin", 2).await;
    let first = user.sessions[0].clone();
    app.shift_clock(CACHED_AT).await;
    if revocation == Revocation::Reused {
        user.sessions[0] = rotated(&first).await;
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
    let (lasts, ends) = match kv {
        Kv::Slow => (15, 61),
        Kv::DropsWrites => (100, TTL),
    };
    // This shows that the fault has an effect.
    let statuses = statuses_from_cache(&app, session, REVOKED_AT + lasts).await;
    assert_eq!(statuses, [200; 2], "{what}");
    for seconds in [ends, ends + 30, TTL, TTL + 900, 30_000] {
        let seconds = REVOKED_AT + seconds.max(revocation.grace());
        let statuses = statuses_from_cache(&app, session, seconds).await;
        assert_eq!(statuses, [401; 2], "{what}, after {seconds} s");
    }
}

async fn check_all(kind: SessionKind) {
    let mut cases = JoinSet::new();
    for revocation in REVOCATIONS {
        for kv in [Kv::Slow, Kv::DropsWrites] {
            cases.spawn(check(revocation, kv, kind));
        }
    }
    cases.join_all().await;
}

#[tokio::test]
async fn every_revocation_applies_within_a_minute_or_the_ttl() {
    check_all(SessionKind::Token).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn every_revocation_of_a_cookie_session_applies_within_a_minute_or_the_ttl() {
    check_all(SessionKind::Cookie).await;
}
