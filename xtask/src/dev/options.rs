//! The options of `cargo dev`.

use crate::{cache, workspace};
use anyhow::{Result, bail};
use std::fs::File;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

/// Run the Worker on this machine
///
/// Installs the tools, builds the Worker, writes .dev.vars with random secrets, applies the migrations and creates a first
/// administrator. Skips each step that has been done before. Then runs the Worker in workerd with a local D1 and KV, and
/// rebuilds it when a file in src/ or pages/ changes. Press Ctrl-C to stop it; users, sessions and secrets are kept.
///
/// AWS is simulated, unless .dev.vars or wrangler.toml sets AWS variables. The last lines of the output show how to sign in.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(override_usage = "cargo dev [OPTIONS]")]
pub struct Options {
    /// Port on the loopback interface; JWT_ISSUER is http://localhost:PORT, unless .dev.vars sets it
    #[arg(long, value_name = "PORT", default_value_t = 8787, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// Folder of the local D1 and KV [default: .wrangler/state]
    #[arg(long, value_name = "DIR", value_parser = absolute)]
    persist_to: Option<PathBuf>,
    /// Let browsers on this origin, such as http://localhost:3000, call the service; repeatable. The origin is added to
    /// ALLOWED_ORIGINS of .dev.vars or wrangler.toml
    #[arg(long = "allow-origin", value_name = "ORIGIN", value_parser = origin)]
    pub allow_origins: Vec<String>,
    /// Open the sign-in page in the browser when the Worker is ready
    #[arg(long)]
    pub open: bool,
}

impl Options {
    fn default_data_folder() -> PathBuf {
        workspace::root().join(".wrangler/state")
    }

    /// The folder of D1 and KV.
    pub fn data_folder(&self) -> PathBuf {
        self.persist_to
            .clone()
            .unwrap_or_else(Self::default_data_folder)
    }

    /// The address of the Worker. It contains the name, not the IP address: browsers treat `localhost` and `127.0.0.1`
    /// as different sites, and a page on `http://localhost:3000` must be on the same site.
    pub fn address(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The address of the sign-in page.
    pub fn sign_in_page(&self) -> String {
        format!("{}/sign-in", self.address())
    }

    /// Locks the data and the port for this `cargo dev`. Without the locks, two processes would write to one database,
    /// and a port would look free until its process listens.
    pub fn lock(&self) -> Result<[File; 2]> {
        let folder = self.data_folder();
        let Some(data) = cache::try_lock_file(&folder.join("edge-auth-dev.lock"))? else {
            bail!(
                "another `cargo dev` uses the data in {}; stop it, or choose another folder with --persist-to",
                folder.display()
            );
        };
        let port = format!("dev-port-{}.lock", self.port);
        let Some(port) = cache::try_lock_file(&cache::root()?.join(port))? else {
            return self.port_in_use();
        };
        Ok([data, port])
    }

    /// Fails if the port cannot be used. wrangler would choose another port silently.
    pub fn check_port(&self) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        // On macOS one program can listen on 127.0.0.1 while another listens on all addresses, so a successful bind is
        // not enough. `localhost` resolves to `::1` first.
        let also = SocketAddr::from((Ipv6Addr::LOCALHOST, self.port));
        let has_listener = [address, also]
            .iter()
            .any(|address| TcpStream::connect_timeout(address, Duration::from_millis(500)).is_ok());
        match TcpListener::bind(address) {
            Ok(_) if !has_listener => Ok(()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => bail!(
                "this user may not listen on port {}; choose port 1024 or higher with --port",
                self.port
            ),
            _ => self.port_in_use(),
        }
    }

    fn port_in_use<T>(&self) -> Result<T> {
        bail!(
            "port {} is in use; stop the program that listens on it, or choose another port with --port",
            self.port
        )
    }
}

/// wrangler runs in the repository's root, so the path must not depend on the current folder.
fn absolute(path: &str) -> std::io::Result<PathBuf> {
    std::path::absolute(path)
}

/// Checks the form; the Worker checks the rest.
fn origin(text: &str) -> Result<String, String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("expected an origin such as http://localhost:3000".to_owned());
    };
    // ALLOWED_ORIGINS separates origins with commas.
    if text.contains([',', ' ']) {
        return Err("expected one origin; repeat the option for more".to_owned());
    }
    match rest.find(['/', '?', '#']) {
        None => Ok(text.to_owned()),
        Some(end) => Err(format!(
            "an origin has no path; expected {scheme}://{}",
            &rest[..end]
        )),
    }
}

