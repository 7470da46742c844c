//! `POST /api/auth/login`: user name or e-mail, and password.
//!
//! For an unknown, disabled or locked user, or one without a password, the same hash is computed and the same bytes are sent
//! as for a wrong password.

use super::sign_in::{self, Method, Terms, Whom};
use crate::account::address::network;
use crate::account::device::{Device, Recognised};
use crate::account::names::{self, LoginName};
use crate::account::password::{self, Password, Unusable, Verdict};
use crate::account::user::User;
use crate::app::admission::{Claim, Holder, NoSlot, Slot};
use crate::app::tokens::Issued;
use crate::app::{Call, Retries, random};
use crate::failure::{BodyFault, Failure};
use crate::json::{FromJson, Malformed, Object};
use crate::log;
use crate::store::throttle::{Attempt, MAX_FAILURES, Reservation, Reserved};
use crate::store::users::Registered;
use crate::web::body;
use crate::web::device_cookie::{DeviceCookie, Names};
use crate::web::origin::Origin;
use crate::web::reply::{EXPIRES, Reply};
use crate::web::request::Request;
use serde::Serialize;
use std::rc::Rc;

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
pub struct LoginReply {
    /// Always true.
    pub success: bool,
    /// `Login successful`.
    pub message: &'static str,
    /// Access token (JWT).
    pub token: String,
    /// The user who signed in.
    pub user: User,
}

