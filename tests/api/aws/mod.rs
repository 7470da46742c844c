//! Signing in with AWS, against the simulator: the device flow, and `/aws-login`.
//!
//! One simulator and a few servers stand for all tests; each makes its own people, and rules name its own user codes. Who
//! has to change what AWS says to everybody starts both alone: see [`Alone`].

mod app_login;
mod canaries;
mod concurrency;
mod configuration;
mod device_flow;
mod forged;
mod handles;
mod identity;
mod misbehaviour;
mod names;
mod polling;
pub mod proof;
mod redirects;

use crate::support::{App, Reply, Vars};
use aws_simulator::{ACCOUNT, Config, Filter, JournalEntry, Operation, Simulator, User};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub const REGISTER: &str = "/api/auth/register-client";
pub const AUTHORIZE: &str = "/api/auth/device-authorization";
pub const TOKEN: &str = "/api/auth/token";
pub const AWS_LOGIN: &str = "/api/auth/aws-login";

/// The simulator's interval between two questions for one device code, and a little.
pub const INTERVAL: Duration = Duration::from_millis(1_100);

/// The simulator that all tests share.
pub static SIMULATOR: LazyLock<Simulator> = LazyLock::new(|| start(Config::default()));

fn start(config: Config) -> Simulator {
    aws_simulator::start(config).expect("a simulator on loopback")
}

/// Variables of a server that signs people in at this simulator: no directory, no map, no keys.
pub fn portal(simulator: &Simulator) -> Vars {
    [
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_SSO_OIDC",
        "AWS_ENDPOINT_URL_SSO",
        "AWS_ENDPOINT_URL_IDENTITYSTORE",
    ]
    .iter()
    .fold(Vars::new(), |vars, name| vars.set(name, simulator.url()))
    .set("JWT_ISSUER", proof::AUDIENCE)
    .set("AWS_REGION", "us-east-1")
    .set("AWS_SSO_START_URL", simulator.start_url())
}

/// The same with the application's own keys.
pub fn keyed(simulator: &Simulator) -> Vars {
    let own = simulator.app_credentials();
    portal(simulator)
        .set("AWS_ACCESS_KEY_ID", &own.access_key_id)
        .set("AWS_SECRET_ACCESS_KEY", &own.secret_access_key)
}

/// The same with the directory, so that a sign-in makes every call there is.
pub fn directory(simulator: &Simulator) -> Vars {
    keyed(simulator).set("AWS_IDENTITY_STORE_ID", "d-9067f7a1b2")
}

/// A simulator and a server that no other test sees.
pub struct Alone {
    pub simulator: Simulator,
    pub app: App,
}

impl Alone {
    pub fn new(config: Config, vars: impl FnOnce(&Simulator) -> Vars) -> Self {
        let simulator = start(config);
        let app = App::alone(vars(&simulator));
        Self { simulator, app }
    }

    /// How often an operation was asked for.
    pub fn calls(&self, operation: Operation) -> usize {
        let journal = self.simulator.journal();
        let calls = journal.iter();
        calls
            .filter(|entry| entry.operation == Some(operation))
            .count()
    }
}

static LAST_NAME: AtomicU32 = AtomicU32::new(0);

/// A user name that begins with `name` and is nobody else's.
pub fn own_name(name: &str) -> String {
    format!("{name}.{}", LAST_NAME.fetch_add(1, Ordering::Relaxed))
}

/// Somebody new of the directory, with one permission set.
pub fn somebody(app: &App, name: &str) -> User {
    let person = User::new(own_name(name)).assigned(ACCOUNT, "Developer");
    app.redact(&person.user_name, name);
    SIMULATOR.put_user(person.clone());
    person
}

/// What `/register-client` gave.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: String,
    pub secret: String,
    pub expiration: String,
}

/// What `/device-authorization` gave, with the client that asked.
#[derive(Clone, Debug)]
pub struct Device {
    pub client: Client,
    pub code: String,
    pub user_code: String,
}

