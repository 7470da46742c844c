//! `POST /api/auth/sign-in`: signs in with any method, into a cookie session or a session with a token.

use super::login::{self, FirstStep, SignedIn, Typed};
use crate::app::RequestContext;
use crate::app::credential::Issued;
use crate::app::device_flow::{self, sign_in::SignIn};
use crate::app::passkeys::sign_in::{self as passkey_sign_in, PasskeySignIn, SentPasskey};
use crate::app::second_factor::pending::PendingSignIn;
use crate::app::sign_in::RequestedSession;
use crate::crypto::secret::Secret;
use crate::domain::factor::{EnrollableFactor, Factor};
use crate::domain::session::SessionKind;
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::user::User;
use crate::domain::webauthn::credential::CredentialJson;
use crate::http::body::{self, INVALID_BODY};
use crate::http::browser_cookie::BrowserCookie;
use crate::http::device_cookie::{DeviceCookie, Names};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::origin::RequestOrigin;
use crate::http::request::{Method, Request};
use crate::http::response::{EXPIRES, Response};
use crate::http::route::{Access, Guard, Route};
use crate::http::session_cookie;
use crate::routes::device::approval::{self, Handles, Wait};
use crate::runtime::rate_limiter::Bucket;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/sign-in",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The fields of all methods. A single struct is read, because the JSON reader reads no tagged enum; [`SignInRequest`] describes
/// the body.
#[derive(Deserialize)]
struct Fields {
    method: SignInMethod,
    session: SessionKind,
    username: Option<String>,
    password: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    device_code: Option<String>,
    state: Option<Secret>,
    credential: Option<CredentialJson>,
}

/// A method of sign-in with its credentials.
#[cfg(not(target_arch = "wasm32"))]
#[derive(schemars::JsonSchema)]
#[schemars(tag = "method", rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the body")]
enum SignInRequest {
    /// A user name or e-mail address, and a password.
    Password {
        /// Whether the session is used with a cookie or with a token.
        session: SessionKind,
        /// User name or e-mail address. Surrounding white space is ignored.
        #[schemars(length(min = 1))]
        username: String,
        /// Password. White space is significant.
        #[schemars(length(min = 1))]
        password: String,
    },
    /// A device flow that the user approves in AWS IAM Identity Center.
    AwsDevice {
        /// Whether the session is used with a cookie or with a token.
        session: SessionKind,
        /// `client_id` of the response from `/register-client`.
        client_id: String,
        /// `client_secret` of the response from `/register-client`.
        client_secret: String,
        /// `device_code` of the response from `/device-authorization`.
        device_code: String,
    },
    /// A passkey of the service. It needs no second factor.
    Passkey {
        /// Whether the session is used with a cookie or with a token.
        session: SessionKind,
        /// `state` of the response from `/sign-in/passkey-options`.
        #[schemars(length(min = 1))]
        state: String,
        /// What `navigator.credentials.get()` has returned, as its `toJSON()` writes it.
        credential: CredentialJson,
    },
}

/// The outcome of the first step.
#[cfg(not(target_arch = "wasm32"))]
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "describes the body")]
enum SignInOutcome {
    /// The user is signed in.
    SignedIn(SignInResponse),
    /// The sign-in waits for a second factor.
    SecondFactorRequired(SecondFactorResponse),
}

/// A sign-in that waits for a second factor.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SecondFactorResponse {
    /// `second_factor_required`.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(extend("const" = "second_factor_required"))
    )]
    pub status: &'static str,
    /// The factors of the user, strongest first. Empty if the user has none and has to add one.
    pub methods: Vec<Factor>,
    /// The factors that the user can add at `/sign-in/enrol`. Empty if the user has a factor.
    pub enrol: Vec<EnrollableFactor>,
    /// Secret with which `/sign-in/verify` completes the sign-in, once.
    pub pending: String,
    /// Time at which the pending sign-in expires.
    pub expires_at: Timestamp,
}

/// A new session and its user.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SignInResponse {
    /// `signed_in`.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = "signed_in")))]
    pub status: &'static str,
    /// The user who signed in.
    pub user: User,
    /// The method of the sign-in.
    pub method: SignInMethod,
    /// Time at which the session reaches its maximum age, or at which the token expires. A cookie session that is not used expires
    /// earlier.
    pub expires_at: Timestamp,
    /// Session token (JWT); null for a cookie session.
    pub token: Option<String>,
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let client = request.client_info();
    let device = DeviceCookie::of(&request);
    let wait = Wait::preferred_by(&context, &request);
    let origin = RequestOrigin::of(&context.app.config, &request);
    let replaces = session_cookie::session(&context, &request);
    let browser = BrowserCookie::of(&context, &request);
    let body: Fields = body::json(request, INVALID_BODY).await?;
    let is_browser = body.session == SessionKind::Cookie;
    if is_browser {
        origin.require(Guard::None)?;
    }
    let binding = browser.bind(&context, is_browser)?;
    let requested = RequestedSession {
        kind: body.session,
        replaces: replaces.filter(|_| is_browser),
        binding: Some(binding.text),
    };
    let (context, method, kind) = (Rc::new(context), body.method, requested.kind);
    let first = match method {
        SignInMethod::Password => {
            let typed = Typed {
                name: &required(body.username)?,
                password: &required(body.password)?,
            };
            login::sign_in(Rc::clone(&context), client, &device, typed, requested).await?
        }
        SignInMethod::AwsDevice => {
            let handles = Handles {
                client_id: &required(body.client_id)?,
                client_secret: &required(body.client_secret)?,
                device_code: &required(body.device_code)?,
            };
            let sign_in = SignIn(requested);
            let signed_in = approval::wait(Rc::clone(&context), client, &handles, wait, sign_in);
            match Box::pin(signed_in).await? {
                device_flow::sign_in::SignedIn::Session(signed_in) => {
                    FirstStep::SignedIn(Box::new(of_device(&context, &device, *signed_in)?))
                }
                device_flow::sign_in::SignedIn::SecondFactor(pending) => {
                    FirstStep::SecondFactor(pending)
                }
            }
        }
        SignInMethod::Passkey => {
            let sent = sent_passkey(body.state, body.credential)?;
            let browser = browser.browser();
            let used = (&sent, browser.as_deref());
            let signed_in = passkey_sign_in::sign_in(&context, &client, used, requested).await?;
            match signed_in {
                PasskeySignIn::SignedIn(signed_in) => {
                    FirstStep::SignedIn(Box::new(of_device(&context, &device, *signed_in)?))
                }
                PasskeySignIn::Unknown => return Err(ErrorCode::UnknownPasskey.into()),
                PasskeySignIn::Federated => return Err(ErrorCode::AwsSignInRequired.into()),
                PasskeySignIn::Refused => return Err(ErrorCode::InvalidCredentials.into()),
            }
        }
        SignInMethod::AwsApp | SignInMethod::AwsProof => {
            return Err(ErrorCode::InvalidField.into());
        }
    };
    let response = match first {
        FirstStep::SignedIn(signed_in) => respond(&context, method, kind, *signed_in),
        FirstStep::SecondFactor(Some(pending)) => waits(*pending, binding.set_cookie),
        // Not reached: this route can ask for a second factor.
        FirstStep::SecondFactor(None) => return Err(ErrorCode::SecondFactorRequired.into()),
    };
    Ok(match method {
        SignInMethod::AwsDevice => wait.applied(response),
        _ => response,
    })
}

