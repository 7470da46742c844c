//! `POST /api/auth/login`: user name or e-mail, and password.
//!
//! An unknown, disabled or passwordless user costs the same hash and gets the same bytes as a wrong password.

use super::sign_in::{self, Method, Terms, Whom};
use crate::account::address::network;
use crate::account::device::Device;
use crate::account::names::{self, LoginName};
use crate::account::password::{self, Password, Unusable, Verdict};
use crate::account::user::User;
use crate::app::tokens::Issued;
use crate::app::{Call, random};
use crate::failure::{BodyFault, Failure};
use crate::json::{FromJson, Malformed, Object};
use crate::log;
use crate::store::throttle::{Attempt, MOST_FAILURES, Reservation, Reserved};
use crate::store::users::Registered;
use crate::web::body;
use crate::web::device_cookie::DeviceCookie;
use crate::web::origin::Origin;
use crate::web::reply::{EXPIRES, Reply};
use crate::web::request::Request;
use serde::Serialize;

/// The documented text of a 400.
const MISSING: &str = "Username and password are required";

/// The body.
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct LoginRequest {
    /// User name or e-mail.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1)))]
    username: String,
    /// Password, never trimmed.
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

/// The reply.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct LoginReply {
    /// Always true.
    pub success: bool,
    /// `Login successful`.
    pub message: &'static str,
    /// The JWT.
    pub token: String,
    /// Who signed in.
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
    // Over the limit is never anybody's; not counting it tells only what the client knows.
    let password = Password::parse(&body.password).map_err(|_| Failure::WrongLogin)?;
    let asked = Asked::new(&call, &origin, device, &body.username);
    // Before a place is taken: most of a flood ends here.
    if let Some(seconds) = call.app.throttle.remembers(&asked.attempt(&call)) {
        return Err(Failure::BackOff(seconds));
    }
    call.hashing(asked.device.is_some(), |call, place| async move {
        let (attempt, registered) = reserve(&call, &asked).await?;
        let whom = registered
            .as_ref()
            .map_or(Whom::Nobody(asked.name_key), |found| {
                Whom::User(found.user.id)
            });
        let checked = check(&call, &password, registered).await?;
        drop(place);
        let why = match checked {
            Err(why) => why,
            Ok(checked) => match sign_in(&call, &origin, checked, &attempt).await? {
                Some((issued, user)) => return reply(&call, &cookie, asked.device, issued, user),
                None => sign_in::CHANGED,
            },
        };
        let why = if attempt.failures < MOST_FAILURES {
            why.to_owned()
        } else {
            format!("{why}; off now, after {MOST_FAILURES} in a row")
        };
        sign_in::refuse(&call, &origin, Method::Password, whom, &why).await?;
        Err(Failure::WrongLogin)
    })
    .await
}

/// What is kept of a name that belongs to nobody: people type passwords there.
fn name_key(call: &Call, name: Option<&LoginName>, typed: &str) -> String {
    let (source, name) = match name {
        Some(LoginName::Username(name)) => ("username", name.as_str()),
        Some(LoginName::Email(key)) => ("email", key.as_str()),
        None => ("other", typed),
    };
    call.app.audit_keys.name_key(source, name)
}

/// For whom and from where somebody would sign in.
struct Asked {
    name: LoginName,
    name_key: String,
    device: Option<Device>,
    network: String,
}

impl Asked {
    /// Of every name: one that no password user can have is looked up all the same, and one that belongs to nobody has its
    /// keyed hash made as any other, so that it takes as long.
    fn new(call: &Call, origin: &Origin, device: Option<Device>, typed: &str) -> Self {
        let name = names::login_key(typed);
        Self {
            name_key: name_key(call, name.as_ref(), typed),
            name: name.unwrap_or(LoginName::Username(String::new())),
            device,
            network: network(origin.address.as_deref()),
        }
    }

    fn attempt(&self, call: &Call) -> Attempt<'_> {
        Attempt {
            login: &self.name,
            name_key: &self.name_key,
            device: self.device.as_ref(),
            network: Some(&self.network),
            now: call.clock(),
        }
    }
}

/// Counts the attempt and finds whom it is for.
async fn reserve(call: &Call, asked: &Asked) -> Result<(Reservation, Option<Registered>), Failure> {
    match call.app.throttle.reserve(&asked.attempt(call)).await? {
        Reserved::Yes(attempt, registered) => Ok((attempt, registered.map(|found| *found))),
        Reserved::Later(seconds) => Err(Failure::BackOff(seconds)),
        Reserved::Off => Err(Failure::WrongLogin),
    }
}

/// Somebody whose password was right.
struct Checked {
    user: User,
    hash: String,
    /// The same password under today's parameters, where the hash is older.
    renewed: Option<String>,
}

/// Hashes the password whoever is asked for; gives the person, or why not for the audit log. Before each hash others have
/// their turn.
async fn check(
    call: &Call,
    password: &Password,
    registered: Option<Registered>,
) -> Result<Result<Checked, &'static str>, Failure> {
    let (user, hash, why) = match registered {
        None => (None, None, "unknown name"),
        Some(found) if !found.user.is_active => (None, None, sign_in::DISABLED),
        Some(found) => {
            let why = if found.password_hash.is_some() {
                "wrong"
            } else {
                "none set"
            };
            (Some(found.user), found.password_hash, why)
        }
    };
    call.let_others_go_on().await;
    let needs_rehash = match password::verify(password, hash.as_deref(), &call.app.peppers) {
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

/// The reply, which makes the device known for this person.
fn reply(
    call: &Call,
    cookie: &DeviceCookie,
    device: Option<Device>,
    issued: Issued,
    user: User,
) -> Result<Reply, Failure> {
    let device = match device {
        Some(device) => device,
        None => Device::new(random()?),
    };
    let cookie = cookie.seal(call, &device.after_sign_in(user.id))?;
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