impl Device {
    /// The requests of this device flow, in the simulator's words.
    pub fn line(&self) -> Filter {
        Filter::UserCode(self.user_code.clone())
    }

    /// What AWS was asked in this device flow.
    pub fn journal(&self) -> Vec<JournalEntry> {
        SIMULATOR.journal_of(&self.line())
    }

    /// The operations that AWS was asked for in this device flow, in order.
    pub fn operations(&self) -> Vec<Operation> {
        self.journal()
            .iter()
            .filter_map(|entry| entry.operation)
            .collect()
    }

    /// The person approves.
    pub fn approve(&self, person: &User) {
        SIMULATOR
            .approve(&self.user_code, &person.user_name)
            .expect("approved");
    }

    /// The body of `/token`.
    pub fn body(&self) -> Value {
        json!({
            "client_id": self.client.id,
            "client_secret": self.client.secret,
            "device_code": self.code,
        })
    }
}

impl App {
    pub async fn register_client(&self) -> Client {
        let reply = self.post(REGISTER).send().await;
        reply.assert_status(200);
        let reply = reply.json();
        Client {
            id: text(&reply, "client_id"),
            secret: text(&reply, "client_secret"),
            expiration: text(&reply, "expiration"),
        }
    }

    pub async fn try_authorize(&self, client: &Client) -> Reply {
        let body = json!({ "client_id": client.id, "client_secret": client.secret });
        self.post(AUTHORIZE).json(&body).send().await
    }

    pub async fn authorize(&self, client: &Client) -> Device {
        let reply = self.try_authorize(client).await;
        reply.assert_status(200);
        let reply = reply.json();
        Device {
            client: client.clone(),
            code: text(&reply, "device_code"),
            user_code: text(&reply, "user_code"),
        }
    }

    /// A new client's new device flow.
    pub async fn device(&self) -> Device {
        self.authorize(&self.register_client().await).await
    }

    /// Asks once and does not wait.
    pub async fn token(&self, device: &Device) -> Reply {
        self.token_waiting(device, "wait=0").await
    }

    pub async fn token_waiting(&self, device: &Device, prefer: &str) -> Reply {
        let request = self.post(TOKEN).header("prefer", prefer);
        request.json(&device.body()).send().await
    }

    /// Signs a person in by a device flow of its own; gives the reply of `/token`.
    pub async fn arrive(&self, person: &User) -> Reply {
        let device = self.device().await;
        device.approve(person);
        self.token(&device).await
    }

    /// The record of whom a reply of `/token` or `/aws-login` signed in.
    pub async fn who(&self, reply: &Reply) -> Value {
        reply.assert_status(200);
        let token = text(&reply.json(), "access_token");
        let reply = self.get("/api/auth/validate").bearer(&token).send().await;
        reply.assert_status(200);
        reply.json()["user"].clone()
    }

    /// How many sessions the user with this id has, ended ones included.
    pub async fn sessions_of(&self, id: &Value) -> usize {
        let id = id.as_str().expect("an id");
        self.sql("SELECT id FROM sessions WHERE user_id = ?1", [id])
            .await
            .len()
    }
}

/// As many at once, of all tests, as do not slow each other down beyond the times that are measured.
static GATE: Semaphore = Semaphore::const_new(16);

/// Does each, some at once. The first that fails ends the test with its own words.
pub async fn all(each: impl IntoIterator<Item = impl Future<Output = ()> + Send + 'static>) {
    let mut running = JoinSet::new();
    for one in each {
        running.spawn(async move {
            let _pass = GATE.acquire().await.expect("a gate");
            one.await;
        });
    }
    running.join_all().await;
}

/// A member that is text.
pub fn text(value: &Value, name: &str) -> String {
    let member = value[name].as_str();
    member
        .unwrap_or_else(|| panic!("{name}: {value}"))
        .to_owned()
}
