//! One test's view of a server: its name (which its requests carry), its address, its clock, its faults, its people.

use super::client::{Reply, Request};
use super::fault::{Fault, InForce};
use super::seen::Seen;
use super::server::{Server, Vars};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Cloned, it is the same test still.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    server: Arc<Server>,
    client: reqwest::Client,
    name: String,
    address: String,
    last_request: AtomicU32,
    /// Seconds that this test's clock is ahead.
    clock: AtomicI64,
    redactions: Mutex<Vec<(String, String)>>,
}

static LAST_APP: AtomicU32 = AtomicU32::new(0);

/// The patience of the harness: longer than any wait of the Worker.
const PATIENCE: Duration = Duration::from_mins(1);

impl App {
    /// A view of the server with the default variables.
    pub fn shared() -> Self {
        Self::with(Vars::new())
    }

    /// A view of the server with these variables, which is started if no test has asked for it before.
    pub fn with(vars: Vars) -> Self {
        Self::new(Server::shared(vars))
    }

    /// A view of a server that no other test sees, and which may be killed.
    pub fn alone(vars: Vars) -> Self {
        Self::new(Server::alone(vars))
    }

    /// A view of a server of its own whose outbound requests follow redirects; see [`Server::following_redirects`].
    pub fn following_redirects(vars: Vars) -> Self {
        Self::new(Server::following_redirects(vars))
    }

    /// Another view of the same server, as another test's.
    pub fn beside(&self) -> Self {
        Self::new(self.0.server.clone())
    }

    fn new(server: Arc<Server>) -> Self {
        let number = LAST_APP.fetch_add(1, Ordering::Relaxed);
        let thread = std::thread::current();
        let name = format!(
            "{}.{number}",
            thread.name().unwrap_or("test").replace("::", ".")
        );
        // RFC 2544's range for tests; behind NAT nobody could tell them apart, here they are what throttling counts by.
        let address = format!(
            "198.{}.{}.{}",
            18 + (number >> 16),
            (number >> 8) & 255,
            number & 255
        );
        // Connections belong to the runtime of one test, so each has its own client.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .expect("a client");
        let redactions = Mutex::default();
        Self(Arc::new(Inner {
            server,
            client,
            name,
            address,
            last_request: AtomicU32::new(0),
            clock: AtomicI64::new(0),
            redactions,
        }))
    }

    pub fn server(&self) -> &Server {
        &self.0.server
    }

    /// Restarts a server of one's own with other variables, on the same storage. The clock keeps its shift.
    pub async fn restart_with(&self, vars: Vars) {
        let app = self.clone();
        tokio::task::spawn_blocking(move || app.server().restart_with(&vars))
            .await
            .expect("restarted");
        self.shift_clock(self.clock()).await;
    }

    pub fn client(&self) -> &reqwest::Client {
        &self.0.client
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The address that this test's requests come from.
    pub fn address(&self) -> &str {
        &self.0.address
    }

    /// Where the next request comes from: the test's own address, and after many requests other networks, since one may
    /// begin only so many sign-ins a minute.
    pub fn next_address(&self) -> String {
        const MANY: u32 = 80;
        match self.0.last_request.load(Ordering::Relaxed) / MANY {
            0 => self.address().to_owned(),
            more => self.elsewhere(0xf000 + more as usize),
        }
    }

    /// An address in a site (an IPv6 /48) that no other test uses, another for each number.
    pub fn elsewhere(&self, number: usize) -> String {
        let own = self
            .address()
            .split('.')
            .skip(1)
            .map(|part| part.parse::<u16>().unwrap());
        let [second, third, fourth]: [u16; 3] = own.collect::<Vec<_>>().try_into().unwrap();
        format!("20{second:02x}:{third:02x}{fourth:02x}:{number:x}::1")
    }

    /// A name for the next request: what `x-test-request` carries.
    pub fn next_request(&self) -> String {
        format!(
            "{}/{}",
            self.0.name,
            self.0.last_request.fetch_add(1, Ordering::Relaxed)
        )
    }

    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    pub fn request(&self, method: &str, path: &str) -> Request {
        Request::new(self.clone(), method, path)
    }

    /// Sends these bytes over a connection of its own and gives all that comes back until the server closes or 2 s pass
    /// without a byte. Not named, so neither seen nor faulted, unless the bytes carry an `x-test-request` of
    /// [`App::next_request`].
    pub async fn send_raw(&self, bytes: &[u8]) -> Vec<u8> {
        super::client::send_raw(&self.server().door().origin, bytes).await
    }

    /// Puts this fault in force for the requests of this test.
    pub async fn fault(&self, fault: Fault) -> InForce<'_> {
        InForce::set(self, fault).await
    }

    /// Takes all of this test's faults away.
    pub async fn mend_all(&self) {
        self.control("mend", json!({ "test": self.name() })).await;
    }

    /// Sets this test's clock so many seconds ahead (negative: behind) of the true one.
    pub async fn shift_clock(&self, seconds: i64) {
        self.0.clock.store(seconds, Ordering::Relaxed);
        self.control("clock", json!({ "test": self.name(), "seconds": seconds }))
            .await;
    }

    /// Seconds that this test's clock is ahead.
    pub fn clock(&self) -> i64 {
        self.0.clock.load(Ordering::Relaxed)
    }

