//! Starting other programs, waiting for them, and ending every one of them when this process is asked to end.

use crate::failed::Failed;
use crate::terminal;
use std::{
    io::{self, BufRead, BufReader, IsTerminal, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ctrl-C, SIGTERM and SIGHUP raise a flag that every wait in this crate looks at; each wait then ends its own child.
pub fn end_children_on_interrupt() -> Result<(), Failed> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst))
        .map_err(|error| Failed::because(format!("Cannot listen for Ctrl-C: {error}.")))
}

/// Whether this process has been asked to end.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// The cargo that runs this xtask.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    forget_this_package(&mut command);
    command
}

/// What `cargo run` tells this process about the package `xtask` would mislead a cargo further down.
pub fn forget_this_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
            "CARGO_PRIMARY_",
        ]
        .iter()
        .any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(name);
        }
    }
}

/// A program on PATH, with the endings that Windows tries.
pub fn is_on_path(program: &str) -> bool {
    let endings: &[&str] = if cfg!(windows) {
        &[".exe", ".cmd", ".bat"]
    } else {
        &[""]
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| {
        endings
            .iter()
            .any(|ending| folder.join(format!("{program}{ending}")).is_file())
    })
}

/// The first line that a quick program prints; `None` if it cannot be started or fails.
pub fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output
        .status
        .success()
        .then(|| text.lines().next().unwrap_or_default().to_owned())
}

/// Waits for a child; ends it if this process is asked to end.
pub fn wait(child: &mut Child, mut at_each_look: impl FnMut()) -> Result<ExitStatus, Failed> {
    loop {
        if let Some(status) = has_ended(child)? {
            return Ok(status);
        }
        if is_interrupted() {
            stop(child);
            return Err(Failed::interrupted());
        }
        at_each_look();
        thread::sleep(Duration::from_millis(50));
    }
}

/// The status of a child that has ended.
pub fn has_ended(child: &mut Child) -> Result<Option<ExitStatus>, Failed> {
    child
        .try_wait()
        .map_err(|error| Failed::because(format!("Lost sight of a started program: {error}.")))
}

/// Starts a program as the head of a group of its own, so that `stop` reaches whatever it starts in turn. A Ctrl-C in
/// the terminal then goes to this process alone, which passes it on.
pub fn start(command: &mut Command) -> io::Result<Child> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command.spawn()
}

/// Ends a program that `start` began, and all that it started: first politely, and after 5 s the hard way.
pub fn stop(child: &mut Child) {
    if !matches!(child.try_wait(), Ok(None)) {
        return;
    }
    signal_group(child, Manner::Polite);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    signal_group(child, Manner::Hard);
    let _ = child.wait();
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Polite,
    Hard,
}

#[cfg(unix)]
fn signal_group(child: &Child, manner: Manner) {
    use nix::{
        sys::signal::{Signal, killpg},
        unistd::Pid,
    };
    let signal = match manner {
        Manner::Polite => Signal::SIGTERM,
        Manner::Hard => Signal::SIGKILL,
    };
    if let Ok(id) = i32::try_from(child.id()) {
        let _ = killpg(Pid::from_raw(id), signal);
    }
}

// Windows has no polite signal for a console program, and does not end grandchildren by itself.
#[cfg(windows)]
fn signal_group(child: &Child, _: Manner) {
    let _ = Command::new("taskkill")
        .args(["/T", "/F", "/PID", &child.id().to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// The last lines that a program wrote, standard output and error in the order of arrival.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// Enough for a page of compiler errors.
    const KEPT: usize = 400;

    /// Keeps what a pipe carries, until it ends.
    pub fn collect(&self, pipe: Option<impl Read + Send + 'static>) {
        let lines = self.clone();
        each_line(pipe, move |line| lines.push(line));
    }

    /// Keeps one line.
    pub fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == Self::KEPT {
            lines.remove(0);
        }
        lines.push(line);
    }

    /// All lines kept.
    pub fn text(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .join("\n")
    }

    fn last(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = lines.iter().rev().find(|line| !line.trim().is_empty());
        last.map(|line| line.trim().chars().take(60).collect())
            .unwrap_or_default()
    }
}

/// Calls `act` on every line of a pipe, on a thread of its own.
pub fn each_line(pipe: Option<impl Read + Send + 'static>, act: impl Fn(String) + Send + 'static) {
    let Some(pipe) = pipe else { return };
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            act(String::from_utf8_lossy(&line)
                .trim_end_matches('\r')
                .to_owned());
        }
    });
}

