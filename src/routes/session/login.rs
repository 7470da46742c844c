//! `POST /api/auth/login`: signs in with a user name or e-mail address and a password.
//!
//! For an unknown, disabled or locked user, or one without a password, the same hash is computed and the same bytes are sent
//! as for a wrong password.

use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::app::hash_slots::{Claim, Holder, NoSlot, Slot};
use crate::app::sign_in::{self, AttemptedAccount, NewSessionOptions, SignInMethod};
use crate::app::token_verifier::Issued;
use crate::app::{RequestContext, Retries, random};
use crate::crypto::password::{self, Password, Unusable, Verdict};
use crate::domain::address::network;
use crate::domain::names::{self, LoginName};
use crate::domain::recognised_device::{Device, Recognised};
use crate::domain::user::User;
use crate::http::body;
use crate::http::device_cookie::{DeviceCookie, Names};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::{EXPIRES, Response};
use crate::http::route::{Access, Route};
use crate::json::{FromJson, Malformed, Object};
use crate::runtime::log;
use crate::runtime::rate_limiter::Bucket;
use crate::store::throttle::{Attempt, MAX_FAILURES, Reservation, Reserved};
use crate::store::users::PasswordUser;
use serde::Serialize;
use std::rc::Rc;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/login",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The text of a 400 response, as the API specification fixes it.
const MISSING: &str = "Username and password are required";

/// A user name or e-mail address, and a password.
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct LoginRequest {
    /// User name or e-mail address. Surrounding white space is ignored.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1)))]
    username: String,
    /// Password. White space is significant.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1)))]
    password: String,
}

impl FromJson for LoginRequest {
    fn from_json(object: &mut Object<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            username: object.text("username")?,
            password: object.text("password")?,
        })
    }
}

/// A new session's token and its user.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct LoginResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// `Login successful`.
    pub message: &'static str,
    /// Access token (JWT).
    pub token: String,
    /// The user who signed in.
    pub user: User,
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let client = request.client_info();
    let cookie = DeviceCookie::of(&request);
    let device = cookie.open(&context);
    let body: LoginRequest = body::json(request, MISSING).await?;
    if body.username.is_empty() || body.password.is_empty() {
        return Err(ApiError::new(ErrorCode::MissingField).with_text(MISSING));
    }
    // No user has a password over the limit; not counting such an attempt reveals nothing that the client does not know.
    let password = Password::parse(&body.password).map_err(|_| ErrorCode::InvalidCredentials)?;
    let asked = Asked {
        who: Who::new(&context, device.as_ref(), &body.username),
        network: network(client.address.as_deref()),
        password,
        client,
        cookie,
        device,
    };
    let (context, asked) = (Rc::new(context), Rc::new(asked));
    let mut retries = Retries::new();
    loop {
        // Checked before a slot is taken: most of a flood ends here.
        if let Some(seconds) = context.app.throttle.remembers(&asked.attempt(&context)) {
            return Err(ApiError::back_off(seconds));
        }
        let failure = match context.slot(asked.claim(&context)) {
            Ok(slot) => {
                let work = evaluate(Rc::clone(&context), Rc::clone(&asked), slot);
                match context.hashing(work).await? {
                    Evaluated::SignedIn(response) => return Ok(*response),
                    Evaluated::InFlight(seconds) => ApiError::back_off(seconds),
                }
            }
            Err(NoSlot::InFlight) => ApiError::back_off(1),
            Err(NoSlot::Full) => {
                if asked.who.device.is_some() && retries.wait_for_slot().await {
                    continue;
                }
                return Err(ErrorCode::Overloaded.into());
            }
        };
        if !retries.wait().await {
            return Err(failure);
        }
    }
}

/// The subject of a sign-in.
struct Who {
    name: LoginName,
    /// The keyed hash of what was typed. Only this hash is stored of a name that no user has, because users sometimes type
    /// their password there.
    name_key: String,
    /// Set if the device is recognised for the name.
    device: Option<Recognised>,
}

