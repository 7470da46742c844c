//! Routes that require a session and are open to every user.

use super::caller::{Caller, Credential};
use super::request::Request;
use super::response::Response;

impl Caller {
    /// Three routes that require a session and are open to every user; the last one reads D1.
    pub fn session_routes(&self) -> [(&'static str, Verb); 3] {
        match self.credential {
            Credential::Cookie(_) => COOKIE_ROUTES,
            _ => TOKEN_ROUTES,
        }
    }

    /// The statuses of [`Caller::session_routes`].
    pub async fn statuses(&self) -> [u16; 3] {
        let mut statuses = [0; 3];
        for (status, (_, request)) in statuses.iter_mut().zip(self.session_routes()) {
            *status = request(self).await.status;
        }
        statuses
    }
}

/// A function that builds a request of a caller.
pub type Verb = fn(&Caller) -> Request;

/// Three routes that require a token and are open to every user.
pub const TOKEN_ROUTES: [(&str, Verb); 3] = [
    ("validate", Caller::validate),
    ("me", Caller::me),
    ("refresh", Caller::refresh),
];

/// The same for a session cookie, which cannot be refreshed.
const COOKIE_ROUTES: [(&str, Verb); 3] = [
    ("validate", Caller::validate),
    ("me", Caller::me),
    ("sessions", Caller::list_sessions),
];

/// Fails the test if any of [`Caller::session_routes`] accepts one of these tokens or cookies.
pub async fn assert_refused(sessions: &[&Caller]) {
    for (number, session) in sessions.iter().enumerate() {
        for (name, request) in session.session_routes() {
            let response: Response = request(session).await;
            let text = response.text();
            assert_eq!(response.status, 401, "{name} with token {number}: {text}");
        }
    }
}
