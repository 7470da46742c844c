//! Attacks on the consent of a user: requests of other sites and other browsers, and replays.

use super::super::{app, at_once, browsers, vars};
use crate::support::grants::{Pending, address, parameter};
use crate::support::services::Service;
use crate::support::{App, Caller, Cases, Request};
use serde_json::{Value, json};

const READ: &str = "/api/auth/authorization-request";
const CONSENT: &str = "/api/auth/consent";

struct Setting {
    app: App,
    service: Service,
    ada: Caller,
    eve: Caller,
    pending: Pending,
    /// What Ada allows.
    decision: Value,
}

async fn setting() -> Setting {
    let app = app(vars());
    let service = app.application("none").await;
    let mut users = browsers(&app, 2).await;
    let (ada, eve) = (users.remove(0), users.remove(0));
    let pending = service.pending(&ada, &[]).await;
    let shown = pending.shown(&ada).await;
    let decision = json!({
        "request": pending.request, "decision": "allow", "user": shown.user, "scopes": shown.scopes
    });
    Setting {
        app,
        service,
        ada,
        eve,
        pending,
        decision,
    }
}

impl Setting {
    /// The requests that read the sealed request, allow it and deny it, with the cookies of a browser and no header that states
    /// where they come from.
    fn requests(&self, cookies: &str) -> [Request; 3] {
        let mut deny = self.decision.clone();
        deny["decision"] = json!("deny");
        let read = json!({ "request": self.pending.request });
        [(READ, &read), (CONSENT, &self.decision), (CONSENT, &deny)].map(|(path, body)| {
            let request = self.app.post(path).json(body);
            if cookies.is_empty() {
                request
            } else {
                request.cookie(cookies)
            }
        })
    }

    fn session_cookie(&self, browser: &Caller) -> String {
        let name = self.app.session_cookie_name();
        format!("{name}={}", browser.session_cookie())
    }

    fn cookies_of_ada(&self) -> String {
        format!(
            "{}; {}",
            self.session_cookie(&self.ada),
            self.pending.cookie
        )
    }

    /// No request had an effect: there is no grant, and Ada can still allow the request.
    async fn assert_untouched(&self) {
        let sql = "SELECT count(*) AS n FROM oauth_grants WHERE client_id = ?1";
        assert_eq!(self.app.count(sql, [self.service.id.as_str()]).await, 0);
        let sql = "SELECT count(*) AS n FROM audit WHERE detail LIKE 'client ' || ?1 || '%'";
        assert_eq!(self.app.count(sql, [self.service.id.as_str()]).await, 0);
        let url = self.pending.allow(&self.ada).await;
        assert!(parameter(&url, "code").is_some(), "{url}");
    }
}

/// What a browser states about a request that a page of another site sends: by script, by a form, by a frame, or nothing.
const OTHER_SITES: [&[(&str, &str)]; 18] = [
    &[],
    &[("sec-fetch-site", "cross-site")],
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "no-cors"),
    ],
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")],
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    ],
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-dest", "iframe"),
    ],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "none")],
    &[("sec-fetch-site", "")],
    &[("sec-fetch-site", "SAME-ORIGIN")],
    &[("sec-fetch-site", "same-origin, cross-site")],
    &[("origin", "https://canary.example")],
    &[("origin", "null")],
    &[("origin", "")],
    &[("origin", "{OWN}.canary.example")],
    &[("origin", "https://canary.example#{OWN}")],
    &[("referer", "{OWN}/consent")],
    &[("host", "{OWN}"), ("origin", "https://canary.example")],
];

#[tokio::test]
async fn consent_request_of_another_site_is_refused_and_has_no_effect() {
    let setting = setting().await;
    let own = setting.app.page_origin();
    let cookies = setting.cookies_of_ada();
    for headers in OTHER_SITES {
        for request in setting.requests(&cookies) {
            let add = |request: Request, (name, value): &(&str, &str)| match *name {
                "host" => request.header("x-forwarded-host", value.replace("{OWN}", &own)),
                _ => request.header(name, value.replace("{OWN}", &own)),
            };
            let response = headers.iter().fold(request, add).await;
            response.assert_error(403, "cross_site_request");
        }
    }
    // A form of another site has a media type that needs no preflight.
    let form = format!("request={}&decision=allow", setting.pending.request);
    for media_type in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=x",
    ] {
        let request = setting.app.post(CONSENT).cookie(&cookies).same_origin();
        let request = request.header("content-type", media_type);
        let response = request.body(form.clone()).await;
        response.assert_error(415, "unsupported_media_type");
        let request = setting.app.post(CONSENT).cookie(&cookies).same_origin();
        let request = request.header("content-type", media_type);
        let response = request.body(setting.decision.to_string()).await;
        response.assert_error(415, "unsupported_media_type");
    }
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let path = format!("{CONSENT}?{form}");
        let request = setting.app.request(method, &path).cookie(&cookies);
        let response = request.same_origin().await;
        response.assert_error(405, "method_not_allowed");
    }
    setting.assert_untouched().await;
}

