//! The cookie of a recognised device. It grants no access; `domain/recognised_device.rs` describes its effect.

use super::cookies;
use super::request::Request;
use crate::app::RequestContext;
use crate::app::error::AppError;
use crate::crypto::sealed::Purpose;
use crate::domain::host;
use crate::domain::recognised_device::RecognisedDevice;
use crate::domain::user::User;
use crate::runtime::random;
use uuid::Uuid;

/// Seconds for which a browser keeps the cookie: the maximum in Chromium (RFC 6265bis section 5.5).
const LIFETIME_SECONDS: i64 = 400 * 86_400;

/// A user, with the names that the user may type to sign in.
#[derive(Debug)]
pub struct Names<'a> {
    /// The user.
    pub id: Uuid,
    /// User name.
    pub username: Option<&'a str>,
    /// E-mail address.
    pub email: Option<&'a str>,
}

impl<'a> Names<'a> {
    /// A user who may type the user name or the e-mail address.
    #[must_use]
    pub fn of(user: &'a User) -> Self {
        Self {
            id: user.id,
            username: Some(&user.username),
            email: user.email.as_deref(),
        }
    }
    /// A user who signs in without typing a name. A password user may have the same names, and the device must not be
    /// recognised for that user.
    #[must_use]
    pub fn none(id: Uuid) -> Self {
        Self {
            id,
            username: None,
            email: None,
        }
    }
}

/// The device cookie of a request, and the name under which the response may set it.
#[derive(Debug)]
pub struct DeviceCookie {
    sent: Option<String>,
    name: Option<&'static str>,
}

impl DeviceCookie {
    /// Reads the cookie of a request. Over https, its name has the `__Host-` prefix, so that neither another host nor a
    /// response over plain http can set it. Over http on a loopback host, which is used in development, the name has no prefix.
    /// Over http on any other host, there is no cookie.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let name = cookie_name(&request.url);
        let sent = name
            .and_then(|name| cookies::value(&request.header("cookie")?, name).map(str::to_owned));
        Self { sent, name }
    }

    /// The value that the client sent.
    #[must_use]
    pub fn sent(&self) -> Option<&str> {
        self.sent.as_deref()
    }

    /// The device in the cookie, if this service issued the cookie.
    #[must_use]
    pub fn open(&self, context: &RequestContext) -> Option<RecognisedDevice> {
        let sealer = &context.app.sealer;
        sealer
            .open(
                Purpose::RecognisedDevice,
                b"",
                self.sent()?,
                context.received_at,
            )
            .ok()
    }

    /// Returns the `Set-Cookie` value with which this device, or a new one, is recognised for this user. `None` if no cookie
    /// may be set.
    ///
    /// # Errors
    /// `Runtime`.
    pub fn recognise(
        &self,
        context: &RequestContext,
        device: Option<&RecognisedDevice>,
        user: &Names<'_>,
    ) -> Result<Option<String>, AppError> {
        let device = match device {
            Some(device) => device.clone(),
            None => RecognisedDevice::new(random::bytes()?),
        };
        self.seal(
            context,
            &device.after_sign_in(user.id, user.username, user.email),
        )
    }

    fn seal(
        &self,
        context: &RequestContext,
        device: &RecognisedDevice,
    ) -> Result<Option<String>, AppError> {
        let Some(name) = self.name else {
            return Ok(None);
        };
        let sealed = context
            .app
            .sealer
            .seal(
                Purpose::RecognisedDevice,
                b"",
                context.received_at.plus(LIFETIME_SECONDS),
                device,
                random::bytes()?,
            )
            .map_err(|_| AppError::Runtime)?;
        let secure = if name == SECURE_NAME { "; Secure" } else { "" };
        Ok(Some(format!(
            "{name}={sealed}; Path=/; Max-Age={LIFETIME_SECONDS}; HttpOnly{secure}; SameSite=Strict"
        )))
    }
}

const SECURE_NAME: &str = "__Host-edge-auth-device";
const DEVELOPMENT_NAME: &str = "edge-auth-device";

/// The parameter object of the cookie, for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn parameter() -> serde_json::Value {
    serde_json::json!({
        "name": SECURE_NAME,
        "in": "cookie",
        "required": false,
        "description": "Cookie of a recognised device, set by an earlier sign-in. Its name is `edge-auth-device` on \
                        http://localhost",
        "schema": {"type": "string"}
    })
}

fn cookie_name(url: &str) -> Option<&'static str> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    match scheme {
        "https" => Some(SECURE_NAME),
        "http" if host::is_loopback_authority(authority) => Some(DEVELOPMENT_NAME),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_gets_a_cookie_on_this_machine_only() {
        for (url, name) in [
            ("https://auth.example.com/api/auth/login", Some(SECURE_NAME)),
            ("https://127.0.0.1/", Some(SECURE_NAME)),
            (
                "http://127.0.0.1:8787/api/auth/login",
                Some(DEVELOPMENT_NAME),
            ),
            ("http://localhost/", Some(DEVELOPMENT_NAME)),
            ("http://[::1]:8787/", Some(DEVELOPMENT_NAME)),
            ("http://auth.example.com/", None),
            ("http://localhost.example.com/", None),
            ("http://127.0.0.1.example.com/", None),
            ("/api/auth/login", None),
        ] {
            assert_eq!(cookie_name(url), name, "{url}");
        }
    }
}
