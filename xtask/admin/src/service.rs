//! A running service, as the user who signed in.

use crate::code;
use crate::credentials::{Credentials, Entries, Entry};
use crate::failure::usage;
use crate::http::{Call, Http, Response};
use crate::input;
use crate::sign_in::{SignIn, list};
use crate::terminal;
use anyhow::{Context as _, Result, anyhow, bail};
use edge_auth::crypto::secret::Secret;
use edge_auth::timestamp::Timestamp;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

/// The variable that holds a session token. Other users of this machine could read a token on the command line.
const TOKEN_VARIABLE: &str = "EDGE_AUTH_TOKEN";
/// A stored token is refreshed if it expires within this time, so that it does not expire during the command.
const REFRESH_BEFORE_SECONDS: i64 = 3_600;
const RECENT: &str = "this change requires that you have authenticated within the last 5 minutes";

/// A service, and a session of it.
pub struct Service {
    http: Http,
    token: Secret,
    /// User name, if it is known.
    username: Option<String>,
    /// Whether this command created the session and has to sign out.
    is_own_session: bool,
    is_password_piped: bool,
    /// The password that was piped or typed, for later changes of the same command.
    password: RefCell<Option<Secret>>,
    /// The code of `--code`.
    code: Option<String>,
}

/// Signs out, even if the command fails. Otherwise each command would leave a session behind, and these sessions would
/// evict the user's other sessions.
impl Drop for Service {
    fn drop(&mut self) {
        if !self.is_own_session {
            return;
        }
        if let Err(error) = self.call(&Call::post("logout")) {
            terminal::note(format_args!(
                "warning: the session of this command could not be revoked: {error:#}"
            ));
        }
    }
}

impl Service {
    /// Signs in with the username and the piped password, or uses the token of `EDGE_AUTH_TOKEN` or of `login`.
    ///
    /// # Errors
    /// A missing token, or a sign-in that is refused.
    pub fn connect(options: &cli::Service) -> Result<Self> {
        let token = env::var(TOKEN_VARIABLE).unwrap_or_default();
        if let (Some(username), Some(url)) = (&options.username, &options.url) {
            let (http, password) = (Http::new(url)?, input::piped_password()?);
            let sign_in = SignIn {
                username,
                password: &password,
                code: options.code.as_deref(),
            };
            let signed_in = sign_in.run(&http)?;
            let mut service = Self::new(http, options, signed_in.token);
            service.username = Some(username.clone());
            service.is_own_session = true;
            service.password = RefCell::new(Some(password));
            return Ok(service);
        }
        if options.username.is_some() {
            return Err(usage("missing required option --url"));
        }
        if !token.is_empty() {
            // A stored session may be of another service than the token.
            let url = options.url.as_ref().ok_or_else(|| {
                usage(format!(
                    "missing required option --url: {TOKEN_VARIABLE} is set, and does not say which service its token is for"
                ))
            })?;
            return Ok(Self::new(Http::new(url)?, options, Secret::new(token)));
        }
        let credentials = Credentials::of_user()?;
        let entries = credentials.read()?;
        let http = match &options.url {
            Some(url) => Http::new(url)?,
            None => Http::new(&only_origin(&entries)?)?,
        };
        let entry = entries.get(http.origin()).cloned();
        let entry = entry.ok_or_else(|| not_signed_in(http.origin()))?;
        let entry = fresh(&credentials, &http, entry)?;
        let mut service = Self::new(http, options, entry.token);
        service.username = Some(entry.username);
        Ok(service)
    }

    fn new(http: Http, options: &cli::Service, token: Secret) -> Self {
        Self {
            http,
            token,
            username: None,
            is_own_session: false,
            is_password_piped: options.password_stdin,
            password: RefCell::default(),
            code: options.code.clone(),
        }
    }

    /// Whether the session is known to be that of the user with this name.
    pub fn is_of(&self, username: &str) -> bool {
        self.username.as_deref() == Some(username)
    }

    /// The response to a request, which may be an error. If the service requires a recent authentication, gives the password
    /// or a code.
    ///
    /// # Errors
    /// No response.
    pub fn try_call(&self, call: &Call) -> Result<Response> {
        let response = self.http.send(call, Some(self.token.reveal()))?;
        if response.code() != "step_up_required" {
            return Ok(response);
        }
        self.step_up()?;
        self.http.send(call, Some(self.token.reveal()))
    }

    /// The successful response to a request.
    ///
    /// # Errors
    /// The error of the service, or no response.
    pub fn call(&self, call: &Call) -> Result<Response> {
        let response = self.try_call(call)?;
        let is_ended = matches!(response.code(), "invalid_token" | "token_expired");
        let result = response.successful();
        if is_ended && !self.is_own_session {
            return result
                .context("your session has ended; sign in again with `cargo xtask login`");
        }
        result
    }

