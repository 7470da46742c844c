//! SSO OIDC: `RegisterClient`, `StartDeviceAuthorization`, `CreateToken` (device code and refresh token).
//!
//! Not simulated: `authorization_code` and `CreateTokenWithIAM`.

use crate::failing::error;
use crate::http::{Reply, Request};
use crate::operation::Operation;
use crate::simulator::Simulator;
use crate::world::{Client, Decision, Device, PortalSession, World};
use serde_json::{Value, json};

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPES: [&str; 1] = ["sso:account:access"];
/// A client that sleeps for exactly the interval may wake a little early by the server's clock.
const INTERVAL_TOLERANCE_MS: i64 = 50;

/// The body as JSON, with its members read as the model types them.
struct Body(Value);

impl Body {
    /// `Err` unless the member is absent, null or a string.
    fn text(&self, name: &str) -> Result<Option<&str>, ()> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(()),
        }
    }

    fn required(&self, name: &str) -> Result<&str, ()> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or(())
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, ()> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or(()))
                .collect(),
            Some(_) => Err(()),
        }
    }
}

pub(crate) fn answer(
    simulator: &Simulator,
    world: &mut World,
    operation: Operation,
    request: &Request,
) -> Reply {
    let refuse = |name: &str, text: &str| error(operation, request, name, text);
    let Some(body @ Value::Object(_)) = request.json() else {
        return refuse("InvalidRequestException", "Invalid request");
    };
    let body = Body(body);
    let outcome = match operation {
        Operation::RegisterClient => register_client(simulator, world, &body),
        Operation::StartDeviceAuthorization => start_device_authorization(simulator, world, &body),
        _ => create_token(simulator, world, &body),
    };
    match outcome {
        Ok(reply) => Reply::json(200, &reply).with("Cache-Control", "no-store"),
        Err((name, text)) => refuse(name, text),
    }
}

type Refusal = (&'static str, &'static str);

const INVALID_REQUEST: Refusal = ("InvalidRequestException", "Invalid request");
const INVALID_CLIENT: Refusal = ("InvalidClientException", "Invalid client provided");

fn register_client(
    simulator: &Simulator,
    world: &mut World,
    body: &Body,
) -> Result<Value, Refusal> {
    let name = body.required("clientName").map_err(|()| INVALID_REQUEST)?;
    if body.required("clientType").map_err(|()| INVALID_REQUEST)? != "public" {
        return Err(("InvalidClientMetadataException", "Invalid client type"));
    }
    let scopes = body.texts("scopes").map_err(|()| INVALID_REQUEST)?;
    if scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(("InvalidScopeException", "Invalid scope"));
    }
    let grants = body.texts("grantTypes").map_err(|()| INVALID_REQUEST)?;
    if grants
        .iter()
        .any(|grant| grant != DEVICE_GRANT && grant != "refresh_token")
    {
        return Err((
            "UnsupportedGrantTypeException",
            "Grant type is not supported",
        ));
    }
    let now = simulator.clock.now();
    let id = simulator.random.base64url(24);
    let expires_at = now + simulator.client_lifetime_ms;
    let secret = simulator.random.client_secret(&json!({
        "clientId": {"value": id}, "clientName": name, "clientType": "PUBLIC", "scopes": scopes,
        "expirationTimestamp": expires_at / 1000, "createdTimestamp": now / 1000, "templateArn": null,
    }));
    simulator.gave_out(&[&secret]);
    world.forget_the_old(now);
    world.clients.insert(
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

/// The client that the body proves to be, or why it is none.
fn client<'a>(
    simulator: &Simulator,
    world: &'a World,
    body: &Body,
) -> Result<(String, &'a Client), Refusal> {
    let id = body.required("clientId").map_err(|()| INVALID_REQUEST)?;
    let secret = body
        .required("clientSecret")
        .map_err(|()| INVALID_REQUEST)?;
    let client = world.clients.get(id).ok_or(INVALID_CLIENT)?;
    if client.secret != secret {
        return Err(INVALID_CLIENT);
    }
    if client.expires_at <= simulator.clock.now() {
        return Err(("InvalidClientException", "Client registration has expired"));
    }
    Ok((id.into(), client))
}

