//! The example programs of the credentials routes, taken from responses and run unchanged: against servers that check the
//! signature or the key, with the packages that the programs name, and in an environment with only the variables that they
//! name and those that lead to these servers.
//!
//! AWS's SDKs read the endpoint from their own variable. All other clients use a proxy (`proxy.py`) that has
//! certificates for the real hosts from a test authority.

mod bedrock;
#[path = "../../../aws_native/emulator_users.rs"]
mod emulator_users;
mod hostile_values;
mod nvidia;
#[path = "../../../shared/port.rs"]
mod port;
#[path = "../../../aws_native/server.rs"]
mod server;

use crate::support::internals::Endpoint;
use crate::support::{Response, installed, node};
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

/// The languages, and the field of the response with the program in each.
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

/// The programs of a response.
fn programs(response: &Response) -> [(Language, String); 3] {
    let credentials = response.credentials();
    LANGUAGES.map(|(language, field)| {
        let program = credentials[field].as_str().expect("a program");
        (language, program.to_owned())
    })
}

/// A folder for the programs of one test, with the packages for Node.
struct Workspace {
    folder: PathBuf,
    python: PathBuf,
}

static LAST: AtomicU32 = AtomicU32::new(0);

impl Workspace {
    fn new() -> Self {
        let number = LAST.fetch_add(1, Ordering::Relaxed);
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
        // Node looks for packages from the folder of the program.
        link(packages.join("node_modules"), folder.join("node_modules")).unwrap();
        let python = installed::python("examples", REQUIREMENTS);
        Self { folder, python }
    }

    /// The interpreter, with a file that contains this text, in an otherwise empty environment.
    fn command(&self, language: Language, args: &[&str], text: &str) -> Command {
        let (interpreter, name) = match language {
            Language::Shell => (Path::new("bash"), "example.sh"),
            Language::Node => (node(), "example.mjs"),
            Language::Python => (self.python.as_path(), "example.py"),
        };
        let file = self.folder.join(name);
        fs::write(&file, text).unwrap();
        let mut command = Command::new(interpreter);
        command
            .args(args)
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

    /// Fails the test unless the program is syntactically valid.
    fn assert_parses(&self, language: Language, text: &str) {
        let args: &[&str] = match language {
            Language::Shell => &["-n"],
            Language::Node => &["--check"],
            Language::Python => &["-m", "py_compile"],
        };
        let output = self.command(language, args, text).output().unwrap();
        assert!(output.status.success(), "{text}\n{}", printed(&output));
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A `PATH` with the Node of the harness first.
fn path() -> std::ffi::OsString {
    let own = node().parent().expect("a folder").to_owned();
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths(std::iter::once(own).chain(env::split_paths(&others))).unwrap()
}

/// Everything that a program printed.
fn printed(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    texts.concat()
}

fn script(name: &str) -> String {
    format!(
        "{}/tests/api/properties/example_programs/{name}",
        env!("CARGO_MANIFEST_DIR")
    )
}

/// A server that replaces Bedrock: ministack, which recalculates every signature.
async fn ministack() -> Server {
    Server::start(&[&script("bedrock.py")], &emulator_users::MINISTACK).await
}

/// The servers that replace Bedrock and NVIDIA, and the variables that direct clients to them.
struct Upstreams {
    bedrock: Option<Endpoint>,
    proxy: Server,
    authority: PathBuf,
}

impl Upstreams {
    /// Starts the proxy. NVIDIA's server accepts this key.
    async fn new(workspace: &Workspace, bedrock: Option<&Server>, nvidia_key: &str) -> Self {
        let bedrock = bedrock.map(|server| server.endpoint.clone());
        let authority = bedrock.as_ref().map(Endpoint::authority);
        let (_, port) = authority
            .and_then(|authority| authority.rsplit_once(':'))
            .unwrap_or(("", "0"));
        let folder = workspace.folder.to_str().expect("a path in Unicode");
        let args = [&script("proxy.py"), "PORT", folder, port, nvidia_key];
        let proxy = Server::start(&args, &[]).await;
        let authority = workspace.folder.join("authority.pem");
        Self {
            bedrock,
            proxy,
            authority,
        }
    }

    /// The variables for the clients of a language.
    fn variables(&self, language: Language) -> Vec<(&'static str, String)> {
        let authority = self.authority.to_str().expect("a path in Unicode");
        let mut variables = vec![("HTTPS_PROXY", self.proxy.endpoint.url(""))];
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

    /// Runs a program with these variables and those of the servers.
    fn run(
        &self,
        workspace: &Workspace,
        language: Language,
        text: &str,
        keys: &[(&str, &str)],
    ) -> Output {
        let own = self.variables(language);
        let own = own.iter().map(|(name, value)| (*name, value.as_str()));
        let variables: Vec<_> = own.chain(keys.iter().copied()).collect();
        workspace.run(language, text, &variables)
    }
}
