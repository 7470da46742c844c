//! The entry point `AuthService`, called by other Workers over a real service binding: two `wrangler dev` processes, as in
//! local development. One caller is `examples/worker-binding`. The other one is `caller/`, which a test controls.

use crate::apis::{assert_is_ok, header, hello, refuses_a_revoked_token, refuses_an_invalid_token};
use crate::packages::{self, Copy};
use crate::port::free_port;
use crate::program::Program;
use crate::service::Service;
use crate::{ROOT, client, example, readme};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Texts that are not IP addresses.
const INVALID_ADDRESSES: [&str; 26] = [
    "",
    "null",
    "garbage",
    "localhost",
    "auth.example.com",
    "203.0.113.7:443",
    "203.0.113.7, 198.51.100.1",
    " 203.0.113.7",
    "203.0.113.7 ",
    "203.0.113.7.",
    "203.0.113",
    "203.0.113.256",
    "203.0.113.07",
    "0xcb.0.113.7",
    "3405803783",
    "203.0.113.7/32",
    "[2001:db8::7]",
    "[2001:db8::7]:443",
    "2001:db8::7]/[",
    "2001:db8::7%eth0",
    "2001:db8::7/64",
    "2001:db8::7::1",
    "2001:db8:0:0:0:0:0:0:7",
    "2001:db8::12345",
    "2001:db8::g",
    "::ffff:203.0.113.256",
];

const ADDRESSES: [&str; 6] = [
    "203.0.113.7",
    "0.0.0.0",
    "2001:db8::7",
    "2001:DB8:0:0:0:0:0:7",
    "::",
    "::ffff:203.0.113.7",
];

/// A Worker that calls the entry point as a test specifies.
struct Caller {
    port: u16,
    _program: Program,
    _folder: Copy,
}

impl Caller {
    fn start(service: &Service) -> Self {
        let port = free_port();
        let folder = Copy::of(&Path::new(ROOT).join("tests/examples/caller"), None);
        let program = service.wrangler_dev(folder.path(), port);
        Self {
            port,
            _program: program,
            _folder: folder,
        }
    }

    /// Status and body of the response, or 599 and the exception. The body is a string if it is a page.
    async fn call(&self, url: &str, init: Value, arguments: Value) -> (u16, Value) {
        let call = json!({ "url": url, "init": init, "arguments": arguments });
        let request = client().post(format!("http://localhost:{}/", self.port));
        let response = request
            .body(call.to_string())
            .send()
            .await
            .expect("a response");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (status, body)
    }

    /// The result of `validateToken` with these arguments.
    async fn validate_token(&self, arguments: Value) -> (u16, Value) {
        let call = json!({ "validate": arguments });
        let request = client().post(format!("http://localhost:{}/", self.port));
        let response = request.body(call.to_string()).send().await;
        let response = response.expect("a response");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).expect("JSON"))
    }

    async fn validate(&self, arguments: Value) -> (u16, Value) {
        self.call("https://auth/api/auth/validate", json!({}), arguments)
            .await
    }
}

#[tokio::test]
#[ignore = "slow: starts two Workers with wrangler"]
async fn malformed_client_address_is_a_type_error() {
    let service = Service::shared();
    let caller = Caller::start(&service);
    let texts = INVALID_ADDRESSES.map(Value::from);
    let others = [
        Value::Null,
        json!(7),
        json!(["203.0.113.7"]),
        json!({}),
        json!(true),
    ];
    for address in texts.into_iter().chain(others) {
        let (status, body) = caller.validate(json!([address])).await;
        assert_eq!(
            (status, &body["error"]),
            (599, &"TypeError".into()),
            "{address}: {body}"
        );
        let message = body["message"].as_str().unwrap_or_default();
        assert!(
            message.starts_with("clientIp must be an IPv4 or IPv6 address"),
            "{body}"
        );
    }
    let (status, body) = caller.validate(json!([])).await;
    assert_eq!(
        (status, &body["error"]),
        (599, &"TypeError".into()),
        "undefined: {body}"
    );
    for address in ADDRESSES {
        let (status, body) = caller.validate(json!([address])).await;
        assert_eq!(
            (status, &body["message"]),
            (401, &"No token provided".into()),
            "{address}"
        );
    }
}

#[tokio::test]
#[ignore = "slow: starts two Workers with wrangler"]
async fn request_is_routed_by_its_path_and_not_by_its_origin() {
    let service = Service::shared();
    let caller = Caller::start(&service);
    for origin in [
        "https://auth",
        "http://localhost:1",
        "https://auth.example.com:8443",
    ] {
        for (path, status) in [
            ("health", 200),
            ("validate", 401),
            ("openapi.json", 200),
            ("none", 404),
        ] {
            let url = format!("{origin}/api/auth/{path}");
            let (found, body) = caller.call(&url, json!({}), json!(["203.0.113.7"])).await;
            assert_eq!(found, status, "{url}: {body}");
        }
    }
}

