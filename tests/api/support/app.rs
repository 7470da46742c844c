//! One test's view of a server: its name, which its requests carry, its IP addresses, its clock and its faults.

use super::fault::{ActiveFault, Fault};
use super::internals::SessionKind;
use super::recorded::RecordedCalls;
use super::request::Request;
use super::server::Server;
use super::vars::Vars;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

/// A clone is the same view.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    server: Arc<Server>,
    client: reqwest::Client,
    name: String,
    ip: String,
    last_request: AtomicU32,
    /// Seconds by which this test's clock is ahead.
    clock: AtomicI64,
    redactions: Mutex<Vec<(String, String)>>,
    /// The kind of the sessions that this view starts.
    kind: SessionKind,
}

static LAST_APP: AtomicU32 = AtomicU32::new(0);

/// Shared by all clients. A client of its own would read the root certificates of the system, which takes 50 ms.
static TLS: LazyLock<native_tls::TlsConnector> =
    LazyLock::new(|| native_tls::TlsConnector::new().expect("a TLS connector"));

/// Longer than any timeout of the Worker.
const TIMEOUT: Duration = Duration::from_mins(1);

impl App {
    /// A view of the server with the default variables.
    pub fn shared() -> Self {
        Self::with(Vars::new())
    }

    /// A view of the server with these variables, which starts when the first test uses it.
    pub fn with(vars: Vars) -> Self {
        Self::new(Server::shared(vars), SessionKind::Token)
    }

    /// A view of a server that no other test uses, and which the test may kill. Starting one takes a second.
    pub fn isolated(vars: Vars) -> Self {
        Self::new(Server::isolated(vars), SessionKind::Token)
    }

    /// Like [`App::isolated`], on a server whose outbound requests follow redirects; see [`Server::following_redirects`].
    pub fn following_redirects(vars: Vars) -> Self {
        Self::new(Server::following_redirects(vars), SessionKind::Token)
    }

    /// A separate view of the same server, as another test would have it.
    pub fn another_view(&self) -> Self {
        Self::new(self.0.server.clone(), self.kind())
    }

    /// A separate view of the same server, whose users sign in with cookies or tokens.
    pub fn with_sessions(&self, kind: SessionKind) -> Self {
        Self::new(self.0.server.clone(), kind)
    }

    /// Two separate views of the same server: in one, users sign in with tokens, in the other one with cookies.
    pub fn of_each_kind(&self) -> [Self; 2] {
        [SessionKind::Token, SessionKind::Cookie].map(|kind| self.with_sessions(kind))
    }

    /// Whether the users of this view sign in with cookies or with tokens.
    pub fn kind(&self) -> SessionKind {
        self.0.kind
    }

    fn new(server: Arc<Server>, kind: SessionKind) -> Self {
        let number = LAST_APP.fetch_add(1, Ordering::Relaxed);
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("test").replace("::", ".");
        // A range for tests (RFC 2544). Back-off and rate limits count by IP address, so each view has its own.
        let [_, second, third, fourth] = number.to_be_bytes();
        let ip = format!("198.{}.{third}.{fourth}", 18 + second);
        // Connections belong to the runtime of one test, so each view has its own client.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_backend_preconfigured(TLS.clone())
            .timeout(TIMEOUT)
            // workerd closes a connection that is idle for 5 seconds; a request sent at that moment would fail. Without any reuse,
            // the client ends the connection before it has read a long response to a long body.
            .pool_idle_timeout(Duration::from_secs(2))
            .build()
            .expect("a client");
        Self(Arc::new(Inner {
            server,
            client,
            name: format!("{test}.{number}"),
            ip,
            last_request: AtomicU32::new(0),
            clock: AtomicI64::new(0),
            redactions: Mutex::default(),
            kind,
        }))
    }

    pub fn server(&self) -> &Server {
        &self.0.server
    }

    pub fn vars(&self) -> &Vars {
        &self.server().vars
    }

    /// Restarts an isolated server with other variables and the same storage. The clock stays shifted.
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

    /// The IP address of this test's requests.
    pub fn ip(&self) -> &str {
        &self.0.ip
    }

    /// The IP address of the next request: the test's own at first, and another after every 80 requests, because the
    /// sign-ins of one network are rate-limited.
    pub(super) fn next_ip(&self) -> String {
        const REQUESTS_PER_IP: u32 = 80;
        match self.0.last_request.load(Ordering::Relaxed) / REQUESTS_PER_IP {
            0 => self.ip().to_owned(),
            number => self.other_ip(0xf000 + number as usize),
        }
    }

