//! `cargo xtask audit …`.

use crate::service::Service;
use crate::user::Output;
use clap::{Args, Subcommand};
use std::path::PathBuf;

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
        options: ListOptions,
        #[command(flatten)]
        service: Service,
    },
    /// Export entries in JSON Lines, oldest first, with their checkpoints; requires the role admin
    ///
    /// The file has neither addresses nor devices. `audit verify --file` verifies it.
    Export {
        /// Begin after this entry [default: the first one that is kept]
        #[arg(
            long,
            value_name = "NUMBER",
            default_value_t = 0,
            hide_default_value = true
        )]
        after: u32,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        service: Service,
    },
    /// Verify the integrity of the audit log; requires the role super_admin
    ///
    /// Also compares the tables and triggers with the migrations, and the role and status of each user with the audit log.
    /// Exits with 1 if anything does not match, and with 3 if it could not be verified.
    Verify {
        /// Verify an exported file instead of a running service. With the key in AUDIT_KEY, and earlier keys in
        /// AUDIT_KEY_PREVIOUS, verifies all signatures and checkpoints; without it, verifies the structure only
        #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "username", "password_stdin"])]
        file: Option<PathBuf>,
        #[command(flatten)]
        service: Service,
    },
}

/// Filters of `audit list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct ListOptions {
    /// Only entries with this user as actor or subject: a username, an e-mail address or an id; the id also finds an erased user
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Only entries with this OAuth client as actor or subject: its name or client_id; the client_id also finds a deleted client
    #[arg(long, value_name = "CLIENT", conflicts_with = "user")]
    pub client: Option<String>,
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
