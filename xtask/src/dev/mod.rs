//! `cargo dev`: from a fresh clone to a Worker that a user can sign in to.

mod aws;
mod banner;
mod configuration_error;
mod database;
mod dev_vars;
mod first_admin;
mod options;
mod output;
mod secrets;
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
    // Both take seconds, and neither needs the other.
    let database = thread::scope(|scope| {
        let database = scope.spawn(|| database::prepare(&tools, &folder));
        let built = build::ensure(&tools, build::Profile::Dev);
        let database = database
            .join()
            .unwrap_or_else(|_| bail!("preparing the database failed"));
        built.and(database)
    })?;
    let variables = variables::for_wrangler(options)?;
    let mut worker = Worker::start(&tools, options, aws.as_ref(), &variables)?;
    worker.wait_until_healthy()?;
    let password = database
        .invitation()
        .map(|invitation| invitation.accept(&worker))
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
    worker.show_output();
    while !process::is_interrupted() && !terminal::is_closed() {
        if let Some(status) = worker.status()? {
            bail!("wrangler ended ({status})");
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Records where the Worker listens, for the links that `cargo xtask user … --local` prints.
fn record_address(options: &Options) -> Result<()> {
    let path = options.data_folder().join("edge-auth-address");
    fs::write(&path, options.address()).with_context(|| format!("cannot write {}", path.display()))
}
