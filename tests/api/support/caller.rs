//! The callers of the API, and what they authenticate with.

use super::app::App;
use super::request::Request;
use std::fmt;

/// A client of the API. Its requests carry its token or session cookie, and the cookie of its recognised device, if it has them.
#[derive(Clone)]
pub struct Caller {
    pub(super) app: App,
    pub(super) credential: Credential,
    cookie: Option<String>,
}

/// What a client authenticates with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    None,
    Token(String),
    /// The value of the session cookie. The requests state that they come from the service's own origin, as browsers do.
    Cookie(String),
}

impl AsRef<str> for Caller {
    fn as_ref(&self) -> &str {
        self.token()
    }
}

impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        self.credential == other.credential
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter
            .debug_tuple("Caller")
            .field(&self.credential)
            .finish()
    }
}

/// The token.
impl fmt::Display for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.token())
    }
}

impl App {
    /// A client without a token.
    pub fn anonymous(&self) -> Caller {
        Caller {
            app: self.clone(),
            credential: Credential::None,
            cookie: None,
        }
    }

    /// A client with this token.
    pub fn with_token(&self, token: impl Into<String>) -> Caller {
        Caller {
            credential: Credential::Token(token.into()),
            ..self.anonymous()
        }
    }

    /// A browser with this value of the session cookie.
    pub fn with_session_cookie(&self, value: impl Into<String>) -> Caller {
        Caller {
            credential: Credential::Cookie(value.into()),
            ..self.anonymous()
        }
    }

    /// The name of the session cookie of this server.
    pub fn session_cookie_name(&self) -> String {
        let issuer = self.vars().expect("JWT_ISSUER");
        match issuer.strip_prefix("http://localhost:") {
            Some(port) => format!("edge-auth-session-{port}"),
            None => "__Host-edge-auth-session".to_owned(),
        }
    }
}

impl Caller {
    /// The view of the server that its requests use.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The same client, with this cookie.
    pub fn with_cookie(&self, cookie: &str) -> Self {
        Self {
            cookie: Some(cookie.to_owned()),
            ..self.clone()
        }
    }

    /// The same client in another view of the server: with the clock and the faults of that view.
    pub fn in_view(&self, app: &App) -> Self {
        Self {
            app: app.clone(),
            ..self.clone()
        }
    }

    pub fn token(&self) -> &str {
        match &self.credential {
            Credential::Token(token) => token,
            _ => panic!("a client with a token"),
        }
    }

    /// The value of the session cookie.
    pub fn session_cookie(&self) -> &str {
        match &self.credential {
            Credential::Cookie(value) => value,
            _ => panic!("a client with a session cookie"),
        }
    }

    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    pub fn request(&self, method: &str, path: &str) -> Request {
        let mut request = self.app.request(method, path);
        let mut cookies: Vec<String> = self.cookie.iter().cloned().collect();
        match &self.credential {
            Credential::None => {}
            Credential::Token(token) => request = request.bearer(token),
            Credential::Cookie(value) => {
                cookies.push(format!("{}={value}", self.app.session_cookie_name()));
                request = request.same_origin();
            }
        }
        if !cookies.is_empty() {
            request = request.cookie(&cookies.join("; "));
        }
        request
    }
}