impl Who {
    /// A name that no password user can have is looked up as well, so that it takes the same time.
    fn new(context: &RequestContext, device: Option<&Device>, typed: &str) -> Self {
        let name = names::login_key(typed);
        let (source, key) = match &name {
            Some(LoginName::Username(name)) => ("username", name.as_str()),
            Some(LoginName::Email(key)) => ("email", key.as_str()),
            None => ("other", names::trimmed(typed)),
        };
        Self {
            name_key: context.app.audit_keys.name_key(source, key),
            device: name
                .as_ref()
                .zip(device)
                .and_then(|(name, device)| device.recognises(name)),
            name: name.unwrap_or(LoginName::Username(String::new())),
        }
    }
}

/// The sign-in that a request asks for.
struct Asked {
    who: Who,
    password: Password,
    client: ClientInfo,
    network: String,
    cookie: DeviceCookie,
    device: Option<Device>,
}

impl Asked {
    fn attempt(&self, context: &RequestContext) -> Attempt<'_> {
        Attempt::sign_in(
            &self.who.name,
            &self.who.name_key,
            self.who.device.as_ref(),
            &self.network,
            context.clock(),
        )
    }

    fn claim(&self, context: &RequestContext) -> Claim {
        let recognised = self.who.device.as_ref();
        Claim {
            key: self.attempt(context).counter(),
            holder: recognised.map(|recognised| Holder {
                id: recognised.device.clone(),
                user: recognised.user,
            }),
        }
    }
}

/// The outcome of an attempt that had a slot.
enum Evaluated {
    SignedIn(Box<Response>),
    /// Another attempt was in flight, so this one was not evaluated. If that one fails, no attempt is evaluated for this
    /// many seconds.
    InFlight(u32),
}

fn is_unavailable<T>(outcome: &Result<T, ApiError>) -> bool {
    matches!(outcome, Err(error) if error.code() == ErrorCode::StorageUnavailable)
}

/// Reserves the attempt, checks the password, and signs the user in or records the reason for the refusal.
async fn evaluate(
    context: Rc<RequestContext>,
    asked: Rc<Asked>,
    slot: Slot,
) -> Result<Evaluated, ApiError> {
    let reserved = context
        .app
        .throttle
        .reserve(&asked.attempt(&context))
        .await?;
    let (attempt, registered) = match reserved {
        Reserved::Yes(attempt, registered) => (attempt, registered.map(|found| *found)),
        Reserved::InFlight(seconds) => return Ok(Evaluated::InFlight(seconds)),
        Reserved::Later(seconds) => return Err(ApiError::back_off(seconds)),
    };
    let outcome = finish(&context, &asked, &attempt, registered, slot).await;
    if is_unavailable(&outcome) {
        // It is unknown whether the write that ends the attempt succeeded. If this one fails too, the lease expires.
        let app = context.app;
        context.wait_until(async move {
            let _ = app.throttle.failed(&attempt, None).await;
        });
    }
    outcome
}

async fn finish(
    context: &RequestContext,
    asked: &Asked,
    attempt: &Reservation,
    registered: Option<PasswordUser>,
    slot: Slot,
) -> Result<Evaluated, ApiError> {
    let account = registered.as_ref().map_or_else(
        || AttemptedAccount::Unknown(asked.who.name_key.clone()),
        |found| AttemptedAccount::Known(found.user.id),
    );
    let checked = check(context, &asked.password, registered, attempt.is_locked()).await?;
    drop(slot);
    let reason = match checked {
        Err(reason) => reason,
        Ok(checked) => match sign_in(context, &asked.client, checked, attempt).await? {
            Some((issued, user)) => {
                let response = response(context, asked, issued, user)?;
                return Ok(Evaluated::SignedIn(Box::new(response)));
            }
            None => sign_in::CHANGED,
        },
    };
    let reason = if attempt.is_last() {
        format!("{reason}; locked now, after {MAX_FAILURES} in a row")
    } else {
        reason.to_owned()
    };
    let entry = sign_in::refusal(
        context,
        &asked.client,
        SignInMethod::Password,
        account,
        &reason,
    )?;
    context.app.throttle.failed(attempt, Some(&entry)).await?;
    Err(ErrorCode::InvalidCredentials.into())
}

