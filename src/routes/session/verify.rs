//! `POST /api/auth/sign-in/verify`: completes a sign-in with a second factor.

use super::sign_in::{required, sent_passkey};
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::passkeys::register::SentRegistration;
use crate::app::passkeys::second_factor;
use crate::app::second_factor::codes::TypedCode;
use crate::app::second_factor::verify::{self, CompletedSignIn, PendingClient, Verified};
use crate::crypto::secret::Secret;
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
use crate::routes::factors::recovery_codes;
use crate::routes::passkeys::passkey_name;
use crate::runtime::rate_limiter::Bucket;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/sign-in/verify",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// How the sign-in is completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum VerifyMethod {
    Passkey,
    Totp,
    RecoveryCode,
}

/// The fields of all methods; [`VerifyRequest`] describes the body.
#[derive(Deserialize)]
struct Fields {
    method: VerifyMethod,
    pending: Option<String>,
    code: Option<Secret>,
    state: Option<Secret>,
    credential: Option<CredentialJson>,
    name: Option<String>,
}

/// A second factor.
#[cfg(not(target_arch = "wasm32"))]
#[derive(schemars::JsonSchema)]
#[schemars(tag = "method", rename_all = "snake_case")]
#[expect(dead_code, clippy::large_enum_variant, reason = "describes the body")]
enum VerifyRequest {
    /// A passkey of the user, or the passkey that was created with the options of `/sign-in/enrol`.
    Passkey {
        /// `pending` of the response from `/sign-in`.
        #[schemars(length(min = 1))]
        pending: String,
        /// `state` of the response from `/sign-in/passkey-options` or `/sign-in/enrol`.
        #[schemars(length(min = 1))]
        state: String,
        /// What the browser has returned, as its `toJSON()` writes it.
        credential: CredentialJson,
        /// Name of a new passkey, 1 to 64 characters.
        #[schemars(length(min = 1, max = 64))]
        name: Option<String>,
    },
    /// A one-time code of the user's authenticator app, or the code that confirms the secret of `/sign-in/enrol`.
    Totp {
        /// `pending` of the response from `/sign-in`.
        #[schemars(length(min = 1))]
        pending: String,
        /// Six digits. Spaces are ignored.
        #[schemars(length(min = 1))]
        code: String,
    },
    /// One of the user's recovery codes.
    RecoveryCode {
        /// `pending` of the response from `/sign-in`.
        #[schemars(length(min = 1))]
        pending: String,
        /// Recovery code. Case, hyphens and spaces are ignored.
        #[schemars(length(min = 1))]
        code: String,
    },
}

/// A new session and its user.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct VerifyResponse {
    /// `signed_in`.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = "signed_in")))]
    pub status: &'static str,
    /// The user who signed in.
    pub user: User,
    /// The method of the first step.
    pub method: SignInMethod,
    /// Time at which the session reaches its maximum age, or at which the token expires. A cookie session that is not used expires
    /// earlier.
    pub expires_at: Timestamp,
    /// Session token (JWT); null for a cookie session.
    pub token: Option<String>,
    /// Ten recovery codes, which are not shown again; null unless the user has added the first factor.
    pub recovery_codes: Option<Vec<String>>,
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let client = request.client_info();
    let device = DeviceCookie::of(&request);
    let sender = Sender::of(&context, &request, &device);
    let body: Fields = body::json(request, INVALID_BODY).await?;
    let sender = sender.with(required(body.pending)?);
    if body.method == VerifyMethod::Passkey {
        let passkey = (body.state, body.credential, body.name);
        let verified = with_passkey(&context, &client, sender, passkey).await?;
        let wrong = ApiError::new(ErrorCode::InvalidSecondFactor).with_text("Invalid passkey");
        return respond(&context, &device, verified, wrong);
    }
    let code = typed_code(body.method == VerifyMethod::Totp, body.code)?;
    let verified = verify::with_code(&context, &client, sender, code).await?;
    respond(
        &context,
        &device,
        verified,
        ErrorCode::InvalidSecondFactor.into(),
    )
}

type Passkey = (Option<Secret>, Option<CredentialJson>, Option<String>);

/// A new passkey for the response to a registration, otherwise one that the user has.
async fn with_passkey(
    context: &RequestContext,
    client: &ClientInfo,
    sender: PendingClient,
    (state, credential, name): Passkey,
) -> Result<Verified, ApiError> {
    let is_new = credential
        .as_ref()
        .is_some_and(CredentialJson::is_registration);
    if !is_new {
        let sent = sent_passkey(state, credential)?;
        return Ok(second_factor::with_passkey(context, client, sender, &sent).await?);
    }
    let sent = SentRegistration {
        state: state.ok_or(ErrorCode::MissingField)?,
        response: credential.and_then(|credential| credential.attestation().ok()),
        name: passkey_name(&required(name)?)?,
    };
    Ok(second_factor::with_new_passkey(context, client, sender, sent).await?)
}

