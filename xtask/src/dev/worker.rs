//! The Worker in `wrangler dev`, from its start to its end.

use super::aws::Simulated;
use super::configuration_error;
use super::options::Options;
use super::output::Output;
use crate::{build, node, process, terminal};
use anyhow::{Context as _, Error, Result, anyhow, bail};
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use ureq::Agent;

/// A running `wrangler dev`; stopped when dropped.
pub struct Worker {
    child: Child,
    address: String,
    agent: Agent,
    output: Output,
}

impl Worker {
    /// Timeout for the first healthy response after the build. wrangler starts in 3 s, but can take much longer on a
    /// busy machine.
    const START_TIMEOUT: Duration = Duration::from_secs(90);
    /// Timeout for a Worker that responds, but is not healthy, to recover.
    const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);
    /// Interval of messages while the user waits.
    const MESSAGE_INTERVAL: Duration = Duration::from_secs(10);

    /// Starts the Worker, with the simulated AWS if there is one.
    pub fn start(options: &Options, aws: Option<&Simulated>, variables: &[String]) -> Result<Self> {
        let mut command = node::wrangler();
        // wrangler runs cargo.
        process::forget_this_package(&mut command);
        command
            .args(["dev", "--local", "--ip", "127.0.0.1", "--port"])
            .arg(options.port.to_string())
            .arg("--persist-to")
            .arg(options.data_folder())
            .arg("--show-interactive-dev-session=false")
            // By default, wrangler looks for a free port from 9229 on and listens on it later. Another `cargo dev` that starts
            // at the same time can take that port, and then wrangler ends.
            .args(["--inspector-port", "0"])
            .args(aws.into_iter().flat_map(Simulated::args))
            .args(variables.iter().flat_map(|variable| ["--var", variable]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if terminal::has_colors() {
            command.env("FORCE_COLOR", "1");
        }
        terminal::note("Starting the Worker …");
        let mut child = process::start_group(&mut command)?;
        let output = Output::default();
        output.collect(child.stdout.take());
        output.collect(child.stderr.take());
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false)
            // A proxy of the environment cannot reach the loopback interface of this machine.
            .proxy(None);
        Ok(Self {
            child,
            address: options.address(),
            agent: config.build().new_agent(),
            output,
        })
    }

    /// Returns when the Worker reports that it and its stores are healthy.
    pub fn wait_until_healthy(&mut self) -> Result<()> {
        self.wait_for_build()?;
        let start = Instant::now();
        let mut unhealthy_since = None;
        loop {
            self.check_running()?;
            let response = self
                .agent
                .get(format!("{}/api/auth/health", self.address))
                .call();
            if let Ok(mut response) = response {
                if response.status() == 200 {
                    return Ok(());
                }
                self.check_configuration()?;
                let since = unhealthy_since.get_or_insert_with(Instant::now);
                if since.elapsed() > Self::HEALTH_TIMEOUT {
                    let body = response.body_mut().read_to_string().unwrap_or_default();
                    let status = response.status();
                    return Err(self.error(&format!("the Worker is not healthy: {status} {body}")));
                }
            }
            if start.elapsed() > Self::START_TIMEOUT {
                return Err(self.error("the Worker did not respond within 90 s"));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// wrangler runs `cargo xtask build` first. That waits while another cargo command compiles in this clone.
    fn wait_for_build(&mut self) -> Result<()> {
        let start = Instant::now();
        let mut messages = 1;
        while !self.output.contains(build::FINISHED) {
            self.check_running()?;
            if self.output.contains("Running custom build") && self.output.contains("failed") {
                return Err(self.error("wrangler could not build the Worker"));
            }
            if start.elapsed() > Self::MESSAGE_INTERVAL * messages {
                messages += 1;
                terminal::note(format_args!(
                    "Waiting for wrangler to build the Worker: {} s. If another cargo command is running in this clone, the build waits for it.",
                    start.elapsed().as_secs()
                ));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn check_running(&mut self) -> Result<()> {
        process::check_interrupt()?;
        match self.status()? {
            Some(status) => Err(self.error(&format!(
                "wrangler ended before the Worker was ready ({status})"
            ))),
            None => Ok(()),
        }
    }

    fn check_configuration(&self) -> Result<()> {
        let text = self.output.text();
        let errors: Vec<String> = text.lines().filter_map(configuration_error::find).collect();
        if errors.is_empty() {
            return Ok(());
        }
        bail!(
            "the configuration is invalid; correct .dev.vars or wrangler.toml and start again:\n  {}",
            errors.join("\n  ")
        )
    }

    /// Status and body of a POST of JSON.
    pub fn post(&self, path: &str, body: &str) -> Result<(u16, String)> {
        let mut response = self
            .agent
            .post(format!("{}{path}", self.address))
            .header("Content-Type", "application/json")
            .send(body)
            .with_context(|| format!("the Worker did not respond to {path}"))?;
        let text = response.body_mut().read_to_string().unwrap_or_default();
        Ok((response.status().as_u16(), text))
    }

    /// From now on, prints the output of wrangler, which has the Worker's log.
    pub fn show_output(&self) {
        self.output.show();
    }

    /// The status of wrangler, if it has ended.
    pub fn status(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    fn error(&self, message: &str) -> Error {
        // The threads that read the pipes may still hold the last lines.
        thread::sleep(Duration::from_millis(100));
        anyhow!("{message}; the output of wrangler:\n{}", self.output.text())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        process::stop(&mut self.child);
    }
}
