//! The cookie that binds a pending sign-in or a passkey ceremony to the browser that began it. It identifies no user and grants nothing.

use super::cookies;
use super::request::Request;
use crate::app::RequestContext;
use crate::app::error::AppError;
use crate::crypto::fingerprint::fingerprint;
use crate::domain::address::site;
use crate::runtime::random;
use base64ct::{Base64UrlUnpadded, Encoding};

/// Seconds for which a browser keeps the cookie: longer than a pending sign-in.
const LIFETIME_SECONDS: u32 = 600;
/// Length of the value: 128 bits in base64url.
const VALUE_CHARACTERS: usize = 22;

/// The cookie of a request, and the client's network, which takes its place in clients that keep no cookies.
#[derive(Debug)]
pub struct BrowserCookie {
    sent: Option<String>,
    network: String,
}

/// What a sign-in or ceremony is bound to.
#[derive(Debug)]
pub struct Binding {
    /// `browser:` and the hash of the cookie, or `network:` and the network.
    pub text: String,
    /// The value of `Set-Cookie` that the response must have.
    pub set_cookie: Option<String>,
}

impl BrowserCookie {
    /// Reads the cookie of a request.
    #[must_use]
    pub fn of(context: &RequestContext, request: &Request) -> Self {
        let header = request.header("cookie");
        let sent = header
            .as_deref()
            .and_then(|header| cookies::value(header, &name(context)))
            .filter(|value| is_value(value));
        Self {
            sent: sent.map(str::to_owned),
            network: format!("network:{}", site(request.address().as_deref())),
        }
    }

    /// The binding of the browser, if it has the cookie.
    #[must_use]
    pub fn browser(&self) -> Option<String> {
        self.sent.as_deref().map(binding)
    }

    /// The binding of the client's network.
    #[must_use]
    pub fn network(&self) -> &str {
        &self.network
    }

    /// What a sign-in is bound to: the browser, if it has the cookie or can get it, else the network.
    ///
    /// # Errors
    /// `Runtime`.
    pub fn bind(&self, context: &RequestContext, is_browser: bool) -> Result<Binding, AppError> {
        let value = match &self.sent {
            Some(sent) => sent.clone(),
            None if is_browser => Base64UrlUnpadded::encode_string(&random::bytes::<16>()?),
            None => {
                return Ok(Binding {
                    text: self.network.clone(),
                    set_cookie: None,
                });
            }
        };
        let (name, cookie) = (name(context), &context.app.config.sessions.cookie);
        let secure = if cookie.is_secure { "; Secure" } else { "" };
        Ok(Binding {
            text: binding(&value),
            set_cookie: Some(format!(
                "{name}={value}; Path=/; Max-Age={LIFETIME_SECONDS}; HttpOnly{secure}; SameSite=Strict"
            )),
        })
    }
}

fn binding(value: &str) -> String {
    format!("browser:{}", fingerprint(value))
}

fn is_value(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.len() == VALUE_CHARACTERS && text.bytes().all(is_letter)
}

/// As the session cookie: with the prefix over https, and with the port in development.
fn name(context: &RequestContext) -> String {
    let session = &context.app.config.sessions.cookie.name;
    session.replace("-session", "-browser")
}
