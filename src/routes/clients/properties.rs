//! Reads the properties of an OAuth client in a request. Each is checked by itself.

use crate::domain::names;
use crate::domain::oauth_client::{GivenKeySet, GrantType, KeySet, MAX_URIS, Scope};
use crate::domain::redirect_uri::RedirectUri;
use crate::http::error::ApiError;
use crate::http::error_codes::ErrorCode;

/// Maximum code points of a name.
const MAX_NAME_CHARACTERS: usize = 64;

/// A name.
///
/// # Errors
/// `InvalidField`.
pub(super) fn name(text: &str) -> Result<String, ApiError> {
    let name = names::text(text).ok();
    let name = name.filter(|name| name.chars().count() <= MAX_NAME_CHARACTERS);
    name.ok_or_else(|| ErrorCode::InvalidField.into())
}

/// Redirect URIs.
///
/// # Errors
/// `InvalidField` if there are too many, or one is given twice; `InvalidRedirectUri`.
pub(super) fn redirect_uris(uris: Vec<String>) -> Result<Vec<String>, ApiError> {
    if uris.len() > MAX_URIS || has_duplicate(&uris) {
        return Err(ErrorCode::InvalidField.into());
    }
    let is_allowed = uris.iter().all(|uri| RedirectUri::parse(uri).is_some());
    is_allowed
        .then_some(uris)
        .ok_or_else(|| ErrorCode::InvalidRedirectUri.into())
}

/// Grants.
///
/// # Errors
/// `InvalidField` if one is given twice.
pub(super) fn grant_types(grant_types: Vec<GrantType>) -> Result<Vec<GrantType>, ApiError> {
    if has_duplicate(&grant_types) {
        return Err(ErrorCode::InvalidField.into());
    }
    Ok(grant_types)
}

/// Scopes.
///
/// # Errors
/// `InvalidField`.
pub(super) fn scope(text: &str) -> Result<Scope, ApiError> {
    Scope::parse(text).ok_or_else(|| ErrorCode::InvalidField.into())
}

/// Keys.
///
/// # Errors
/// `InvalidJwks`.
pub(super) fn keys(given: GivenKeySet) -> Result<KeySet, ApiError> {
    KeySet::read(given).ok_or_else(|| ErrorCode::InvalidJwks.into())
}

fn has_duplicate<T: PartialEq>(list: &[T]) -> bool {
    let mut rest = list;
    while let Some((first, others)) = rest.split_first() {
        if others.contains(first) {
            return true;
        }
        rest = others;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T>(result: Result<T, ApiError>) -> Option<ErrorCode> {
        result.err().map(|error| error.code())
    }

    #[test]
    fn uris_are_distinct_allowed_and_at_most_ten() {
        let uri = |number: usize| format!("https://app.example.com/{number}");
        let most: Vec<String> = (0..MAX_URIS).map(uri).collect();
        assert_eq!(redirect_uris(most.clone()), Ok(most.clone()));
        let too_many = [most, vec![uri(MAX_URIS)]].concat();
        assert_eq!(code(redirect_uris(too_many)), Some(ErrorCode::InvalidField));
        let twice = vec![uri(1), uri(2), uri(1)];
        assert_eq!(code(redirect_uris(twice)), Some(ErrorCode::InvalidField));
        let bad = vec![uri(1), "javascript:alert(1)".to_owned()];
        assert_eq!(
            code(redirect_uris(bad)),
            Some(ErrorCode::InvalidRedirectUri)
        );
    }

    #[test]
    fn name_has_at_most_64_characters_and_none_that_hide_something() {
        assert_eq!(name(" Dashboards "), Ok("Dashboards".to_owned()));
        assert!(name(&"\u{e4}".repeat(64)).is_ok());
        for text in ["", " ", "a\nb", "a\u{202e}b", "a\0", &"a".repeat(65)] {
            assert_eq!(code(name(text)), Some(ErrorCode::InvalidField), "{text:?}");
        }
    }
}
