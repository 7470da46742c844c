//! Checks that the documentation matches the repository, and runs its commands and programs.

mod blocks;
#[cfg(unix)]
mod commands;
mod links;
mod markdown;
mod prose;
mod reference;
mod sql;
#[cfg(unix)]
#[path = "../api/support/toolchain.rs"]
mod toolchain;
