//! AWS where nobody has configured it: the simulator, in this process, for as long as `cargo dev` runs.
//!
//! Whoever reaches it can sign in as anybody, so it listens on loopback, and its key opens nothing else. The Worker gets
//! its settings by a file: words of a command line are there for every user of this machine to read.

use super::{dev_vars, options::Options};
use crate::{clone, failed::Failed, terminal};
use aws_simulator::{ACCOUNT, Config, Principal, Running};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

/// Where it listens if that port is free, so that a line of yesterday still works.
const PORT: u16 = 8789;

/// Who has set one of these means an AWS of their own.
const PLACES_AND_KEYS: [&str; 10] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_ENDPOINT_URL_IDENTITYSTORE",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IDENTITY_STORE_ID",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SSO_REGION",
    "AWS_SSO_START_URL",
];

/// The running simulator, and the file with its settings; both end when dropped.
pub struct Simulated {
    simulator: Running,
    settings: PathBuf,
}

impl Simulated {
    /// Starts it, unless `.dev.vars` or the variables of `wrangler.toml` say which AWS to ask.
    pub fn start(options: &Options) -> Result<Option<Self>, Failed> {
        let root = clone::root();
        let read = |path: PathBuf| {
            fs::read_to_string(&path).map_err(|error| Failed::file("read", &path, &error))
        };
        let own = read(root.join(".dev.vars"))?;
        let manifest = read(root.join("wrangler.toml"))?;
        if names_an_aws(&own) || names_an_aws(for_development(&manifest)) {
            return Ok(None);
        }
        if has_a_dollar(&own) {
            // wrangler reads `.dev.vars` word for word, but replaces $NAME if it is told of any other file.
            terminal::tell("AWS is not simulated, because a value in .dev.vars has a `$`.");
            return Ok(None);
        }
        // The Worker comes later, and has to find its own port free.
        let preferred = if options.port == PORT { 0 } else { PORT };
        // Held meanwhile, because the system may give any port that is free.
        let reserved = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port));
        let simulator = listen(preferred).or_else(|_| listen(0));
        drop(reserved);
        let simulator = simulator.map_err(|error| {
            Failed::because(format!("The AWS simulator cannot listen: {error}."))
        })?;
        let settings = options.persist_to.join("edge-auth-aws.env");
        write(&settings, &text(&simulator))
            .map_err(|error| Failed::file("write", &settings, &error))?;
        Ok(Some(Self {
            simulator,
            settings,
        }))
    }

    /// `http://host:port`.
    pub fn url(&self) -> &str {
        self.simulator.url()
    }

    /// The file with its settings.
    pub fn settings(&self) -> &Path {
        &self.settings
    }

    /// What `wrangler dev` is told: its settings, then `.dev.vars`, which thereby has the last word.
    pub fn words(&self) -> [PathBuf; 4] {
        [
            "--env-file".into(),
            self.settings.clone(),
            "--env-file".into(),
            clone::root().join(".dev.vars"),
        ]
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.settings);
    }
}

fn listen(port: u16) -> io::Result<Running> {
    aws_simulator::start(Config {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        // A day: the Worker keeps a registration that lasts longer, and the next simulator would not know it.
        client_lifetime: Duration::from_hours(24),
        ..Config::default()
    })
}

fn text(simulator: &Running) -> String {
    let defaults = Config::default();
    let (url, key) = (simulator.url(), simulator.app_credentials());
    let own_arn = Principal::user(ACCOUNT, "edge-auth").arn;
    format!(
        "# The AWS simulator of the `cargo dev` that is running.\n\
         AWS_ENDPOINT_URL_STS={url}\n\
         AWS_ENDPOINT_URL_SSO_OIDC={url}\n\
         AWS_ENDPOINT_URL_SSO={url}\n\
         AWS_ENDPOINT_URL_IDENTITYSTORE={url}\n\
         AWS_REGION={region}\n\
         AWS_SSO_REGION={region}\n\
         AWS_SSO_START_URL={}\n\
         AWS_IDENTITY_STORE_ID={}\n\
         AWS_ACCESS_KEY_ID={}\n\
         AWS_SECRET_ACCESS_KEY={}\n\
         AWS_LOGIN=app,proof\n\
         AWS_LOGIN_ARNS={own_arn}=user\n",
        simulator.start_url(),
        defaults.identity_store_id,
        key.access_key_id,
        key.secret_access_key,
        region = defaults.region,
    )
}

/// Only its owner reads it.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let _ = fs::remove_file(path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn names_an_aws(text: &str) -> bool {
    PLACES_AND_KEYS
        .iter()
        .any(|name| dev_vars::is_set(text, name))
}

/// What stands in `wrangler.toml` before the first deployed environment.
pub fn for_development(manifest: &str) -> &str {
    manifest.split("\n[env.").next().unwrap_or(manifest)
}

fn has_a_dollar(text: &str) -> bool {
    text.lines()
        .any(|line| !line.trim_start().starts_with('#') && line.contains('$'))
}

#[cfg(test)]
mod tests {
    use super::{PLACES_AND_KEYS, for_development, has_a_dollar, listen, names_an_aws, text};

    const CONFIG: &str = include_str!("../../../src/config/mod.rs");

    #[test]
    fn every_setting_is_one_that_the_worker_reads_and_nothing_in_it_is_expanded() {
        let simulator = listen(0).expect("a free port");
        let text = text(&simulator);
        let assignments = text.lines().filter_map(|line| line.split_once('='));
        let names: Vec<&str> = assignments.map(|(name, _)| name).collect();
        assert_eq!(names.len(), 12);
        for name in names.iter().chain(&PLACES_AND_KEYS) {
            assert!(CONFIG.contains(&format!("\"{name}\"")), "{name}");
        }
        assert!(PLACES_AND_KEYS.iter().all(|name| names.contains(name)));
        assert!(!has_a_dollar(&text));
    }

    #[test]
    fn who_names_an_aws_gets_it() {
        assert!(names_an_aws("A=b\nAWS_SSO_START_URL = \"https://x\"\n"));
        assert!(names_an_aws("export AWS_REGION=eu-north-1"));
        assert!(!names_an_aws(
            "# AWS_REGION=x\nAWS_REGION=\nAWS_SSO_ROLE_MAP=Administrator=admin\n"
        ));
        let manifest = "[vars]\nA = \"b\"\n\n[env.production.vars]\nAWS_REGION = \"x\"\n";
        assert!(!names_an_aws(for_development(manifest)));
        assert!(names_an_aws(manifest));
    }

    #[test]
    fn a_dollar_counts_where_wrangler_would_read_it() {
        assert!(has_a_dollar("JWT_SECRET=a$b"));
        assert!(!has_a_dollar("# $HOME\nJWT_SECRET=ab"));
    }
}