    /// Moves this test's clock on, so far that no failure before slows down what comes.
    pub async fn calm_down(&self) {
        let ahead = self.clock() + 61;
        self.shift_clock(ahead).await;
    }

    /// As [`App::shift_clock`], for all requests of a server of one's own, unnamed ones too.
    pub async fn shift_server_clock(&self, seconds: i64) {
        self.control("clock", json!({ "seconds": seconds })).await;
    }

    /// Runs SQL with its numbered parameters; rows as objects.
    pub async fn sql<T: Into<Value>>(
        &self,
        sql: &str,
        parameters: impl IntoIterator<Item = T>,
    ) -> Vec<Value> {
        let parameters: Vec<Value> = parameters.into_iter().map(Into::into).collect();
        let rows = self
            .control("sql", json!({ "sql": sql, "params": parameters }))
            .await;
        rows.as_array().expect("rows").clone()
    }

    /// Runs SQL that may be refused; then gives the database's words.
    pub async fn try_sql(&self, sql: &str) -> Result<Vec<Value>, String> {
        let given = json!({ "op": "sql", "sql": sql, "params": [] });
        let door = self.server().door();
        let request = self.client().post(&door.origin);
        let request = request.header("x-test-control", door.key);
        let reply = request
            .body(given.to_string())
            .send()
            .await
            .expect("a reply");
        let is_done = reply.status().is_success();
        let text = reply.text().await.expect("a text");
        if is_done {
            Ok(serde_json::from_str(&text).expect("rows"))
        } else {
            Err(text)
        }
    }

    pub async fn kv_get(&self, key: &str) -> Option<String> {
        self.control("kv_get", json!({ "key": key }))
            .await
            .as_str()
            .map(str::to_owned)
    }

    pub async fn kv_put(&self, key: &str, value: &str) {
        self.control("kv_put", json!({ "key": key, "value": value }))
            .await;
    }

    pub async fn kv_delete(&self, key: &str) {
        self.control("kv_delete", json!({ "key": key })).await;
    }

    /// The keys that begin with `prefix`, of all tests.
    pub async fn kv_list(&self, prefix: &str) -> Vec<String> {
        let keys = self.control("kv_list", json!({ "prefix": prefix })).await;
        keys.as_array()
            .expect("keys")
            .iter()
            .filter_map(|key| key.as_str().map(str::to_owned))
            .collect()
    }

    /// Fires the cron event in this test's name and waits for all that it deferred. Gives its outcome (`ok` or
    /// `exception`) and what it did.
    pub async fn scheduled(&self, cron: &str) -> (String, Seen) {
        let _one_at_a_time = self.server().cron.lock().await;
        let request = self.next_request();
        self.control("name_cron", json!({ "request": request }))
            .await;
        let outcome = self.server().fire_cron(cron);
        (outcome, self.seen(&request).await)
    }

    /// Waits until nothing of this request runs any more, and tells what it did.
    pub async fn seen(&self, request: &str) -> Seen {
        Seen::read(&self.control("seen", json!({ "request": request })).await)
    }

    /// What this request has done until now.
    pub async fn seen_so_far(&self, request: &str) -> Seen {
        Seen::read(
            &self
                .control("seen_so_far", json!({ "request": request }))
                .await,
        )
    }

    /// As [`App::scheduled`], but another may be on its way: it has to have begun.
    pub async fn fire(&self, cron: &str) -> Seen {
        let request = self.next_request();
        self.control("name_cron", json!({ "request": request }))
            .await;
        let (app, cron) = (self.clone(), cron.to_owned());
        let fired = tokio::task::spawn_blocking(move || app.server().fire_cron(&cron));
        assert_eq!(fired.await.expect("fired"), "ok");
        self.seen(&request).await
    }

    /// Snapshots of this test's replies show `[label]` in place of this text.
    pub fn redact(&self, text: &str, label: &str) {
        self.0
            .redactions
            .lock()
            .unwrap()
            .push((text.to_owned(), format!("[{label}]")));
    }

    pub fn redactions(&self) -> Vec<(String, String)> {
        self.0.redactions.lock().unwrap().clone()
    }

    /// Asks the control door in the isolate.
    pub async fn control(&self, op: &str, mut given: Value) -> Value {
        given["op"] = json!(op);
        let door = self.server().door();
        let request = self
            .client()
            .post(&door.origin)
            .header("x-test-control", door.key)
            .body(given.to_string());
        let reply = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{op}: {error:?}"));
        let status = reply.status();
        let text = reply
            .text()
            .await
            .unwrap_or_else(|error| panic!("{op}: {error:?}"));
        assert!(status.is_success(), "{op}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{op}: {text}"))
    }

    /// Signs a person in and gives the whole reply.
    pub async fn login(&self, person: &super::people::Person) -> Reply {
        self.post("/api/auth/login")
            .json(&person.login())
            .send_until_admitted()
            .await
    }

    /// Signs a person in and gives the token.
    pub async fn sign_in(&self, person: &super::people::Person) -> String {
        let reply = self.login(person).await;
        reply.assert_status(200);
        reply.json()["token"].as_str().expect("a token").to_owned()
    }
}

/// Waits until something is so, and fails the test if it takes more than 10 s.
pub async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "waited 10 s until {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