#[tokio::test]
#[ignore = "slow: starts two Workers with wrangler"]
async fn path_argument_replaces_path_and_query_of_a_forwarded_request() {
    let service = Service::shared();
    let caller = Caller::start(&service);
    let login = json!({ "username": service.admin.username, "password": service.admin.password });
    let init = json!({
        "method": "POST",
        "headers": { "content-type": "application/json", "cf-connecting-ip": "192.0.2.1" },
        "body": login.to_string(),
    });
    for url in [
        "https://app.example.com/login",
        "https://app.example.com/relay/api/auth/login?next=/",
    ] {
        // Without the argument, the path of the request is used.
        let (status, _) = caller
            .call(url, init.clone(), json!(["2001:db8:7::1"]))
            .await;
        assert_eq!(status, 404, "{url}");
        let arguments = json!(["2001:db8:7::1", "/api/auth/login"]);
        let (status, body) = caller.call(url, init.clone(), arguments).await;
        assert_eq!(
            (status, &body["success"]),
            (200, &true.into()),
            "{url}: {body}"
        );
        // Headers are forwarded, and the session shows the address that the caller passed.
        let init = json!({ "headers": { "authorization": format!("Bearer {}", body["token"].as_str().expect("a token")) } });
        let arguments = json!(["203.0.113.7", "/api/auth/sessions"]);
        let (status, body) = caller
            .call("https://app.example.com/", init, arguments)
            .await;
        assert_eq!(status, 200, "{body}");
        let mut sessions = body["sessions"].as_array().expect("sessions").iter();
        let current = sessions.find(|session| session["is_current"] == true);
        assert_eq!(current.expect("the session")["address"], "2001:db8:7::1");
    }
    for path in [
        json!("api/auth/login"),
        json!("https://auth/api/auth/login"),
        json!(""),
        json!(null),
        json!(1),
    ] {
        let (status, body) = caller.validate(json!(["203.0.113.7", path])).await;
        assert_eq!(
            (status, &body["error"]),
            (599, &"TypeError".into()),
            "{path}: {body}"
        );
        let message = body["message"].as_str().unwrap_or_default();
        assert!(message.starts_with("path must begin with \"/\""), "{body}");
    }
}

#[tokio::test]
#[ignore = "slow: starts two Workers with wrangler"]
async fn worker_with_a_service_binding_accepts_valid_tokens_and_refuses_revoked_ones() {
    let service = Service::shared();
    let folder = Copy::of(&example("worker-binding"), None);
    let port = free_port();
    let _program = service.wrangler_dev(folder.path(), port);
    refuses_an_invalid_token(port).await;
    let commands = readme::block(folder.path(), "/login").replace("8788", &port.to_string());
    let (sign_in, hello_command) = commands.split_once('\n').expect("two commands");
    let output = bash(sign_in, ("PASSWORD", &service.admin.password));
    let body: Value = serde_json::from_str(&output).expect("JSON");
    let token = body["token"]
        .as_str()
        .unwrap_or_else(|| panic!("no token: {body}"));
    let output = bash(hello_command, ("TOKEN", token));
    assert!(output.starts_with("HTTP/1.1 200 "), "{output}");
    assert_is_ok(hello(port, Some(&format!("Bearer {token}"))).await).await;
    refuses_a_revoked_token(&service, port, token).await;
}

