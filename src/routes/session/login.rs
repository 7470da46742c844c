//! `POST /api/auth/login`: signs in with a user name or e-mail address and a password.

use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::credential::Issued;
use crate::app::password_attempt::Attempted;
use crate::app::password_sign_in::{self, NameAndPassword, PasswordSignIn};
use crate::app::second_factor::pending::PendingSignIn;
use crate::app::sign_in::{RequestedSession, TOKEN_SESSION};
use crate::crypto::password::Password;
use crate::domain::user::User;
use crate::http::body;
use crate::http::device_cookie::{DeviceCookie, Names};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::{EXPIRES, Response};
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/login",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The text of a 400 response, as the API specification prescribes it.
const MISSING: &str = "Username and password are required";

/// A user name or e-mail address, and a password.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct LoginRequest {
    /// User name or e-mail address. Surrounding white space is ignored.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1)))]
    username: String,
    /// Password. White space is significant.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1)))]
    password: String,
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
    /// Session token (JWT).
    pub token: String,
    /// The user who signed in.
    pub user: User,
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let client = request.client_info();
    let cookie = DeviceCookie::of(&request);
    let body: LoginRequest = body::json(request, MISSING).await?;
    if body.username.is_empty() || body.password.is_empty() {
        return Err(ApiError::new(ErrorCode::MissingField).with_text(MISSING));
    }
    let typed = Typed {
        name: &body.username,
        password: &body.password,
    };
    let outcome = sign_in(Rc::new(context), client, &cookie, typed, TOKEN_SESSION).await?;
    let FirstStep::SignedIn(signed_in) = outcome else {
        return Err(ErrorCode::SecondFactorRequired.into());
    };
    let response = Response::ok(&LoginResponse {
        success: true,
        message: "Login successful",
        token: signed_in.issued.text,
        user: signed_in.user,
    })
    .with(EXPIRES, signed_in.issued.expires_at.to_string());
    Ok(match signed_in.device_cookie {
        Some(cookie) => response.with("set-cookie", cookie),
        None => response,
    })
}

/// What the user typed.
pub(super) struct Typed<'a> {
    pub name: &'a str,
    pub password: &'a str,
}

/// A sign-in that succeeded.
pub(super) struct SignedIn {
    pub issued: Issued,
    pub user: User,
    /// The value of `Set-Cookie` with which the device is recognised.
    pub device_cookie: Option<String>,
}

/// The outcome of a password that is right.
pub(super) enum FirstStep {
    /// The user is signed in.
    SignedIn(Box<SignedIn>),
    /// The user needs a second factor. `None` if the client cannot be asked for it.
    SecondFactor(Option<Box<PendingSignIn>>),
}

/// Signs in with a password, here and at `/sign-in`.
pub(super) async fn sign_in(
    context: Rc<RequestContext>,
    client: ClientInfo,
    cookie: &DeviceCookie,
    typed: Typed<'_>,
    requested: RequestedSession,
) -> Result<FirstStep, ApiError> {
    // No user has a password over the limit. Such an attempt is not counted, which reveals nothing that the client does not
    // know.
    let password = Password::parse(typed.password).map_err(|_| ErrorCode::InvalidCredentials)?;
    let typed = NameAndPassword {
        name: typed.name,
        password,
    };
    let device = cookie.open(&context);
    let attempted = password_sign_in::run(
        Rc::clone(&context),
        client,
        device.as_ref(),
        typed,
        requested,
    );
    let (issued, user) = match attempted.await? {
        Attempted::Evaluated(PasswordSignIn::SignedIn(signed_in)) => *signed_in,
        Attempted::Evaluated(PasswordSignIn::SecondFactor(pending)) => {
            return Ok(FirstStep::SecondFactor(pending));
        }
        Attempted::Evaluated(PasswordSignIn::Refused) => {
            return Err(ErrorCode::InvalidCredentials.into());
        }
        Attempted::BackOff(seconds) => return Err(ApiError::back_off(seconds)),
        Attempted::Overloaded => return Err(ErrorCode::Overloaded.into()),
    };
    let device_cookie = cookie.recognise(&context, device.as_ref(), &Names::of(&user))?;
    Ok(FirstStep::SignedIn(Box::new(SignedIn {
        issued,
        user,
        device_cookie,
    })))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("login", "Sessions", "Sign in with a password")
        .describe("The response is the same for unknown users, disabled or locked accounts, accounts without a password, and wrong \
             passwords. A user who needs a second factor signs in at /sign-in.")
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
            ErrorCode::SecondFactorRequired.into(),
            ApiError::back_off(1),
            ErrorCode::Overloaded.into(),
            ErrorCode::StorageUnavailable.into(),
        ])
}