/// Cookies of Eve's browser with a request that was sealed for Ada's browser, and the reverse.
#[tokio::test]
async fn sealed_request_of_another_browser_is_invalid() {
    let setting = setting().await;
    let of_eve = setting.service.pending(&setting.eve, &[]).await;
    let (name, value) = setting.pending.cookie.split_once('=').expect("a pair");
    let (name_of_eve, value_of_eve) = of_eve.cookie.split_once('=').expect("a pair");
    let nonces = [
        String::new(),
        of_eve.cookie.clone(),
        format!("{name}={value_of_eve}"),
        format!("{name_of_eve}={value}"),
        format!("{name}="),
        format!("{name}={}", &value[1..]),
        format!("{name}={value}x"),
        format!("{name}={}", value.to_lowercase()),
        format!("{name}=%00"),
        format!("{}={value}", name.to_uppercase()),
        format!("x-{name}={value}"),
        format!("{name}x={value}"),
        format!("{name}={}", setting.pending.request),
    ];
    for browser in [&setting.ada, &setting.eve] {
        let session = setting.session_cookie(browser);
        for nonce in &nonces {
            let cookies = format!("{session}; {nonce}");
            for request in setting.requests(cookies.trim_end_matches("; ")) {
                let response = request.same_origin().await;
                response.assert_error(400, "authorization_request_invalid");
            }
        }
    }
    // Eve has the request and the cookie of Ada, and her own session: the page would show Eve, so a decision of Ada does not count.
    let session = setting.session_cookie(&setting.eve);
    let cookies = format!("{session}; {}", setting.pending.cookie);
    let [_, allow, deny] = setting.requests(&cookies);
    for request in [allow, deny] {
        let response = request.same_origin().await;
        response.assert_error(409, "consent_changed");
    }
    // Without a session, nothing can be decided.
    let [_, allow, deny] = setting.requests(&setting.pending.cookie);
    for request in [allow, deny] {
        request.same_origin().await.assert_error(401, "no_token");
    }
    setting.assert_untouched().await;
}

#[tokio::test]
async fn changed_sealed_request_is_invalid() {
    let setting = setting().await;
    let text = &setting.pending.request;
    let letters: Vec<usize> = (0..text.len()).step_by(7).collect();
    let cases = Cases::of_this_run();
    let number = cases.number(8, letters.len());
    let mut changed: Vec<String> = letters
        .iter()
        .take(number)
        .map(|index| {
            let mut bytes = text.clone().into_bytes();
            bytes[*index] = if bytes[*index] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).expect("text")
        })
        .collect();
    let session = setting.ada.session_cookie().to_owned();
    changed.extend([
        String::new(),
        text[1..].to_owned(),
        text[..text.len() - 1].to_owned(),
        format!("{text}A"),
        format!("{text}="),
        format!(" {text}"),
        format!("{text}{text}"),
        text.to_lowercase(),
        session,
        "a.b.c".to_owned(),
    ]);
    for request in &changed {
        let pending = Pending {
            request: request.clone(),
            ..setting.pending.clone()
        };
        let mut decision = setting.decision.clone();
        decision["request"] = json!(request);
        let browser = setting.ada.with_cookie(&setting.pending.cookie);
        for request in [
            pending.read(&setting.ada),
            browser.post(CONSENT).same_origin().json(&decision),
        ] {
            let response = request.await;
            response.assert_error(400, "authorization_request_invalid");
        }
    }
    setting.assert_untouched().await;
}

/// A page that was shown less, or that belongs to another user, does not decide. Neither does a second decision.
#[tokio::test]
async fn decision_is_for_what_was_shown_and_counts_once() {
    let setting = setting().await;
    let browser = setting.ada.with_cookie(&setting.pending.cookie);
    let send = |body: &Value| browser.post(CONSENT).same_origin().json(body);
    let eve = crate::support::unique_id().to_string();
    for (name, value, status, code) in [
        ("user", json!(eve), 409, "consent_changed"),
        ("scopes", json!([]), 409, "consent_changed"),
        ("scopes", json!(["reports:read"]), 409, "consent_changed"),
        ("scopes", json!(["offline_access"]), 409, "consent_changed"),
        ("scopes", json!(["*"]), 409, "consent_changed"),
        ("scopes", json!("reports:read"), 400, "invalid_field"),
        ("decision", json!("ALLOW"), 400, "invalid_field"),
        ("decision", json!("yes"), 400, "invalid_field"),
        ("decision", json!(true), 400, "invalid_field"),
        ("decision", Value::Null, 400, "missing_field"),
        ("user", json!("*"), 400, "invalid_field"),
        ("user", Value::Null, 400, "missing_field"),
        ("request", Value::Null, 400, "missing_field"),
    ] {
        let mut body = setting.decision.clone();
        body[name] = value.clone();
        let response = send(&body).await;
        let found = (response.status, response.error_code());
        assert_eq!(found, (status, Some(code)), "{name} {value}");
    }
    // More scopes than were asked for are not granted.
    let mut body = setting.decision.clone();
    body["scopes"] = json!([
        "reports:read",
        "offline_access",
        "reports:write",
        "mail:send",
        "roles"
    ]);
    let allowed = send(&body).await;
    let url = address(&allowed.assert_status(200).json()["location"]);
    let code = parameter(&url, "code").expect("a code");
    let tokens = setting.service.redeem(&code, &[]).await.tokens();
    assert_eq!(tokens.scope, "reports:read offline_access");
    let cookies = setting.cookies_of_ada();
    let again = setting.requests(&cookies).map(Request::same_origin);
    for response in at_once(again).await {
        response.assert_error(400, "authorization_request_invalid");
    }
    let sql = "SELECT count(*) AS n FROM oauth_grants WHERE client_id = ?1";
    let id = setting.service.id.as_str();
    assert_eq!(setting.app.count(sql, [id]).await, 1);
}
