//! The text that `cargo dev` prints once the Worker is ready: how to sign in.

use super::first_admin;
use super::options::Options;
use crate::workspace;
use std::path::Path;
use std::time::Duration;

/// The facts that the text depends on.
pub struct Banner<'b> {
    pub options: &'b Options,
    /// URL of the AWS simulator, and the file with its settings.
    pub aws: Option<(&'b str, &'b Path)>,
    /// Password of the first administrator, if it was set by this start.
    pub password: Option<&'b str>,
    pub elapsed: Duration,
}

impl Banner<'_> {
    /// The last line begins with `Ready: `, which programs may look for.
    pub fn text(&self) -> String {
        let address = self.options.address();
        let password = self.password.unwrap_or("YOUR-PASSWORD");
        // Double quotes and backslashes mean the same in POSIX shells and in Windows' cmd, and neither expands any character of
        // the password.
        let body = format!(
            r#"{{\"username\":\"{}\",\"password\":\"{password}\"}}"#,
            first_admin::USERNAME
        );
        let elapsed = self.elapsed.as_secs_f32();
        format!(
            "\nSign-in page: {page}\n\n{account}\n\nSign in with the password:\n\n  \
             curl -s {address}/api/auth/login -H \"Content-Type: application/json\" -d \"{body}\"\n\n\
             {aws}{email}Ready: {address} (after {elapsed:.1} s; press Ctrl-C to stop)\n",
            page = self.options.sign_in_page(),
            account = self.account(),
            aws = self.aws(&address),
            email = email(),
        )
    }

    fn account(&self) -> String {
        let name = first_admin::USERNAME;
        if let Some(password) = self.password {
            return format!(
                "First administrator: {name}\nPassword: {password}\nThe password is shown only once and is not stored."
            );
        }
        format!(
            "The password of {name} was shown when the account was created. To set a new one, use \"Forgot your password?\" on\n\
             the sign-in page. The path of the message with the link is printed below."
        )
    }

    fn aws(&self, address: &str) -> String {
        let Some((aws, settings)) = self.aws else {
            return String::new();
        };
        format!(
            "AWS is simulated. To use the real AWS, set its variables in .dev.vars. Users approve sign-ins at {aws}/device\n\n\
             Sign in as Ada Lovelace through the simulated IAM Identity Center (bash):\n\n{}\n\
             Sign in with a simulated AWS key (bash, in this repository):\n\n  \
             (set -a; . \"{}\"; cargo xtask aws-login --url {address} --sts-endpoint {aws})\n\n",
            device_flow(address, aws),
            settings.display(),
        )
    }
}

/// wrangler writes each message to a file for its text and one for its HTML, and prints their paths.
fn email() -> String {
    let folder = workspace::root().join(".wrangler/tmp/email");
    format!(
        "E-mail is not sent. The paths of its messages are printed below; the files are in\n\n  {}\n\n",
        folder.display()
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
    use super::{Banner, device_flow};
    use crate::dev::options::tests::options;
    use std::path::Path;
    use std::time::Duration;

    #[test]
    fn banner_shows_how_to_sign_in_and_ends_with_the_ready_line() {
        let options = options(&["--port=9000"]).expect("options");
        let banner = Banner {
            options: &options,
            aws: Some(("http://127.0.0.1:40000", Path::new("/state/aws.env"))),
            password: Some("pass-word_1"),
            elapsed: Duration::from_millis(4_210),
        };
        let text = banner.text();
        for part in [
            "\nSign-in page: http://localhost:9000/sign-in\n",
            "at http://127.0.0.1:40000/device\n",
            r#"  curl -s http://localhost:9000/api/auth/login -H "Content-Type: application/json" -d "{\"username\":\"admin\",\"password\":\"pass-word_1\"}""#,
            "\nReady: http://localhost:9000 (after 4.2 s; press Ctrl-C to stop)\n",
            "\n  curl -sS http://127.0.0.1:40000/approve -d ",
            ".wrangler/tmp/email\n\nReady: ",
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
    fn later_banner_shows_how_to_set_a_new_password() {
        let options = options(&[]).expect("options");
        let banner = Banner {
            options: &options,
            aws: None,
            password: None,
            elapsed: Duration::ZERO,
        };
        let text = banner.text();
        assert!(
            text.contains("use \"Forgot your password?\" on\n"),
            "{text}"
        );
        assert!(!text.contains("/approve"), "{text}");
    }

    #[test]
    fn device_flow_uses_the_addresses_in_use() {
        let shown = device_flow("http://localhost:1", "http://127.0.0.1:2");
        assert!(shown.contains("=http://localhost:1/api/auth "));
        assert!(shown.contains(" http://127.0.0.1:2/approve "));
        assert!(!shown.contains(":87"));
    }
}
