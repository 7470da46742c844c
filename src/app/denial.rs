//! The reasons for which a sign-in or step-up with the device flow is denied.

/// Why the sign-in or step-up of a device flow was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The user denied the request.
    ByUser,
    /// The user has no permission set in the accounts that the service checks.
    NoAssignment,
    /// The credentials from the portal belong to a different account than the one that was requested.
    OtherAccount,
    /// Another user than that of the session has approved a step-up.
    OtherUser,
    /// The user is disabled in the directory.
    DisabledInDirectory,
    /// The user is disabled in this service.
    Disabled,
    /// The session that this device flow created was revoked.
    SessionEnded,
}

impl Denial {
    /// The fixed code in the detail of the audit entry.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ByUser => "denied",
            Self::NoAssignment => "no_assignment",
            Self::OtherAccount => "other_account",
            Self::OtherUser => "other_user",
            Self::DisabledInDirectory => "disabled_in_directory",
            Self::Disabled => "disabled",
            Self::SessionEnded => "session_ended",
        }
    }
}
