//! The database that the command works on.

use clap::{ArgGroup, Args};
use std::path::PathBuf;

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
