//! Checks that the documentation matches the repository, and runs its commands and programs.

mod blocks;
#[cfg(unix)]
mod commands;
mod links;
mod markdown;
#[cfg(unix)]
#[path = "../shared/port.rs"]
mod port;
mod prose;
mod reference;
mod sql;
#[cfg(unix)]
#[path = "../shared/toolchain.rs"]
mod toolchain;
