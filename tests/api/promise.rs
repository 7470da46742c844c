//! What the README promises of the copies at the edge, for every way in which a session or a token ends: usually noticed
//! within 60 seconds, and never later than `SESSION_CACHE_TTL`, whatever becomes of the write to KV.

use crate::sessions::{logout, me, record_id, refresh, refreshed, validate};
use crate::support::command_line::program;
use crate::support::minted::{CROWD_PASSWORD, Member};
use crate::support::{App, Fault};
use edge_auth::crypto::fingerprint::fingerprint;
use serde_json::json;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// `SESSION_CACHE_TTL` of the servers, in seconds.
const TRUST: i64 = 300;
/// When the copies were last written, and when the end comes: more than a minute later.
const COPIED: i64 = 301;
const END: i64 = COPIED + 70;

const NEW: &str = "four unlikely words in a row";

/// The isolate has three places to hash, and other tests need some of them.
static HASHING: Mutex<()> = Mutex::const_new(());

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Logout,
    LogoutAll,
    OfAnotherDevice,
    PasswordByLink,
    PasswordByCurrent,
    ReusedToken,
    SupersededToken,
    Disabled,
    Demoted,
    OneTooMany,
}

const ENDINGS: [Ending; 10] = [
    Ending::Logout,
    Ending::LogoutAll,
    Ending::OfAnotherDevice,
    Ending::PasswordByLink,
    Ending::PasswordByCurrent,
    Ending::ReusedToken,
    Ending::SupersededToken,
    Ending::Disabled,
    Ending::Demoted,
    Ending::OneTooMany,
];

/// What KV does from just before the end on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kv {
    /// Reads are as they were a minute ago.
    Late,
    /// Writes fail.
    Deaf,
}

impl Ending {
    /// The command line's writes to KV are its own: the test's late reads never show them, and its faults do not hit them.
    fn is_by_command_line(self) -> bool {
        matches!(self, Self::Disabled | Self::Demoted)
    }

    fn hashes(self) -> bool {
        matches!(
            self,
            Self::PasswordByLink | Self::PasswordByCurrent | Self::OneTooMany
        )
    }

    /// Seconds after [`END`] from which nothing but KV's delay keeps the token alive.
    fn grace(self) -> i64 {
        if self == Self::SupersededToken { 31 } else { 0 }
    }

    /// Ends the session of the first token, or the token. The second is another session of the same person.
    async fn end(self, app: &App, person: &Member, before: &str) {
        let _one = if self.hashes() {
            Some(HASHING.lock().await)
        } else {
            None
        };
        let [own, other] = [&person.tokens[0], &person.tokens[1]];
        match self {
            Self::Logout => drop(logout(app, own).await.assert_status(200)),
            Self::LogoutAll => {
                let all = app.post("/api/auth/logout-all").bearer(other).send().await;
                all.assert_status(200);
            }
            Self::OfAnotherDevice => {
                let path = format!("/api/auth/sessions/{}", record_id(own));
                let end = app.request("DELETE", &path).bearer(other).send().await;
                end.assert_status(200);
            }
            Self::PasswordByLink => {
                let secret = format!("the secret of the link of {}", person.id);
                let sql = "INSERT INTO password_links (id, user_id, created_at, expires_at) \
                           VALUES (?1, ?2, '2026-01-01T00:00:00Z', '2999-01-01T00:00:00Z')";
                app.sql(sql, [fingerprint(&secret), person.id.clone()])
                    .await;
                let set = json!({ "token": secret, "password": NEW });
                let set = app.post("/api/auth/set-password").json(&set);
                set.send_until_admitted().await.assert_status(200);
            }
            Self::PasswordByCurrent => {
                let body = json!({ "current_password": CROWD_PASSWORD, "new_password": NEW });
                let change = app.post("/api/auth/change-password").bearer(other);
                let change = change.json(&body).send_until_admitted();
                change.await.assert_status(200);
            }
            Self::ReusedToken => drop(refresh(app, before).await.assert_status(401)),
            Self::SupersededToken => drop(refresh(app, own).await.assert_status(200).seen().await),
            Self::Disabled => command(app, &["disable", &person.id]).await,
            Self::Demoted => command(app, &["set-role", &person.id, "user"]).await,
            Self::OneTooMany => {
                app.mint(&[person.id.as_str(); 98]).await;
                let body = json!({ "username": person.username, "password": CROWD_PASSWORD });
                let login = app.post("/api/auth/login").json(&body);
                let reply = login.send_until_admitted().await;
                reply.assert_status(200).seen().await;
            }
        }
    }
}

async fn command(app: &App, words: &[&str]) {
    let output = app.user_command(words).await;
    assert!(output.status.success(), "{output:?}");
}

/// The statuses of what copies answer.
async fn at_the_edge(app: &App, token: &str, seconds: i64) -> [u16; 2] {
    app.shift_clock(seconds).await;
    [
        validate(app, token).await.status,
        me(app, token).await.status,
    ]
}

async fn keeps_the_promise(ending: Ending, kv: Kv) {
    let what = format!("{ending:?} with KV {kv:?}");
    // A view of its own: a clock and faults that no other case sees.
    let app = App::shared();
    let mut person = app.crowd(1, "admin", 2).await.remove(0);
    let first = person.tokens[0].clone();
    app.shift_clock(COPIED).await;
    if ending == Ending::ReusedToken {
        person.tokens[0] = refreshed(&app, &first).await;
    }
    for token in &person.tokens {
        validate(&app, token).await.assert_status(200).seen().await;
    }
    app.shift_clock(END).await;
    let fault = match kv {
        Kv::Late => Fault::kv().ops(&["get"]).reads_stale(60),
        Kv::Deaf => Fault::kv().ops(&["put"]).fails(),
    };
    app.fault(fault).await;
    ending.end(&app, &person, &first).await;

    let token = &person.tokens[0];
    app.shift_clock(END + ending.grace()).await;
    // D1 alone is asked here.
    let list = app.get("/api/auth/sessions").bearer(token).send().await;
    assert_eq!(list.status, 401, "{what}");
    // `lasts` leaves a busy machine time to get there: a shifted clock goes on.
    let (lasts, ends) = match (kv, ending.is_by_command_line()) {
        (Kv::Late, false) => (Some(15), 61),
        (Kv::Deaf, false) | (Kv::Late, true) => (Some(100), TRUST),
        (Kv::Deaf, true) => (None, 0),
    };
    if let Some(seconds) = lasts {
        // That the fault is one: the copy still says yes.
        assert_eq!(
            at_the_edge(&app, token, END + seconds).await,
            [200; 2],
            "{what}"
        );
    }
    for seconds in [ends, ends + 30, TRUST, TRUST + 900, 30_000] {
        let seconds = END + seconds.max(ending.grace());
        assert_eq!(
            at_the_edge(&app, token, seconds).await,
            [401; 2],
            "{what}, after {seconds} s"
        );
    }
}

#[tokio::test]
async fn every_end_is_noticed_within_a_minute_and_never_later_than_the_trust_bound() {
    program().await;
    let mut cases = JoinSet::new();
    for ending in ENDINGS {
        for kv in [Kv::Late, Kv::Deaf] {
            cases.spawn(keeps_the_promise(ending, kv));
        }
    }
    cases.join_all().await;
}
