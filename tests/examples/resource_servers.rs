//! The resource servers of `examples/` accept access tokens of the service for their resource and scope, and fail closed.

use crate::apis::{Api, header, hello};
use crate::service::Service;
use crate::{client, example, packages, readme};
use base64ct::{Base64UrlUnpadded, Encoding};
use reqwest::Response;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const RESOURCE: &str = "https://api.example.com";
const SCOPE: &str = "reports:read";

fn node() -> Api {
    let service = Service::shared();
    let packages = packages::npm_packages(&service.tools, &example("node-resource-server"));
    Api::node("node-resource-server", Some(&packages))
}

async fn call(port: u16, token: &str) -> Response {
    hello(port, Some(&format!("Bearer {token}"))).await
}

/// Asserts the status of a refusal, and that its challenge names this error.
#[track_caller]
fn assert_is_refused(response: &Response, status: u16, error: &str, what: &str) {
    let challenge = header(response, "www-authenticate").unwrap_or_default();
    assert_eq!(response.status(), status, "{what}");
    assert!(
        challenge.contains(&format!("error=\"{error}\"")),
        "{what}: {challenge}"
    );
    assert!(challenge.contains("scope=\"reports:read\""), "{challenge}");
}

/// An access token for this resource is accepted. A session token and an access token for another resource are refused.
async fn accepts_tokens_of_the_service(api: &Api, service: &Service, variables: &[(&str, &str)]) {
    let issuer = [("ISSUER", service.url.as_str())];
    let (_program, port) = api.start_with(service, &[&issuer, variables].concat());
    let (token, [client_id, _]) = service.access_token(RESOURCE, SCOPE).await;
    let response = call(port, &token).await;
    assert_eq!(response.status(), 200);
    let body: Value = serde_json::from_str(&response.text().await.expect("a body")).expect("JSON");
    let expected = json!({ "message": format!("Hello, {client_id}"), "client_id": client_id });
    assert_eq!(body, expected);
    api.responds_to_the_documented_command(port, &token);

    let response = hello(port, None).await;
    assert_eq!(response.status(), 401);
    let challenge = header(&response, "www-authenticate").unwrap_or_default();
    assert!(!challenge.contains("error="), "{challenge}");
    let session = service.token().await;
    let administration = format!("{}/api/auth", service.url);
    let (administration, _) = service.access_token(&administration, "users:read").await;
    for (what, token) in [("session", session), ("administration", administration)] {
        assert_is_refused(&call(port, &token).await, 401, "invalid_token", what);
    }
}

#[tokio::test]
#[ignore = "slow: installs packages"]
async fn node_resource_server_accepts_valid_access_tokens_and_fails_closed() {
    accepts_valid_tokens_and_fails_closed(&node()).await;
}

#[tokio::test]
#[ignore = "slow: installs packages"]
async fn python_resource_server_accepts_valid_access_tokens_and_fails_closed() {
    accepts_valid_tokens_and_fails_closed(&Api::python("python-resource-server")).await;
}

#[tokio::test]
#[ignore = "slow: compiles a program"]
async fn go_resource_server_accepts_valid_access_tokens_and_fails_closed() {
    if let Some(api) = Api::go("go-resource-server") {
        accepts_valid_tokens_and_fails_closed(&api).await;
    }
}

async fn accepts_valid_tokens_and_fails_closed(api: &Api) {
    let service = Service::shared();
    accepts_tokens_of_the_service(api, &service, &[]).await;
    let issuer = Issuer::start().await;
    let variables = [("ISSUER", issuer.url.as_str())];
    let (_program, port) = api.start_with(&service, &variables);
    refuses_forged_tokens(&issuer, port).await;
    for keys in [
        Keys::Hanging,
        Keys::Failing("500 Internal Server Error"),
        Keys::Failing("307 Temporary Redirect\r\nlocation: /oauth/jwks.json?again"),
    ] {
        issuer.set_keys(keys);
        let (_program, port) = api.start_with(&service, &variables);
        let response = call(port, &issuer.token()).await;
        assert_eq!(
            (response.status().as_u16(), header(&response, "retry-after")),
            (503, Some("1")),
            "{keys:?}"
        );
        issuer.set_keys(Keys::Available);
        recovers(port, &issuer).await;
    }
}

