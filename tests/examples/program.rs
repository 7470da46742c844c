//! A program that runs until the test ends.

use std::io::Read;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

const START_TIMEOUT: Duration = Duration::from_mins(2);

/// A running program. When dropped, it is ended with all programs that it started.
pub struct Program {
    child: Child,
    output: Arc<Mutex<String>>,
}

impl Program {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = Arc::default();
        collect(child.stdout.take().expect("a pipe"), &output);
        collect(child.stderr.take().expect("a pipe"), &output);
        Self { child, output }
    }

    /// The output of the program so far.
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Waits until the program prints this text.
    pub fn wait_for_output(&mut self, text: &str) {
        self.wait(|program| program.output().contains(text), text);
    }

    /// Waits until something is found in the output.
    pub fn wait_for_match<T>(&mut self, find: impl Fn(&str) -> Option<T>, what: &str) -> T {
        self.wait(|program| find(&program.output()).is_some(), what);
        find(&self.output()).expect("it was found")
    }

    /// Waits until the program listens on this port.
    pub fn wait_for_port(&mut self, port: u16) {
        let is_open = |_: &Self| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        self.wait(is_open, "its port");
    }

    fn wait(&mut self, is_ready: impl Fn(&Self) -> bool, what: &str) {
        let started = Instant::now();
        while !is_ready(self) {
            if let Some(status) = self.child.try_wait().expect("a status") {
                panic!("it ended with {status} before {what}:\n{}", self.output());
            }
            assert!(
                started.elapsed() < START_TIMEOUT,
                "waited for {what}:\n{}",
                self.output()
            );
            sleep(Duration::from_millis(50));
        }
    }

    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill")
            .args(["-s", signal, "--", &group])
            .stderr(Stdio::null())
            .status();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.signal("TERM");
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed().as_secs() < 10 {
            sleep(Duration::from_millis(50));
        }
        // Ends the programs that it started and did not end itself.
        self.signal("KILL");
        let _ = self.child.wait();
    }
}

fn collect(mut pipe: impl Read + Send + 'static, output: &Arc<Mutex<String>>) {
    let output = Arc::clone(output);
    thread::spawn(move || {
        let mut bytes = [0; 4_096];
        while let Ok(length @ 1..) = pipe.read(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..length]);
            output.lock().unwrap().push_str(&text);
        }
    });
}
