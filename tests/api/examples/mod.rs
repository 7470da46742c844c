//! The examples of the credentials pages, taken from live replies and run as they are: against servers that check the
//! signature or the key, with the packages that they name, and with nothing in their environment but the variables that
//! they name and the way to those servers.
//!
//! AWS's SDKs are led by their own variable, everything else by a proxy (`door.py`) that has certificates for the real
//! hosts from an authority of the tests.

mod bedrock;
mod hostile;
#[path = "../../aws_native/installed.rs"]
pub mod installed;
mod nvidia;
#[path = "../../aws_native/people.rs"]
mod people;
#[path = "../../aws_native/server.rs"]
mod server;

use crate::support::{Reply, node};
use edge_auth::aws::endpoint::Endpoint;
use server::Server;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(unix)]
use std::os::unix::fs::symlink as link;
#[cfg(windows)]
use std::os::windows::fs::symlink_dir as link;

const PACKAGE: &str = include_str!("package.json");
const PACKAGE_LOCK: &str = include_str!("package-lock.json");
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// The languages, and the fields of a page that have a program in each.
const LANGUAGES: [(Language, &str); 3] = [
    (Language::Shell, "curlExample"),
    (Language::Node, "nodeExample"),
    (Language::Python, "pythonExample"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Shell,
    Node,
    Python,
}

/// The programs of a page.
fn programs(page: &Reply) -> [(Language, String); 3] {
    let credentials = page.assert_status(200).json()["credentials"].clone();
    LANGUAGES.map(|(language, field)| {
        let program = credentials[field].as_str().expect("a program");
        (language, program.to_owned())
    })
}

/// A folder of a test's own, in which its programs lie beside the packages for Node.
struct Desk {
    folder: PathBuf,
    python: PathBuf,
}

static LAST_DESK: AtomicU32 = AtomicU32::new(0);

impl Desk {
    fn new() -> Self {
        let number = LAST_DESK.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("examples-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let packages = installed::once("examples", PACKAGE_LOCK, |packages| {
            fs::write(packages.join("package.json"), PACKAGE).unwrap();
            fs::write(packages.join("package-lock.json"), PACKAGE_LOCK).unwrap();
            installed::run(
                Command::new("npm")
                    .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                    .current_dir(packages)
                    .env("PATH", path()),
            );
        });
        // Node looks for packages from where the program lies.
        link(packages.join("node_modules"), folder.join("node_modules")).unwrap();
        let python = installed::python("examples", REQUIREMENTS);
        Self { folder, python }
    }

    /// The interpreter with a file that holds this text; the environment is empty but for what is told.
    fn command(&self, language: Language, words: &[&str], text: &str) -> Command {
        let (interpreter, name) = match language {
            Language::Shell => (Path::new("bash"), "example.sh"),
            Language::Node => (node(), "example.mjs"),
            Language::Python => (self.python.as_path(), "example.py"),
        };
        let file = self.folder.join(name);
        fs::write(&file, text).unwrap();
        let mut command = Command::new(interpreter);
        command
            .args(words)
            .arg(file)
            .env_clear()
            .env("PATH", path())
            .env("HOME", &self.folder)
            .current_dir(&self.folder);
        command
    }

    /// Runs a program with these variables.
    fn run(&self, language: Language, text: &str, variables: &[(&str, &str)]) -> Output {
        let mut command = self.command(language, &[], text);
        command.envs(variables.iter().copied()).output().unwrap()
    }

    /// Fails the test unless the language finds the program well-formed.
    fn assert_parses(&self, language: Language, text: &str) {
        let words: &[&str] = match language {
            Language::Shell => &["-n"],
            Language::Node => &["--check"],
            Language::Python => &["-m", "py_compile"],
        };
        let output = self.command(language, words, text).output().unwrap();
        assert!(output.status.success(), "{text}\n{}", said(&output));
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The Node of the harness before what else there is.
fn path() -> std::ffi::OsString {
    let own = node().parent().expect("a folder").to_owned();
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths(std::iter::once(own).chain(env::split_paths(&others))).unwrap()
}

/// All that a program wrote.
fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    texts.concat()
}

fn script(name: &str) -> String {
    format!("{}/tests/api/examples/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// What stands for Bedrock: ministack, which recomputes every signature.
async fn ministack() -> Server {
    Server::start(&[&script("bedrock.py")], &people::MINISTACK).await
}

/// The way to what stands for Bedrock and NVIDIA.
struct Way {
    bedrock: Option<Endpoint>,
    door: Server,
    authority: PathBuf,
}

impl Way {
    /// Opens a door; NVIDIA's shall take this key.
    async fn new(desk: &Desk, bedrock: Option<&Server>, nvidia_key: &str) -> Self {
        let bedrock = bedrock.map(|server| server.endpoint.clone());
        let authority = bedrock.as_ref().map(Endpoint::authority);
        let (_, port) = authority
            .and_then(|authority| authority.rsplit_once(':'))
            .unwrap_or(("", "0"));
        let folder = desk.folder.to_str().expect("a path in Unicode");
        let words = [&script("door.py"), "PORT", folder, port, nvidia_key];
        let door = Server::start(&words, &[]).await;
        let authority = desk.folder.join("authority.pem");
        Self {
            bedrock,
            door,
            authority,
        }
    }

    /// What leads each language's clients there.
    fn variables(&self, language: Language) -> Vec<(&'static str, String)> {
        let authority = self.authority.to_str().expect("a path in Unicode");
        let mut variables = vec![("HTTPS_PROXY", self.door.endpoint.url(""))];
        let bundle = match language {
            Language::Shell => "CURL_CA_BUNDLE",
            Language::Node => "NODE_EXTRA_CA_CERTS",
            Language::Python => "SSL_CERT_FILE",
        };
        variables.push((bundle, authority.to_owned()));
        if language == Language::Node {
            variables.push(("NODE_USE_ENV_PROXY", "1".to_owned()));
        }
        if let Some(bedrock) = &self.bedrock {
            variables.push(("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", bedrock.url("")));
        }
        variables
    }

    /// Runs a program with these variables and those of the way.
    fn run(&self, desk: &Desk, language: Language, text: &str, keys: &[(&str, &str)]) -> Output {
        let way = self.variables(language);
        let way = way.iter().map(|(name, value)| (*name, value.as_str()));
        let variables: Vec<_> = way.chain(keys.iter().copied()).collect();
        desk.run(language, text, &variables)
    }
}
