//! `cargo xtask user …`.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `user`.
#[derive(Debug, Args)]
pub struct User {
    #[command(subcommand)]
    pub command: UserCommand,
}

/// A command of `user`.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum UserCommand {
    /// Add a user who signs in with a password
    ///
    /// There are no default passwords. Without --password-stdin, the command prints a one-time link with which the user sets a
    /// password. The link is valid for one hour. It points to PASSWORD_LINK_URL, if wrangler.toml sets that variable.
    Add {
        #[command(flatten)]
        user: NewUser,
        /// Read the password from standard input; requires --local
        #[arg(long, conflicts_with = "remote")]
        password_stdin: bool,
        #[command(flatten)]
        target: Target,
    },
    /// List all users
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Disable a user: refuse new sign-ins, revoke all sessions and delete unused one-time links
    Disable {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        target: Target,
    },
    /// Enable a disabled user
    Enable {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        target: Target,
    },
    /// Set the role of a user; revokes all sessions if the role changes
    SetRole {
        #[command(flatten)]
        user: UserName,
        /// New role
        role: Role,
        #[command(flatten)]
        target: Target,
    },
    /// Print a one-time link with which a user sets a new password
    ///
    /// The link is valid for one hour. The old password stays valid until the link is used.
    ResetPassword {
        #[command(flatten)]
        user: UserName,
        /// Read the new password from standard input, set it and revoke all sessions; requires --local
        #[arg(long, conflicts_with = "remote")]
        password_stdin: bool,
        #[command(flatten)]
        target: Target,
    },
}

/// The user that a command is about.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct UserName {
    /// Username, e-mail address or id of the user
    #[arg(value_name = "USER")]
    pub name: String,
}

/// The user that is added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct NewUser {
    /// Username
    #[arg(long, value_name = "NAME")]
    pub username: String,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: String,
    /// Full name [default: derived from the username]
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Organization
    #[arg(long, value_name = "TEXT")]
    pub organization: Option<String>,
    /// AWS region shown on the credentials pages, such as eu-north-1
    #[arg(long, value_name = "REGION")]
    pub aws_region: Option<String>,
    /// Role
    #[arg(long, value_name = "ROLE", default_value = "user")]
    pub role: Role,
}

/// The role of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Role {
    #[default]
    User,
    Admin,
    SuperAdmin,
}

impl Role {
    /// The name that the Worker stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::SuperAdmin => "super_admin",
        }
    }
}

/// The database that a command works on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Target")]
#[command(group(ArgGroup::new("target").required(true).args(["local", "remote"])))]
pub struct Target {
    /// Use the local database of `cargo dev`
    #[arg(long)]
    pub local: bool,
    /// Use the deployed database; authenticate with CLOUDFLARE_API_TOKEN or `npx wrangler login`
    #[arg(long)]
    pub remote: bool,
    /// Environment of wrangler.toml, such as production; for --remote
    #[arg(long, value_name = "NAME", conflicts_with = "local")]
    pub env: Option<String>,
    /// Folder of the local database [default: .wrangler/state]; for --local
    #[arg(long, value_name = "DIR", conflicts_with = "remote")]
    pub persist_to: Option<PathBuf>,
}
