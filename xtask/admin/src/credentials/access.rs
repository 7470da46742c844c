//! Access to the file and its folder: only their owner may read and write them.

use super::cannot;
use anyhow::{Context as _, Result, bail};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

/// Creates files that their owner only may read.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Opens the file itself, not one that a link in its place leads to.
pub fn no_link(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, nix::fcntl::OFlag::O_NOFOLLOW.bits());
    options
}

/// Checks the folder, if it exists: others who may write to it could replace the file.
///
/// # Errors
/// It belongs to another user, or others may write to it.
pub fn check_folder(folder: &Path) -> Result<()> {
    let metadata = match fs::metadata(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        metadata => metadata.with_context(|| cannot("read", folder))?,
    };
    check_owner(&metadata, folder)?;
    let mode = mode(&metadata);
    if mode & 0o022 != 0 {
        let folder = folder.display();
        bail!("other users may write to {folder} (mode {mode:03o}); run: chmod go-w {folder}");
    }
    Ok(())
}

/// Checks the file.
///
/// # Errors
/// It belongs to another user, or others may read or write it.
pub fn check_file(file: &File, path: &Path) -> Result<()> {
    let metadata = file.metadata().with_context(|| cannot("read", path))?;
    check_owner(&metadata, path)?;
    let mode = mode(&metadata);
    if mode & 0o077 != 0 {
        let path = path.display();
        bail!("other users may read {path} (mode {mode:03o}); run: chmod 600 {path}");
    }
    Ok(())
}

#[cfg(unix)]
fn check_owner(metadata: &Metadata, path: &Path) -> Result<()> {
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    if owner != nix::unistd::geteuid().as_raw() {
        bail!("{} belongs to another user", path.display());
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_: &Metadata, _: &Path) -> Result<()> {
    Ok(())
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    0
}