/// Somebody whose password was right.
struct Checked {
    user: User,
    hash: String,
    /// The same password under today's parameters, where the hash is older.
    renewed: Option<String>,
}

/// Hashes the password, whether or not the user exists; returns the user, or the reason for the audit log. Yields to other
/// requests before each hash. If the password is locked, the audit log does not record whether this one was correct.
async fn check(
    context: &RequestContext,
    password: &Password,
    registered: Option<PasswordUser>,
    is_locked: bool,
) -> Result<Result<Checked, &'static str>, ApiError> {
    let (user, hash, reason) = match registered {
        None => (None, None, "unknown name"),
        Some(found) if !found.user.is_active => (None, None, sign_in::DISABLED),
        Some(found) => {
            let reason = match &found.password_hash {
                None => "none set",
                Some(_) if is_locked => "locked",
                Some(_) => "wrong",
            };
            (Some(found.user), found.password_hash, reason)
        }
    };
    context.yield_to_event_loop().await;
    let needs_rehash = match password::verify(password, hash.as_deref(), &context.app.peppers) {
        Verdict::Right { .. } if is_locked => return Ok(Err(reason)),
        Verdict::Right { needs_rehash } => needs_rehash,
        Verdict::Wrong => return Ok(Err(reason)),
        Verdict::Unusable(Unusable::OutOfMemory) => return Err(AppError::Runtime.into()),
        Verdict::Unusable(fault) => {
            log::unusable_hash(fault);
            return Ok(Err("unusable hash"));
        }
    };
    let Some((user, hash)) = user.zip(hash) else {
        return Ok(Err(reason));
    };
    let renewed = if needs_rehash {
        context.yield_to_event_loop().await;
        password::hash(password, random()?, &context.app.peppers).ok()
    } else {
        None
    };
    Ok(Ok(Checked {
        user,
        hash,
        renewed,
    }))
}

/// The token; `None` if the person was changed since the check.
async fn sign_in(
    context: &RequestContext,
    client: &ClientInfo,
    checked: Checked,
    attempt: &Reservation,
) -> Result<Option<(Issued, User)>, ApiError> {
    let Checked {
        mut user,
        hash,
        renewed,
    } = checked;
    let options = NewSessionOptions {
        checked: Some(&hash),
        renewed: renewed.as_deref(),
        attempt: Some(attempt),
        ..NewSessionOptions::of(SignInMethod::Password)
    };
    let issued = sign_in::start_session(context, client, &mut user, options).await?;
    Ok(issued.map(|issued| (issued, user)))
}

/// The response, which makes the device recognised for this user.
fn response(
    context: &RequestContext,
    asked: &Asked,
    issued: Issued,
    user: User,
) -> Result<Response, ApiError> {
    let names = Names {
        id: user.id,
        username: &user.username,
        email: user.email.as_deref(),
    };
    let cookie = asked
        .cookie
        .recognise(context, asked.device.as_ref(), &names)?;
    let response = Response::ok(&LoginResponse {
        success: true,
        message: "Login successful",
        token: issued.token,
        user,
    })
    .with(EXPIRES, issued.expires_at.to_string());
    Ok(match cookie {
        Some(cookie) => response.with("set-cookie", cookie),
        None => response,
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("login", "Sessions", "Sign in with a password")
        .describe("The response is the same for unknown users, disabled or locked accounts, accounts without a password, and wrong \
             passwords.")
        .parameter(crate::http::device_cookie::parameter())
        .takes::<LoginRequest>(
            schemas,
            MISSING,
            json!({"username": "john@example.com", "password": "securePassword123"}),
        )
        .returns::<LoginResponse>(
            schemas,
            json!({
                "success": true,
                "message": "Login successful",
                "token": examples::token(),
                "user": examples::user()
            }),
        )
        .header("edge-auth-expires", true)
        // Over plain http, only loopback addresses get the cookie.
        .header("set-cookie", false)
        .errors([
            ErrorCode::InvalidCredentials.into(),
            ApiError::back_off(1),
            ErrorCode::Overloaded.into(),
            ErrorCode::StorageUnavailable.into(),
        ])
}