    /// An IP address in a site (an IPv6 /48) that no other test uses, a different one for each number.
    pub fn other_ip(&self, number: usize) -> String {
        let bytes = self.ip().split('.').skip(1);
        let bytes: Vec<u16> = bytes.map(|byte| byte.parse().expect("a byte")).collect();
        let [second, third, fourth] = bytes[..] else {
            panic!("{} is not an IPv4 address", self.ip())
        };
        format!("20{second:02x}:{third:02x}{fourth:02x}:{number:x}::1")
    }

    /// A name for the next request, for the header `x-test-request`.
    pub fn next_request(&self) -> String {
        let number = self.0.last_request.fetch_add(1, Ordering::Relaxed);
        format!("{}/{number}", self.0.name)
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

    /// Sends these bytes over a separate connection. Returns the response up to the end of the connection or to two
    /// seconds without a byte. The request has no name, so it is neither recorded nor affected by faults, unless the
    /// bytes contain an `x-test-request` header with [`App::next_request`].
    pub async fn send_raw(&self, bytes: &[u8]) -> Vec<u8> {
        super::request::send_raw(&self.server().origin(), bytes).await
    }

    /// Injects this fault into the requests of this test.
    pub async fn fault(&self, fault: Fault) -> ActiveFault<'_> {
        ActiveFault::inject(self, fault).await
    }

    /// Removes all faults of this test.
    pub async fn remove_faults(&self) {
        self.control("remove", json!({ "test": self.name() })).await;
    }

    /// Sets this test's clock to this many seconds ahead of the time of its first request, or behind it if negative. The clock
    /// stands still in between, so that no limit is reached because the machine is slow.
    pub async fn shift_clock(&self, seconds: i64) {
        self.0.clock.store(seconds, Ordering::Relaxed);
        let fields = json!({ "test": self.name(), "seconds": seconds });
        self.control("clock", fields).await;
    }

    /// Seconds by which this test's clock is ahead.
    pub fn clock(&self) -> i64 {
        self.0.clock.load(Ordering::Relaxed)
    }

    /// Lets this test's clock run, for tests that wait: for the interval between two polls of AWS, or for a timeout.
    pub async fn run_clock(&self) {
        let fields = json!({ "test": self.name() });
        self.control("run_clock", fields).await;
    }

    /// Moves this test's clock past the back-off of all earlier failures.
    pub async fn skip_back_off(&self) {
        self.shift_clock(self.clock() + 61).await;
    }

    /// Like [`App::shift_clock`], for all requests of an isolated server, including those without a name.
    pub async fn shift_server_clock(&self, seconds: i64) {
        self.control("clock", json!({ "seconds": seconds })).await;
    }

    /// Runs SQL with numbered parameters; returns the rows as objects.
    pub async fn sql<T: Into<Value>>(
        &self,
        sql: &str,
        parameters: impl IntoIterator<Item = T>,
    ) -> Vec<Value> {
        let parameters: Vec<Value> = parameters.into_iter().map(Into::into).collect();
        let fields = json!({ "sql": sql, "params": parameters });
        let rows = self.control("sql", fields).await;
        rows.as_array().expect("rows").clone()
    }

    /// Runs SQL without parameters.
    pub async fn run_sql(&self, sql: &str) -> Vec<Value> {
        self.sql(sql, [0; 0]).await
    }

    /// Runs SQL that the database may refuse; the error is the database's text.
    pub async fn try_sql(&self, sql: &str) -> Result<Vec<Value>, String> {
        let rows = self
            .try_control("sql", json!({ "sql": sql, "params": [] }))
            .await?;
        Ok(rows.as_array().expect("rows").clone())
    }

    /// The `n` of the single row of `SELECT count(*) AS n …`.
    pub async fn count<T: Into<Value>>(
        &self,
        sql: &str,
        parameters: impl IntoIterator<Item = T>,
    ) -> u64 {
        let rows = self.sql(sql, parameters).await;
        rows[0]["n"].as_u64().expect("a count")
    }

    pub async fn kv_get(&self, key: &str) -> Option<String> {
        let value = self.control("kv_get", json!({ "key": key })).await;
        value.as_str().map(str::to_owned)
    }

    pub async fn kv_put(&self, key: &str, value: &str) {
        let fields = json!({ "key": key, "value": value });
        self.control("kv_put", fields).await;
    }

    pub async fn kv_delete(&self, key: &str) {
        self.control("kv_delete", json!({ "key": key })).await;
    }

