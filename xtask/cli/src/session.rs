//! `cargo xtask session …`.

use crate::service::{Consent, Service};
use crate::user::UserName;
use clap::{Args, Subcommand};

/// `session`.
#[derive(Debug, Args)]
pub struct Session {
    #[command(subcommand)]
    pub command: SessionCommand,
}

/// A command of `session`.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum SessionCommand {
    /// List the live sessions of a user, most recent sign-in first
    List {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        service: Service,
    },
    /// Revoke a session of a user
    Revoke {
        #[command(flatten)]
        user: UserName,
        /// Id of the session, or its first characters, 8 or more
        session: String,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        service: Service,
    },
    /// Revoke all sessions of a user
    RevokeAll {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        service: Service,
    },
}