/// The sign-in by a device flow. The browser is recognised for its user, but not for a typed name.
fn of_device(
    context: &RequestContext,
    device: &DeviceCookie,
    (issued, user): (Issued, User),
) -> Result<SignedIn, ApiError> {
    let known = device.open(context);
    let names = Names::none(user.id);
    Ok(SignedIn {
        device_cookie: device.recognise(context, known.as_ref(), &names)?,
        issued,
        user,
    })
}

/// A passkey of a request.
///
/// # Errors
/// `MissingField`.
pub(super) fn sent_passkey(
    state: Option<Secret>,
    credential: Option<CredentialJson>,
) -> Result<SentPasskey, ApiError> {
    let state = state.filter(|state| !state.reveal().is_empty());
    Ok(SentPasskey {
        state: state.ok_or(ErrorCode::MissingField)?,
        response: credential.ok_or(ErrorCode::MissingField)?.assertion().ok(),
    })
}

/// A field that the method needs.
///
/// # Errors
/// `MissingField`.
pub(super) fn required(field: Option<String>) -> Result<String, ApiError> {
    let field = field.filter(|field| !field.is_empty());
    field.ok_or_else(|| ErrorCode::MissingField.into())
}

fn waits(pending: PendingSignIn, set_cookie: Option<String>) -> Response {
    let response = Response::ok(&SecondFactorResponse {
        status: "second_factor_required",
        methods: pending.methods,
        enrol: pending.enrol,
        pending: pending.secret.reveal().to_owned(),
        expires_at: pending.expires_at,
    });
    match set_cookie {
        Some(cookie) => response.with("set-cookie", cookie),
        None => response,
    }
}

fn respond(
    context: &RequestContext,
    method: SignInMethod,
    kind: SessionKind,
    signed_in: SignedIn,
) -> Response {
    let issued = signed_in.issued;
    let response = Response::ok(&SignInResponse {
        status: "signed_in",
        user: signed_in.user,
        method,
        expires_at: issued.expires_at,
        token: (kind == SessionKind::Token).then(|| issued.text.clone()),
    });
    let response = match kind {
        SessionKind::Token => response.with(EXPIRES, issued.expires_at.to_string()),
        SessionKind::Cookie => session_cookie::set(context, response, &issued),
    };
    match signed_in.device_cookie {
        Some(cookie) => response.with("set-cookie", cookie),
        None => response,
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("signIn", "Sessions", "Sign in")
        .describe(
            "Starts a session. With `\"session\": \"cookie\"`, the response sets the session cookie, which no script can read, and \
             contains no token; the request must come from the service's own origin or an allowed one. A cookie session of the same \
             browser is revoked. With `\"session\": \"token\"`, the response contains a token. The response is the same for \
             unknown users, disabled or locked accounts, accounts without a password, and wrong passwords. The method `aws_device` waits \
             for the user as /token does, with the same errors. If the user needs a second factor, the response has the status \
             `second_factor_required`, and /sign-in/verify completes the sign-in within 5 minutes, from the same browser or client \
             network.",
        )
        .parameter(crate::http::device_cookie::parameter())
        .parameter(approval::prefer_parameter())
        .takes::<SignInRequest>(
            schemas,
            INVALID_BODY,
            json!({
                "method": "password",
                "session": "cookie",
                "username": "john@example.com",
                "password": "securePassword123"
            }),
        )
        .returns::<SignInOutcome>(
            schemas,
            json!({
                "status": "signed_in",
                "user": examples::user(),
                "method": "password",
                "expires_at": "2024-02-09T12:00:00Z",
                "token": null
            }),
        )
        .header("edge-auth-expires", false)
        // Over plain http, only loopback addresses get the cookies.
        .header("set-cookie", false)
        .header("preference-applied", false)
        .errors(approval::errors())
        .errors([
            ErrorCode::InvalidCredentials.into(),
            ErrorCode::UnknownPasskey.into(),
            ErrorCode::AwsSignInRequired.into(),
            ErrorCode::CrossSiteRequest.into(),
            ApiError::back_off(1),
        ])
}
