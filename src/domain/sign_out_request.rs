//! Sign-out requests of OAuth clients (`OpenID` Connect RP-Initiated Logout 1.0 section 2): the client that asks, and the address that
//! the user returns to.

use super::oauth_client::OauthClient;
use super::redirect_uri;
use super::token::id_token::IdTokenHint;

/// Longer lists of languages are ignored.
const MAX_LOCALES_BYTES: usize = 100;

/// The parameters of a request. `logout_hint` is not among them: a browser has one session, so there is no user to choose.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `client_id`.
    pub client_id: Option<String>,
    /// `post_logout_redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `state`.
    pub state: Option<String>,
}

impl Given {
    /// Whether the ID token was issued to another client than `client_id` (section 2).
    #[must_use]
    pub fn contradicts(&self, hint: Option<IdTokenHint>) -> bool {
        let of_hint = hint.map(|hint| hint.client.to_string());
        self.client_id.is_some() && of_hint.is_some() && self.client_id != of_hint
    }

    /// The id of the client: `client_id`, or that of the ID token.
    #[must_use]
    pub fn client(&self, hint: Option<IdTokenHint>) -> Option<String> {
        let of_hint = || hint.map(|hint| hint.client.to_string());
        self.client_id.clone().or_else(of_hint)
    }
}

/// Languages in the form of `ui_locales`; `None` for a text of another form, or a long one.
#[must_use]
pub fn locales(text: &str) -> Option<&str> {
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || b"- ".contains(&byte);
    let is_valid = text.len() <= MAX_LOCALES_BYTES && text.bytes().all(is_character);
    is_valid.then_some(text)
}

/// Whether a user may return to this address of a client after a sign-out.
#[must_use]
pub fn may_return(client: &OauthClient, requested: &str) -> bool {
    let registered = &client.metadata.post_logout_redirect_uris;
    registered
        .iter()
        .any(|registered| redirect_uri::matches(registered, requested))
}

/// The address of a client with `state`.
#[must_use]
pub fn location(redirect_uri: &str, state: Option<&str>) -> String {
    let Some(state) = state else {
        return redirect_uri.to_owned();
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("state", state)
        .finish();
    let separator = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn client_is_that_of_the_parameter_and_the_token() {
        let id = Uuid::from_u128(3);
        let hint = Some(IdTokenHint {
            user: Uuid::from_u128(1),
            client: id,
        });
        let (text, other) = (id.to_string(), Uuid::from_u128(4).to_string());
        for (client_id, hint, client, contradicts) in [
            (None, None, None, false),
            (Some(&other), None, Some(&other), false),
            (None, hint, Some(&text), false),
            (Some(&text), hint, Some(&text), false),
            (Some(&other), hint, Some(&other), true),
        ] {
            let given = Given {
                client_id: client_id.cloned(),
                ..Given::default()
            };
            assert_eq!(given.client(hint).as_ref(), client);
            assert_eq!(given.contradicts(hint), contradicts, "{client_id:?}");
        }
    }

    #[test]
    fn state_is_added_to_the_address() {
        for (uri, state, expected) in [
            ("https://a.example", None, "https://a.example"),
            (
                "https://a.example/",
                Some("x"),
                "https://a.example/?state=x",
            ),
            (
                "https://a.example/?b=1",
                Some("x y&z=\u{e9}"),
                "https://a.example/?b=1&state=x+y%26z%3D%C3%A9",
            ),
            ("com.example:/out", Some("s"), "com.example:/out?state=s"),
        ] {
            assert_eq!(location(uri, state), expected);
        }
    }

    #[test]
    fn languages_are_letters_digits_and_hyphens() {
        for text in ["de", "de-CH en", "zh-Hant-TW"] {
            assert_eq!(locales(text), Some(text));
        }
        for text in ["de&x=1", "de\r\nx", "\u{e9}", "d#", &"a".repeat(101)] {
            assert_eq!(locales(text), None, "{text}");
        }
    }
}
