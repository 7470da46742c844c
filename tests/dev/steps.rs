//! What a running `cargo dev` must do: its messages, and the commands that it prints.

use crate::port::free_port;
use crate::server::Dev;
use crate::shell::{bash, json, output};
use crate::{ROOT, toolchain};
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

impl Dev {
    /// Requests a link for a forgotten password. The path of the message is printed, in the folder that was named before.
    pub fn writes_a_message_to_a_file(&self) {
        bash(&format!(
            "curl -sS {}/api/auth/forgot-password -H 'Content-Type: application/json' -d '{{\"username\":\"admin\"}}'",
            self.address
        ));
        let folder = self.line_with(".wrangler/tmp/email");
        let link = format!("\n{}/set-password#", self.address);
        // There are notices as well, such as that about the password of the first administrator.
        loop {
            let printed = self.lines.recv_timeout(Duration::from_secs(30));
            let printed = printed.expect("the path of a message with a link");
            let Some((_, path)) = printed.split_once("Text: ") else {
                continue;
            };
            assert!(path.starts_with(folder.trim()), "{path} is not in {folder}");
            let text = fs::read_to_string(path).expect("the message");
            if text.contains(&link) {
                return;
            }
        }
    }

    /// The commands of an administrator, with the printed password.
    pub fn lets_the_command_line_sign_in(&self) {
        let password = self.line_with("Password: ");
        let password = password.trim_start_matches("Password: ");
        let printed = bash(&format!(
            "cd {ROOT}; export XDG_CONFIG_HOME={}; \
             cargo xtask login --url {} --username admin --password-stdin <<<'{password}'; \
             cargo xtask user add grace --email grace@example.com; cargo xtask user show grace --json; cargo xtask logout",
            self.state.join("config").display(),
            self.address,
        ));
        assert!(printed.starts_with("Signed in to "), "{printed}");
        assert!(printed.contains("\nUser grace added ("), "{printed}");
        assert!(printed.contains("\"username\":\"grace\""), "{printed}");
        assert!(printed.contains("\nSigned out of "), "{printed}");
    }

    /// `cargo xtask bootstrap` adds a secret only if no super administrator is active in the database, and the service accepts it only if
    /// that is also so in the audit log.
    pub fn bootstraps_only_without_an_administrator(&self) {
        let state = self.state.display();
        let bootstrap = format!("cargo xtask bootstrap --local --persist-to {state}");
        let refused = bash(&format!("cd {ROOT}; {bootstrap} 2>&1 || echo \"code $?\""));
        let expected = "error: there is an active super administrator";
        assert!(
            refused.contains(expected) && refused.ends_with("code 1\n"),
            "{refused}"
        );
        let tools = toolchain::prepare().expect("tools");
        let wrangler = tools.node_modules.join("wrangler/wrangler-dist/cli.js");
        let mut disable = Command::new(&tools.node);
        disable
            .arg("--no-warnings")
            .arg(wrangler)
            .args(["d1", "execute", "DB", "--local", "--persist-to"])
            .arg(&self.state)
            .args([
                "--command",
                "UPDATE users SET is_active = 0 WHERE role = 'super_admin'",
            ])
            .current_dir(ROOT)
            .env("WRANGLER_SEND_METRICS", "false");
        output(&mut disable);
        let printed = bash(&format!("cd {ROOT}; {bootstrap}"));
        let link = format!("\n  {}/bootstrap#token=", self.address);
        assert!(printed.contains(&link), "{printed}");
        // The database alone does not decide: the audit log names the administrator, and no entry says that the account was disabled.
        let token = printed.split("#token=").nth(1).expect("a token").trim();
        let response = bash(&format!(
            "curl -sS {}/api/auth/bootstrap -H 'Content-Type: application/json' \
             -d '{{\"secret\":\"{token}\",\"username\":\"hopper\",\"email\":\"hopper@example.com\",\"password\":\"correct horse battery staple\"}}'",
            self.address
        ));
        let response = json(&response);
        let expected = "There is a super administrator already";
        assert_eq!(response["message"], expected, "{response}");
    }

    /// Another `cargo dev` on the same data fails.
    pub fn refuses_a_second_one_on_its_data(&self) {
        let second = toolchain::cargo()
            .args([
                "xtask",
                "dev",
                "--port",
                &free_port().to_string(),
                "--persist-to",
            ])
            .arg(&self.state)
            .stdin(Stdio::null())
            .output()
            .expect("cargo starts");
        let printed = String::from_utf8_lossy(&second.stderr);
        assert!(!second.status.success(), "{printed}");
        assert!(
            printed.contains("error: another `cargo dev` uses the data in "),
            "{printed}"
        );
    }

    /// Runs the printed commands of the device flow.
    pub fn sign_in_ada(&self) {
        let block: Vec<&str> = self
            .printed
            .lines()
            .skip_while(|line| !line.starts_with("Sign in as Ada Lovelace"))
            .skip(1)
            .take_while(|line| !line.starts_with("Sign in with a simulated AWS key"))
            .collect();
        let printed = bash(&block.join("\n"));
        let (approved, me) = printed.split_once('\n').expect("two lines");
        assert!(approved.contains("approved as ada.lovelace"), "{printed}");
        let me = json(me);
        assert_eq!(me["username"], "ada.lovelace");
        assert_eq!(me["email"], "ada.lovelace@example.com");
        assert_eq!(me["full_name"], "Ada Lovelace");
        assert_eq!(me["is_active"], true);
    }
}
