//! The third-party clients that are tested, each with its flows. `docs/reference/tested-clients.md` has the same table.

use serde_json::{Value, json};
use std::collections::BTreeMap;

pub const PACKAGE: &str = include_str!("programs/package.json");
pub const PACKAGE_LOCK: &str = include_str!("programs/package-lock.json");
pub const REQUIREMENTS: &str = include_str!("programs/requirements.txt");

/// A client in a flow.
#[derive(Clone, Copy)]
pub struct Cell {
    /// The name of the package.
    pub client: &'static str,
    pub flow: Flow,
    /// How the client authenticates.
    pub method: &'static str,
    /// How the user signs in on the page of the service: `password` or `passkey`; `session` if the user is signed in already.
    pub sign_in: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The authorization code for the identity of the user.
    Code,
    /// The authorization code for a resource.
    Resource,
    /// Client credentials.
    Service,
    /// The authorization code in a web page, by redirect.
    Redirect,
    /// The same in a pop-up.
    Popup,
    /// Renewal in a web page without the user.
    Renewal,
}

impl Flow {
    const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Resource => "resource",
            Self::Service => "service",
            Self::Redirect => "redirect",
            Self::Popup => "popup",
            Self::Renewal => "renewal",
        }
    }

    /// The name in the documentation.
    const fn title(self) -> &'static str {
        match self {
            Self::Code => "authorization code",
            Self::Resource => "authorization code with `resource`",
            Self::Service => "client credentials",
            Self::Redirect => "authorization code, `signinRedirect`",
            Self::Popup => "authorization code, `signinPopup`",
            Self::Renewal => "authorization code, automatic renewal",
        }
    }
}

const OAUTH4WEBAPI: &str = "oauth4webapi";
const OPENID_CLIENT: &str = "openid-client";
const OIDC_CLIENT_TS: &str = "oidc-client-ts";
const APPAUTH: &str = "@openid/appauth";
const AUTHLIB: &str = "authlib";

/// All clients, in the order of the table.
pub const CLIENTS: [&str; 5] = [
    OAUTH4WEBAPI,
    OPENID_CLIENT,
    OIDC_CLIENT_TS,
    APPAUTH,
    AUTHLIB,
];

const BASIC: &str = "client_secret_basic";
const POST: &str = "client_secret_post";
const KEY: &str = "private_key_jwt";

/// The table. The first cell of a client with a user signs in, and the user stays signed in for the next ones.
#[rustfmt::skip]
pub const CELLS: [Cell; 28] = [
    cell(OAUTH4WEBAPI, Flow::Code, "none", "passkey"),
    cell(OAUTH4WEBAPI, Flow::Code, BASIC, "session"),
    cell(OAUTH4WEBAPI, Flow::Code, POST, "session"),
    cell(OAUTH4WEBAPI, Flow::Code, KEY, "session"),
    cell(OAUTH4WEBAPI, Flow::Resource, "none", "session"),
    cell(OAUTH4WEBAPI, Flow::Service, BASIC, ""),
    cell(OAUTH4WEBAPI, Flow::Service, POST, ""),
    cell(OAUTH4WEBAPI, Flow::Service, KEY, ""),
    cell(OPENID_CLIENT, Flow::Code, "none", "password"),
    cell(OPENID_CLIENT, Flow::Code, BASIC, "session"),
    cell(OPENID_CLIENT, Flow::Code, POST, "session"),
    cell(OPENID_CLIENT, Flow::Code, KEY, "session"),
    cell(OPENID_CLIENT, Flow::Resource, BASIC, "session"),
    cell(OPENID_CLIENT, Flow::Service, BASIC, ""),
    cell(OPENID_CLIENT, Flow::Service, POST, ""),
    cell(OPENID_CLIENT, Flow::Service, KEY, ""),
    cell(OIDC_CLIENT_TS, Flow::Redirect, "none", "password"),
    cell(OIDC_CLIENT_TS, Flow::Popup, "none", "password"),
    cell(OIDC_CLIENT_TS, Flow::Renewal, "none", "passkey"),
    cell(APPAUTH, Flow::Code, "none", "password"),
    cell(APPAUTH, Flow::Code, POST, "session"),
    cell(AUTHLIB, Flow::Code, "none", "password"),
    cell(AUTHLIB, Flow::Code, BASIC, "session"),
    cell(AUTHLIB, Flow::Code, POST, "session"),
    cell(AUTHLIB, Flow::Code, KEY, "session"),
    cell(AUTHLIB, Flow::Service, BASIC, ""),
    cell(AUTHLIB, Flow::Service, POST, ""),
    cell(AUTHLIB, Flow::Service, KEY, ""),
];

const fn cell(
    client: &'static str,
    flow: Flow,
    method: &'static str,
    sign_in: &'static str,
) -> Cell {
    Cell {
        client,
        flow,
        method,
        sign_in,
    }
}

