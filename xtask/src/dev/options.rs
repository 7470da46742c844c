//! What can be said after `cargo dev`.

use crate::{cache, clone, failed::Failed};
use std::{
    fs::{self, File},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    time::Duration,
};

/// The options, checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    pub port: u16,
    /// A whole path: wrangler runs in the clone's root, the person may be elsewhere.
    pub persist_to: PathBuf,
    /// Origins from which browsers may call the service, in addition to those of `ALLOWED_ORIGINS`.
    pub allow_origins: Vec<String>,
}

impl Options {
    const DEFAULT_PORT: u16 = 8787;
    const NAMES: [&str; 3] = ["--port", "--persist-to", "--allow-origin"];

    /// Reads `--port N`, `--port=N`, and the same for the other options.
    pub fn read(words: &[String]) -> Result<Self, Failed> {
        let mut options = Self {
            port: Self::DEFAULT_PORT,
            persist_to: Self::default_place(),
            allow_origins: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            if !Self::NAMES.contains(&name) {
                return Err(Failed::because(format!(
                    "`{word}` means nothing here; `cargo dev --help` says what does."
                )));
            }
            let value = value
                .or_else(|| words.next().map(String::as_str))
                .filter(|value| !value.is_empty())
                .ok_or_else(|| {
                    Failed::because(format!(
                        "{name} needs a value, as in `{name} {}`.",
                        example(name)
                    ))
                })?;
            match name {
                "--port" => options.port = port(value)?,
                "--allow-origin" => options.allow_origins.push(origin(value)?),
                _ => {
                    options.persist_to = std::path::absolute(value).map_err(|error| {
                        Failed::because(format!("`{value}` is not a folder: {error}."))
                    })?;
                }
            }
        }
        Ok(options)
    }

    fn default_place() -> PathBuf {
        clone::root().join(".wrangler/state")
    }

    /// Whether D1 and KV are kept where every command looks by default.
    pub fn is_default_place(&self) -> bool {
        self.persist_to == Self::default_place()
    }

    /// The address of the Worker. It uses the name, not the IP address: for a browser, `localhost` and `127.0.0.1` are
    /// different sites, and a page on `http://localhost:3000` has to be on the same one.
    pub fn address(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The locks of this `cargo dev` on its data and its port. Two would write one database, and until the first one listens
    /// its port looks free.
    pub fn lock(&self) -> Result<[File; 2], Failed> {
        let folder = &self.persist_to;
        fs::create_dir_all(folder).map_err(|error| Failed::file("make", folder, &error))?;
        let data = cache::try_lock_file(&folder.join("edge-auth-dev.lock"))?;
        let data = data.ok_or_else(|| {
            Failed::because(format!(
                "Another `cargo dev` is using the data in {}; stop it, or choose another folder with --persist-to.",
                folder.display()
            ))
        })?;
        let ports = cache::root()?;
        fs::create_dir_all(&ports).map_err(|error| Failed::file("make", &ports, &error))?;
        let port = cache::try_lock_file(&ports.join(format!("dev-port-{}.lock", self.port)))?;
        let port = port.ok_or_else(|| self.taken())?;
        Ok([data, port])
    }

    fn taken(&self) -> Failed {
        Failed::because(format!(
            "Port {} is in use; stop the program that listens on it, or choose another port with --port.",
            self.port
        ))
    }

    /// Before anything slow, and before wrangler, which would choose another port.
    pub fn check_that_the_port_is_free(&self) -> Result<(), Failed> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        // macOS lets one program listen on 127.0.0.1 while another has all addresses, so binding alone does not tell. And
        // `localhost` is `::1` first.
        let also = SocketAddr::from((Ipv6Addr::LOCALHOST, self.port));
        let answers = [address, also]
            .iter()
            .any(|address| TcpStream::connect_timeout(address, Duration::from_millis(500)).is_ok());
        match TcpListener::bind(address) {
            Ok(_) if !answers => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                Err(Failed::because(format!(
                    "This user may not listen on port {}; choose one from 1024 with --port.",
                    self.port
                )))
            }
            _ => Err(self.taken()),
        }
    }
}

fn port(text: &str) -> Result<u16, Failed> {
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| {
        Failed::because(format!(
            "`{text}` is not a port; ports are numbers from 1 to 65535."
        ))
    })
}

