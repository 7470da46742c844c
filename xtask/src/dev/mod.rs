//! `cargo dev`: from a fresh clone to a Worker that somebody can sign in to, and from then on in seconds.

mod aws;
mod database;
mod dev_vars;
mod first_admin;
mod mistakes;
mod options;
mod random;
mod variables;
mod worker;

use crate::{Command, build, clone, failed::Failed, process, setup, terminal};
use aws::Simulated;
use options::Options;
use std::{
    fs,
    path::Path,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};
use worker::Worker;

pub const COMMAND: Command = Command {
    name: "dev",
    about: "run the Worker on this machine; sets up what is missing",
    help: Some(
        "Usage: cargo dev [--port N] [--persist-to DIR] [--allow-origin ORIGIN]...

Runs the Worker on this machine in workerd, with a real D1 and KV, and rebuilds it when a source changes. Sets up,
builds, writes .dev.vars with random secrets, applies the migrations and creates a first administrator, each if it has
not been done. Ctrl-C stops it; users, sessions and secrets are kept.

AWS is simulated in this process, unless .dev.vars says which AWS to ask (.dev.vars.example). The last lines show how to
sign in, with a password and through the simulated IAM Identity Center.

JWT_ISSUER is http://localhost:PORT with the port in use, unless .dev.vars sets it.

  --port N               the port on this machine's loopback interface (default: 8787)
  --persist-to DIR       where D1 and KV are kept (default: .wrangler/state)
  --allow-origin ORIGIN  also accept browsers on this origin, such as http://localhost:3000; may be repeated. Adds to
                         ALLOWED_ORIGINS of .dev.vars or wrangler.toml",
    ),
    run,
};