#[cfg(test)]
pub mod tests {
    use super::Options;
    use clap::Parser as _;
    use std::fs;
    use std::net::TcpListener;
    use std::path::Path;

    #[derive(Debug, clap::Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    /// Options as they are parsed.
    pub fn options(args: &[&str]) -> Result<Options, String> {
        let args = std::iter::once(&"dev").chain(args);
        Cli::try_parse_from(args)
            .map(|cli| cli.options)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn options_have_defaults() {
        let options = options(&[]).expect("defaults");
        assert_eq!(options.address(), "http://localhost:8787");
        assert_eq!(options.data_folder(), Options::default_data_folder());
        assert!(options.allow_origins.is_empty());
        assert!(!options.open);
    }

    #[test]
    fn data_folder_is_absolute() {
        let options = options(&["--port", "9001", "--persist-to=state"]).expect("options");
        assert_eq!(options.port, 9001);
        let folder = options.data_folder();
        assert!(folder.is_absolute() && folder.ends_with(Path::new("state")));
    }

    #[test]
    fn repeated_origins_keep_their_order() {
        let args = [
            "--allow-origin",
            "http://a:1",
            "--allow-origin=tauri://localhost",
        ];
        let options = options(&args).expect("two origins");
        assert_eq!(options.allow_origins, ["http://a:1", "tauri://localhost"]);
    }

    #[test]
    fn invalid_options_are_named() {
        for (args, part) in [
            (&["--port"][..], "a value is required for '--port <PORT>'"),
            (&["--port", "0"], "0 is not in 1..=65535"),
            (&["--port", "65536"], "65536 is not in 1..=65535"),
            (&["--port", "http"], "invalid digit"),
            (
                &["--persist-to"],
                "a value is required for '--persist-to <DIR>'",
            ),
            (
                &["--allow-origin", "localhost:3000"],
                "expected an origin such as",
            ),
            (
                &["--allow-origin", "http://a,http://b"],
                "repeat the option",
            ),
            (
                &["--allow-origin", "http://a.example/path"],
                "an origin has no path; expected http://a.example",
            ),
            (
                &["--allow-origin", "http://a.example/"],
                "an origin has no path; expected http://a.example",
            ),
            (&["--prot", "1"], "unexpected argument '--prot'"),
            (&["8787"], "unexpected argument '8787'"),
        ] {
            let message = options(args).expect_err("a usage error");
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn second_start_on_the_same_data_or_port_fails() {
        let folder = std::env::temp_dir().join(format!("edge-auth-locks-{}", std::process::id()));
        let with = |port: u16, name: &str| {
            let mut options = options(&[]).expect("defaults");
            options.port = port;
            options.persist_to = Some(folder.join(name));
            options
        };
        // Ports that nothing listens on: privileged, and unassigned.
        let first = with(4, "a").lock().expect("free");
        let message = |options: Options| options.lock().expect_err("in use").to_string();
        assert!(message(with(6, "a")).starts_with("another `cargo dev` uses the data in "));
        assert!(message(with(4, "b")).starts_with("port 4 is in use; "));
        drop(first);
        with(4, "a").lock().expect("free again");
        let _ = fs::remove_dir_all(&folder);
    }

    #[test]
    fn port_in_use_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let mut options = options(&[]).expect("defaults");
        options.port = listener.local_addr().expect("its address").port();
        let message = options.check_port().expect_err("in use").to_string();
        assert!(message.starts_with(&format!("port {} is in use; ", options.port)));
        drop(listener);
        assert!(options.check_port().is_ok());
    }
}
