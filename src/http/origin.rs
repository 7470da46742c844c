//! Decides whether a request that a session cookie authenticates, or that sets one, comes from a page that may send it. Browsers
//! add the cookie to requests that other sites cause, so this check takes the place of a secret that only the page knows.

use super::error::ApiError;
use super::error_codes::ErrorCode;
use super::request::Request;
use super::route::Guard;
use crate::config::{AllowedOrigin, Config};

/// Where the page that sent a request comes from, as its browser states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOrigin {
    /// The service's own origin.
    Own,
    /// An origin of `ALLOWED_ORIGINS` that may use cookies.
    Allowed,
    /// Another origin, or none: a link, a form or an image of another site, or a client that is not a browser.
    Other,
}

impl RequestOrigin {
    /// The origin of a request. No page can set these two headers (Fetch standard, "forbidden request-header").
    #[must_use]
    pub fn of(config: &'static Config, request: &Request) -> Self {
        // Browsers send `Origin` with all requests but those to the own origin with GET or HEAD.
        if request.is_same_origin {
            return Self::Own;
        }
        let Some(origin) = request.header("origin") else {
            return Self::Other;
        };
        let is_it = |allowed: &AllowedOrigin| allowed.has_credentials && allowed.text == origin;
        if origin == config.tokens.issuer {
            Self::Own
        } else if config.allowed_origins.iter().any(is_it) {
            Self::Allowed
        } else {
            Self::Other
        }
    }

    /// Refuses the request unless it comes from an origin that the guard accepts.
    ///
    /// # Errors
    /// `CrossSiteRequest`.
    pub fn require(self, guard: Guard) -> Result<(), ApiError> {
        let is_accepted = match guard {
            Guard::None | Guard::StepUpWithFactor => self != Self::Other,
            Guard::OwnOrigin | Guard::Current | Guard::StepUp => self == Self::Own,
        };
        if is_accepted {
            Ok(())
        } else {
            Err(ErrorCode::CrossSiteRequest.into())
        }
    }
}
