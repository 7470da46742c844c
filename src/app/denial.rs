//! Why the user, the directory or an administrator denied a sign-in by the device flow.

/// Why the sign-in of a device flow was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The user denied the request.
    ByUser,
    /// The user has no permission set in the account that is looked at.
    NoAssignment,
    /// The credentials from the portal belong to a different account than the one that is looked at.
    OtherAccount,
    /// The user is disabled in the directory.
    DisabledInDirectory,
    /// The user is disabled here.
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
            Self::DisabledInDirectory => "disabled_in_directory",
            Self::Disabled => "disabled",
            Self::SessionEnded => "session_ended",
        }
    }
}
