//! A client that uses plain sockets, and a sign-in with it.

use aws_credential_types::Credentials as Signing;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_simulator::{Config, Credentials, Operation, ResponseFault, Simulator};
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, UNIX_EPOCH};

/// The time of the fixed clock of [`start`].
pub const NOW: i64 = 1_795_317_487_000;

/// Bytes of a response beyond this limit are not read.
const MAX_RESPONSE_BYTES: usize = 3 * 1024 * 1024;

pub fn start() -> Simulator {
    aws_simulator::start(Config {
        clock: aws_simulator::Clock::fixed(NOW),
        ..Config::default()
    })
    .expect("a free port")
}

#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The string value of a member, or an empty string.
    pub fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }
}

impl Request {
    pub fn get(target: impl Into<String>) -> Self {
        Self {
            method: "GET".into(),
            target: target.into(),
            ..Self::default()
        }
    }

    pub fn post(target: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            method: "POST".into(),
            target: target.into(),
            body: body.into(),
            ..Self::default()
        }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The bytes that arrive before the connection is closed or `timeout` has passed.
    pub fn bytes(&self, url: &str, timeout: Duration) -> io::Result<Vec<u8>> {
        let host = url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(timeout))?;
        let mut text = format!(
            "{} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n",
            self.method, self.target
        );
        for (name, value) in &self.headers {
            text = text + name + ": " + value + "\r\n";
        }
        text = text + "Content-Length: " + &self.body.len().to_string() + "\r\n\r\n" + &self.body;
        stream.write_all(text.as_bytes())?;
        let end = Instant::now() + timeout;
        let (mut received, mut chunk) = (Vec::new(), vec![0; 64 * 1024]);
        while Instant::now() < end && received.len() < MAX_RESPONSE_BYTES {
            match stream.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
                Ok(0) => break,
                Ok(count) => received.extend_from_slice(&chunk[..count]),
            }
        }
        Ok(received)
    }

    pub fn send(&self, url: &str) -> Response {
        let received = self
            .bytes(url, Duration::from_secs(10))
            .expect("a response");
        let end = received
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("a head");
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        let status = head
            .get(9..12)
            .and_then(|digits| digits.parse().ok())
            .expect("a status");
        Response {
            status,
            head,
            body: received[end + 4..].to_vec(),
        }
    }

    /// Signs `host` and all headers so far with the crate `aws-sigv4` of AWS.
    pub fn signed(mut self, url: &str, credentials: &Credentials, service: &str, at: i64) -> Self {
        let identity = Signing::new(
            &credentials.access_key_id,
            &credentials.secret_access_key,
            credentials.session_token.clone(),
            None,
            "test",
        )
        .into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name(service)
            .time(UNIX_EPOCH + Duration::from_millis(at.unsigned_abs()))
            .settings(SigningSettings::default())
            .build()
            .expect("parameters")
            .into();
        let address = format!("{url}{}", self.target);
        let request = SignableRequest::new(
            &self.method,
            &address,
            self.headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
            SignableBody::Bytes(self.body.as_bytes()),
        )
        .expect("a request");
        let (instructions, _) = sign(request, &parameters)
            .expect("a signature")
            .into_parts();
        let (headers, _) = instructions.into_parts();
        for header in headers {
            self.headers
                .push((header.name().into(), header.value().into()));
        }
        self
    }
}

pub fn caller_identity() -> Request {
    Request::post("/", "Action=GetCallerIdentity&Version=2011-06-15").with(
        "content-type",
        "application/x-www-form-urlencoded; charset=utf-8",
    )
}

pub fn identity_store(target: &str, body: &Value) -> Request {
    Request::post("/", body.to_string())
        .with("content-type", "application/x-amz-json-1.1")
        .with("x-amz-target", format!("AWSIdentityStore.{target}"))
}

/// A registered client with a device authorization.
pub struct SignIn {
    pub client: Value,
    pub device: Value,
}