/// Requests succeed again within ten seconds after the keys become available.
async fn recovers(port: u16, issuer: &Issuer) {
    for _ in 0..100 {
        if call(port, &issuer.token()).await.status() == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("tokens are refused although the keys are available");
}

async fn refuses_forged_tokens(issuer: &Issuer, port: u16) {
    assert_eq!(call(port, &issuer.token()).await.status(), 200);
    for scope in [
        json!(null),
        json!(""),
        json!("reports:write"),
        json!("reports:read2"),
    ] {
        let token = issuer.sign(&token_header(), &issuer.claims_with("scope", &scope));
        assert_is_refused(
            &call(port, &token).await,
            403,
            "insufficient_scope",
            &scope.to_string(),
        );
    }
    let accepted = issuer.sign(
        &token_header(),
        &issuer.claims_with("scope", &json!("a reports:read b")),
    );
    assert_eq!(call(port, &accepted).await.status(), 200);

    let now = now();
    let mut refused = vec!["not.a.token".to_owned(), "abc".to_owned()];
    for (name, value) in [
        ("exp", json!(now - 5)),
        ("exp", json!(null)),
        ("iss", json!("https://auth.example.org")),
        ("iss", json!(null)),
        ("aud", json!("https://api.example.com/")),
        ("aud", json!("https://other.example.com")),
        ("aud", json!(null)),
        ("sub", json!(null)),
        ("client_id", json!(null)),
    ] {
        refused.push(issuer.sign(&token_header(), &issuer.claims_with(name, &value)));
    }
    for (name, value) in [
        ("typ", json!("JWT")),
        ("typ", json!(null)),
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ES384")),
        ("kid", json!("another")),
        ("crit", json!(["exp"])),
    ] {
        let mut header = token_header();
        set(&mut header, name, &value);
        refused.push(issuer.sign(&header, &issuer.claims()));
    }
    let token = issuer.token();
    let (signed, signature) = token.rsplit_once('.').expect("a signature");
    let other = new_key();
    refused.push(format!("{signed}."));
    refused.push(format!("{signed}.{}", &signature[..84]));
    refused.push(format!("{signed}.{}", sign(&other, signed)));
    let (head, _) = signed.split_once('.').expect("claims");
    let claims = issuer.claims_with("sub", &json!("admin"));
    refused.push(format!("{head}.{}.{signature}", encode(&claims)));
    for token in refused {
        assert_is_refused(&call(port, &token).await, 401, "invalid_token", &token);
    }
}

#[tokio::test]
#[ignore = "slow: installs packages"]
async fn node_resource_server_that_introspects_refuses_a_revoked_token_at_once() {
    let service = Service::shared();
    let api = node();
    let (_, own) = service.access_token(RESOURCE, SCOPE).await;
    let command = readme::block(&example("node-resource-server"), "CLIENT_SECRET");
    assert!(command.starts_with("CLIENT_ID="), "{command}");
    let [id, secret] = &own;
    let credentials = [
        ("CLIENT_ID", id.as_str()),
        ("CLIENT_SECRET", secret.as_str()),
    ];
    accepts_tokens_of_the_service(&api, &service, &credentials).await;

    let issuer = ("ISSUER", service.url.as_str());
    let (_program, port) = api.start_with(&service, &[issuer, credentials[0], credentials[1]]);
    let (token, caller) = service.access_token(RESOURCE, SCOPE).await;
    assert_eq!(call(port, &token).await.status(), 200);
    let revocation = service.as_client("/oauth/revoke", &caller, &[("token", &token)]);
    assert_eq!(revocation.send().await.expect("a response").status(), 200);
    assert_is_refused(&call(port, &token).await, 401, "invalid_token", "revoked");

    let wrong = ("CLIENT_SECRET", "not the secret");
    let (_program, port) = api.start_with(&service, &[issuer, credentials[0], wrong]);
    let (token, _) = service.access_token(RESOURCE, SCOPE).await;
    assert_eq!(call(port, &token).await.status(), 503);
}

#[tokio::test]
#[ignore = "slow: installs packages"]
async fn node_resource_server_serves_the_metadata_of_its_resource() {
    let service = Service::shared();
    let path = "/.well-known/oauth-protected-resource";
    for (resource, expected) in [
        (RESOURCE.to_owned(), path.to_owned()),
        (format!("{RESOURCE}/mcp"), format!("{path}/mcp")),
    ] {
        let variables = [("ISSUER", service.url.as_str()), ("RESOURCE", &resource)];
        let (_program, port) = node().start_with(&service, &variables);
        let response = hello(port, None).await;
        let challenge = header(&response, "www-authenticate").unwrap_or_default();
        let url = format!("https://api.example.com{expected}");
        let expected_challenge = format!("Bearer resource_metadata=\"{url}\", scope=\"{SCOPE}\"");
        assert_eq!(challenge, expected_challenge);
        let url = format!("http://localhost:{port}{expected}");
        let response = client().get(url).send().await.expect("a response");
        let body: Value =
            serde_json::from_str(&response.text().await.expect("a body")).expect("JSON");
        let expected = json!({ "resource": resource, "authorization_servers": [service.url], "scopes_supported": [SCOPE] });
        assert_eq!(body, expected);
    }
}

/// What an issuer responds to a request for its keys.
#[derive(Clone, Copy, Debug, Default)]
enum Keys {
    #[default]
    Available,
    /// Status and further headers.
    Failing(&'static str),
    Hanging,
}

fn token_header() -> Value {
    json!({ "alg": "ES256", "kid": "a key", "typ": "at+jwt" })
}

/// An issuer that signs any claims, and whose keys can be unavailable.
struct Issuer {
    url: String,
    key: EcdsaKeyPair,
    keys: Arc<Mutex<Keys>>,
}

fn new_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key")
}

fn sign(key: &EcdsaKeyPair, text: &str) -> String {
    let signature = key.sign(&SystemRandom::new(), text.as_bytes());
    Base64UrlUnpadded::encode_string(signature.expect("a signature").as_ref())
}

fn encode(value: &Value) -> String {
    Base64UrlUnpadded::encode_string(value.to_string().as_bytes())
}

/// Sets a member, or removes it.
fn set(object: &mut Value, name: &str, value: &Value) {
    let object = object.as_object_mut().expect("an object");
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value.clone());
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("a time after 1970").as_secs()
}