    /// The JSON of the successful response to a request.
    ///
    /// # Errors
    /// See [`Service::call`]; or a response that is not one of Edge Auth.
    pub fn json(&self, call: &Call) -> Result<Value> {
        let json = self.call(call)?.json();
        if json["success"] != true {
            bail!("not an Edge Auth response");
        }
        Ok(json)
    }

    /// Authenticates again: with a code if the user has a second factor, otherwise with the password.
    fn step_up(&self) -> Result<()> {
        let call = Call::post("step-up/options");
        let options = self.http.send(&call, Some(self.token.reveal()))?;
        let options = options.successful()?.json();
        let methods = list(&options["methods"]);
        if let Some(question) = code::question(&methods) {
            let code = code::given_or_typed(self.code.as_deref(), question, self.name())
                .context(RECENT)?;
            return self
                .send_step_up(&json!({ "method": code::method(&code), "code": code.reveal() }));
        }
        if !methods.contains(&"password") {
            let origin = self.http.origin();
            bail!(
                "{RECENT}, and the command line cannot do that with a passkey or an identity source; use the console at {origin}/admin"
            );
        }
        let password = self.password.borrow().clone();
        let password = match password {
            Some(password) => password,
            None => self.read_password()?,
        };
        self.send_step_up(&json!({ "method": "password", "password": password.reveal() }))?;
        *self.password.borrow_mut() = Some(password);
        Ok(())
    }

    fn send_step_up(&self, body: &Value) -> Result<()> {
        let call = Call::post("step-up").json(body);
        let response = self.http.send(&call, Some(self.token.reveal()))?;
        response.successful().context(
            "this change requires that you authenticate again, but the service refused it",
        )?;
        Ok(())
    }

    fn name(&self) -> &str {
        self.username.as_deref().unwrap_or("the user of the token")
    }

    fn read_password(&self) -> Result<Secret> {
        if self.is_password_piped {
            return input::piped_password();
        }
        input::ask_password(self.name()).context(RECENT)
    }
}

fn entry_of(response: &Response, username: &Value, token: &Value) -> Option<Entry> {
    Some(Entry {
        username: username.as_str()?.to_owned(),
        token: Secret::new(token.as_str()?),
        expires_at: Timestamp::parse(response.header("edge-auth-expires")?)?,
    })
}

/// The entry, whose token is refreshed if it expires soon. Commands refresh it one after another.
fn fresh(credentials: &Credentials, http: &Http, entry: Entry) -> Result<Entry> {
    let is_fresh = |entry: &Entry, now: Timestamp| {
        let left = entry.expires_at.seconds() - now.seconds();
        left > REFRESH_BEFORE_SECONDS || left <= 0
    };
    let now = now()?;
    if is_fresh(&entry, now) {
        return Ok(entry);
    }
    credentials.change(|entries| {
        let stored = entries.get(http.origin()).cloned();
        let stored = stored.ok_or_else(|| not_signed_in(http.origin()))?;
        if is_fresh(&stored, now) {
            return Ok(stored);
        }
        let response = http.send(&Call::post("refresh"), Some(stored.token.reveal()))?;
        // The command says why the session has ended.
        let Ok(response) = response.successful() else {
            return Ok(stored);
        };
        let json = response.json();
        let username = Value::from(stored.username);
        let entry = entry_of(&response, &username, &json["access_token"])
            .context("not an Edge Auth response")?;
        entries.insert(http.origin().to_owned(), entry.clone());
        Ok(entry)
    })
}

/// The origin of the only service that the user is signed in to.
///
/// # Errors
/// There is none, or there are several.
pub fn only_origin(entries: &Entries) -> Result<String> {
    let mut origins = entries.keys();
    match (origins.next(), origins.next()) {
        (Some(origin), None) => Ok(origin.clone()),
        (None, _) => Err(usage(
            "missing credentials: sign in with `cargo xtask login --url URL`, or set EDGE_AUTH_TOKEN and give --url",
        )),
        _ => {
            let origins: Vec<&str> = entries.keys().map(String::as_str).collect();
            Err(usage(format!(
                "missing required option --url; you are signed in to {}",
                origins.join(", ")
            )))
        }
    }
}

fn not_signed_in(origin: &str) -> anyhow::Error {
    anyhow!(
        "not signed in to {origin}; run `cargo xtask login --url {origin}`, or set {TOKEN_VARIABLE}, or use --username NAME --password-stdin"
    )
}

/// The current time.
///
/// # Errors
/// A clock before 1970.
pub fn now() -> Result<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.context("the clock of this machine is before 1970")?;
    Ok(Timestamp::from_seconds(since.as_secs().try_into()?))
}