/// Answers the route.
///
/// # Errors
/// `WrongLogin`, `TooManyRequests`, `BackOff`, `Busy`, `StorageOut`, and what reading the body gives.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let origin = Origin::of(&request);
    let cookie = DeviceCookie::of(&request);
    let device = cookie.open(&call);
    let body: LoginRequest = body::json(request, MISSING).await?;
    if body.username.is_empty() || body.password.is_empty() {
        return Err(Failure::InvalidBody {
            fault: BodyFault::MissingField,
            text: MISSING,
        });
    }
    // No user has a password over the limit; not counting such an attempt reveals nothing that the client does not know.
    let password = Password::parse(&body.password).map_err(|_| Failure::WrongLogin)?;
    let asked = Asked {
        who: Who::new(&call, device.as_ref(), &body.username),
        network: network(origin.address.as_deref()),
        password,
        origin,
        cookie,
        device,
    };
    let (call, asked) = (Rc::new(call), Rc::new(asked));
    let mut retries = Retries::new();
    loop {
        // Checked before a slot is taken: most of a flood ends here.
        if let Some(seconds) = call.app.throttle.remembers(&asked.attempt(&call)) {
            return Err(Failure::BackOff(seconds));
        }
        let failure = match call.slot(asked.claim(&call)) {
            Ok(slot) => {
                let work = evaluate(Rc::clone(&call), Rc::clone(&asked), slot);
                match call.hashing(work).await? {
                    Evaluated::SignedIn(reply) => return Ok(*reply),
                    Evaluated::InFlight(seconds) => Failure::BackOff(seconds),
                }
            }
            Err(NoSlot::InFlight) => Failure::BackOff(1),
            Err(NoSlot::Full) => {
                if asked.who.device.is_some() && retries.wait_for_slot().await {
                    continue;
                }
                return Err(Failure::Busy);
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
    fn new(call: &Call, device: Option<&Device>, typed: &str) -> Self {
        let name = names::login_key(typed);
        let (source, key) = match &name {
            Some(LoginName::Username(name)) => ("username", name.as_str()),
            Some(LoginName::Email(key)) => ("email", key.as_str()),
            None => ("other", names::trimmed(typed)),
        };
        Self {
            name_key: call.app.audit_keys.name_key(source, key),
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
    origin: Origin,
    network: String,
    cookie: DeviceCookie,
    device: Option<Device>,
}

impl Asked {
    fn attempt(&self, call: &Call) -> Attempt<'_> {
        Attempt::sign_in(
            &self.who.name,
            &self.who.name_key,
            self.who.device.as_ref(),
            &self.network,
            call.clock(),
        )
    }

    fn claim(&self, call: &Call) -> Claim {
        let recognised = self.who.device.as_ref();
        Claim {
            key: self.attempt(call).counter(),
            holder: recognised.map(|recognised| Holder {
                id: recognised.device.clone(),
                user: recognised.user,
            }),
        }
    }
}

/// The outcome of an attempt that had a slot.
enum Evaluated {
    SignedIn(Box<Reply>),
    /// Another attempt was in flight, so this one was not evaluated. If that one fails, no attempt is evaluated for this
    /// many seconds.
    InFlight(u32),
}

/// Reserves the attempt, checks the password, and signs the user in or records the reason for the refusal.
async fn evaluate(call: Rc<Call>, asked: Rc<Asked>, slot: Slot) -> Result<Evaluated, Failure> {
    let reserved = call.app.throttle.reserve(&asked.attempt(&call)).await?;
    let (attempt, registered) = match reserved {
        Reserved::Yes(attempt, registered) => (attempt, registered.map(|found| *found)),
        Reserved::InFlight(seconds) => return Ok(Evaluated::InFlight(seconds)),
        Reserved::Later(seconds) => return Err(Failure::BackOff(seconds)),
    };
    let outcome = finish(&call, &asked, &attempt, registered, slot).await;
    if matches!(outcome, Err(Failure::StorageOut(_))) {
        // It is unknown whether the write that ends the attempt succeeded. If this one fails too, the lease expires.
        let app = call.app;
        call.after_reply(async move {
            let _ = app.throttle.failed(&attempt, None).await;
        });
    }
    outcome
}

async fn finish(
    call: &Call,
    asked: &Asked,
    attempt: &Reservation,
    registered: Option<Registered>,
    slot: Slot,
) -> Result<Evaluated, Failure> {
    let whom = registered.as_ref().map_or_else(
        || Whom::Nobody(asked.who.name_key.clone()),
        |found| Whom::User(found.user.id),
    );
    let checked = check(call, &asked.password, registered, attempt.is_locked()).await?;
    drop(slot);
    let why = match checked {
        Err(why) => why,
        Ok(checked) => match sign_in(call, &asked.origin, checked, attempt).await? {
            Some((issued, user)) => {
                let reply = reply(call, asked, issued, user)?;
                return Ok(Evaluated::SignedIn(Box::new(reply)));
            }
            None => sign_in::CHANGED,
        },
    };
    let why = if attempt.is_last() {
        format!("{why}; locked now, after {MAX_FAILURES} in a row")
    } else {
        why.to_owned()
    };
    let entry = sign_in::refusal(call, &asked.origin, Method::Password, whom, &why)?;
    call.app.throttle.failed(attempt, Some(&entry)).await?;
    Err(Failure::WrongLogin)
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
    call: &Call,
    password: &Password,
    registered: Option<Registered>,
    is_locked: bool,
) -> Result<Result<Checked, &'static str>, Failure> {
    let (user, hash, why) = match registered {
        None => (None, None, "unknown name"),
        Some(found) if !found.user.is_active => (None, None, sign_in::DISABLED),
        Some(found) => {
            let why = match &found.password_hash {
                None => "none set",
                Some(_) if is_locked => "locked",
                Some(_) => "wrong",
            };
            (Some(found.user), found.password_hash, why)
        }
    };
    call.let_others_go_on().await;
    let needs_rehash = match password::verify(password, hash.as_deref(), &call.app.peppers) {
        Verdict::Right { .. } if is_locked => return Ok(Err(why)),
        Verdict::Right { needs_rehash } => needs_rehash,
        Verdict::Wrong => return Ok(Err(why)),
        Verdict::Unusable(Unusable::OutOfMemory) => return Err(Failure::Platform),
        Verdict::Unusable(fault) => {
            log::unusable_hash(fault);
            return Ok(Err("unusable hash"));
        }
    };
    let Some((user, hash)) = user.zip(hash) else {
        return Ok(Err(why));
    };
    let renewed = if needs_rehash {
        call.let_others_go_on().await;
        password::hash(password, random()?, &call.app.peppers).ok()
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
    call: &Call,
    origin: &Origin,
    checked: Checked,
    attempt: &Reservation,
) -> Result<Option<(Issued, User)>, Failure> {
    let Checked {
        mut user,
        hash,
        renewed,
    } = checked;
    let terms = Terms {
        checked: Some(&hash),
        renewed: renewed.as_deref(),
        attempt: Some(attempt),
        ..Terms::of(Method::Password)
    };
    let issued = sign_in::begin(call, origin, &mut user, terms).await?;
    Ok(issued.map(|issued| (issued, user)))
}

/// The response, which makes the device recognised for this user.
fn reply(call: &Call, asked: &Asked, issued: Issued, user: User) -> Result<Reply, Failure> {
    let names = Names {
        id: user.id,
        username: &user.username,
        email: user.email.as_deref(),
    };
    let cookie = asked
        .cookie
        .recognise(call, asked.device.as_ref(), &names)?;
    let reply = Reply::ok(&LoginReply {
        success: true,
        message: "Login successful",
        token: issued.token,
        user,
    })
    .with(EXPIRES, issued.expires_at.to_string());
    Ok(match cookie {
        Some(cookie) => reply.with("set-cookie", cookie),
        None => reply,
    })
}