fn run(words: &[String]) -> Result<ExitCode, Failed> {
    let start = Instant::now();
    let options = Options::read(words)?;
    options.check_that_the_port_is_free()?;
    let _locks = options.lock()?;
    let tools = setup::ensure()?;
    dev_vars::ensure(&clone::root())?;
    let aws = Simulated::start(&options)?;
    // Both take seconds, and neither needs the other.
    let database = thread::scope(|scope| {
        let database = scope.spawn(|| database::prepare(&tools, &options.persist_to));
        let built = build::ensure(&tools, build::Effort::Quick);
        let database = database
            .join()
            .unwrap_or_else(|_| Err(Failed::because("Preparing the database broke off.")));
        built.and(database)
    })?;
    let variables = variables::of(&options)?;
    let mut worker = Worker::start(&tools, &options, aws.as_ref(), &variables)?;
    let ready = worker
        .wait_until_healthy()
        .and_then(|()| match database.invitation() {
            Some(invitation) => invitation.accept(&worker).map(Some),
            None => Ok(None),
        });
    let password = match ready {
        Ok(password) => password,
        Err(failed) => {
            worker.stop();
            return Err(failed);
        }
    };
    if let Err(failed) = database.remember() {
        worker.stop();
        return Err(failed);
    }
    remember_address(&options)?;
    let farewell = Farewell {
        options: &options,
        aws: aws.as_ref().map(|aws| (aws.url(), aws.settings())),
        password: password.as_deref(),
        took: start.elapsed(),
    };
    terminal::print(farewell.text())?;
    worker.show_what_it_writes();
    loop {
        if process::is_interrupted() || terminal::is_closed() {
            worker.stop();
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(status) = worker.has_ended()? {
            return Err(Failed::because(format!(
                "wrangler ended by itself ({status})."
            )));
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Writes down where the Worker listens, for `cargo xtask user password --local`, whose links lead there.
fn remember_address(options: &Options) -> Result<(), Failed> {
    let path = options.persist_to.join("edge-auth-address");
    fs::write(&path, options.address()).map_err(|error| Failed::file("write", &path, &error))
}

/// The last words before the Worker's own.
struct Farewell<'f> {
    options: &'f Options,
    /// Where AWS is simulated, and the file with its settings.
    aws: Option<(&'f str, &'f Path)>,
    /// The first administrator's, if it was set now.
    password: Option<&'f str>,
    took: Duration,
}

impl Farewell<'_> {
    /// `Ready: ` begins the line that programs may look for.
    fn text(&self) -> String {
        let address = self.options.address();
        let shown = self.password.unwrap_or("YOUR-PASSWORD");
        // Double quotes and backslashes read the same in POSIX shells and in Windows' cmd; the password has no character
        // that any of them expands.
        let body = format!(
            r#"{{\"username\":\"{}\",\"password\":\"{shown}\"}}"#,
            first_admin::USERNAME
        );
        let curl = format!(
            r#"curl -s {address}/api/auth/login -H "Content-Type: application/json" -d "{body}""#
        );
        let took = self.took.as_secs_f32();
        format!(
            "\n{}\n\n  {curl}\n\n{}Ready: {address} (after {took:.1} s; Ctrl-C stops it)\n",
            self.who(),
            self.aws(&address),
        )
    }

    fn who(&self) -> String {
        let name = first_admin::USERNAME;
        if let Some(password) = self.password {
            return format!(
                "First administrator: {name} with the password {password}\nThe password is shown only once and stored nowhere."
            );
        }
        let place = if self.options.is_default_place() {
            String::new()
        } else {
            format!(" --persist-to \"{}\"", self.options.persist_to.display())
        };
        format!(
            "Sign in with the password that was shown when {name} was created. If you have lost it, this command creates a link to set a new one:\n\n  \
             cargo xtask user password {name} --local{place}\n\nand this signs in:"
        )
    }

    fn aws(&self, address: &str) -> String {
        let Some((aws, settings)) = self.aws else {
            return String::new();
        };
        let settings = settings.display();
        format!(
            "AWS is simulated at {aws}; .dev.vars can name a real one. Ada Lovelace signs in through it (bash):\n\n{}\n\
             A key of the simulated AWS signs in by a proof (bash, in this clone):\n\n  \
             (set -a; . \"{settings}\"; cargo xtask aws-login --url {address} --sts-endpoint {aws})\n\n",
            device_flow(address, aws)
        )
    }
}

/// `docs/guides/aws-device-flow.md` shows the same text with the default addresses.
fn device_flow(address: &str, aws: &str) -> String {
    let script = include_str!("device_flow.sh")
        .replace("http://localhost:8787", address)
        .replace("http://127.0.0.1:8789", aws);
    let indented = |line: &str| match line {
        "" => "\n".to_owned(),
        line => format!("  {line}\n"),
    };
    script.lines().map(indented).collect()
}

#[cfg(test)]
mod tests {
    use super::{Farewell, Options, device_flow};
    use std::{path::Path, time::Duration};

    fn options(words: &[&str]) -> Options {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Options::read(&words).expect("options")
    }

    #[test]
    fn farewell_has_a_line_that_signs_in_and_a_line_for_programs() {
        let farewell = Farewell {
            options: &options(&["--port=9000"]),
            aws: Some(("http://127.0.0.1:40000", Path::new("/state/aws.env"))),
            password: Some("pass-word_1"),
            took: Duration::from_millis(4_210),
        };
        let text = farewell.text();
        for part in [
            r#"  curl -s http://localhost:9000/api/auth/login -H "Content-Type: application/json" -d "{\"username\":\"admin\",\"password\":\"pass-word_1\"}""#,
            "\nReady: http://localhost:9000 (after 4.2 s; Ctrl-C stops it)\n",
            "\n  curl -sS http://127.0.0.1:40000/approve -d ",
            "cargo xtask aws-login --url http://localhost:9000 --sts-endpoint http://127.0.0.1:40000)",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(
            !text.contains("127.0.0.1:9000") && !text.contains(":87"),
            "{text}"
        );
    }

    #[test]
    fn later_farewell_says_what_to_do_without_the_password() {
        for (words, line) in [
            (&[][..], "\n  cargo xtask user password admin --local\n"),
            (
                &["--persist-to=/elsewhere"],
                "\n  cargo xtask user password admin --local --persist-to \"/elsewhere\"\n",
            ),
        ] {
            let farewell = Farewell {
                options: &options(words),
                aws: None,
                password: None,
                took: Duration::ZERO,
            };
            let text = farewell.text();
            assert!(text.contains(line) && !text.contains("/approve"), "{text}");
        }
    }

    #[test]
    fn device_flow_goes_to_the_addresses_that_listen() {
        let shown = device_flow("http://localhost:1", "http://127.0.0.1:2");
        assert!(shown.contains("=http://localhost:1/api/auth "));
        assert!(shown.contains(" http://127.0.0.1:2/approve "));
        assert!(!shown.contains(":87"));
    }
}
