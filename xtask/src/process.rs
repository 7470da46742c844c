//! Starts other programs, waits for them, and ends them when this process is asked to end.

use crate::terminal;
use anyhow::{Context as _, Result, bail};
use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ctrl-C, SIGTERM or SIGHUP ended the command.
#[derive(Debug)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Makes Ctrl-C, SIGTERM and SIGHUP set a flag. Every wait in this program checks it and ends the child that it waits
/// for.
pub fn catch_interrupts() -> Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst))
        .context("cannot listen for Ctrl-C")
}

/// Whether this process was asked to end.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Fails with [`Interrupted`] if this process was asked to end.
pub fn check_interrupt() -> Result<()> {
    if is_interrupted() {
        bail!(Interrupted);
    }
    Ok(())
}

/// The cargo that runs this program.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    forget_this_package(&mut command);
    command
}

/// Removes the variables in which `cargo run` describes the package `xtask`; they would mislead another cargo.
pub fn forget_this_package(command: &mut Command) {
    const PREFIXES: [&str; 5] = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
        "CARGO_PRIMARY_",
    ];
    for (name, _) in std::env::vars_os() {
        let is_own = |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        if name.to_str().is_some_and(is_own) {
            command.env_remove(name);
        }
    }
}

/// The first line that a program prints; `None` if it cannot be started or fails.
pub fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default().to_owned();
    output.status.success().then_some(line)
}

/// Runs a program to its end. Its output goes to standard error, because standard output is for results.
pub fn run(step: &str, command: &mut Command) -> Result<()> {
    terminal::note(format_args!("{step} …"));
    let start = Instant::now();
    command.stdin(Stdio::null()).stdout(io::stderr());
    let mut child = start_group(command)?;
    let status = wait(&mut child)?;
    if !status.success() {
        bail!("{step} failed ({status}); its output is above");
    }
    terminal::note(format_args!(
        "{step}: done in {} s",
        start.elapsed().as_secs()
    ));
    Ok(())
}

/// Starts a program as the leader of a process group, so that [`stop`] also ends the programs that it starts. A Ctrl-C in the
/// terminal then reaches this process only.
pub fn start_group(command: &mut Command) -> Result<Child> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// Waits for a child; stops it if this process is asked to end.
pub fn wait(child: &mut Child) -> Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if is_interrupted() {
            stop(child);
            bail!(Interrupted);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Stops the process group of a child: with SIGTERM, and after 5 s with SIGKILL.
pub fn stop(child: &mut Child) {
    if !matches!(child.try_wait(), Ok(None)) {
        return;
    }
    signal_group(child, false);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    signal_group(child, true);
    let _ = child.wait();
}

#[cfg(unix)]
fn signal_group(child: &Child, is_final: bool) {
    use nix::sys::signal::{Signal, killpg};
    let signal = if is_final {
        Signal::SIGKILL
    } else {
        Signal::SIGTERM
    };
    if let Ok(id) = i32::try_from(child.id()) {
        let _ = killpg(nix::unistd::Pid::from_raw(id), signal);
    }
}

// Windows has no SIGTERM for console programs, and does not end the children of a process with it.
#[cfg(windows)]
fn signal_group(child: &Child, _: bool) {
    let _ = Command::new("taskkill")
        .args(["/T", "/F", "/PID", &child.id().to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Calls `act` with each line of a pipe, on a thread of its own.
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
