//! The AWS simulator, users of its directory, and device flows.
//!
//! All tests share one simulator and a few servers. Each test adds its own users, and its rules name its own user codes. A
//! test that changes the responses of AWS for all of them starts both for itself: see [`IsolatedAws`].

use super::aws_proof::AUDIENCE;
use super::{App, Request, Response, Vars};
use aws_simulator::{ACCOUNT, Config, Filter, JournalEntry, Operation, Simulator, User};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The simulator's polling interval for a device code, plus a tenth of a second.
pub const INTERVAL: Duration = Duration::from_millis(1_100);

/// The simulator that tests share.
pub static SIMULATOR: LazyLock<Simulator> = LazyLock::new(|| start(Config::default()));

pub fn start(config: Config) -> Simulator {
    aws_simulator::start(config).expect("a simulator on loopback")
}

/// Variables for device flows at this simulator, without the directory, a role map or the service credentials.
pub fn portal(simulator: &Simulator) -> Vars {
    [
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_SSO_OIDC",
        "AWS_ENDPOINT_URL_SSO",
        "AWS_ENDPOINT_URL_IDENTITYSTORE",
    ]
    .iter()
    .fold(Vars::new(), |vars, name| vars.set(name, simulator.url()))
    .set("JWT_ISSUER", AUDIENCE)
    .set("AWS_REGION", "us-east-1")
    .set("AWS_SSO_START_URL", simulator.start_url())
}

/// Like [`portal`], with the service credentials.
pub fn keyed(simulator: &Simulator) -> Vars {
    let own = simulator.app_credentials();
    portal(simulator)
        .set("AWS_ACCESS_KEY_ID", &own.access_key_id)
        .set("AWS_SECRET_ACCESS_KEY", &own.secret_access_key)
}

/// Like [`keyed`], with the directory, so that a sign-in calls every operation.
pub fn directory(simulator: &Simulator) -> Vars {
    keyed(simulator).set("AWS_IDENTITY_STORE_ID", "d-9067f7a1b2")
}

/// A simulator and a server that no other test uses.
pub struct IsolatedAws {
    pub simulator: Simulator,
    pub app: App,
}

impl IsolatedAws {
    pub fn new(config: Config, vars: impl FnOnce(&Simulator) -> Vars) -> Self {
        let simulator = start(config);
        let app = App::isolated(vars(&simulator));
        Self { simulator, app }
    }

    /// The number of calls of an operation.
    pub fn calls(&self, operation: Operation) -> usize {
        let journal = self.simulator.journal();
        let calls = journal
            .iter()
            .filter(|entry| entry.operation == Some(operation));
        calls.count()
    }
}

/// A unique user name that starts with `name`.
pub fn unique_name(name: &str) -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    format!("{name}.{}", LAST.fetch_add(1, Ordering::Relaxed))
}

/// Adds a user of the directory with one permission set.
pub fn add_directory_user(app: &App, name: &str) -> User {
    let directory_user = User::new(unique_name(name)).assigned(ACCOUNT, "Developer");
    app.redact(&directory_user.user_name, name);
    SIMULATOR.put_user(directory_user.clone());
    directory_user
}

/// A response of `/register-client`.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: String,
    pub secret: String,
    pub expiration: String,
}

impl Client {
    pub fn of(response: &Response) -> Self {
        let body = response.assert_status(200).json();
        Self {
            id: text(&body, "client_id"),
            secret: text(&body, "client_secret"),
            expiration: text(&body, "expiration"),
        }
    }

    /// The body of `/device-authorization`.
    pub fn body(&self) -> Value {
        json!({ "client_id": self.id, "client_secret": self.secret })
    }
}

/// A response of `/device-authorization`, with its client.
#[derive(Clone, Debug)]
pub struct Device {
    pub client: Client,
    pub code: String,
    pub user_code: String,
}

impl Device {
    pub fn of(client: Client, response: &Response) -> Self {
        let body = response.assert_status(200).json();
        Self {
            client,
            code: text(&body, "device_code"),
            user_code: text(&body, "user_code"),
        }
    }

    /// The requests of this device flow, for rules and journals of the simulator.
    pub fn requests(&self) -> Filter {
        Filter::UserCode(self.user_code.clone())
    }

    /// The requests to AWS in this device flow.
    pub fn journal(&self) -> Vec<JournalEntry> {
        SIMULATOR.journal_of(&self.requests())
    }

    /// The operations of AWS that were called in this device flow, in order.
    pub fn operations(&self) -> Vec<Operation> {
        self.journal()
            .iter()
            .filter_map(|entry| entry.operation)
            .collect()
    }

    /// Approves the sign-in as this user.
    pub fn approve(&self, directory_user: &User) {
        SIMULATOR
            .approve(&self.user_code, &directory_user.user_name)
            .expect("approved");
    }

    /// The body of `/token`.
    pub fn body(&self) -> Value {
        let mut body = self.client.body();
        body["device_code"] = json!(self.code);
        body
    }
}

impl App {
    /// The clock of the simulator runs, so that of the test runs as well.
    pub async fn registered_client(&self) -> Client {
        self.run_clock().await;
        Client::of(&self.anonymous().register_client().await)
    }

    pub async fn device_for(&self, client: &Client) -> Device {
        let response = self.anonymous().authorize_device(&client.body()).await;
        Device::of(client.clone(), &response)
    }

    /// A device flow of a new client.
    pub async fn device(&self) -> Device {
        self.device_for(&self.registered_client().await).await
    }

    /// Requests the token of a device flow, once.
    pub fn token(&self, device: &Device) -> Request {
        self.anonymous().device_token(&device.body())
    }

    /// Requests the token with this `Prefer` header.
    pub fn token_preferring(&self, device: &Device, prefer: &str) -> Request {
        self.token(device).header("prefer", prefer)
    }

    /// Signs a user of the directory in with a new device flow; returns the response of `/token`.
    pub async fn sign_in_with_device(&self, directory_user: &User) -> Response {
        let device = self.device().await;
        device.approve(directory_user);
        self.token(&device).await
    }

    /// The number of sessions of the user with this id, including revoked ones.
    pub async fn sessions_of(&self, id: &Value) -> u64 {
        let sql = "SELECT count(*) AS n FROM sessions WHERE user_id = ?1";
        self.count(sql, [id.clone()]).await
    }
}

impl Response {
    /// The user that `/token` or `/aws-login` signed in, as `/validate` returns it.
    pub async fn signed_in_user(&self) -> Value {
        self.session().validate().await.user()
    }
}

/// Limits how many sign-ins all tests together run at once, because more would slow down those whose time is measured.
static PERMITS: Semaphore = Semaphore::const_new(8);

/// Runs all of these futures, some at the same time. The first failure ends the test.
pub async fn run_all(each: impl IntoIterator<Item = impl Future<Output = ()> + Send + 'static>) {
    let mut running = JoinSet::new();
    for one in each {
        running.spawn(async move {
            let _permit = PERMITS.acquire().await.expect("a permit");
            one.await;
        });
    }
    running.join_all().await;
}

/// The string value of a member of a JSON object.
pub fn text(value: &Value, name: &str) -> String {
    let member = value[name].as_str();
    member
        .unwrap_or_else(|| panic!("{name}: {value}"))
        .to_owned()
}
