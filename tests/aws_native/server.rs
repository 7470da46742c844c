//! Starts moto or ministack on a port of its own and stops it again; installs both first, once a machine.

use edge_auth::aws::partition::Endpoint;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// A running server; dropping it ends it.
pub struct Server {
    pub endpoint: Endpoint,
    process: Child,
}

impl Server {
    /// moto, which checks no signature of the first so many calls.
    pub async fn moto(unchecked: u32) -> Self {
        let port = free_port().to_string();
        let mut command = python("moto.server");
        command
            .args(["-H", "127.0.0.1", "-p", &port])
            .env("INITIAL_NO_AUTH_ACTION_COUNT", unchecked.to_string());
        Self::start(command, &port).await
    }

    /// ministack with its checks on.
    pub async fn ministack() -> Self {
        let port = free_port().to_string();
        let mut command = python("ministack");
        command
            .env("AUTH", "true")
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", &port)
            .env("MINISTACK_ACCOUNT_ID", "123456789012");
        Self::start(command, &port).await
    }

    async fn start(mut command: Command, port: &str) -> Self {
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server's Python starts");
        let address = format!("127.0.0.1:{port}");
        let mut server = Self {
            endpoint: Endpoint::overridden(&format!("http://{address}")).unwrap(),
            process,
        };
        let began = Instant::now();
        while tokio::net::TcpStream::connect(&address).await.is_err() {
            let ended = server.process.try_wait().unwrap();
            assert!(ended.is_none(), "{command:?} ended at once: {ended:?}");
            assert!(
                began.elapsed() < Duration::from_secs(90),
                "{command:?} does not listen"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn python(module: &str) -> Command {
    let mut command = Command::new(interpreter(&installed()));
    command.args(["-m", module]);
    command
}

fn interpreter(environment: &Path) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts").join("python.exe")
    } else {
        environment.join("bin").join("python")
    }
}

/// The folder of a Python environment that holds exactly the pinned packages. A lock file lets one process install while
/// the others wait; a mark at the end tells a whole environment from one whose installer was stopped.
fn installed() -> PathBuf {
    let root = cache();
    fs::create_dir_all(&root).unwrap();
    let name = format!("aws-emulators-{:016x}", fingerprint(REQUIREMENTS));
    let environment = root.join(&name);
    let mark = environment.join("whole");
    let lock = File::create(root.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    if mark.exists() {
        return environment;
    }
    let _ = fs::remove_dir_all(&environment);
    fs::create_dir(&environment).unwrap();
    let requirements = environment.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).unwrap();
    let system = if cfg!(windows) { "python" } else { "python3" };
    run(Command::new(system)
        .args([OsStr::new("-m"), OsStr::new("venv")])
        .arg(&environment));
    run(Command::new(interpreter(&environment))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-compile",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(&requirements));
    fs::write(mark, "").unwrap();
    environment
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| {
        panic!("These tests need python3 (3.10 or later) with pip and venv, and {command:?} did not start: {error}")
    });
    assert!(
        output.status.success(),
        "These tests need python3 (3.10 or later) with pip and venv, and {command:?} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn cache() -> PathBuf {
    let folder = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(chosen) = folder("EDGE_AUTH_CACHE") {
        return std::path::absolute(chosen).unwrap();
    }
    let caches = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| folder("HOME").map(|home| home.join(".cache")))
    };
    caches
        .expect(
            "There is no home folder to keep tools in; set EDGE_AUTH_CACHE to a folder for them.",
        )
        .join("edge-auth")
}

/// FNV-1a: another list of packages gets another folder.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
