//! Grants of users to OAuth clients: their state and their scopes.

use super::oauth_client::Scope;
use super::resource::Resource;
use super::role::Role;
use super::session::Rotations;
use super::sign_in_method::SignInMethod;
use super::token::access_token::AccessClaims;
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Seconds for which an authorization code is valid (RFC 6749 section 4.1.2 recommends at most ten minutes).
pub const CODE_SECONDS: i64 = 60;

/// The scope of ID tokens and of the user info endpoint.
pub const OPENID: &str = "openid";
/// The scope of the claim `roles`.
pub const ROLES: &str = "roles";
/// The scope of grants that outlive their session.
pub const OFFLINE_ACCESS: &str = "offline_access";

/// Scopes that belong to no resource, in the order in which the metadata lists them.
pub const IDENTITY_SCOPES: [&str; 5] = [OPENID, "profile", "email", ROLES, OFFLINE_ACCESS];

/// Whether a scope belongs to no resource.
#[must_use]
pub fn is_identity_scope(token: &str) -> bool {
    IDENTITY_SCOPES.contains(&token)
}

/// The scopes that a user of this role may grant: those of the resource for the role, and those that belong to no resource. `None`
/// if these would give no access, because no scope of the resource is left or, without a resource, the scope of the user info
/// endpoint is absent.
#[must_use]
pub fn grantable(scope: &Scope, resource: Option<&Resource>, role: Role) -> Option<Scope> {
    useful(scope, resource, |scope| scope.may_be_granted_by(role))
}

/// Like [`grantable`], for a user of any role.
#[must_use]
pub fn known(scope: &Scope, resource: Option<&Resource>) -> Option<Scope> {
    useful(scope, resource, |_| true)
}

fn useful(
    scope: &Scope,
    resource: Option<&Resource>,
    may_grant: impl Fn(&super::resource::ResourceScope) -> bool,
) -> Option<Scope> {
    let is_of_resource = |token: &str| {
        let scope = resource.and_then(|resource| resource.scope(token));
        scope.is_some_and(&may_grant)
    };
    let kept = scope.filtered(|token| is_identity_scope(token) || is_of_resource(token));
    let gives_access = match resource {
        Some(_) => kept.tokens().any(is_of_resource),
        None => kept.contains(OPENID),
    };
    gives_access.then_some(kept)
}

/// Whether an access token for this resource may still be used after a change of the role: a user of this role may grant all of its
/// scopes, and it names no other role.
#[must_use]
pub fn is_still_permitted(claims: &AccessClaims, resource: Option<&Resource>, role: Role) -> bool {
    let may_be_granted = |token: &str| match resource {
        Some(resource) => resource
            .scope(token)
            .is_some_and(|scope| scope.may_be_granted_by(role)),
        None => true,
    };
    claims.scope.split_ascii_whitespace().all(may_be_granted)
        && claims.roles.iter().all(|named| *named == role)
}

/// The scopes of an access token: for a resource those that the resource declares, otherwise those of the user info endpoint.
#[must_use]
pub fn of_access_token(scope: &Scope, resource: Option<&Resource>) -> Scope {
    match resource {
        Some(resource) => scope.filtered(|token| resource.scope(token).is_some()),
        None => scope.filtered(|token| token != OFFLINE_ACCESS),
    }
}

/// The methods of an authentication (RFC 8176). The methods of Identity Center are unknown.
#[must_use]
pub fn methods(method: Option<SignInMethod>, has_used_factor: bool) -> Vec<&'static str> {
    match method {
        Some(SignInMethod::Passkey) => vec!["pop", "user", "mfa"],
        Some(SignInMethod::Password) if has_used_factor => vec!["pwd", "mfa"],
        Some(SignInMethod::Password) => vec!["pwd"],
        _ if has_used_factor => vec!["mfa"],
        _ => Vec::new(),
    }
}

/// Whether this is the verifier of a code challenge with S256 (RFC 7636 sections 4.1 and 4.6).
#[must_use]
pub fn is_verifier(verifier: &str, challenge: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len())
        && verifier.bytes().all(is_letter)
        && Base64UrlUnpadded::encode_string(&Sha256::digest(verifier.as_bytes())) == challenge
}

