//! The service that a command is a client of: `login`, `logout`, `status`, and the options that all commands share.

use clap::Args;

/// The service, and how to sign in to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Service")]
pub struct Service {
    /// URL of the service, such as https://auth.example.com; required with EDGE_AUTH_TOKEN [default: that of `cargo xtask
    /// login`, if you are signed in to one service]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Sign in with this username, and sign out at the end [default: the token in EDGE_AUTH_TOKEN, or that of `cargo xtask
    /// login`]
    #[arg(long, value_name = "NAME", requires = "password_stdin")]
    pub username: Option<String>,
    /// Read your password from standard input: for --username, and for changes, which require that you have authenticated
    /// within the last 5 minutes [default: ask for it on the terminal]
    #[arg(long)]
    pub password_stdin: bool,
    /// Your one-time code or recovery code, if you have a second factor: for --username, and for changes, which require that you have
    /// authenticated within the last 5 minutes [default: ask for it on the terminal]
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `login`.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Login {
    /// URL of the service, such as https://auth.example.com
    #[arg(long)]
    pub url: String,
    /// Username or e-mail address [default: ask for it on the terminal]
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// Read the password from standard input [default: ask for it on the terminal]
    #[arg(long, requires = "username")]
    pub password_stdin: bool,
    /// Your one-time code or recovery code, if you have a second factor [default: ask for it on the terminal]
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `logout`.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Logout {
    /// URL of the service [default: the only one that you are signed in to]
    #[arg(long)]
    pub url: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `status`.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Status {
    #[command(flatten)]
    pub service: Service,
}

/// Consent to a change that revokes or deletes something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct Consent {
    /// Do not ask for consent. Without a terminal, the command fails unless this option is given
    #[arg(long)]
    pub yes: bool,
}