impl SignIn {
    pub fn start(simulator: &Simulator) -> Self {
        let registration =
            json!({"clientName": "wire", "clientType": "public", "scopes": ["sso:account:access"]});
        let client = Request::post("/client/register", registration.to_string())
            .send(simulator.url())
            .json();
        let mut sign_in = Self {
            client,
            device: Value::Null,
        };
        sign_in.device = sign_in
            .authorization(simulator)
            .send(simulator.url())
            .json();
        sign_in
    }

    pub fn authorization(&self, simulator: &Simulator) -> Request {
        let body = json!({
            "clientId": self.client["clientId"],
            "clientSecret": self.client["clientSecret"],
            "startUrl": simulator.start_url(),
        });
        Request::post("/device_authorization", body.to_string())
    }

    pub fn user_code(&self) -> &str {
        self.device["userCode"].as_str().expect("a user code")
    }

    pub fn poll(&self) -> Request {
        let body = json!({
            "clientId": self.client["clientId"],
            "clientSecret": self.client["clientSecret"],
            "grantType": "urn:ietf:params:oauth:grant-type:device_code",
            "deviceCode": self.device["deviceCode"],
        });
        Request::post("/token", body.to_string())
    }

    /// Approves as this user and returns the access token.
    pub fn token(&self, simulator: &Simulator, user: &str) -> String {
        simulator.approve(self.user_code(), user).expect("approved");
        self.poll().send(simulator.url()).member("accessToken")
    }
}

pub fn portal(target: &str, token: &str) -> Request {
    let method = if target == "/logout" { "POST" } else { "GET" };
    Request {
        method: method.into(),
        target: target.into(),
        ..Request::default()
    }
    .with("x-amz-sso_bearer_token", token)
}

pub const CREDENTIALS: &str = "/federation/credentials?account_id=111122223333&role_name=Developer";

pub fn role_credentials(simulator: &Simulator, token: &str) -> Credentials {
    let response = portal(CREDENTIALS, token).send(simulator.url()).json();
    let role = &response["roleCredentials"];
    let text = |name: &str| role[name].as_str().expect(name).to_owned();
    Credentials {
        access_key_id: text("accessKeyId"),
        secret_access_key: text("secretAccessKey"),
        session_token: Some(text("sessionToken")),
        expiration: role["expiration"].as_i64(),
    }
}

/// A valid request of an operation. `sign_in` is approved and not redeemed; `token` belongs to another sign-in.
pub fn valid_request(
    simulator: &Simulator,
    operation: Operation,
    sign_in: &SignIn,
    token: &str,
) -> Request {
    let store = "d-9067f7a1b2";
    let app = simulator.app_credentials();
    match operation {
        Operation::RegisterClient => Request::post(
            "/client/register",
            r#"{"clientName":"wire","clientType":"public"}"#,
        ),
        Operation::StartDeviceAuthorization => sign_in.authorization(simulator),
        Operation::CreateToken => sign_in.poll(),
        Operation::ListAccounts => portal("/assignment/accounts", token),
        Operation::ListAccountRoles => portal("/assignment/roles?account_id=111122223333", token),
        Operation::GetRoleCredentials => portal(CREDENTIALS, token),
        Operation::Logout => portal("/logout", token),
        Operation::GetCallerIdentity => caller_identity().signed(simulator.url(), app, "sts", NOW),
        Operation::GetUserId => {
            let name = json!({"UniqueAttribute": {"AttributePath": "userName", "AttributeValue": "ada.lovelace"}});
            let body = json!({"IdentityStoreId": store, "AlternateIdentifier": name});
            identity_store("GetUserId", &body).signed(simulator.url(), app, "identitystore", NOW)
        }
        Operation::DescribeUser => {
            let body = json!({"IdentityStoreId": store, "UserId": simulator.users()[0].user_id});
            identity_store("DescribeUser", &body).signed(simulator.url(), app, "identitystore", NOW)
        }
    }
}

/// Faults that last a minute.
pub fn is_slow(fault: ResponseFault) -> bool {
    matches!(
        fault,
        ResponseFault::HangBeforeStatus
            | ResponseFault::HangMidHeaders
            | ResponseFault::HangMidBody
            | ResponseFault::Trickle
    )
}