/// A grant as it is stored, with the state of its user and session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRecord {
    /// Claim `gid`.
    pub id: Uuid,
    /// The user.
    pub user: Uuid,
    /// The role of the user.
    pub role: Role,
    /// The client.
    pub client: Uuid,
    /// The redirect URI to which the code was sent.
    pub redirect_uri: String,
    /// The URI of the resource; `None` for the user info endpoint.
    pub resource: Option<String>,
    /// The scopes that the user has allowed.
    pub scope: Scope,
    /// The code challenge (RFC 7636).
    pub code_challenge: String,
    /// `nonce` of the authorization request.
    pub nonce: Option<String>,
    /// When the user last authenticated before the consent.
    pub authenticated_at: Timestamp,
    /// The methods of that authentication.
    pub methods: Vec<String>,
    /// When the code was redeemed.
    pub redeemed_at: Option<Timestamp>,
    /// Generation of the current refresh token; 0 is the code.
    pub generation: u32,
    /// When the current refresh token was issued; before the first one, when the code was issued.
    pub rotated_at: Timestamp,
    /// When the generations before the current one were rotated out.
    pub rotations: Rotations,
    /// When the code or the current refresh token expires.
    pub expires_at: Timestamp,
    /// When the grant reaches its maximum age.
    pub ends_at: Timestamp,
    /// Whether the grant can still be used: it was not revoked, its user is active and, without `offline_access`, its session is
    /// live.
    pub is_live: bool,
}

/// The state of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshStatus {
    /// The current one of a live grant.
    Current,
    /// An earlier one of a live grant, rotated out within the replay window.
    Replayable,
    /// An earlier one of a live grant, presented after the replay window.
    Reused,
    /// The grant was revoked or has expired.
    Ended,
}

