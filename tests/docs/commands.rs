//! Runs the commands and programs of the documentation against a running `cargo dev`: every block of `sh` and `js` that is not
//! marked with `no-run`. The blocks of a page run in one shell, in their order. Needs bash, curl and openssl.

use crate::markdown::{Page, blocks, pages, root};
use crate::port::free_port;
use crate::toolchain::{self, Toolchain};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The address of the service in the documentation.
const SERVICE: &str = "http://localhost:8787";

#[test]
#[ignore = "starts `cargo dev` and runs many commands, which takes a minute"]
fn documented_commands_and_programs_run() {
    let tools = toolchain::prepare().expect("tools and Worker");
    let folder = Folder::new("commands");
    let dev = Dev::start(&folder.0.join("state"));
    let shims = write_shims(&folder.0, &tools);
    let (mut shell, mut node) = (0, 0);
    for page in pages() {
        let commands = script(&page, "sh");
        if !commands.is_empty() {
            shell += 1;
            let mut command = Command::new("bash");
            command
                .args(["-euo", "pipefail", "-c"])
                .arg(commands.replace(SERVICE, &dev.address))
                .current_dir(root())
                .env("PATH", format!("{}:{}", shims.display(), path()))
                .env("STATE", folder.0.join("state"))
                .env("REAL_HOME", std::env::var_os("HOME").unwrap_or_default())
                .env("HOME", &folder.0)
                .env("XDG_CONFIG_HOME", folder.0.join("config"))
                .env("TOKEN", dev.token());
            // A page may read the password of the first administrator from standard input.
            check(&page, &run(command, &dev.password));
        }
        let program = script(&page, "js");
        if !program.is_empty() {
            node += 1;
            let file = folder.0.join("program.mjs");
            fs::write(&file, dev.complete(&page, &program)).expect("a file");
            let mut command = Command::new(&tools.node);
            command.arg(file);
            check(&page, &run(command, ""));
        }
    }
    assert!(shell >= 4, "only {shell} pages with commands");
    assert_eq!(node, 2, "README.md and docs/guides/browser-app.md");
}

#[test]
#[ignore = "runs wrangler for the help of each command, which takes half a minute"]
fn documented_options_of_wrangler_exist() {
    let tools = toolchain::prepare().expect("tools");
    let mut help_of: BTreeMap<String, String> = BTreeMap::new();
    for block in blocks().iter().filter(|block| block.language == "sh") {
        for line in block.text.replace("\\\n", " ").lines() {
            let Some((_, rest)) = line.split_once("npx wrangler ") else {
                continue;
            };
            let rest = rest.split(['|', '<', '>']).next().unwrap_or_default();
            let is_option = |word: &&&str| word.starts_with("--");
            let words: Vec<&str> = rest.split_whitespace().collect();
            let name = words.iter().take_while(|word| !is_option(word));
            let name: Vec<&str> = name.copied().collect();
            let help = help_of
                .entry(name.join(" "))
                .or_insert_with(|| help(&tools, &name));
            for option in words.iter().filter(is_option) {
                let option = option.split('=').next().unwrap_or_default();
                let place = &block.place;
                assert!(help.contains(option), "{place}: {rest}: {option}\n{help}");
            }
        }
    }
    assert!(help_of.len() > 8, "{:?}", help_of.keys());
}

fn help(tools: &Toolchain, name: &[&str]) -> String {
    let mut command = Command::new(&tools.node);
    command
        .arg("--no-warnings")
        .arg(tools.node_modules.join("wrangler/wrangler-dist/cli.js"))
        .args(name)
        .arg("--help")
        .env("WRANGLER_SEND_METRICS", "false");
    let output = run(command, "");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name:?}\n{text}");
    text
}

/// The runnable blocks of a page in this language, one after the other.
fn script(page: &Page, language: &str) -> String {
    let mut script = String::new();
    for block in page.blocks() {
        if block.language == language && block.is_runnable() {
            writeln!(script, "{}", block.text).expect("text");
        }
    }
    script
}

fn check(page: &Page, output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}:\n{said}{errors}", page.path);
}

fn run(mut command: Command, input: &str) -> Output {
    command
        .env("no_proxy", "127.0.0.1,localhost")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    // The program may end without reading its input.
    let _ = writeln!(pipe, "{input}");
    drop(pipe);
    child.wait_with_output().expect("its output")
}

