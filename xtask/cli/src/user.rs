//! `cargo xtask user …`.

use crate::service::{Consent, Service};
use clap::{Args, Subcommand, ValueEnum};
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
    /// List users
    List {
        #[command(flatten)]
        filters: Filters,
        #[command(flatten)]
        order: Order,
        #[command(flatten)]
        service: Service,
    },
    /// Search users by the beginning of the username, e-mail address or full name
    Search {
        /// Beginning of the username, e-mail address or full name, in any case
        term: String,
        #[command(flatten)]
        filters: Filters,
        #[command(flatten)]
        service: Service,
    },
    /// Show a user
    Show {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        service: Service,
    },
    /// Add a user who signs in with a password
    ///
    /// There are no default passwords. The service sends a one-time link, with which the user sets a password, to the e-mail
    /// address. If it cannot send e-mail, the command prints the link. The link is valid for one hour.
    Add {
        #[command(flatten)]
        user: NewUser,
        #[command(flatten)]
        service: Service,
    },
    /// Change name, e-mail address, organization or AWS region of a user
    Change {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        fields: Fields,
        #[command(flatten)]
        service: Service,
    },
    /// Set the role of a user; a change revokes all sessions and deletes one-time links
    SetRole {
        #[command(flatten)]
        user: UserName,
        /// New role
        role: Role,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        service: Service,
    },
    /// Disable a user: refuse new sign-ins, revoke all sessions and delete unused one-time links
    Disable {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        service: Service,
    },
    /// Enable a disabled user
    Enable {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        service: Service,
    },
    /// Send a one-time link with which a user sets a new password, or print it if the service cannot send e-mail
    ///
    /// The link is valid for one hour. The old password stays valid until the link is used.
    ResetPassword {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        service: Service,
    },
    /// Unlock an account that was locked after too many failed sign-ins
    Unlock {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        service: Service,
    },
    /// Show the passkeys, one-time codes and recovery codes of a user
    Factors {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        service: Service,
    },
    /// Remove all second factors of a user who has lost them, and revoke all sessions
    ///
    /// The password stays. If the service demands a second factor, the user adds one at the next sign-in. Find out first that the
    /// request comes from the user.
    ResetFactors {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        service: Service,
    },
    /// Erase a user and everything that identifies the user; this cannot be undone
    Erase {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        service: Service,
    },
    /// Export everything that is kept about a user, as JSON
    Export {
        #[command(flatten)]
        user: UserName,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        service: Service,
    },
    /// Import users from a file in JSON Lines
    ///
    /// docs/operations/import-users.md describes the fields of a line. Existing users are not changed, so an import that was
    /// interrupted can be repeated.
    Import {
        /// File with one user per line; - for standard input
        file: PathBuf,
        /// Report what would be imported, and import nothing
        #[arg(long)]
        dry_run: bool,
        /// Begin at this line; if an import fails, its error message contains the line
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        from_line: u64,
        #[command(flatten)]
        service: Service,
    },
    /// Export all users in JSON Lines, without password hashes
    ExportAll {
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        service: Service,
    },
}

/// The user that a command is about.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct UserName {
    /// Username, e-mail address or id of the user
    #[arg(id = "user", value_name = "USER")]
    pub name: String,
}

/// Filters of `list` and `search`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Filters {
    /// Only users with this role
    #[arg(long)]
    pub role: Option<Role>,
    /// Only active users
    #[arg(long, conflicts_with = "disabled")]
    pub active: bool,
    /// Only disabled users
    #[arg(long)]
    pub disabled: bool,
    /// Only users of this source: password, or the name of an identity source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Maximum number of users
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
}

/// The order of `list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Order {
    /// Sort by this field
    #[arg(long, value_name = "FIELD")]
    pub sort: Option<Sort>,
    /// Sort in this order
    #[arg(long)]
    pub order: Option<Direction>,
}

/// The field by which users are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Sort {
    CreatedAt,
    Username,
    LastLogin,
}

impl Sort {
    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Username => "username",
            Self::LastLogin => "last_login",
        }
    }
}

/// The order in which users are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Direction {
    Asc,
    Desc,
}

impl Direction {
    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asc => "asc",
            Self::Desc => "desc",
        }
    }
}

/// The user that is added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct NewUser {
    /// Username
    #[arg(value_name = "USERNAME")]
    pub new_username: String,
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

/// The fields that `change` sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[group(id = "fields", required = true, multiple = true)]
pub struct Fields {
    /// New full name
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// New e-mail address, of another user; deletes unused one-time links, and notifies the earlier address
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// New organization
    #[arg(long, value_name = "TEXT", conflicts_with = "no_organization")]
    pub organization: Option<String>,
    /// Remove the organization
    #[arg(long)]
    pub no_organization: bool,
    /// New AWS region, such as eu-north-1
    #[arg(long, value_name = "REGION", conflicts_with = "no_aws_region")]
    pub aws_region: Option<String>,
    /// Remove the AWS region
    #[arg(long)]
    pub no_aws_region: bool,
}

/// Where an export is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Output {
    /// File to write, readable by you only; it must not exist [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
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