/// What a request shows about its client.
pub(super) struct Sender(PendingClient);

impl Sender {
    pub(super) fn of(context: &RequestContext, request: &Request, device: &DeviceCookie) -> Self {
        let browser = BrowserCookie::of(context, request);
        let origin = RequestOrigin::of(&context.app.config, request);
        Self(PendingClient {
            secret: Secret::new(""),
            browser: browser.browser(),
            network: browser.network().to_owned(),
            may_set_cookie: origin.require(Guard::None).is_ok(),
            replaces: session_cookie::session(context, request),
            device: device.open(context),
        })
    }

    /// The client with the secret of a pending sign-in.
    pub(super) fn with(self, secret: String) -> PendingClient {
        PendingClient {
            secret: Secret::new(secret),
            ..self.0
        }
    }
}

/// A code that a user typed.
///
/// # Errors
/// `MissingField`.
pub(super) fn typed_code(is_totp: bool, code: Option<Secret>) -> Result<TypedCode, ApiError> {
    let code = code.filter(|code| !code.reveal().is_empty());
    let code = code.ok_or(ErrorCode::MissingField)?;
    Ok(if is_totp {
        TypedCode::Totp(code)
    } else {
        TypedCode::RecoveryCode(code)
    })
}

/// The response to a second factor; `wrong` is the error for a wrong one.
///
/// # Errors
/// Those of a factor that is not accepted; `RuntimeFailed`.
pub(super) fn respond(
    context: &RequestContext,
    device: &DeviceCookie,
    verified: Verified,
    wrong: ApiError,
) -> Result<Response, ApiError> {
    let completed = match verified {
        Verified::SignedIn(completed) => *completed,
        Verified::Wrong => return Err(wrong),
        Verified::Expired => return Err(ErrorCode::PendingSignInExpired.into()),
        Verified::BackOff(seconds) => return Err(ApiError::back_off(seconds)),
        Verified::CrossSite => return Err(ErrorCode::CrossSiteRequest.into()),
    };
    let CompletedSignIn {
        issued,
        user,
        method,
        kind,
        recovery_codes,
    } = completed;
    let names = match method {
        SignInMethod::Password => Names::of(&user),
        _ => Names::none(user.id),
    };
    let device_cookie = device.recognise(context, device.open(context).as_ref(), &names)?;
    let response = Response::ok(&VerifyResponse {
        status: "signed_in",
        method,
        expires_at: issued.expires_at,
        token: (kind == SessionKind::Token).then(|| issued.text.clone()),
        recovery_codes: recovery_codes.map(|codes| recovery_codes::texts(&codes)),
        user,
    });
    let response = match kind {
        SessionKind::Token => response.with(EXPIRES, issued.expires_at.to_string()),
        SessionKind::Cookie => session_cookie::set(context, response, &issued),
    };
    Ok(match device_cookie {
        Some(cookie) => response.with("set-cookie", cookie),
        None => response,
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("verifySecondFactor", "Sessions", "Complete a sign-in with a second factor")
        .describe(
            "Completes a sign-in for which /sign-in has responded with `second_factor_required`, once, within 5 minutes, and from the same \
             browser or client network. Five factors may be tried per sign-in. Codes have a back-off of 1, 3, 5 and then 10 seconds per \
             user; after 100 wrong ones in a row, no code is accepted until the user signs in with a passkey, uses a recovery code on a \
             device on which the user has signed in before, or an administrator resets the factors. A sign-in becomes invalid if \
             password, factors, role or status of the user change.",
        )
        .parameter(crate::http::device_cookie::parameter())
        .takes::<VerifyRequest>(
            schemas,
            INVALID_BODY,
            json!({"method": "totp", "pending": "jqcLxxXGQXiF9yTzDvCbbXzYdTS1Fq6Ss6iCQYcZ1Ks", "code": "287082"}),
        )
        .returns::<VerifyResponse>(
            schemas,
            json!({
                "status": "signed_in",
                "user": examples::user(),
                "method": "password",
                "expires_at": "2024-02-09T12:00:00Z",
                "token": null,
                "recovery_codes": null
            }),
        )
        .header("edge-auth-expires", false)
        // Over plain http, only loopback addresses get the cookies.
        .header("set-cookie", false)
        .errors([
            ErrorCode::InvalidSecondFactor.into(),
            ErrorCode::PendingSignInExpired.into(),
            ErrorCode::CrossSiteRequest.into(),
            ErrorCode::StorageUnavailable.into(),
            ApiError::back_off(1),
        ])
}
