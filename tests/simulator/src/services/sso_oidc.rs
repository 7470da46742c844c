//! SSO OIDC: `RegisterClient`, `StartDeviceAuthorization` and `CreateToken` with a device code or a refresh token.
//! `authorization_code` and `CreateTokenWithIAM` are not simulated.

use crate::errors::error;
use crate::http::{Request, Response};
use crate::operation::Operation;
use crate::random;
use crate::shared::Shared;
use crate::state::{Client, Decision, Device, PortalSession, State};
use serde_json::{Value, json};

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPES: [&str; 1] = ["sso:account:access"];
/// A client that waits for exactly the interval may be a little early by the server's clock.
const INTERVAL_TOLERANCE_MS: i64 = 50;

/// Name and message of an error.
type Refusal = (&'static str, &'static str);

const INVALID_REQUEST: Refusal = ("InvalidRequestException", "Invalid request");
const INVALID_CLIENT: Refusal = ("InvalidClientException", "Invalid client provided");

/// A body in JSON, whose members have the types of the service model.
struct Body(Value);

impl Body {
    /// A string, or `None` if the member is absent or null.
    fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(INVALID_REQUEST),
        }
    }

    fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?
            .filter(|text| !text.is_empty())
            .ok_or(INVALID_REQUEST)
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or(INVALID_REQUEST))
                .collect(),
            Some(_) => Err(INVALID_REQUEST),
        }
    }
}

pub(crate) fn respond(
    shared: &Shared,
    state: &mut State,
    operation: Operation,
    request: &Request,
) -> Response {
    let refuse = |name: &str, text: &str| error(operation, request, name, text);
    let Some(body @ Value::Object(_)) = request.json() else {
        return refuse("InvalidRequestException", "Invalid request");
    };
    let body = Body(body);
    let outcome = match operation {
        Operation::RegisterClient => register_client(shared, state, &body),
        Operation::StartDeviceAuthorization => start_device_authorization(shared, state, &body),
        _ => create_token(shared, state, &body),
    };
    match outcome {
        Ok(response) => Response::json(200, &response).with("cache-control", "no-store"),
        Err((name, text)) => refuse(name, text),
    }
}

fn register_client(shared: &Shared, state: &mut State, body: &Body) -> Result<Value, Refusal> {
    let name = body.required("clientName")?;
    if body.required("clientType")? != "public" {
        return Err(("InvalidClientMetadataException", "Invalid client type"));
    }
    let scopes = body.texts("scopes")?;
    if scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(("InvalidScopeException", "Invalid scope"));
    }
    let grants = body.texts("grantTypes")?;
    if grants
        .iter()
        .any(|grant| grant != DEVICE_GRANT && grant != "refresh_token")
    {
        return Err((
            "UnsupportedGrantTypeException",
            "Grant type is not supported",
        ));
    }
    let now = shared.clock.now();
    let id = random::client_id();
    let expires_at = now + shared.client_lifetime_ms;
    let secret = random::client_secret(&json!({
        "clientId": {"value": id}, "clientName": name, "clientType": "PUBLIC", "scopes": scopes,
        "expirationTimestamp": expires_at / 1000, "createdTimestamp": now / 1000, "templateArn": null,
    }));
    shared.record_secrets(&[&secret]);
    state.remove_expired(now);
    state.clients.insert(
        id.clone(),
        Client {
            name: name.into(),
            secret: secret.clone(),
            expires_at,
            scopes,
        },
    );
    Ok(json!({
        "clientId": id,
        "clientSecret": secret,
        "clientIdIssuedAt": now / 1000,
        "clientSecretExpiresAt": expires_at / 1000,
        "authorizationEndpoint": null,
        "tokenEndpoint": null,
    }))
}

/// The registered client that sent this body.
fn client<'a>(
    shared: &Shared,
    state: &'a State,
    body: &Body,
) -> Result<(String, &'a Client), Refusal> {
    let id = body.required("clientId")?;
    let secret = body.required("clientSecret")?;
    let client = state.clients.get(id).ok_or(INVALID_CLIENT)?;
    if client.secret != secret {
        return Err(INVALID_CLIENT);
    }
    if client.expires_at <= shared.clock.now() {
        return Err(("InvalidClientException", "Client registration has expired"));
    }
    Ok((id.into(), client))
}

