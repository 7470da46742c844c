//! What is registered about an OAuth client, and which of these properties fit together.

use super::{ClientKind, GrantType, KeySet, Scope, TokenEndpointAuthMethod};
use serde::Serialize;

/// Maximum number of redirect URIs of a client, and of those after a sign-out.
pub const MAX_URIS: usize = 10;

/// What is registered about an OAuth client, with the names of RFC 7591 section 2. Each property is valid by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct Metadata {
    /// Name, which users see when they consent.
    pub client_name: String,
    /// How it authenticates at the token endpoint.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Where users may return to with the response of an authorization request.
    pub redirect_uris: Vec<String>,
    /// Where users may return to after a sign-out.
    pub post_logout_redirect_uris: Vec<String>,
    /// How it may get tokens.
    pub grant_types: Vec<GrantType>,
    /// Scopes that it may have with client credentials, separated by spaces; empty if it has none.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "String"))]
    pub scope: Scope,
    /// Public keys of its assertions; null without `private_key_jwt`.
    pub jwks: Option<KeySet>,
}

/// Why properties do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// There is no grant.
    NoGrantType,
    /// Refresh tokens are issued with the tokens of an authorization code only.
    RefreshTokenWithoutCode,
    /// A public client cannot authenticate, so no client credentials prove what it is.
    CredentialsOfPublicClient,
    /// Scopes are those of client credentials.
    ScopeWithoutCredentials,
    /// An authorization code is sent to a redirect URI.
    CodeWithoutRedirectUri,
    /// No response is sent to a redirect URI.
    RedirectUriWithoutCode,
    /// Assertions are verified with keys.
    AssertionsWithoutKeys,
    /// There are no assertions to verify.
    KeysWithoutAssertions,
    /// A registered client would need a secret or keys that it does not have, or keep those that it does not need.
    OtherAuthMethod,
}

impl Misfit {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NoGrantType,
        Self::RefreshTokenWithoutCode,
        Self::CredentialsOfPublicClient,
        Self::ScopeWithoutCredentials,
        Self::CodeWithoutRedirectUri,
        Self::RedirectUriWithoutCode,
        Self::AssertionsWithoutKeys,
        Self::KeysWithoutAssertions,
        Self::OtherAuthMethod,
    ];

    /// The text for the administrator.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::NoGrantType => "grant_types is empty",
            Self::RefreshTokenWithoutCode => "refresh_token requires authorization_code",
            Self::CredentialsOfPublicClient => "A public client cannot have client_credentials",
            Self::ScopeWithoutCredentials => "scope requires client_credentials",
            Self::CodeWithoutRedirectUri => "authorization_code requires redirect_uris",
            Self::RedirectUriWithoutCode => "Redirect URIs require authorization_code",
            Self::AssertionsWithoutKeys => "private_key_jwt requires jwks",
            Self::KeysWithoutAssertions => "jwks requires private_key_jwt",
            Self::OtherAuthMethod => "This authentication method requires another client",
        }
    }
}

impl Metadata {
    /// Checks whether the properties fit together.
    ///
    /// # Errors
    /// The first [`Misfit`].
    pub fn check(&self) -> Result<(), Misfit> {
        let has = |grant_type| self.grant_types.contains(&grant_type);
        let has_code = has(GrantType::AuthorizationCode);
        let has_credentials = has(GrantType::ClientCredentials);
        let method = self.token_endpoint_auth_method;
        let has_assertions = method == TokenEndpointAuthMethod::PrivateKeyJwt;
        let has_uris = !self.redirect_uris.is_empty() || !self.post_logout_redirect_uris.is_empty();
        let rules = [
            (self.grant_types.is_empty(), Misfit::NoGrantType),
            (
                has(GrantType::RefreshToken) && !has_code,
                Misfit::RefreshTokenWithoutCode,
            ),
            (
                has_credentials && method.kind() == ClientKind::Public,
                Misfit::CredentialsOfPublicClient,
            ),
            (
                !self.scope.as_str().is_empty() && !has_credentials,
                Misfit::ScopeWithoutCredentials,
            ),
            (
                has_code && self.redirect_uris.is_empty(),
                Misfit::CodeWithoutRedirectUri,
            ),
            (has_uris && !has_code, Misfit::RedirectUriWithoutCode),
            (
                has_assertions && self.jwks.is_none(),
                Misfit::AssertionsWithoutKeys,
            ),
            (
                self.jwks.is_some() && !has_assertions,
                Misfit::KeysWithoutAssertions,
            ),
        ];
        match rules.into_iter().find(|(is_broken, _)| *is_broken) {
            Some((_, misfit)) => Err(misfit),
            None => Ok(()),
        }
    }

    /// Checks whether a client with these properties may be changed to have the new ones.
    ///
    /// # Errors
    /// [`Misfit`].
    pub fn check_change(&self, new: &Self) -> Result<(), Misfit> {
        let (from, to) = (
            self.token_endpoint_auth_method,
            new.token_endpoint_auth_method,
        );
        if from != to && !(from.uses_secret() && to.uses_secret()) {
            return Err(Misfit::OtherAuthMethod);
        }
        new.check()
    }