    /// The keys with this prefix, of all tests.
    pub async fn kv_list(&self, prefix: &str) -> Vec<String> {
        let keys = self.control("kv_list", json!({ "prefix": prefix })).await;
        let keys = keys.as_array().expect("keys").iter();
        keys.filter_map(|key| key.as_str().map(str::to_owned))
            .collect()
    }

    /// The text of an object in R2.
    pub async fn r2_get(&self, key: &str) -> Option<String> {
        let value = self.control("r2_get", json!({ "key": key })).await;
        value.as_str().map(str::to_owned)
    }

    pub async fn r2_put(&self, key: &str, value: &str) {
        let fields = json!({ "key": key, "value": value });
        self.control("r2_put", fields).await;
    }

    pub async fn r2_put_bytes(&self, key: &str, bytes: &[u8]) {
        let fields = json!({ "key": key, "bytes": bytes });
        self.control("r2_put_bytes", fields).await;
    }

    pub async fn r2_delete(&self, key: &str) {
        self.control("r2_delete", json!({ "key": key })).await;
    }

    /// The keys in R2.
    pub async fn r2_list(&self) -> Vec<String> {
        let keys = self.control("r2_list", json!({})).await;
        let keys = keys.as_array().expect("keys").iter();
        keys.filter_map(|key| key.as_str().map(str::to_owned))
            .collect()
    }

    /// Runs a cron event in this test's name and waits for everything that it defers. Returns the outcome (`ok` or
    /// `exception`) and the recorded calls.
    pub async fn scheduled(&self, cron: &str) -> (String, RecordedCalls) {
        let _one_at_a_time = self.server().cron.lock().await;
        let request = self.next_request();
        self.control("name_cron", json!({ "request": request }))
            .await;
        let outcome = self.server().run_cron(cron);
        (outcome, self.recorded(&request).await)
    }

    /// Like [`App::scheduled`], while another event may be running. The caller makes sure that the other event has
    /// started.
    pub async fn scheduled_beside(&self, cron: &str) -> RecordedCalls {
        let request = self.next_request();
        self.control("name_cron", json!({ "request": request }))
            .await;
        let (app, cron) = (self.clone(), cron.to_owned());
        let outcome = tokio::task::spawn_blocking(move || app.server().run_cron(&cron));
        assert_eq!(outcome.await.expect("an outcome"), "ok");
        self.recorded(&request).await
    }

    /// Waits until no work of this request is running; returns its recorded calls.
    pub async fn recorded(&self, request: &str) -> RecordedCalls {
        let fields = json!({ "request": request });
        RecordedCalls::parse(&self.control("recorded", fields).await)
    }

    /// The calls of this request that are recorded so far.
    pub async fn recorded_so_far(&self, request: &str) -> RecordedCalls {
        let fields = json!({ "request": request });
        RecordedCalls::parse(&self.control("recorded_so_far", fields).await)
    }

    /// Snapshots of this test's responses show `[label]` instead of this text.
    pub fn redact(&self, text: &str, label: &str) {
        let mut redactions = self.0.redactions.lock().unwrap();
        redactions.push((text.to_owned(), format!("[{label}]")));
    }

    pub(super) fn redactions(&self) -> Vec<(String, String)> {
        self.0.redactions.lock().unwrap().clone()
    }

    /// Calls the control endpoint in the isolate.
    pub async fn control(&self, op: &str, fields: Value) -> Value {
        let result = self.try_control(op, fields).await;
        result.unwrap_or_else(|error| panic!("{op}: {error}"))
    }

    async fn try_control(&self, op: &str, mut fields: Value) -> Result<Value, String> {
        fields["op"] = json!(op);
        let address = self.server().address();
        let request = self.client().post(&address.origin);
        let request = request.header("x-test-control", address.key);
        let response = request.body(fields.to_string()).send().await;
        let response = response.unwrap_or_else(|error| panic!("{op}: {error:?}"));
        let is_success = response.status().is_success();
        let text = response.text().await;
        let text = text.unwrap_or_else(|error| panic!("{op}: {error:?}"));
        if is_success {
            Ok(serde_json::from_str(&text).unwrap_or_else(|_| panic!("{op}: {text}")))
        } else {
            Err(text)
        }
    }
}

/// Waits until a condition holds, and fails the test if that takes more than a minute, which is long enough for a busy machine.
pub async fn eventually(condition: &str, holds: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(
            start.elapsed() < Duration::from_mins(1),
            "after a minute it is still not true that {condition}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
