//! Lists of scopes (RFC 6749 section 3.3).

use crate::domain::resource::Resource;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;

/// Maximum number of bytes of a list.
pub const MAX_SCOPE_BYTES: usize = 2_048;

/// Maximum number of scopes in a list.
const MAX_SCOPES: usize = 32;
/// Maximum number of bytes of a scope.
const MAX_TOKEN_BYTES: usize = 128;

/// A list of distinct scopes, which may be empty. The order is that of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(String);

impl Scope {
    /// Reads scopes that are separated by single spaces. `None` if one is no `scope-token`, or is given twice, or if they are too many
    /// or too long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let is_character = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let is_token = |token: &str| {
            (1..=MAX_TOKEN_BYTES).contains(&token.len()) && token.bytes().all(is_character)
        };
        let mut seen = BTreeSet::new();
        let is_valid = text.len() <= MAX_SCOPE_BYTES
            && text
                .split(' ')
                .all(|token| is_token(token) && seen.insert(token))
            && seen.len() <= MAX_SCOPES;
        is_valid.then(|| Self(text.to_owned()))
    }

    /// The scopes.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|token| !token.is_empty())
    }

    /// Whether this scope is in the list.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.tokens().any(|own| own == token)
    }

    /// The scopes that a client with these scopes gets for itself at a resource: those that it requests, or without a request all
    /// that the resource declares. `None` if none is left, or if it may not have one that it requests.
    #[must_use]
    pub fn granted(&self, resource: &Resource, requested: Option<&Self>) -> Option<Self> {
        let is_declared = |token: &str| resource.scopes.iter().any(|scope| scope.token == token);
        let may_have = |token: &str| self.contains(token) && is_declared(token);
        let granted: Vec<&str> = match requested {
            Some(requested) if !requested.tokens().all(may_have) => return None,
            Some(requested) => requested.tokens().collect(),
            None => self.tokens().filter(|token| may_have(token)).collect(),
        };
        (!granted.is_empty()).then(|| Self(granted.join(" ")))
    }

    /// The scopes that `keeps` accepts, in the same order.
    #[must_use]
    pub fn filtered(&self, keeps: impl Fn(&str) -> bool) -> Self {
        let kept: Vec<&str> = self.tokens().filter(|token| keeps(token)).collect();
        Self(kept.join(" "))
    }

    /// These scopes, followed by the scopes of the other list that are not among them. The result has no limit, because both lists
    /// are short.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let new = other.tokens().filter(|token| !self.contains(token));
        Self(self.tokens().chain(new).collect::<Vec<_>>().join(" "))
    }

    /// Whether all of these scopes are in the other list.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.tokens().all(|token| other.contains(token))
    }

    /// Whether there is no scope.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_scope_tokens_with_single_spaces_are_read() {
        let most = (0..MAX_SCOPES).map(|number| format!("s{number}"));
        let most = most.collect::<Vec<_>>().join(" ");
        let longest = "x".repeat(MAX_TOKEN_BYTES);
        for text in [
            "",
            "a",
            "users:read users:write",
            "https://x/y.z !#[]~",
            &most,
            &longest,
        ] {
            assert_eq!(
                Scope::parse(text).map(|scope| scope.0).as_deref(),
                Some(text)
            );
        }
        for text in [
            " ",
            " a",
            "a ",
            "a  b",
            "a a",
            "a b a",
            "a\tb",
            "a\"b",
            "a\\b",
            "\u{e4}",
            "a\u{7f}",
            "a\0",
            &format!("{most} one-more"),
            &format!("{longest}x"),
        ] {
            assert_eq!(Scope::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn granted_scopes_are_those_of_client_resource_and_request() {
        let resources = r#"[{"resource":"https://api.example.com","name":"A","scopes":{"a":["user"],"b":["user"],"c":["user"]}}]"#;
        let resources = crate::domain::resource::parse(resources, "https://auth.example.com");
        let resource = &resources.unwrap()[0];
        for (own, requested, granted) in [
            ("a b", None, Some("a b")),
            ("b a", None, Some("b a")),
            ("b d", None, Some("b")),
            ("a b", Some("b"), Some("b")),
            ("a b", Some("b a"), Some("b a")),
            ("", None, None),
            ("d", None, None),
            ("d", Some("d"), None),
            ("a b", Some("c"), None),
            ("a b", Some("a c"), None),
            ("a b", Some("a d"), None),
            ("a b d", Some("a d"), None),
            ("ab", Some("a"), None),
            ("a", Some(""), None),
        ] {
            let own = Scope::parse(own).unwrap();
            let requested = requested.map(|text| Scope::parse(text).unwrap());
            let found = own.granted(resource, requested.as_ref());
            let found = found.as_ref().map(Scope::as_str);
            assert_eq!(found, granted, "{own:?} {requested:?}");
        }
    }

    #[test]
    fn lists_are_filtered_joined_and_compared() {
        let list = |text| Scope::parse(text).unwrap();
        assert_eq!(list("a b c").filtered(|token| token != "b"), list("a c"));
        assert!(list("a").filtered(|_| false).is_empty());
        assert_eq!(list("b a").with(&list("c a")), list("b a c"));
        assert_eq!(list("").with(&list("a")), list("a"));
        for (one, other, is_within) in [
            ("", "", true),
            ("", "a", true),
            ("b", "a b", true),
            ("a c", "a b", false),
            ("a", "ab", false),
        ] {
            assert_eq!(list(one).is_within(&list(other)), is_within, "{one}");
        }
    }

    #[test]
    fn length_of_a_list_is_limited() {
        let token = |number: usize| format!("{number:0100}");
        let list = |count: usize| (0..count).map(token).collect::<Vec<_>>().join(" ");
        assert!(Scope::parse(&list(20)).is_some());
        assert_eq!(Scope::parse(&list(21)), None);
    }
}