/// A step that takes longer than a person waits without a word.
pub struct LongStep<'a> {
    /// What is done, e.g. `Installing worker-build 0.8.7`.
    pub what: &'a str,
    /// Why, and how long it usually takes.
    pub why: &'a str,
}

impl LongStep<'_> {
    /// How often a waiting person hears that it goes on.
    const WORD_EVERY: Duration = Duration::from_secs(10);

    /// Runs the program to its end; its output is kept, and shown only in what is returned on failure.
    pub fn run(&self, command: &mut Command) -> Result<(), Ended> {
        let started = Instant::now();
        terminal::tell(format_args!("{} ({}) …", self.what, self.why));
        let lines = Lines::default();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = start(command).map_err(|error| {
            Ended::NotStarted(command.get_program().display().to_string(), error)
        })?;
        lines.collect(child.stdout.take());
        lines.collect(child.stderr.take());
        let mut words = 1;
        let status = wait(&mut child, || {
            if started.elapsed() > Self::WORD_EVERY * words {
                words += 1;
                terminal::tell(format_args!(
                    "  {}: {} s … {}",
                    self.what,
                    started.elapsed().as_secs(),
                    lines.last()
                ));
            }
        });
        match status {
            Ok(status) if status.success() => {
                terminal::tell(format_args!(
                    "  {}: done in {} s",
                    self.what,
                    started.elapsed().as_secs()
                ));
                Ok(())
            }
            Ok(_) => {
                // The reading threads may still hold the last lines.
                thread::sleep(Duration::from_millis(100));
                Err(Ended::Unsuccessfully(lines.text()))
            }
            Err(failed) => Err(Ended::Early(failed)),
        }
    }
}

/// How a long step ended, if not well.
pub enum Ended {
    NotStarted(String, io::Error),
    /// With what the program wrote.
    Unsuccessfully(String),
    Early(Failed),
}

impl Ended {
    /// One sentence for the person; what the program wrote goes before it, unless the network is all that is missing.
    pub fn explain(self, what: &str) -> Failed {
        match self {
            Self::Early(failed) => failed,
            Self::NotStarted(program, error) => {
                Failed::because(format!("{what} failed: cannot start {program}: {error}."))
            }
            Self::Unsuccessfully(output) => match network_trouble(&output) {
                Some(line) => Failed::because(format!(
                    "{what} failed because the package registry cannot be reached ({line}); check the network or \
                     the proxy settings and run the same command again, it goes on where it stopped."
                )),
                None => Failed::because(format!("{output}\n\n{what} failed; its output is above.")),
            },
        }
    }
}

/// The line of npm's, rustup's or cargo's output that says that there is no network.
fn network_trouble(output: &str) -> Option<&str> {
    const SIGNS: [&str; 14] = [
        "could not resolve host",
        "couldn't resolve host",
        "enotfound",
        "eai_again",
        "econnrefused",
        "econnreset",
        "etimedout",
        "network is unreachable",
        "could not connect to server",
        "couldn't connect to server",
        "failed to connect to",
        "connection refused",
        "error sending request",
        "timeout was reached",
    ];
    let line = output.lines().find(|line| {
        let line = line.to_lowercase();
        SIGNS.iter().any(|sign| line.contains(sign))
    })?;
    Some(line.trim().trim_end_matches('.'))
}

/// Whether colours make sense for what is printed.
pub fn is_colourful() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

#[cfg(test)]
mod tests {
    use super::{Ended, Lines, network_trouble};

    #[test]
    fn what_npm_cargo_and_rustup_say_without_a_network_becomes_one_sentence() {
        for output in [
            "npm error code EAI_AGAIN\nnpm error syscall getaddrinfo",
            "error: failed to download\n\nCaused by:\n  [6] Could not resolve hostname (Could not resolve host: example.org)",
            "error: could not download file: error sending request for url",
        ] {
            let failed = Ended::Unsuccessfully(output.to_owned()).explain("Installing X");
            let sentence = failed.sentence().expect("a sentence");
            assert!(
                sentence.starts_with(
                    "Installing X failed because the package registry cannot be reached"
                )
            );
            assert_eq!(sentence.lines().count(), 1);
        }
        assert_eq!(network_trouble("error[E0425]: cannot find value `x`"), None);
    }

    #[test]
    fn another_failure_shows_what_the_program_wrote() {
        let failed = Ended::Unsuccessfully("error[E0425]: no x".to_owned()).explain("Building");
        assert!(failed.sentence().is_some_and(|text| text.contains("E0425")));
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let lines = Lines::default();
        for number in 0..1000 {
            lines.push(number.to_string());
        }
        assert!(lines.text().starts_with("600\n") && lines.text().ends_with("\n999"));
    }
}
