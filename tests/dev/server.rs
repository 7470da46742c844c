//! A running `cargo dev`.

use crate::port::free_port;
use crate::toolchain;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// Time for a start of `cargo dev`, without the build.
pub const START_TIMEOUT: Duration = Duration::from_mins(2);

/// The origins of `--allow-origin`. Those of `wrangler.toml` are allowed too.
pub const ORIGINS: [&str; 2] = ["http://localhost:3000", "http://localhost:3001"];

/// A running `cargo dev`; ended when dropped.
pub struct Dev {
    child: Child,
    pub state: PathBuf,
    pub address: String,
    port: u16,
    /// The output up to and including the ready line.
    pub printed: String,
    pub lines: Receiver<String>,
}

impl Dev {
    pub fn start(state: &Path) -> Self {
        let port = free_port();
        let child = toolchain::cargo()
            .args(["xtask", "dev", "--port", &port.to_string(), "--persist-to"])
            .arg(state)
            .args(["--allow-origin", ORIGINS[0], "--allow-origin", ORIGINS[1]])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // In a terminal, Ctrl-C reaches a whole process group, so `cargo dev` is started in its own.
            .process_group(0)
            .spawn()
            .expect("cargo starts");
        let mut dev = Self {
            child,
            state: state.to_owned(),
            address: format!("http://localhost:{port}"),
            port,
            printed: String::new(),
            lines: channel().1,
        };
        let (sender, lines) = channel();
        let pipe = BufReader::new(dev.child.stdout.take().expect("a pipe"));
        thread::spawn(move || {
            for line in pipe.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        dev.lines = lines;
        dev.read_until_ready();
        dev
    }

    fn read_until_ready(&mut self) {
        let started = Instant::now();
        let ready = format!("Ready: {} ", self.address);
        while !self.printed.contains(&ready) {
            match self.lines.recv_timeout(Duration::from_secs(1)) {
                Ok(line) => self.printed += &(line + "\n"),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("cargo dev ended before it was ready:\n{}", self.printed)
                }
                Err(RecvTimeoutError::Timeout) => assert!(
                    started.elapsed() < START_TIMEOUT,
                    "cargo dev is not ready:\n{}",
                    self.printed
                ),
            }
        }
    }

    pub fn line_with(&self, text: &str) -> String {
        let mut lines = self.printed.lines();
        let line = lines.find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("no line with {text}:\n{}", self.printed))
            .to_owned()
    }

    /// Sends a signal. The process must exit with success, and all processes that it started must end.
    pub fn end(mut self, signal: &str) {
        let started = self.descendants();
        assert!(
            !cfg!(target_os = "linux") || started.len() >= 2,
            "wrangler and workerd were expected below it: {started:?}"
        );
        self.signal(signal);
        let asked = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                break status;
            }
            assert!(
                asked.elapsed() < Duration::from_secs(20),
                "the process does not end"
            );
            sleep(Duration::from_millis(50));
        };
        assert!(status.success(), "it ended with {status}");
        let left = processes();
        let left: Vec<_> = left.iter().filter(|(id, _)| started.contains(id)).collect();
        assert!(left.is_empty(), "still running: {left:?}");
        let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        assert!(connection.is_err(), "something still listens");
    }

    /// The processes that it started, directly or indirectly.
    fn descendants(&self) -> BTreeSet<u32> {
        let all = processes();
        let mut found = BTreeSet::from([self.child.id()]);
        loop {
            let more: Vec<u32> = all
                .iter()
                .filter(|(id, parent)| found.contains(parent) && !found.contains(id))
                .map(|(id, _)| *id)
                .collect();
            if more.is_empty() {
                found.remove(&self.child.id());
                return found;
            }
            found.extend(more);
        }
    }

    fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        let _ = Command::new("sh").args(["-c", &kill]).status();
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal("TERM");
            let asked = Instant::now();
            while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed().as_secs() < 10 {
                sleep(Duration::from_millis(50));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// All running processes, with their parents. The list is empty if there is no `/proc`.
fn processes() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let read = |entry: fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // proc_pid_stat(5): the name is in parentheses and may hold some; state and parent follow it.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        (state != "Z").then_some((id, parent))
    };
    entries.filter_map(read).collect()
}