    /// The names of the properties that differ.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let properties = [
            ("client_name", self.client_name != other.client_name),
            (
                "token_endpoint_auth_method",
                self.token_endpoint_auth_method != other.token_endpoint_auth_method,
            ),
            ("redirect_uris", self.redirect_uris != other.redirect_uris),
            (
                "post_logout_redirect_uris",
                self.post_logout_redirect_uris != other.post_logout_redirect_uris,
            ),
            ("grant_types", self.grant_types != other.grant_types),
            ("scope", self.scope != other.scope),
            ("jwks", self.jwks != other.jwks),
        ];
        let different = properties.into_iter().filter(|(_, differs)| *differs);
        different.map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: TokenEndpointAuthMethod, grant_types: &[GrantType]) -> Metadata {
        let uris = if grant_types.contains(&GrantType::AuthorizationCode) {
            vec!["https://app.example.com/cb".to_owned()]
        } else {
            Vec::new()
        };
        Metadata {
            client_name: "App".to_owned(),
            token_endpoint_auth_method: method,
            redirect_uris: uris,
            post_logout_redirect_uris: Vec::new(),
            grant_types: grant_types.to_vec(),
            scope: Scope::default(),
            jwks: None,
        }
    }

    const CODE: GrantType = GrantType::AuthorizationCode;
    const REFRESH: GrantType = GrantType::RefreshToken;
    const CREDENTIALS: GrantType = GrantType::ClientCredentials;

    #[test]
    fn grants_fit_the_kind_of_the_client_and_each_other() {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost, None};
        for (method, grant_types, expected) in [
            (None, &[CODE][..], Ok(())),
            (None, &[CODE, REFRESH], Ok(())),
            (None, &[], Err(Misfit::NoGrantType)),
            (None, &[REFRESH], Err(Misfit::RefreshTokenWithoutCode)),
            (None, &[CREDENTIALS], Err(Misfit::CredentialsOfPublicClient)),
            (
                None,
                &[CODE, CREDENTIALS],
                Err(Misfit::CredentialsOfPublicClient),
            ),
            (ClientSecretBasic, &[CREDENTIALS], Ok(())),
            (ClientSecretPost, &[CODE, REFRESH, CREDENTIALS], Ok(())),
            (
                ClientSecretPost,
                &[REFRESH, CREDENTIALS],
                Err(Misfit::RefreshTokenWithoutCode),
            ),
        ] {
            assert_eq!(of(method, grant_types).check(), expected, "{grant_types:?}");
        }
    }

    #[test]
    fn redirect_uris_scopes_and_keys_belong_to_their_grants_and_methods() {
        let method = TokenEndpointAuthMethod::ClientSecretBasic;
        let mut without_uri = of(method, &[CODE]);
        without_uri.redirect_uris.clear();
        assert_eq!(without_uri.check(), Err(Misfit::CodeWithoutRedirectUri));
        let uris = vec!["https://app.example.com/".to_owned()];
        for metadata in [
            Metadata {
                redirect_uris: uris.clone(),
                ..of(method, &[CREDENTIALS])
            },
            Metadata {
                post_logout_redirect_uris: uris,
                ..of(method, &[CREDENTIALS])
            },
        ] {
            assert_eq!(metadata.check(), Err(Misfit::RedirectUriWithoutCode));
        }
        let scope = Scope::parse("users:read").unwrap();
        let scoped = |grant_types| Metadata {
            scope: scope.clone(),
            ..of(method, grant_types)
        };
        assert_eq!(scoped(&[CREDENTIALS]).check(), Ok(()));
        assert_eq!(
            scoped(&[CODE]).check(),
            Err(Misfit::ScopeWithoutCredentials)
        );
        let without_keys = of(TokenEndpointAuthMethod::PrivateKeyJwt, &[CREDENTIALS]);
        assert_eq!(without_keys.check(), Err(Misfit::AssertionsWithoutKeys));
    }

    #[test]
    fn method_changes_only_between_those_with_a_secret() {
        for from in TokenEndpointAuthMethod::ALL {
            for to in TokenEndpointAuthMethod::ALL {
                let changed = of(from, &[CODE]).check_change(&of(to, &[CODE]));
                let is_allowed = from == to || (from.uses_secret() && to.uses_secret());
                let is_refused = changed == Err(Misfit::OtherAuthMethod);
                assert_eq!(is_refused, !is_allowed, "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn differences_are_named() {
        let one = of(TokenEndpointAuthMethod::None, &[CODE]);
        assert_eq!(one.differences(&one), [""; 0]);
        let other = Metadata {
            client_name: "Other".to_owned(),
            grant_types: vec![CODE, REFRESH],
            ..one.clone()
        };
        assert_eq!(one.differences(&other), ["client_name", "grant_types"]);
    }
}
