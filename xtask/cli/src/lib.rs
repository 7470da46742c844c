//! Shared by `xtask` and `edge-auth-admin`: the arguments of the administrator's commands (`cargo xtask login`, `logout`, `user`,
//! `session`, `client`, `audit`, `status`, `aws-login` and `blocklist`), the URL of a service, output, and paths of the repository.
//!
//! `xtask` parses these arguments too, so that `--help` and usage errors do not wait for the compilation of
//! `edge-auth-admin`. That program depends on the Worker and takes minutes to compile.

#![expect(
    missing_docs,
    clippy::doc_markdown,
    reason = "doc comments of fields and variants are help texts"
)]

mod audit;
mod client;
pub mod node;
mod origin;
mod service;
mod session;
pub mod terminal;
mod usage;
mod user;
pub mod workspace;

pub use audit::{Audit, AuditCommand, ListOptions};
pub use client::{
    AuthMethod, Client, ClientChanges, ClientCommand, ClientFilters, ClientName, GrantType,
    NewClient,
};
pub use origin::{InvalidUrl, issuer, origin};
pub use service::{Consent, Login, Logout, Service, Status};
pub use session::{Session, SessionCommand};
pub use usage::report;
pub use user::{
    Direction, Fields, Filters, NewUser, Order, Output, Role, Sort, User, UserCommand, UserName,
};

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// A command of the administrator.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in to a service; later commands use the session
    ///
    /// Stores the session token in edge-auth/credentials.json below XDG_CONFIG_HOME [default: ~/.config], readable by you only,
    /// with one entry per service. Commands refresh the token before it expires. An earlier session of the same service is
    /// revoked. In CI, set EDGE_AUTH_TOKEN to a session token instead.
    Login(Login),
    /// Revoke the session of `login` and delete its token
    Logout(Logout),
    /// Add, find, change, disable and erase users; requires the role admin
    User(User),
    /// List and revoke the sessions of users
    Session(Session),
    /// Register, find, change and delete OAuth clients; changes require the role super_admin
    Client(Client),
    /// List and verify the audit log of a running service
    Audit(Audit),
    /// Show the state of a service: sign-ins, storage, audit log and configuration; requires the role admin
    Status(Status),
    /// Sign in to a running service with the AWS credentials of this machine
    ///
    /// Prints the session token to standard output. The credentials are those of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
    /// and AWS_SESSION_TOKEN, or else those of the AWS CLI, which supports profiles, single sign-on and roles. They are not
    /// sent: the service receives a signed GetCallerIdentity request, which can be used once, within 15 minutes.
    AwsLogin(AwsLogin),
    /// Generate the list of common passwords that the Worker refuses
    Blocklist(Blocklist),
}

/// Options of `aws-login`.
#[derive(Debug, Args)]
pub struct AwsLogin {
    /// URL of the service, such as https://auth.example.com
    #[arg(long)]
    pub url: String,
    /// Profile of the AWS CLI [default: AWS_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// JWT_ISSUER of the service [default: the origin of --url]
    #[arg(long, value_name = "ORIGIN")]
    pub server_id: Option<String>,
    /// AWS_REGION of the service
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub region: String,
    /// AWS_ENDPOINT_URL_STS of the service, if it is set, as in development
    #[arg(long, value_name = "URL")]
    pub sts_endpoint: Option<String>,
}

/// Arguments of `blocklist`.
#[derive(Debug, Args)]
pub struct Blocklist {
    /// Text file with one password per line, the most frequent first
    pub input: PathBuf,
    /// File to write
    pub output: PathBuf,
}

#[cfg(test)]
mod tests;
