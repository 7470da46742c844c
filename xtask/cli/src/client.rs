//! `cargo xtask client …`.

use crate::service::{Consent, Service};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `client`.
#[derive(Debug, Args)]
pub struct Client {
    #[command(subcommand)]
    pub command: ClientCommand,
}

/// A command of `client`.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum ClientCommand {
    /// List OAuth clients by name
    List {
        #[command(flatten)]
        filters: ClientFilters,
        #[command(flatten)]
        service: Service,
    },
    /// Show an OAuth client
    Show {
        #[command(flatten)]
        client: ClientName,
        #[command(flatten)]
        service: Service,
    },
    /// Register an OAuth client
    ///
    /// Prints the secret of a client that authenticates with one. The service stores only a hash, so the secret cannot be shown again.
    Create {
        #[command(flatten)]
        client: NewClient,
        #[command(flatten)]
        service: Service,
    },
    /// Change an OAuth client; a list replaces the whole earlier list
    Update {
        #[command(flatten)]
        client: ClientName,
        #[command(flatten)]
        changes: ClientChanges,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        service: Service,
    },
    /// Delete an OAuth client and revoke all grants to it; this cannot be undone
    Delete {
        #[command(flatten)]
        client: ClientName,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        service: Service,
    },
    /// Revoke the grants of all users to an OAuth client, which keeps its registration and has to ask each user again
    RevokeGrants {
        #[command(flatten)]
        client: ClientName,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        service: Service,
    },
    /// Replace the secret of an OAuth client, and print the new one; the earlier one is invalid at once
    NewSecret {
        #[command(flatten)]
        client: ClientName,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        service: Service,
    },
}

/// The OAuth client that a command is about.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct ClientName {
    /// Name or client_id of the OAuth client
    #[arg(id = "client", value_name = "CLIENT")]
    pub name: String,
}

/// Filters of `list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct ClientFilters {
    /// Only clients whose name begins with this text, in any case
    #[arg(long, value_name = "TEXT")]
    pub term: Option<String>,
    /// Only active clients
    #[arg(long, conflicts_with = "disabled")]
    pub active: bool,
    /// Only disabled clients
    #[arg(long)]
    pub disabled: bool,
    /// Maximum number of clients
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub limit: usize,
}

/// The OAuth client that is registered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct NewClient {
    /// Name, which users see when they consent
    #[arg(value_name = "NAME")]
    pub new_name: String,
    /// How the client authenticates at the token endpoint; none for a public client
    #[arg(long, value_name = "METHOD", default_value = "client_secret_basic")]
    pub auth_method: AuthMethod,
    /// Redirect URI; repeat the option for several
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    /// Redirect URI after a sign-out; repeat the option for several
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Grant; repeat the option for several [default: authorization_code]
    #[arg(long = "grant-type", value_name = "GRANT")]
    pub grant_types: Vec<GrantType>,
    /// Scopes of client credentials, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<String>,
    /// File with the public keys of private_key_jwt, as a JWK Set
    #[arg(long, value_name = "FILE")]
    pub jwks: Option<PathBuf>,
}

/// The properties that `update` sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[group(id = "changes", required = true, multiple = true)]
pub struct ClientChanges {
    /// New name
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// client_secret_basic or client_secret_post, for a client that has a secret
    #[arg(long, value_name = "METHOD")]
    pub auth_method: Option<AuthMethod>,
    /// Redirect URI; repeat the option for several
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    /// Redirect URI after a sign-out; repeat the option for several
    #[arg(
        long = "post-logout-redirect-uri",
        value_name = "URI",
        conflicts_with = "no_post_logout_redirect_uris"
    )]
    pub post_logout_redirect_uris: Vec<String>,
    /// Remove the redirect URIs after a sign-out
    #[arg(long)]
    pub no_post_logout_redirect_uris: bool,
    /// Grant; repeat the option for several
    #[arg(long = "grant-type", value_name = "GRANT")]
    pub grant_types: Vec<GrantType>,
    /// Scopes of client credentials, separated by spaces; "" for none
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<String>,
    /// File with the public keys of private_key_jwt, as a JWK Set
    #[arg(long, value_name = "FILE")]
    pub jwks: Option<PathBuf>,
    /// Disable the client: it gets no tokens
    #[arg(long, conflicts_with = "enable")]
    pub disable: bool,
    /// Enable a disabled client
    #[arg(long)]
    pub enable: bool,
}

/// How an OAuth client authenticates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum AuthMethod {
    None,
    #[default]
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
}

impl AuthMethod {
    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

/// How an OAuth client may get tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
}

impl GrantType {
    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
        }
    }
}