/// The Worker validates the rest. A comma would turn one origin into several, and a bare host name is the usual mistake.
fn origin(text: &str) -> Result<String, Failed> {
    let is_origin = text.contains("://") && !text.contains([',', ' ']);
    is_origin.then(|| text.to_owned()).ok_or_else(|| {
        Failed::because(format!(
            "`{text}` is not an origin; an origin looks like http://localhost:3000."
        ))
    })
}

fn example(name: &str) -> &'static str {
    match name {
        "--port" => "8788",
        "--allow-origin" => "http://localhost:3000",
        _ => "/tmp/edge-auth",
    }
}

#[cfg(test)]
mod tests {
    use super::Options;
    use std::{fs, net::TcpListener, path::Path};

    fn read(words: &[&str]) -> Result<Options, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Options::read(&words).map_err(|failed| failed.sentence().unwrap_or_default().to_owned())
    }

    #[test]
    fn both_spellings_of_an_option_are_read() {
        assert_eq!(read(&[]).expect("defaults").port, 8787);
        assert_eq!(read(&["--port", "9000"]).expect("a port").port, 9000);
        let options = read(&["--persist-to=state", "--port=9001"]).expect("both");
        assert_eq!(options.address(), "http://localhost:9001");
        assert_eq!(options.port, 9001);
        assert!(
            options.persist_to.is_absolute() && options.persist_to.ends_with(Path::new("state"))
        );
    }

    #[test]
    fn allowed_origins_given_several_times_are_kept_in_order() {
        let words = [
            "--allow-origin",
            "http://a:1",
            "--allow-origin=tauri://localhost",
        ];
        let options = read(&words).expect("two origins");
        assert_eq!(options.allow_origins, ["http://a:1", "tauri://localhost"]);
    }

    #[test]
    fn every_mistake_is_one_sentence() {
        for (words, start) in [
            (&["--port"][..], "--port needs a value"),
            (&["--port="], "--port needs a value"),
            (&["--port", "0"], "`0` is not a port"),
            (&["--port", "65536"], "`65536` is not a port"),
            (&["--port", "http"], "`http` is not a port"),
            (&["--persist-to"], "--persist-to needs a value"),
            (&["--allow-origin"], "--allow-origin needs a value"),
            (
                &["--allow-origin", "localhost:3000"],
                "`localhost:3000` is not an origin",
            ),
            (
                &["--allow-origin", "http://a,http://b"],
                "`http://a,http://b` is not an origin",
            ),
            (&["--prot", "1"], "`--prot` means nothing here"),
            (&["8787"], "`8787` means nothing here"),
        ] {
            let sentence = read(words).expect_err("a mistake");
            assert!(
                sentence.starts_with(start) && sentence.lines().count() == 1,
                "{sentence}"
            );
        }
    }

    #[test]
    fn second_start_on_the_same_data_or_port_is_one_sentence() {
        let folder = std::env::temp_dir().join(format!("edge-auth-locks-{}", std::process::id()));
        let with = |port: u16, name: &str| {
            let mut options = read(&[]).expect("defaults");
            options.port = port;
            options.persist_to = folder.join(name);
            options
        };
        // Ports that nothing listens on: privileged, and unassigned.
        let first = with(4, "a").lock().expect("free");
        let sentence = |options: Options| {
            let failed = options.lock().expect_err("it is in use");
            failed.sentence().unwrap_or_default().to_owned()
        };
        let same_data = sentence(with(6, "a"));
        assert!(
            same_data.starts_with("Another `cargo dev` is using the data in "),
            "{same_data}"
        );
        assert_eq!(same_data.lines().count(), 1);
        assert!(sentence(with(4, "b")).starts_with("Port 4 is in use; "));
        drop(first);
        with(4, "a").lock().expect("free again");
        let _ = fs::remove_dir_all(&folder);
    }

    #[test]
    fn a_taken_port_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let mut options = read(&[]).expect("defaults");
        options.port = port;
        let failed = options
            .check_that_the_port_is_free()
            .expect_err("it is taken");
        assert!(
            failed
                .sentence()
                .is_some_and(|text| text.starts_with(&format!("Port {port} is in use; ")))
        );
        drop(listener);
        assert!(options.check_that_the_port_is_free().is_ok());
    }
}
