//! Kinds of audit events, and whether each of them is a success.

use serde::Serialize;

/// Kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A user signed in; the detail is the method, such as `password` or `passkey`, and the second factor, if there was one.
    SignIn,
    /// A sign-in was refused; the detail gives the method and the reason.
    SignInFailed,
    /// A user signed out.
    SignOut,
    /// A rotated-out token or session cookie was reused after the replay window; its session was revoked.
    RefreshReuse,
    /// Sessions were revoked other than by signing out; the detail gives the cause.
    SessionRevoked,
    /// A password was set.
    PasswordSet,
    /// A signed-in user gave a wrong current password.
    PasswordChangeFailed,
    /// A signed-in user authenticated again; the detail is the method: `password`, `aws_device`, `passkey`, `totp` or `recovery_code`.
    StepUp,
    /// A signed-in user failed to authenticate again; the detail gives the method and the reason.
    StepUpFailed,
    /// A one-time link that sets a password was created; the detail gives the reason, if a request created it.
    PasswordLinkCreated,
    /// A one-time link for a forgotten password was requested and not created; the detail gives the reason.
    PasswordLinkRefused,
    /// A user asked for a new e-mail address.
    EmailChangeRequested,
    /// A user confirmed an e-mail address.
    EmailChanged,
    /// The earlier e-mail address of a user was restored with the link that had been sent to it.
    EmailReverted,
    /// A message was not sent; the detail gives its kind and a code.
    EmailFailed,
    /// A user was added.
    UserAdded,
    /// A user was disabled.
    UserDisabled,
    /// A user was enabled again.
    UserEnabled,
    /// The role of a user was changed; the detail gives the previous and the new role.
    RoleChanged,
    /// An administrator changed the profile of a user; the detail names the fields.
    UserChanged,
    /// An administrator removed the lockout of a user.
    UserUnlocked,
    /// A user was erased.
    UserErased,
    /// Everything that is kept about a user was exported.
    UserExported,
    /// Users were imported; the detail gives the counts.
    UsersImported,
    /// Users were exported.
    UsersExported,
    /// Entries of the audit log were exported.
    AuditExported,
    /// A request was refused because the user may not make it; the detail gives the reason.
    AccessDenied,
    /// The first super administrator was created with the one-time secret of the command line.
    Bootstrap,
    /// The AWS credentials page was viewed.
    AwsCredentialsViewed,
    /// The NVIDIA credentials page was viewed.
    NvidiaCredentialsViewed,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// A passkey was refused because its counter did not grow, which shows that the passkey may have been copied.
    PasskeyCloned,
    /// One-time codes were added: a code confirmed their secret.
    TotpAdded,
    /// One-time codes were removed.
    TotpRemoved,
    /// Recovery codes were created; earlier ones are no longer valid.
    RecoveryCodesCreated,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// The first step of a sign-in succeeded, and it waits for a second factor; the detail is the method: `password` or `aws_device`.
    SecondFactorRequired,
    /// A code or passkey was refused as a second factor; the detail gives the method and the reason.
    FactorFailed,
    /// An administrator removed all factors of a user.
    FactorsReset,
    /// A user removed the password of the account.
    PasswordRemoved,
    /// An OAuth client was registered; the detail gives its id and kind.
    ClientCreated,
    /// An OAuth client was changed; the detail gives its id and the names of the properties.
    ClientChanged,
    /// An OAuth client was deleted; the detail gives its id.
    ClientDeleted,
    /// An OAuth client got a new secret, which replaced the earlier one; the detail gives its id.
    ClientSecretCreated,
    /// All grants to an OAuth client were revoked; the detail gives its id.
    ClientGrantsRevoked,
    /// An OAuth client failed to authenticate; the detail gives its id, if it is known, and the reason.
    ClientAuthenticationFailed,
    /// An OAuth client got an access token, for itself or with an authorization code; the detail gives its id, the scopes and the
    /// resource.
    ClientTokenIssued,
    /// An OAuth client revoked an access token; the detail gives its id, the scopes and the resource.
    ClientTokenRevoked,
    /// A user allowed an OAuth client to get tokens; the detail gives its id, the scopes and the resource.
    ClientAuthorized,
    /// A user denied the request of an OAuth client; the detail gives its id.
    ClientDenied,
    /// One or all grants of a user were revoked; the detail gives the id of the client, or the cause.
    GrantRevoked,
    /// A rotated-out refresh token of an OAuth client was reused after the replay window; its grant was revoked.
    RefreshTokenReused,
    /// An authorization code was redeemed again; its grant was revoked.
    CodeReused,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 54] = [
        Self::SignIn,
        Self::SignInFailed,
        Self::SignOut,
        Self::RefreshReuse,
        Self::SessionRevoked,
        Self::PasswordSet,
        Self::PasswordChangeFailed,
        Self::StepUp,
        Self::StepUpFailed,
        Self::PasswordLinkCreated,
        Self::PasswordLinkRefused,
        Self::EmailChangeRequested,
        Self::EmailChanged,
        Self::EmailReverted,
        Self::EmailFailed,
        Self::UserAdded,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::RoleChanged,
        Self::UserChanged,
        Self::UserUnlocked,
        Self::UserErased,
        Self::UserExported,
        Self::UsersImported,
        Self::UsersExported,
        Self::AuditExported,
        Self::AccessDenied,
        Self::Bootstrap,
        Self::AwsCredentialsViewed,
        Self::NvidiaCredentialsViewed,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::PasskeyCloned,
        Self::TotpAdded,
        Self::TotpRemoved,
        Self::RecoveryCodesCreated,
        Self::RecoveryCodeUsed,
        Self::SecondFactorRequired,
        Self::FactorFailed,
        Self::FactorsReset,
        Self::PasswordRemoved,
        Self::ClientCreated,
        Self::ClientChanged,
        Self::ClientDeleted,
        Self::ClientSecretCreated,
        Self::ClientGrantsRevoked,
        Self::ClientAuthenticationFailed,
        Self::ClientTokenIssued,
        Self::ClientTokenRevoked,
        Self::ClientAuthorized,
        Self::ClientDenied,
        Self::GrantRevoked,
        Self::RefreshTokenReused,
        Self::CodeReused,
    ];

    /// The kind with this name, if there is one; names are matched exactly.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in D1 and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignOut => "sign_out",
            Self::RefreshReuse => "refresh_reuse",
            Self::SessionRevoked => "session_revoked",
            Self::PasswordSet => "password_set",
            Self::PasswordChangeFailed => "password_change_failed",
            Self::StepUp => "step_up",
            Self::StepUpFailed => "step_up_failed",
            Self::PasswordLinkCreated => "password_link_created",
            Self::PasswordLinkRefused => "password_link_refused",
            Self::EmailChangeRequested => "email_change_requested",
            Self::EmailChanged => "email_changed",
            Self::EmailReverted => "email_reverted",
            Self::EmailFailed => "email_failed",
            Self::UserAdded => "user_added",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::RoleChanged => "role_changed",
            Self::UserChanged => "user_changed",
            Self::UserUnlocked => "user_unlocked",
            Self::UserErased => "user_erased",
            Self::UserExported => "user_exported",
            Self::UsersImported => "users_imported",
            Self::UsersExported => "users_exported",
            Self::AuditExported => "audit_exported",
            Self::AccessDenied => "access_denied",
            Self::Bootstrap => "bootstrap",
            Self::AwsCredentialsViewed => "aws_credentials_viewed",
            Self::NvidiaCredentialsViewed => "nvidia_credentials_viewed",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::PasskeyCloned => "passkey_cloned",
            Self::TotpAdded => "totp_added",
            Self::TotpRemoved => "totp_removed",
            Self::RecoveryCodesCreated => "recovery_codes_created",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::SecondFactorRequired => "second_factor_required",
            Self::FactorFailed => "factor_failed",
            Self::FactorsReset => "factors_reset",
            Self::PasswordRemoved => "password_removed",
            Self::ClientCreated => "client_created",
            Self::ClientChanged => "client_changed",
            Self::ClientDeleted => "client_deleted",
            Self::ClientSecretCreated => "client_secret_created",
            Self::ClientGrantsRevoked => "client_grants_revoked",
            Self::ClientAuthenticationFailed => "client_authentication_failed",
            Self::ClientTokenIssued => "client_token_issued",
            Self::ClientTokenRevoked => "client_token_revoked",
            Self::ClientAuthorized => "client_authorized",
            Self::ClientDenied => "client_denied",
            Self::GrantRevoked => "grant_revoked",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::CodeReused => "code_reused",
        }
    }

    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::SignInFailed
            | Self::RefreshReuse
            | Self::PasswordChangeFailed
            | Self::StepUpFailed
            | Self::PasswordLinkRefused
            | Self::AccessDenied
            | Self::EmailFailed
            | Self::PasskeyCloned
            | Self::FactorFailed
            | Self::ClientAuthenticationFailed
            | Self::RefreshTokenReused
            | Self::CodeReused => Outcome::Failure,
            _ => Outcome::Success,
        }
    }
}

/// Whether an action succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeded.
    Success,
    /// It was refused or failed.
    Failure,
}

impl Outcome {
    /// The name in D1 and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_is_parsed_from_its_exact_name_only() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for name in ["", "sign-in", "SIGN_IN", "sign_in "] {
            assert_eq!(Kind::parse(name), None, "{name}");
        }
    }
}
