//! A revocation that was acknowledged applies to the next request, on every route in strict mode and on every route that
//! reads D1 in cached mode.

use crate::support::internals::SessionKind;
use crate::support::routes::{self, Route};
use crate::support::{App, Caller, NEW_PASSWORD, SEED_PASSWORD, SeededUser, Vars};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;

/// Every route that requires a session of this kind.
fn session_routes(kind: SessionKind) -> Vec<Route> {
    let mut routes = routes::all();
    routes.retain(|route| {
        let is_open = kind == SessionKind::Token || route.takes_cookie();
        route.required_role().is_some() && is_open
    });
    assert!(routes.len() >= 9, "{}", routes.len());
    routes
}

/// The routes that read D1 instead of cached sessions.
fn routes_that_read_d1(kind: SessionKind) -> Vec<Route> {
    let mut routes = session_routes(kind);
    routes.retain(|route| !["GET validate", "GET me"].contains(&route.name().as_str()));
    routes
}

/// Sends revoked tokens or cookies to one route after another.
struct Probe {
    app: App,
    routes: Vec<Route>,
    requests: AtomicUsize,
}

impl Probe {
    fn new(app: &App, routes: Vec<Route>) -> Arc<Self> {
        let requests = AtomicUsize::new(0);
        let app = app.clone();
        Arc::new(Self {
            app,
            routes,
            requests,
        })
    }

    /// Fails the test unless this many further routes refuse the token or cookie.
    async fn assert_refused(&self, session: &Caller, times: usize) {
        for _ in 0..times {
            let number = self.requests.fetch_add(1, Ordering::Relaxed);
            let route = &self.routes[number % self.routes.len()];
            let path = route.template.replace("{id}", &session.session_id());
            let response = session.request(route.method, &path).await;
            response.assert_status(401);
        }
    }

    /// The number of requests after each of this many revocations with which several are sent to each route, and at least this many
    /// after each.
    fn requests_per(&self, revocations: usize, at_least: usize) -> usize {
        (5 * self.routes.len()).div_ceil(revocations).max(at_least)
    }

    /// Fails the test unless at least this many requests, and several to each route, have been sent.
    fn assert_requests(&self, at_least: usize) {
        let requests = self.requests.load(Ordering::Relaxed);
        assert!(requests >= at_least, "{requests}");
        assert!(requests >= 5 * self.routes.len(), "{requests}");
    }
}

/// Both kinds of sessions.
pub const KINDS: [SessionKind; 2] = [SessionKind::Token, SessionKind::Cookie];

/// Ways to revoke a session without a password hash.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Revocation {
    Logout,
    LogoutAll,
    Disable,
    Demote,
}

const REVOCATIONS: [Revocation; 4] = [
    Revocation::Logout,
    Revocation::LogoutAll,
    Revocation::Disable,
    Revocation::Demote,
];

/// Revokes sessions of this many users, several at once, and sends `requests` requests after each revocation.
async fn revoke_sessions(
    probe: &Arc<Probe>,
    revocation: Revocation,
    users: usize,
    requests: usize,
) {
    const AT_ONCE: usize = 8;
    let seeded = probe.app.seed_users(users, "admin", 2).await;
    let mut running = JoinSet::new();
    for part in seeded.chunks(users.div_ceil(AT_ONCE)) {
        let (probe, part) = (probe.clone(), part.to_vec());
        running.spawn(async move {
            for (number, user) in part.iter().enumerate() {
                let revoked = revoke_one(&probe.app, revocation, user, number).await;
                probe.assert_refused(revoked, requests).await;
                if revocation == Revocation::Logout && number.is_multiple_of(20) {
                    user.sessions[1].validate().await.assert_status(200);
                }
            }
        });
    }
    running.join_all().await;
}