impl Issuer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let key = new_key();
        let point = key.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(Base64UrlUnpadded::encode_string);
        let keys = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "a key", "use": "sig", "alg": "ES256" }] });
        let state = Arc::default();
        tokio::spawn(serve(listener, keys.to_string(), Arc::clone(&state)));
        Self {
            url: format!("http://127.0.0.1:{port}"),
            key,
            keys: state,
        }
    }

    fn set_keys(&self, keys: Keys) {
        *self.keys.lock().expect("a lock") = keys;
    }

    fn claims(&self) -> Value {
        let now = now();
        json!({
            "iss": self.url, "sub": "ada", "client_id": "caller", "aud": RESOURCE, "scope": SCOPE, "jti": "1",
            "iat": now - 60, "exp": now + 600
        })
    }

    fn claims_with(&self, name: &str, value: &Value) -> Value {
        let mut claims = self.claims();
        set(&mut claims, name, value);
        claims
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        format!("{signed}.{}", sign(&self.key, &signed))
    }

    fn token(&self) -> String {
        self.sign(&token_header(), &self.claims())
    }
}

async fn serve(listener: TcpListener, keys: String, state: Arc<Mutex<Keys>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(respond(stream, keys.clone(), Arc::clone(&state)));
    }
}

async fn respond(mut stream: TcpStream, keys: String, state: Arc<Mutex<Keys>>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut request).await, Ok(1..)) {
            return;
        }
    }
    // A client that follows a redirect gets the keys.
    let is_redirected = request.starts_with(b"GET /oauth/jwks.json?again ");
    let state = if is_redirected {
        Keys::Available
    } else {
        *state.lock().expect("a lock")
    };
    let (status, body) = match state {
        Keys::Available => ("200 OK\r\ncontent-type: application/json", keys),
        Keys::Failing(status) => (status, String::new()),
        Keys::Hanging => std::future::pending().await,
    };
    let text = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(text.as_bytes()).await;
}
