//! The administration of the service itself, which is a resource without configuration. Its access tokens replace the session of an
//! administrator.

use super::resource::{Resource, ResourceScope};

/// A scope of the administration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdministrationScope {
    /// Read users, their sessions and their factors.
    UsersRead,
    /// Create, change and erase users of role `user`.
    UsersWrite,
    /// Read and verify the audit log.
    AuditRead,
}

impl AdministrationScope {
    /// All scopes.
    pub const ALL: [Self; 3] = [Self::UsersRead, Self::UsersWrite, Self::AuditRead];

    /// The scope as tokens contain it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UsersRead => "users:read",
            Self::UsersWrite => "users:write",
            Self::AuditRead => "audit:read",
        }
    }

    /// The permissions of the scope, for the `OpenAPI` document.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::UsersRead => "Read users, their sessions and their second factors",
            Self::UsersWrite => "Create, change and erase users of role `user`",
            Self::AuditRead => "Read, export and verify the audit log",
        }
    }
}

/// The audience of access tokens for the administration of the service with this issuer.
#[must_use]
pub fn audience(issuer: &str) -> String {
    format!("{issuer}/api/auth")
}

/// The administration of the service with this issuer. No user may grant its scopes: its routes take tokens of clients that act for
/// themselves only, so a super administrator allows a client these scopes when it is registered.
#[must_use]
pub fn resource(issuer: &str) -> Resource {
    let scope = |scope: AdministrationScope| ResourceScope {
        token: scope.as_str().to_owned(),
        roles: Vec::new(),
    };
    Resource {
        uri: audience(issuer),
        name: "Administration".to_owned(),
        scopes: AdministrationScope::ALL.map(scope).into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::resource;
    use crate::domain::role::Role;

    #[test]
    fn administration_is_found_by_its_uri_and_granted_by_no_user() {
        let resources = [super::resource("https://auth.example.com")];
        let found = resource::find(&resources, "https://AUTH.example.com/api/auth");
        let scopes = &found.expect("the resource").scopes;
        let tokens: Vec<&str> = scopes.iter().map(|scope| scope.token.as_str()).collect();
        assert_eq!(tokens, ["users:read", "users:write", "audit:read"]);
        for scope in scopes {
            for role in [Role::User, Role::Admin, Role::SuperAdmin] {
                assert!(!scope.may_be_granted_by(role), "{}", scope.token);
            }
        }
        for uri in [
            "https://auth.example.com",
            "https://auth.example.com/api/auth/",
            "https://auth.example.com/api",
        ] {
            assert!(resource::find(&resources, uri).is_none(), "{uri}");
        }
    }
}
