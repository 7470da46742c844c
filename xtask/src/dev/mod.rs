//! `cargo dev`: from a fresh clone to a Worker that somebody can sign in to, and from then on in seconds.

mod aws;
mod database;
mod dev_vars;
mod first_admin;
mod options;
mod random;
mod variables;
mod worker;

use crate::{Command, build, clone, failed::Failed, process, setup};
use aws::Simulated;
use options::Options;
use std::{
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
not been done. Ctrl-C ends it; people, sessions and secrets stay.

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
    println!(
        "{}",
        farewell(
            worker.address(),
            aws.as_ref().map(Simulated::url),
            password.as_deref(),
            start.elapsed()
        )
    );
    worker.show_what_it_writes();
    loop {
        if process::is_interrupted() {
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

/// The last words before the Worker's own; `Ready: ` begins the line that programs may look for.
fn farewell(address: &str, aws: Option<&str>, password: Option<&str>, took: Duration) -> String {
    let shown = password.unwrap_or("YOUR-PASSWORD");
    // Double quotes and backslashes read the same in POSIX shells and in Windows' cmd; the password has no character
    // that any of them expands.
    let body = format!(
        r#"{{\"username\":\"{}\",\"password\":\"{shown}\"}}"#,
        first_admin::USERNAME
    );
    let curl = format!(
        r#"curl -s {address}/api/auth/login -H "Content-Type: application/json" -d "{body}""#
    );
    let who = match password {
        Some(password) => format!(
            "First administrator: {} with the password {password}\nIt is shown this once and kept nowhere.",
            first_admin::USERNAME
        ),
        None => format!(
            "Sign in with the password that was shown when {} was made.",
            first_admin::USERNAME
        ),
    };
    let device_flow = aws.map_or_else(String::new, |aws| {
        format!(
            "AWS is simulated at {aws}; .dev.vars can name a real one. Ada Lovelace signs in through it (bash):\n\n{}\n",
            device_flow(address, aws)
        )
    });
    format!(
        "\n{who}\n\n  {curl}\n\n{device_flow}Ready: {address} (after {:.1} s; Ctrl-C ends it)\n",
        took.as_secs_f32()
    )
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
    use super::{device_flow, farewell};
    use std::time::Duration;

    #[test]
    fn the_farewell_has_a_line_that_signs_in_and_a_line_for_programs() {
        let text = farewell(
            "http://localhost:8787",
            Some("http://127.0.0.1:40000"),
            Some("pass-word_1"),
            Duration::from_millis(4_210),
        );
        assert!(text.contains(
            r#"  curl -s http://localhost:8787/api/auth/login -H "Content-Type: application/json" -d "{\"username\":\"admin\",\"password\":\"pass-word_1\"}""#
        ));
        assert!(text.contains("\nReady: http://localhost:8787 (after 4.2 s; Ctrl-C ends it)\n"));
        assert!(text.contains("\n  curl -sS http://127.0.0.1:40000/approve -d "));
    }

    #[test]
    fn the_device_flow_goes_to_the_addresses_that_listen() {
        let shown = device_flow("http://localhost:1", "http://127.0.0.1:2");
        assert!(shown.contains("=http://localhost:1/api/auth "));
        assert!(shown.contains(" http://127.0.0.1:2/approve "));
        assert!(!shown.contains(":87"));
        let without = farewell("http://localhost:1", None, None, Duration::ZERO);
        assert!(!without.contains("/approve"));
    }
}