impl GrantRecord {
    /// The state of the refresh token with this generation. `window` is `REFRESH_REPLAY_WINDOW`, in seconds. As for sessions, reuse
    /// is reported even if the grant has expired.
    #[must_use]
    pub fn refresh_status(&self, generation: u32, now: Timestamp, window: i64) -> RefreshStatus {
        let rotated_out_at = self.rotations.rotated_out_at(generation);
        let is_earlier = generation < self.generation;
        let is_replayable =
            is_earlier && rotated_out_at.is_some_and(|moment| now < moment.plus(window));
        if !self.is_live || self.redeemed_at.is_none() || self.ends_at <= now {
            RefreshStatus::Ended
        } else if generation != self.generation && !is_replayable {
            RefreshStatus::Reused
        } else if self.expires_at <= now {
            RefreshStatus::Ended
        } else if is_replayable {
            RefreshStatus::Replayable
        } else {
            RefreshStatus::Current
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    fn resource() -> Resource {
        let text = r#"[{"resource":"https://api.example.com","name":"A","scopes":{"read":["user","admin"],"write":["admin"]}}]"#;
        let mut found = super::super::resource::parse(text, "https://auth.example.com").unwrap();
        found.remove(0)
    }

    /// Generations 1 and 2 were rotated out, at 1,000 and at 1,020.
    fn record() -> GrantRecord {
        GrantRecord {
            id: Uuid::from_u128(1),
            user: Uuid::from_u128(2),
            role: Role::User,
            client: Uuid::from_u128(3),
            redirect_uri: "https://app.example.com/cb".into(),
            resource: None,
            scope: scope("openid"),
            code_challenge: String::new(),
            nonce: None,
            authenticated_at: at(900),
            methods: Vec::new(),
            redeemed_at: Some(at(950)),
            generation: 3,
            rotated_at: at(1_020),
            rotations: Rotations::parse("[[1000,1],[1020,2]]").unwrap(),
            expires_at: at(2_000),
            ends_at: at(3_000),
            is_live: true,
        }
    }

    #[test]
    fn refresh_token_is_replayable_for_the_window_after_its_rotation() {
        let record = record();
        for (generation, second, status) in [
            (3, 1_020, RefreshStatus::Current),
            (3, 1_999, RefreshStatus::Current),
            (3, 2_000, RefreshStatus::Ended),
            (2, 1_049, RefreshStatus::Replayable),
            (2, 1_050, RefreshStatus::Reused),
            (1, 1_029, RefreshStatus::Replayable),
            (1, 1_030, RefreshStatus::Reused),
            (4, 1_020, RefreshStatus::Reused),
            (2, 2_500, RefreshStatus::Reused),
            (2, 3_000, RefreshStatus::Ended),
        ] {
            let found = record.refresh_status(generation, at(second), 30);
            assert_eq!(found, status, "generation {generation} at {second}");
        }
        assert_eq!(
            record.refresh_status(2, at(1_020), 0),
            RefreshStatus::Reused
        );
    }

    #[test]
    fn grant_that_was_revoked_or_not_redeemed_has_ended() {
        let revoked = GrantRecord {
            is_live: false,
            ..record()
        };
        let open = GrantRecord {
            redeemed_at: None,
            ..record()
        };
        for record in [revoked, open] {
            for generation in [1, 3, 9] {
                let found = record.refresh_status(generation, at(1_020), 30);
                assert_eq!(found, RefreshStatus::Ended);
            }
        }
    }

    #[test]
    fn user_grants_scopes_of_the_role_and_scopes_of_no_resource() {
        let resource = resource();
        for (text, role, expected) in [
            (
                "openid read write x",
                Role::Admin,
                Some("openid read write"),
            ),
            ("openid read write x", Role::User, Some("openid read")),
            ("write openid", Role::User, None),
            ("read", Role::SuperAdmin, None),
            (
                "offline_access read",
                Role::User,
                Some("offline_access read"),
            ),
            ("openid", Role::User, None),
            ("", Role::User, None),
        ] {
            let found = grantable(&scope(text), Some(&resource), role);
            assert_eq!(found, expected.map(scope), "{text}");
        }
        assert_eq!(
            known(&scope("write x"), Some(&resource)),
            Some(scope("write"))
        );
        for (text, expected) in [
            ("openid read roles", Some("openid roles")),
            ("profile email", None),
            ("read", None),
        ] {
            let found = grantable(&scope(text), None, Role::User);
            assert_eq!(found, expected.map(scope), "{text}");
        }
    }

    #[test]
    fn access_token_has_the_scopes_of_its_audience() {
        let all = scope("openid read roles offline_access");
        assert_eq!(of_access_token(&all, Some(&resource())), scope("read"));
        let of_user = scope("openid roles offline_access");
        assert_eq!(of_access_token(&of_user, None), scope("openid roles"));
    }

    #[test]
    fn verifier_is_that_of_the_challenge() {
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(is_verifier(verifier, challenge));
        assert!(!is_verifier(challenge, challenge));
        assert!(!is_verifier(&verifier[1..], challenge));
        let challenge_of =
            |text: &str| Base64UrlUnpadded::encode_string(&Sha256::digest(text.as_bytes()));
        for (text, is_valid) in [
            ("a".repeat(42), false),
            ("a".repeat(43), true),
            ("~".repeat(128), true),
            ("a".repeat(129), false),
            ("+".repeat(43), false),
        ] {
            assert_eq!(is_verifier(&text, &challenge_of(&text)), is_valid, "{text}");
        }
    }

    #[test]
    fn methods_are_those_of_rfc_8176() {
        for (method, has_used_factor, expected) in [
            (Some(SignInMethod::Password), false, &["pwd"][..]),
            (Some(SignInMethod::Password), true, &["pwd", "mfa"]),
            (Some(SignInMethod::Passkey), true, &["pop", "user", "mfa"]),
            (Some(SignInMethod::AwsDevice), false, &[]),
            (Some(SignInMethod::AwsDevice), true, &["mfa"]),
            (None, false, &[]),
        ] {
            assert_eq!(methods(method, has_used_factor), expected);
        }
    }
}
