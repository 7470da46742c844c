//! Every secret text of the OAuth server and of sessions is refused in the place of every other one.

use super::{app, browsers, vars};
use crate::support::access_tokens::RESOURCE;
use crate::support::grants::Pending;
use crate::support::internals::SessionKind;
use crate::support::services::{GRANT, Service, TOKEN};
use crate::support::{App, Caller, Response};
use serde_json::{Value, json};

struct Setting {
    app: App,
    browser: Caller,
    pending: Pending,
    /// The client of the code and of the refresh token.
    application: Service,
    /// A client that authenticates with assertions.
    keyed: Service,
    /// A client with a secret, which may administer users.
    service: Service,
}

/// The texts, by name.
type Texts = Vec<(&'static str, String)>;

async fn setting() -> (Setting, Texts) {
    let app = app(vars());
    let browser = browsers(&app, 1).await.remove(0);
    let token_view = app.with_sessions(SessionKind::Token);
    let session = browsers(&token_view, 1).await.remove(0);
    let application = app.application("client_secret_basic").await;
    let keyed = app.service("private_key_jwt ES256", "reports:read").await;
    let service = app
        .service("client_secret_post", "users:read reports:read")
        .await;
    let code = application
        .code(&browser, &[("resource", ""), ("scope", "openid")])
        .await;
    let of_user = application.redeem(&code, &[]).await;
    let id_token = of_user.json()["id_token"].clone();
    let of_resource = application.tokens(&browser, &[]).await;
    let pending = application
        .pending(&browser, &[("prompt", "consent")])
        .await;
    let api = format!("{}/api/auth", app.page_origin());
    let texts = vec![
        ("session token", session.token().to_owned()),
        ("session cookie", browser.session_cookie().to_owned()),
        ("access token of the resource", of_resource.access),
        ("access token of the issuer", of_user.tokens().access),
        ("access token of the API", service.token_for(&api).await),
        (
            "ID token",
            id_token.as_str().expect("an ID token").to_owned(),
        ),
        ("refresh token", of_resource.refresh),
        ("code", application.code(&browser, &[]).await),
        ("assertion", keyed.assertion(&keyed.claims())),
        ("secret", service.secret.clone()),
        ("sealed request", pending.request.clone()),
        (
            "cookie of the request",
            pending.cookie.split_once('=').expect("a pair").1.to_owned(),
        ),
    ];
    let setting = Setting {
        app,
        browser,
        pending,
        application,
        keyed,
        service,
    };
    (setting, texts)
}

/// Where a text can be presented, and the texts that are accepted there. Those that a use consumes come last.
const PLACES: [(&str, &[&str]); 17] = [
    ("validate", &["session token"]),
    ("me", &["session token"]),
    ("session cookie", &["session cookie"]),
    ("administration", &["access token of the API"]),
    ("user info", &["access token of the issuer"]),
    (
        "introspection",
        &[
            "access token of the resource",
            "access token of the issuer",
            "access token of the API",
            "refresh token",
        ],
    ),
    ("validateToken", &["session token"]),
    (
        "validateToken for the resource",
        &["access token of the resource"],
    ),
    // The user info endpoint is the only one that accepts it.
    ("validateToken for the issuer", &[]),
    ("validateToken for the API", &["access token of the API"]),
    ("client secret", &["secret"]),
    ("sealed request", &["sealed request"]),
    ("cookie of the request", &["cookie of the request"]),
    ("session refresh", &["session token"]),
    ("client assertion", &["assertion"]),
    ("code", &["code"]),
    ("refresh token", &["refresh token"]),
];

/// Whether the response accepts the text; otherwise it is one of these errors.
#[track_caller]
fn accepts(response: &Response, errors: &[(u16, &str)]) -> bool {
    let found = (response.status, response.error_code().unwrap_or_default());
    assert!(
        response.status == 200 || errors.contains(&found),
        "{found:?} {}",
        response.text()
    );
    response.status == 200
}

impl Setting {
    /// Whether `validateToken` accepts the text for this audience.
    async fn validates(&self, text: &str, audience: Option<&str>) -> bool {
        let request = self.app.next_request();
        let arguments = match audience {
            None => json!([text]),
            Some(audience) => json!([text, { "audience": audience }]),
        };
        let fields = json!({ "request": request, "arguments": arguments });
        let result = self.app.control("validate_token", fields).await;
        if result["valid"] == false {
            assert_eq!(result["status"], 401, "{result}");
        }
        result["valid"] == true
    }

    async fn is_accepted(&self, place: &str, text: &str) -> bool {
        let invalid = [(401, "invalid_token")];
        let failed = [(401, "client_authentication_failed")];
        let grant = [(400, "invalid_grant")];
        let request = [(400, "authorization_request_invalid")];
        let bearer = self.app.with_token(text);
        let issuer = self.app.page_origin();
        match place {
            "validate" => accepts(&bearer.validate().await, &invalid),
            "me" => accepts(&bearer.me().await, &invalid),
            "session refresh" => accepts(&bearer.refresh().await, &invalid),
            "session cookie" => {
                let browser = self.app.with_session_cookie(text);
                accepts(&browser.me().await, &[(401, "invalid_token")])
            }
            "administration" => {
                // The session is that of a user without a role.
                let errors = [invalid[0], (403, "admin_required")];
                accepts(&bearer.search_users(&json!({})).await, &errors)
            }
            "user info" => accepts(&bearer.get("/oauth/userinfo").await, &invalid),
            "introspection" => {
                let form = [("token", text)];
                let response = self.application.post("/oauth/introspect", &form).await;
                let body: Value = response.assert_status(200).json();
                if body["active"] != true {
                    assert_eq!(body, json!({ "active": false }));
                }
                body["active"] == true
            }
            "validateToken" => self.validates(text, None).await,
            "validateToken for the resource" => self.validates(text, Some(RESOURCE)).await,
            "validateToken for the issuer" => self.validates(text, Some(&issuer)).await,
            "validateToken for the API" => {
                let audience = format!("{issuer}/api/auth");
                self.validates(text, Some(&audience)).await
            }
            "client secret" => {
                let service = self.service.with_secret(text);
                accepts(&service.request_token().await, &failed)
            }
            "client assertion" => {
                let response = self.keyed.post_assertion(TOKEN, &GRANT, text).await;
                accepts(&response, &failed)
            }
            "code" => accepts(&self.application.redeem(text, &[]).await, &grant),
            "refresh token" => accepts(&self.application.refresh(text, &[]).await, &grant),
            "sealed request" => {
                let pending = Pending {
                    request: text.to_owned(),
                    ..self.pending.clone()
                };
                accepts(&pending.read(&self.browser).await, &request)
            }
            "cookie of the request" => {
                let (name, _) = self.pending.cookie.split_once('=').expect("a pair");
                let pending = Pending {
                    cookie: format!("{name}={text}"),
                    ..self.pending.clone()
                };
                accepts(&pending.read(&self.browser).await, &request)
            }
            _ => panic!("{place}"),
        }
    }
}

#[tokio::test]
async fn each_text_is_accepted_in_its_own_place_only() {
    let (setting, texts) = setting().await;
    // Revocation accepts any text, and ends only tokens of the client itself.
    for (name, text) in &texts {
        for client in [&setting.service, &setting.application] {
            let is_own = match *name {
                "access token of the API" => client.id == setting.service.id,
                "access token of the resource" | "access token of the issuer" | "refresh token" => {
                    client.id == setting.application.id
                }
                _ => false,
            };
            if !is_own {
                let response = client.post("/oauth/revoke", &[("token", text)]).await;
                response.assert_status(200);
            }
        }
    }
    let mut pairs = 0;
    // The right ones come last, because some are used up. They show that nothing has ended the texts.
    for is_right in [false, true] {
        for (place, accepted) in PLACES {
            for (name, text) in &texts {
                if accepted.contains(name) != is_right {
                    continue;
                }
                let found = setting.is_accepted(place, text).await;
                assert_eq!(found, is_right, "{name} as {place}");
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, PLACES.len() * texts.len());
}
