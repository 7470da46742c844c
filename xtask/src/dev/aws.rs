//! The AWS simulator, which runs in this process if no AWS is configured.
//!
//! Any program that reaches it can sign in as any of its users, so it listens on the loopback interface, and its key is
//! valid nowhere else. wrangler gets its settings in a file, because all users of this machine can read command lines.

use super::options::Options;
use crate::{terminal, workspace};
use anyhow::{Context as _, Result};
use aws_simulator::{ACCOUNT, CallerIdentity, Config, Simulator};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The preferred port. If it is free, commands that were copied from an earlier start still work.
const PORT: u16 = 8789;

/// If one of these is set, AWS is not simulated.
const ENDPOINTS_AND_KEYS: [&str; 10] = [
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

/// The running simulator, and the file with its settings; dropping it stops the simulator and removes the file.
pub struct Simulated {
    simulator: Simulator,
    settings: PathBuf,
}

impl Simulated {
    /// Starts the simulator, unless `.dev.vars` or `wrangler.toml` configures AWS.
    pub fn start(options: &Options) -> Result<Option<Self>> {
        let secrets = workspace::read(".dev.vars")?;
        let manifest = workspace::read("wrangler.toml")?;
        if configures_aws(&secrets) || configures_aws(for_development(&manifest)) {
            return Ok(None);
        }
        if has_dollar(&secrets) {
            // wrangler expands $NAME in .dev.vars if it is also given another file.
            terminal::note(
                "warning: AWS is not simulated, because a value in .dev.vars contains '$'",
            );
            return Ok(None);
        }
        // The Worker starts later, so its port is reserved: the system may choose any free port.
        let preferred = if options.port == PORT { 0 } else { PORT };
        let reserved = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port));
        let simulator = listen(preferred).or_else(|_| listen(0));
        drop(reserved);
        let simulator = simulator.context("the AWS simulator cannot listen")?;
        let settings = options.data_folder().join("edge-auth-aws.env");
        write(&settings, &text(&simulator))
            .with_context(|| format!("cannot write {}", settings.display()))?;
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

    /// Arguments of `wrangler dev`: the settings, and then `.dev.vars`, which overrides them.
    pub fn args(&self) -> [PathBuf; 4] {
        [
            "--env-file".into(),
            self.settings.clone(),
            "--env-file".into(),
            workspace::root().join(".dev.vars"),
        ]
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.settings);
    }
}

fn listen(port: u16) -> io::Result<Simulator> {
    aws_simulator::start(Config {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        // The Worker stores a registration that is valid for longer than a day, and the next simulator would not know it.
        client_lifetime: Duration::from_hours(24),
        ..Config::default()
    })
}

fn text(simulator: &Simulator) -> String {
    let defaults = Config::default();
    let (url, key) = (simulator.url(), simulator.app_credentials());
    let own_arn = CallerIdentity::iam_user(ACCOUNT, "edge-auth").arn;
    format!(
        "# Settings of the AWS simulator of a running `cargo dev`.\n\
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

/// Writes a file that only its owner can read.
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

fn configures_aws(text: &str) -> bool {
    ENDPOINTS_AND_KEYS
        .iter()
        .any(|name| workspace::variable(text, name).is_some())
}

/// The part of `wrangler.toml` before the first deployed environment.
pub fn for_development(manifest: &str) -> &str {
    manifest.split("\n[env.").next().unwrap_or(manifest)
}

fn has_dollar(text: &str) -> bool {
    text.lines()
        .any(|line| !line.trim_start().starts_with('#') && line.contains('$'))
}

#[cfg(test)]
mod tests {
    use super::{ENDPOINTS_AND_KEYS, configures_aws, for_development, has_dollar, listen, text};

    use crate::workspace;

    #[test]
    fn each_setting_is_a_variable_of_the_worker() {
        let sources = workspace::files_below(&workspace::root().join("src"));
        let is_read = |name: &str| {
            let quoted = format!("\"{name}\"");
            sources
                .iter()
                .any(|file| std::fs::read_to_string(file).is_ok_and(|text| text.contains(&quoted)))
        };
        let simulator = listen(0).expect("a free port");
        let text = text(&simulator);
        let assignments = text.lines().filter_map(|line| line.split_once('='));
        let names: Vec<&str> = assignments.map(|(name, _)| name).collect();
        assert_eq!(names.len(), 12);
        for name in names.iter().chain(&ENDPOINTS_AND_KEYS) {
            assert!(is_read(name), "{name}");
        }
        assert!(ENDPOINTS_AND_KEYS.iter().all(|name| names.contains(name)));
        assert!(!has_dollar(&text));
    }

    #[test]
    fn aws_variables_with_a_value_configure_aws() {
        assert!(configures_aws("A=b\nAWS_SSO_START_URL = \"https://x\"\n"));
        assert!(configures_aws("export AWS_REGION=eu-north-1"));
        assert!(!configures_aws(
            "# AWS_REGION=x\nAWS_REGION=\nAWS_SSO_ROLE_MAP=Administrator=admin\n"
        ));
        let manifest = "[vars]\nA = \"b\"\n\n[env.production.vars]\nAWS_REGION = \"x\"\n";
        assert!(!configures_aws(for_development(manifest)));
        assert!(configures_aws(manifest));
    }

    #[test]
    fn dollar_in_a_value_is_found() {
        assert!(has_dollar("JWT_SECRET=a$b"));
        assert!(!has_dollar("# $HOME\nJWT_SECRET=ab"));
    }
}