impl Cell {
    /// The file in `programs`. A client in web pages has none.
    pub fn program(self) -> Option<&'static str> {
        match self.client {
            OAUTH4WEBAPI => Some("oauth4webapi.mjs"),
            OPENID_CLIENT => Some("openid-client.mjs"),
            APPAUTH => Some("appauth.mjs"),
            AUTHLIB => Some("authlib_client.py"),
            _ => None,
        }
    }

    /// What the client does with the tokens.
    fn steps(self) -> Vec<&'static str> {
        let is_confidential = self.method != "none";
        let all = [
            (
                "id_token",
                self.flow != Flow::Service && self.client != APPAUTH,
            ),
            (
                "user_info",
                !matches!(self.flow, Flow::Service | Flow::Resource) && self.client != APPAUTH,
            ),
            ("refresh", !matches!(self.flow, Flow::Service | Flow::Popup)),
            ("introspection", is_confidential && self.client != APPAUTH),
            (
                "revocation",
                !matches!(self.flow, Flow::Popup | Flow::Renewal),
            ),
        ];
        let does = all.into_iter().filter(|(_, does)| *does);
        does.map(|(step, _)| step).collect()
    }

    /// As a case of the browser tests reads it.
    pub fn json(self) -> Value {
        json!({
            "client": self.client, "flow": self.flow.name(), "method": self.method, "sign_in": self.sign_in,
            "program": self.program(), "steps": self.steps()
        })
    }

    /// The row in the documentation.
    fn row(self) -> String {
        let steps: Vec<_> = self
            .steps()
            .iter()
            .map(|step| match *step {
                "id_token" => "ID token",
                "user_info" => "user info",
                other => other,
            })
            .collect();
        let sign_in = match self.sign_in {
            "" => "none",
            "session" => "signed in before",
            other => other,
        };
        format!(
            "| `{}` | {} | `{}` | {sign_in} | {} |",
            self.client,
            self.flow.title(),
            self.method,
            steps.join(", ")
        )
    }
}

/// The pinned versions of the clients.
fn versions() -> BTreeMap<String, String> {
    let package: Value = serde_json::from_str(PACKAGE).expect("JSON");
    let pinned = package["dependencies"].as_object().expect("packages");
    let pinned = pinned.iter().map(|(name, version)| {
        (
            name.clone(),
            version.as_str().expect("a version").to_owned(),
        )
    });
    let python = REQUIREMENTS
        .lines()
        .filter_map(|line| line.split_once("=="));
    let python =
        python.map(|(name, version)| (name.to_owned(), version.trim_end_matches(" \\").to_owned()));
    pinned.chain(python).collect()
}

#[test]
fn documentation_has_the_table_of_tested_clients_with_their_versions() {
    let documented = include_str!("../../../docs/reference/tested-clients.md");
    let lines: Vec<&str> = documented.lines().collect();
    let rows: Vec<_> = CELLS.iter().map(|cell| cell.row()).collect();
    let shown = lines
        .iter()
        .filter(|line| line.starts_with("| `") && line.matches('|').count() == 6);
    let shown: Vec<_> = shown.map(|line| (*line).to_owned()).collect();
    assert_eq!(shown, rows, "as text:\n{}", rows.join("\n"));
    let versions = versions();
    for client in CLIENTS.iter().chain(&["@modelcontextprotocol/conformance"]) {
        let version = &versions[*client];
        let row = format!("| `{client}` | {version} |");
        assert!(lines.iter().any(|line| line.starts_with(&row)), "{row}");
    }
}

#[test]
fn packages_of_the_clients_are_pinned_with_hashes_and_name_no_registry() {
    let lock: Value = serde_json::from_str(PACKAGE_LOCK).expect("JSON");
    let packages = lock["packages"].as_object().expect("packages");
    for (path, package) in packages.iter().filter(|(path, _)| !path.is_empty()) {
        assert!(package["resolved"].is_null(), "{path} names a registry");
        assert!(package["integrity"].is_string(), "{path} has no hash");
    }
    let manifest: Value = serde_json::from_str(PACKAGE).expect("JSON");
    assert_eq!(packages[""]["dependencies"], manifest["dependencies"]);
    for (package, version) in manifest["dependencies"].as_object().expect("packages") {
        let version = version.as_str().expect("a version");
        assert!(
            version.starts_with(|first: char| first.is_ascii_digit()),
            "{package} {version}"
        );
    }
    let entries = REQUIREMENTS.replace("\\\n", "");
    for entry in entries.lines().filter(|line| !line.starts_with('#')) {
        assert!(
            entry.contains("==") && entry.contains("--hash=sha256:"),
            "{entry}"
        );
    }
}