#[tokio::test]
#[ignore = "slow: starts two Workers with wrangler"]
async fn tokens_are_validated_by_another_worker() {
    let service = Service::shared();
    let caller = Caller::start(&service);
    let session = service.token().await;
    let (status, result) = caller.validate_token(json!([session])).await;
    assert_eq!(status, 200, "{result}");
    assert_eq!(
        (&result["valid"], &result["kind"]),
        (&json!(true), &json!("session"))
    );
    assert_eq!(result["user"]["username"], service.admin.username);
    assert_eq!(
        result["user"].as_object().map(serde_json::Map::len),
        Some(11)
    );
    let (token, credentials) = service.access_token(RESOURCE, "reports:read").await;
    let options = json!({ "audience": RESOURCE, "scopes": ["reports:read"] });
    let (_, result) = caller.validate_token(json!([token, options])).await;
    assert_eq!(
        (&result["valid"], &result["kind"]),
        (&json!(true), &json!("access_token"))
    );
    assert_eq!(result["client_id"], json!(credentials[0]));
    let (_, result) = caller.validate_token(json!([session, options])).await;
    assert_eq!(
        (&result["valid"], &result["status"]),
        (&json!(false), &json!(401))
    );
    let (status, result) = caller.validate_token(json!([token, { "scope": [] }])).await;
    assert_eq!(
        (status, &result["error"]),
        (599, &json!("TypeError")),
        "{result}"
    );
    let form = [("token", token.as_str())];
    let revoked = service
        .as_client("/oauth/revoke", &credentials, &form)
        .send();
    assert_eq!(revoked.await.expect("a response").status(), 200);
    // `cargo dev` is one isolate, which removes the token from its cache at once.
    let (_, result) = caller.validate_token(json!([token, options])).await;
    assert_eq!(
        (&result["valid"], &result["code"]),
        (&json!(false), &json!("invalid_token"))
    );
    service.revoke(&session).await;
    let (_, result) = caller.validate_token(json!([session])).await;
    assert_eq!(
        (&result["valid"], &result["code"]),
        (&json!(false), &json!("invalid_token"))
    );
}

/// The resource of `cargo dev`.
const RESOURCE: &str = "https://api.example.com";

#[tokio::test]
#[ignore = "slow: starts two Workers with wrangler"]
async fn worker_with_a_service_binding_accepts_access_tokens_with_its_scope_only() {
    let service = Service::shared();
    let folder = Copy::of(&example("worker-binding"), None);
    let port = free_port();
    let _program = service.wrangler_dev(folder.path(), port);
    let reports = async |token: Option<&str>| {
        let request = client().get(format!("http://localhost:{port}/reports"));
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.expect("a response")
    };
    let (token, [id, _]) = service.access_token(RESOURCE, "reports:read").await;
    let response = reports(Some(&token)).await;
    assert_eq!(response.status(), 200);
    let body: Value = serde_json::from_str(&response.text().await.expect("a body")).expect("JSON");
    assert_eq!(body["client"], json!(id));
    let administration = format!("{}/api/auth", service.url);
    let (other, _) = service.access_token(&administration, "users:read").await;
    let session = service.token().await;
    for token in [None, Some("a.b.c"), Some(&*other), Some(&*session)] {
        assert_eq!(reports(token).await.status(), 401, "{token:?}");
    }
}

#[test]
fn types_of_the_entry_point_fit_what_callers_write() {
    let tools = crate::toolchain::prepare().expect("tools and Worker");
    let compiler = tools.node_modules.join("typescript/bin/tsc");
    let output = std::process::Command::new(&tools.node)
        .arg(compiler)
        .args(["--project", "."])
        .current_dir(Path::new(ROOT).join("tests/examples/auth_service"))
        .output()
        .expect("Node starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
}

#[tokio::test]
#[ignore = "slow: starts a Worker with wrangler"]
async fn worker_with_a_service_binding_fails_closed_without_the_service() {
    let tools = crate::toolchain::prepare().expect("tools and Worker");
    let folder = Copy::of(&example("worker-binding"), None);
    let port = free_port();
    // The registry is empty, so Edge Auth is not in it.
    let mut command = packages::wrangler_dev(&tools, folder.path(), port);
    let registry = folder.path().join("registry");
    let mut program = Program::start(command.env("WRANGLER_REGISTRY_PATH", registry));
    program.wait_for_port(port);
    let response = hello(port, Some("Bearer token")).await;
    assert_eq!(response.status(), 503);
    assert_eq!(header(&response, "retry-after"), Some("1"));
    assert_eq!(hello(port, None).await.status(), 401);
}

/// The test runs the wrangler of `cargo dev`, so that wrangler is installed once.
#[test]
fn worker_with_a_service_binding_names_the_wrangler_that_is_tested() {
    let wrangler = |path: &str, list: &str| {
        let text = fs::read_to_string(Path::new(ROOT).join(path)).expect(path);
        let package: Value = serde_json::from_str(&text).expect("JSON");
        package[list]["wrangler"]
            .as_str()
            .expect("a version")
            .to_owned()
    };
    let ours = wrangler("package.json", "devDependencies");
    assert_eq!(
        wrangler("examples/worker-binding/package.json", "devDependencies"),
        ours
    );
}

fn bash(command: &str, (name, value): (&str, &str)) -> String {
    let output = std::process::Command::new("bash")
        .args(["-ec", &command.replace("curl ", "curl -sS ")])
        .env(name, value)
        .env("no_proxy", "localhost")
        .output()
        .expect("bash starts");
    assert!(
        output.status.success(),
        "{command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
