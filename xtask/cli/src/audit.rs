//! `cargo xtask audit …`.

use clap::{Args, Subcommand};

/// `audit`.
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// A command of `audit`.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum AuditCommand {
    /// List entries, newest first; requires the role admin
    List {
        #[command(flatten)]
        service: Service,
        #[command(flatten)]
        options: ListOptions,
    },
    /// Verify the integrity of the audit log; requires the role super_admin
    ///
    /// Also compares the tables and triggers with the migrations, and the role and status of each user with the audit log.
    /// Exits with 1 if anything does not match.
    Verify {
        #[command(flatten)]
        service: Service,
    },
}

/// The service, and how to sign in to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Service {
    /// URL of the service, such as https://auth.example.com
    #[arg(long)]
    pub url: String,
    /// Sign in with this username, and sign out at the end [default: use the access token in EDGE_AUTH_TOKEN]
    #[arg(long, value_name = "NAME", requires = "password_stdin")]
    pub username: Option<String>,
    /// Read the password for --username from standard input
    #[arg(long, requires = "username")]
    pub password_stdin: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Filters of `audit list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct ListOptions {
    /// Only entries with this user as actor or subject: a UUID from `cargo xtask user list`
    #[arg(long, value_name = "ID")]
    pub user: Option<String>,
    /// Only entries of this kind, such as sign_in_failed; docs/reference/audit-events.md lists all kinds
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only entries at or after this time, in RFC 3339 and UTC: 2026-01-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Only entries at or before this time, in the same form
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Maximum number of entries
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
}