fn path() -> String {
    std::env::var("PATH").expect("PATH")
}

/// Programs that stand in for those of the documentation: `cargo xtask bootstrap` works on the database of this test, `npx` runs the
/// pinned wrangler, and `curl` fails if the status is not a success.
fn write_shims(folder: &Path, tools: &Toolchain) -> PathBuf {
    let shims = folder.join("shims");
    fs::create_dir_all(&shims).expect("a folder");
    let write = |name: &str, text: String| {
        let path = shims.join(name);
        fs::write(&path, text).expect("a file");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
    };
    let cargo = env!("CARGO");
    write(
        "cargo",
        format!(
            "#!/bin/sh
export HOME=\"$REAL_HOME\"
if [ \"$1 $2\" = 'xtask bootstrap' ]; then exec '{cargo}' \"$@\" --persist-to \"$STATE\"; fi
exec '{cargo}' \"$@\"
"
        ),
    );
    let node = tools.node.display();
    let wrangler = tools.node_modules.join("wrangler/wrangler-dist/cli.js");
    let wrangler = wrangler.display();
    write(
        "npx",
        format!(
            "#!/bin/sh
export HOME=\"$REAL_HOME\" WRANGLER_SEND_METRICS=false
[ \"$1\" = wrangler ] && shift && exec '{node}' --no-warnings '{wrangler}' \"$@\"
"
        ),
    );
    let curl = path()
        .split(':')
        .map(|folder| Path::new(folder).join("curl"))
        .find(|path| path.is_file());
    let curl = curl.expect("curl");
    write(
        "curl",
        format!(
            "#!/bin/sh\nexec '{}' --fail-with-body \"$@\"\n",
            curl.display()
        ),
    );
    shims
}

/// A running `cargo dev`; ended when dropped.
struct Dev {
    child: Child,
    address: String,
    /// Password of the user `admin`.
    password: String,
}

impl Dev {
    fn start(state: &Path) -> Self {
        let port = free_port();
        let mut child = toolchain::cargo()
            .args(["xtask", "dev", "--port", &port.to_string(), "--persist-to"])
            .arg(state)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("cargo starts");
        let mut printed = String::new();
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let address = format!("http://localhost:{port}");
        let ready = format!("Ready: {address} ");
        while !printed.contains(&ready) {
            let line = lines.next();
            let line = line.unwrap_or_else(|| panic!("cargo dev ended:\n{printed}"));
            printed += &(line.expect("a line") + "\n");
        }
        // The rest of the output is read too, so that cargo dev does not wait for a full pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let mut rest = printed.split(r#"\"password\":\""#).skip(1);
        let password = rest.next().and_then(|rest| rest.split('\\').next());
        let password = password.unwrap_or_else(|| panic!("no password:\n{printed}"));
        Self {
            child,
            address,
            password: password.to_owned(),
        }
    }

    /// A token of the first administrator.
    fn token(&self) -> String {
        let body = format!(r#"{{"username":"admin","password":"{}"}}"#, self.password);
        let mut command = Command::new("curl");
        command
            .args(["-sS", "-H", "content-type: application/json", "-d", &body])
            .arg(format!("{}/api/auth/login", self.address));
        let output = run(command, "");
        let text = String::from_utf8_lossy(&output.stdout);
        let mut rest = text.split(r#""token":""#).skip(1);
        let token = rest.next().and_then(|rest| rest.split('"').next());
        token
            .unwrap_or_else(|| panic!("no token: {text}"))
            .to_owned()
    }

    /// A program with the values that its page leaves open.
    fn complete(&self, page: &Page, program: &str) -> String {
        let mut complete = format!(
            "const username = 'admin', password = {:?};\n{}",
            self.password,
            program.replace(SERVICE, &self.address)
        );
        if page.path == "README.md" {
            complete += "
const users = [await authenticate(token), await authenticate('x')];
if (users[0].id !== user.id || users[1] !== null) throw new Error(JSON.stringify(users));
";
        }
        complete
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-INT", &id]).status();
        let _ = self.child.wait();
    }
}

/// A folder that is removed afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("documented-{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