fn start_device_authorization(
    simulator: &Simulator,
    world: &mut World,
    body: &Body,
) -> Result<Value, Refusal> {
    let start_url = body.required("startUrl").map_err(|()| INVALID_REQUEST)?;
    let (client_id, _) = client(simulator, world, body)?;
    // The console shows the URL with and without a trailing `/` or `/#/`; AWS takes all three.
    let plain = start_url.trim_end_matches(['/', '#']);
    if !world
        .start_urls
        .iter()
        .any(|known| known.trim_end_matches(['/', '#']) == plain)
    {
        return Err(("InvalidRequestException", "Invalid start url provided"));
    }
    let now = simulator.clock.now();
    let device_code = simulator.random.base64url(64);
    let user_code = simulator.random.user_code();
    simulator.gave_out(&[&device_code]);
    world.forget_the_old(now);
    world.devices.insert(
        device_code.clone(),
        Device {
            user_code: user_code.clone(),
            client_id,
            start_url: start_url.into(),
            expires_at: now + simulator.device_lifetime_ms,
            last_poll: None,
            decision: Decision::Pending,
        },
    );
    let page = format!("{}/device", simulator.url);
    Ok(json!({
        "deviceCode": device_code,
        "userCode": user_code,
        "verificationUri": page,
        "verificationUriComplete": format!("{page}?user_code={user_code}"),
        "expiresIn": simulator.device_lifetime_ms / 1000,
        "interval": simulator.interval_ms / 1000,
    }))
}

fn create_token(simulator: &Simulator, world: &mut World, body: &Body) -> Result<Value, Refusal> {
    let grant = body.required("grantType").map_err(|()| INVALID_REQUEST)?;
    let (client_id, client) = client(simulator, world, body)?;
    let refreshable = client.scopes.iter().any(|scope| scope == SCOPES[0]);
    let session = match grant {
        DEVICE_GRANT => redeem(simulator, world, body, client_id)?,
        "refresh_token" => refresh(simulator, world, body, &client_id)?,
        _ => {
            return Err((
                "UnsupportedGrantTypeException",
                "Grant type is not supported",
            ));
        }
    };
    let now = simulator.clock.now();
    let access_token = simulator.random.sso_token('a');
    simulator.gave_out(&[&access_token]);
    let mut reply = json!({
        "accessToken": access_token,
        "tokenType": "Bearer",
        "expiresIn": simulator.token_lifetime_ms / 1000,
        "idToken": null,
        "refreshToken": null,
    });
    if refreshable {
        let refresh_token = simulator.random.sso_token('r');
        simulator.gave_out(&[&refresh_token]);
        if let Some(member) = reply.get_mut("refreshToken") {
            *member = json!(refresh_token);
        }
        let expires_at = now + 90 * 86_400_000;
        world.refresh_tokens.insert(
            refresh_token,
            PortalSession {
                expires_at,
                ..session.clone()
            },
        );
    }
    let expires_at = now + simulator.token_lifetime_ms;
    world.sessions.insert(
        access_token,
        PortalSession {
            expires_at,
            ..session
        },
    );
    Ok(reply)
}

/// A device code's state decides; the interval is asked first only while it is pending, as RFC 8628 §3.5 means it.
fn redeem(
    simulator: &Simulator,
    world: &mut World,
    body: &Body,
    client_id: String,
) -> Result<PortalSession, Refusal> {
    let code = body.required("deviceCode").map_err(|()| INVALID_REQUEST)?;
    let now = simulator.clock.now();
    let device = world
        .devices
        .get_mut(code)
        .filter(|device| device.client_id == client_id)
        .ok_or(("InvalidGrantException", "Invalid grant provided"))?;
    let too_soon = device
        .last_poll
        .is_some_and(|last| now < last + simulator.interval_ms - INTERVAL_TOLERANCE_MS);
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
    simulator: &Simulator,
    world: &mut World,
    body: &Body,
    client_id: &str,
) -> Result<PortalSession, Refusal> {
    let token = body
        .required("refreshToken")
        .map_err(|()| INVALID_REQUEST)?;
    let invalid = ("InvalidGrantException", "Invalid grant provided");
    let session = world
        .refresh_tokens
        .get(token)
        .filter(|session| {
            session.client_id == client_id && session.expires_at > simulator.clock.now()
        })
        .cloned()
        .ok_or(invalid)?;
    // Each refresh token is good once.
    world.refresh_tokens.remove(token);
    Ok(session)
}
