//! `cargo dev`: from a fresh clone to a Worker that a user can sign in to.

mod aws;
mod banner;
mod configuration_error;
mod database;
mod dev_vars;
mod first_admin;
mod options;
mod output;
mod variables;
mod worker;

pub use options::Options;

use crate::{build, process, setup, terminal, workspace};
use anyhow::{Context as _, Result, bail};
use aws::Simulated;
use banner::Banner;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};
use worker::Worker;

/// `cargo dev`.
pub fn run(options: &Options) -> Result<()> {
    let start = Instant::now();
    options.check_port()?;
    let _locks = options.lock()?;
    let tools = setup::ensure()?;
    dev_vars::ensure(&workspace::root())?;
    let aws = Simulated::start(options)?;
    let folder = options.data_folder();
    // The two are independent and take seconds each, so they run at the same time.
    let database = thread::scope(|scope| {
        let database = scope.spawn(|| database::prepare(&folder));
        let built = build::ensure(&tools, build::Profile::Dev);
        let database = database
            .join()
            .unwrap_or_else(|_| bail!("preparing the database failed"));
        built.and(database)
    })?;
    let variables = variables::for_wrangler(options)?;
    let mut worker = Worker::start(options, aws.as_ref(), &variables)?;
    worker.wait_until_healthy()?;
    let password = database
        .secret()
        .map(|secret| first_admin::create(secret, &worker))
        .transpose()?;
    database.record()?;
    record_address(options)?;
    let banner = Banner {
        options,
        aws: aws.as_ref().map(|aws| (aws.url(), aws.settings())),
        password: password.as_deref(),
        elapsed: start.elapsed(),
    };
    terminal::print(banner.text())?;
    if options.open {
        let page = options.sign_in_page();
        if open::that_detached(&page).is_err() {
            terminal::note(format_args!("No browser found; open {page}"));
        }
    }
    worker.show_output();
    while !process::is_interrupted() && !has_no_reader() {
        if let Some(status) = worker.status()? {
            bail!("wrangler ended ({status})");
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Records where the Worker listens, for the link that `cargo xtask bootstrap --local` prints.
fn record_address(options: &Options) -> Result<()> {
    let path = options.data_folder().join("edge-auth-address");
    fs::write(&path, options.address()).with_context(|| format!("cannot write {}", path.display()))
}

/// Whether the reader of standard output has gone, as in `cargo dev | head`.
#[cfg(unix)]
fn has_no_reader() -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::os::fd::AsFd as _;
    let output = std::io::stdout();
    let mut descriptors = [PollFd::new(output.as_fd(), PollFlags::empty())];
    poll(&mut descriptors, PollTimeout::ZERO).is_ok()
        && descriptors[0]
            .revents()
            .is_some_and(|events| events.contains(PollFlags::POLLERR))
}

#[cfg(not(unix))]
const fn has_no_reader() -> bool {
    false
}
