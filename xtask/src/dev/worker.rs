//! The Worker in `wrangler dev`, from its start to its end.

use super::{aws::Simulated, mistakes, options::Options};
use crate::terminal;
use crate::{
    failed::Failed,
    process::{self, Lines},
    tools::Tools,
};
use std::{
    process::{Child, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use ureq::Agent;

/// A running `wrangler dev`; ended when dropped.
pub struct Worker {
    child: Child,
    address: String,
    agent: Agent,
    lines: Lines,
    is_shown: Arc<AtomicBool>,
}

impl Worker {
    /// How long the first healthy answer may take; wrangler starts in 3 s, a machine under load in many more.
    const PATIENCE: Duration = Duration::from_secs(90);
    /// How long a Worker that answers, but is not well, gets to recover.
    const PATIENCE_WITH_ILLNESS: Duration = Duration::from_secs(5);

    /// Starts it, with the simulated AWS if there is one.
    pub fn start(
        tools: &Tools,
        options: &Options,
        aws: Option<&Simulated>,
        variables: &[String],
    ) -> Result<Self, Failed> {
        let mut command = tools.wrangler(&["dev", "--local", "--ip", "127.0.0.1", "--port"]);
        command
            .arg(options.port.to_string())
            .arg("--persist-to")
            .arg(&options.persist_to)
            .arg("--show-interactive-dev-session=false")
            .args(aws.into_iter().flat_map(Simulated::words))
            .args(variables.iter().flat_map(|variable| ["--var", variable]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if process::is_colourful() {
            command.env("FORCE_COLOR", "1");
        }
        terminal::tell("Starting the Worker …");
        let mut child = process::start(&mut command)
            .map_err(|error| Failed::because(format!("Cannot start wrangler: {error}.")))?;
        let lines = Lines::default();
        let is_shown = Arc::new(AtomicBool::new(false));
        let each = |lines: Lines, is_shown: Arc<AtomicBool>| {
            move |line: String| {
                if is_shown.load(Ordering::Relaxed) {
                    let mistake = mistakes::named_in(&line);
                    // The loop that waits for the end looks whether the reader has gone.
                    let _ = terminal::print(line);
                    if let Some(mistake) = mistake {
                        terminal::tell(format_args!(
                            "The configuration is invalid. {mistake}. Correct .dev.vars or wrangler.toml."
                        ));
                    }
                } else {
                    lines.push(line);
                }
            }
        };
        process::each_line(
            child.stdout.take(),
            each(lines.clone(), Arc::clone(&is_shown)),
        );
        process::each_line(
            child.stderr.take(),
            each(lines.clone(), Arc::clone(&is_shown)),
        );
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false)
            // A proxy that the environment names cannot reach this machine's loopback.
            .proxy(None);
        Ok(Self {
            child,
            address: options.address(),
            agent: config.build().new_agent(),
            lines,
            is_shown,
        })
    }

    /// Returns when the Worker says that it and its stores are well.
    pub fn wait_until_healthy(&mut self) -> Result<(), Failed> {
        let start = Instant::now();
        let mut ill_since = None;
        loop {
            if process::is_interrupted() {
                return Err(Failed::interrupted());
            }
            if let Some(status) = self.has_ended()? {
                return Err(self.failed(&format!(
                    "wrangler ended before the Worker was ready ({status})"
                )));
            }
            let answer = self
                .agent
                .get(format!("{}/api/auth/health", self.address))
                .call();
            if let Ok(mut answer) = answer {
                if answer.status() == 200 {
                    return Ok(());
                }
                let mistakes: Vec<String> = self
                    .lines
                    .text()
                    .lines()
                    .filter_map(mistakes::named_in)
                    .collect();
                if !mistakes.is_empty() {
                    return Err(Failed::because(format!(
                        "The configuration is invalid; correct .dev.vars or wrangler.toml and start again:\n  {}",
                        mistakes.join("\n  ")
                    )));
                }
                if ill_since.get_or_insert_with(Instant::now).elapsed()
                    > Self::PATIENCE_WITH_ILLNESS
                {
                    let body = answer.body_mut().read_to_string().unwrap_or_default();
                    return Err(self.failed(&format!(
                        "The Worker is not well: {} {body}",
                        answer.status()
                    )));
                }
            }
            if start.elapsed() > Self::PATIENCE {
                return Err(self.failed("The Worker did not answer in 90 s"));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Status and body of a POST of JSON.
    pub fn post(&self, path: &str, body: &str) -> Result<(u16, String), Failed> {
        let sent = self
            .agent
            .post(format!("{}{path}", self.address))
            .header("Content-Type", "application/json")
            .send(body);
        let mut answer = sent.map_err(|error| {
            Failed::because(format!("The Worker did not answer {path}: {error}."))
        })?;
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        Ok((answer.status().as_u16(), text))
    }

    /// From now on the Worker's log and wrangler's words go to the terminal as they come.
    pub fn show_what_it_writes(&self) {
        self.is_shown.store(true, Ordering::Relaxed);
    }

    /// The status, once wrangler has ended by itself.
    pub fn has_ended(&mut self) -> Result<Option<ExitStatus>, Failed> {
        process::has_ended(&mut self.child)
    }

    /// Ends wrangler, and workerd with it.
    pub fn stop(&mut self) {
        process::stop(&mut self.child);
    }

    fn failed(&self, why: &str) -> Failed {
        Failed::because(format!(
            "{}\n\n{why}; wrangler's output is above.",
            self.lines.text()
        ))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}