fn start_device_authorization(
    shared: &Shared,
    state: &mut State,
    body: &Body,
) -> Result<Value, Refusal> {
    let start_url = body.required("startUrl")?;
    let (client_id, _) = client(shared, state, body)?;
    // The console shows the URL with and without a trailing `/` or `/#/`. AWS accepts all three.
    let normalized = start_url.trim_end_matches(['/', '#']);
    if !state
        .start_urls
        .iter()
        .any(|known| known.trim_end_matches(['/', '#']) == normalized)
    {
        return Err(("InvalidRequestException", "Invalid start url provided"));
    }
    let now = shared.clock.now();
    let device_code = random::device_code();
    let user_code = random::user_code();
    shared.record_secrets(&[&device_code]);
    state.remove_expired(now);
    state.devices.insert(
        device_code.clone(),
        Device {
            user_code: user_code.clone(),
            client_id,
            start_url: start_url.into(),
            expires_at: now + shared.device_lifetime_ms,
            last_poll: None,
            decision: Decision::Pending,
        },
    );
    let page = format!("{}/device", shared.url);
    Ok(json!({
        "deviceCode": device_code,
        "userCode": user_code,
        "verificationUri": page,
        "verificationUriComplete": format!("{page}?user_code={user_code}"),
        "expiresIn": shared.device_lifetime_ms / 1000,
        "interval": shared.interval_ms / 1000,
    }))
}

fn create_token(shared: &Shared, state: &mut State, body: &Body) -> Result<Value, Refusal> {
    let grant = body.required("grantType")?;
    let (client_id, client) = client(shared, state, body)?;
    let refreshable = client.scopes.iter().any(|scope| scope == SCOPES[0]);
    let session = match grant {
        DEVICE_GRANT => redeem(shared, state, body, client_id)?,
        "refresh_token" => refresh(shared, state, body, &client_id)?,
        _ => {
            return Err((
                "UnsupportedGrantTypeException",
                "Grant type is not supported",
            ));
        }
    };
    let now = shared.clock.now();
    let access_token = random::sso_token('a');
    shared.record_secrets(&[&access_token]);
    let mut response = json!({
        "accessToken": access_token,
        "tokenType": "Bearer",
        "expiresIn": shared.token_lifetime_ms / 1000,
        "idToken": null,
        "refreshToken": null,
    });
    if refreshable {
        let refresh_token = random::sso_token('r');
        shared.record_secrets(&[&refresh_token]);
        if let Some(member) = response.get_mut("refreshToken") {
            *member = json!(refresh_token);
        }
        let expires_at = now + 90 * 86_400_000;
        state.refresh_tokens.insert(
            refresh_token,
            PortalSession {
                expires_at,
                ..session.clone()
            },
        );
    }
    let expires_at = now + shared.token_lifetime_ms;
    state.sessions.insert(
        access_token,
        PortalSession {
            expires_at,
            ..session
        },
    );
    Ok(response)
}

/// The session of an approved device code. Polling too often (RFC 8628 §3.5) is refused before the decision is
/// reported.
fn redeem(
    shared: &Shared,
    state: &mut State,
    body: &Body,
    client_id: String,
) -> Result<PortalSession, Refusal> {
    let code = body.required("deviceCode")?;
    let now = shared.clock.now();
    let device = state
        .devices
        .get_mut(code)
        .filter(|device| device.client_id == client_id)
        .ok_or(("InvalidGrantException", "Invalid grant provided"))?;
    let too_soon = device
        .last_poll
        .is_some_and(|last| now < last + shared.interval_ms - INTERVAL_TOLERANCE_MS);
    device.last_poll = Some(now);
    if device.expires_at <= now {
        return Err(("ExpiredTokenException", "Device code has expired"));
    }
    if too_soon {
        return Err(("SlowDownException", "Client is making calls too fast"));
    }
    match device.decision.clone() {
        Decision::Pending => Err(("AuthorizationPendingException", "Authorization is pending")),
        Decision::Denied => Err(("AccessDeniedException", "Access denied")),
        Decision::Redeemed(_) => Err(("InvalidGrantException", "Invalid grant provided")),
        Decision::Approved(user_name) => {
            device.decision = Decision::Redeemed(user_name.clone());
            Ok(PortalSession {
                user_name,
                client_id,
                device_code: code.into(),
                expires_at: 0,
            })
        }
    }
}

fn refresh(
    shared: &Shared,
    state: &mut State,
    body: &Body,
    client_id: &str,
) -> Result<PortalSession, Refusal> {
    let token = body.required("refreshToken")?;
    let invalid = ("InvalidGrantException", "Invalid grant provided");
    let session = state
        .refresh_tokens
        .get(token)
        .filter(|session| session.client_id == client_id && session.expires_at > shared.clock.now())
        .cloned()
        .ok_or(invalid)?;
    // A refresh token can be used once.
    state.refresh_tokens.remove(token);
    Ok(session)
}