/// Revokes a session in this way. Returns a session that is revoked now.
async fn revoke_one<'a>(
    app: &App,
    revocation: Revocation,
    user: &'a SeededUser,
    number: usize,
) -> &'a Caller {
    let [own, other] = [&user.sessions[0], &user.sessions[1]];
    // Every twentieth time, the test checks that the session is live before it revokes it.
    if number.is_multiple_of(20) {
        own.validate().await.assert_status(200);
    }
    let change = match revocation {
        Revocation::Logout => {
            own.logout().await.assert_status(200);
            return own;
        }
        Revocation::LogoutAll => {
            own.logout_all().await.assert_status(200);
            return if number.is_multiple_of(2) { own } else { other };
        }
        Revocation::Disable => json!({ "is_active": false }),
        Revocation::Demote => json!({ "role": "user" }),
    };
    let admin = app.super_admin_session().await;
    let changed = admin.change_user(&user.id, &change).await;
    changed.assert_status(200);
    assert_eq!(changed.json()["revoked_sessions"], 2, "{revocation:?}");
    if number.is_multiple_of(2) { own } else { other }
}

/// Sets a new password for this many users, in turn with the old password and with a one-time link. Each revokes this many
/// sessions.
pub async fn set_new_passwords(users: usize, sessions: usize, kind: SessionKind) {
    // An isolate runs four hashes at a time, one of them for a recognised device.
    const AT_ONCE: usize = 3;
    let app = App::with(Vars::strict()).with_sessions(kind);
    let probe = Probe::new(&app, session_routes(app.kind()));
    let requests = probe.requests_per(users * sessions, 1);
    let seeded = app
        .seed_users_with_password(users, "user", sessions + 1)
        .await;
    let mut running = JoinSet::new();
    for (lane, part) in seeded.chunks(users.div_ceil(AT_ONCE)).enumerate() {
        let (probe, part) = (probe.clone(), part.to_vec());
        running.spawn(async move {
            for (number, user) in part.iter().enumerate() {
                let ip = probe.app.other_ip(lane * 10_000 + number);
                let [own, revoked @ ..] = user.sessions.as_slice() else {
                    panic!("no session");
                };
                if number.is_multiple_of(2) {
                    let change = own.change_password(SEED_PASSWORD, NEW_PASSWORD);
                    let changed = change.client_ip(&ip).await;
                    changed.assert_status(200);
                    let own = match kind {
                        SessionKind::Token => own.clone(),
                        SessionKind::Cookie => changed.cookie_session(),
                    };
                    own.validate().await.assert_status(200);
                } else {
                    let link = user.reset_link().await;
                    let set = probe.app.anonymous().set_password(&link, NEW_PASSWORD);
                    set.client_ip(&ip).await.assert_status(200);
                    probe.assert_refused(own, 1).await;
                }
                for session in revoked {
                    probe.assert_refused(session, requests).await;
                }
            }
        });
    }
    running.join_all().await;
    probe.assert_requests(users * sessions);
}

/// Revokes sessions of this many users in each way, in strict mode.
pub async fn revoke_in_strict_mode(users: usize, kind: SessionKind) {
    let app = App::with(Vars::strict()).with_sessions(kind);
    for revocation in REVOCATIONS {
        let probe = Probe::new(&app, session_routes(kind));
        let requests = probe.requests_per(users, 4);
        revoke_sessions(&probe, revocation, users, requests).await;
        probe.assert_requests(requests * users);
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn acknowledged_revocations_apply_on_every_route_in_strict_mode() {
    for kind in KINDS {
        revoke_in_strict_mode(30, kind).await;
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn acknowledged_revocations_apply_on_routes_that_read_d1() {
    for kind in KINDS {
        let app = App::shared().with_sessions(kind);
        for revocation in REVOCATIONS {
            let probe = Probe::new(&app, routes_that_read_d1(kind));
            let requests = probe.requests_per(16, 7);
            revoke_sessions(&probe, revocation, 16, requests).await;
            probe.assert_requests(requests * 16);
        }
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn new_passwords_revoke_sessions_at_once() {
    for kind in KINDS {
        set_new_passwords(8, 10, kind).await;
    }
}
