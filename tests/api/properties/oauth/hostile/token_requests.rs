//! Hostile requests of the token endpoint: injection of codes, downgrade of PKCE, more scopes, other resources, and parameters that
//! are repeated or in another place. None consumes the code or ends the grant.

mod table;
mod values;

use super::super::{app, browsers, vars};
use crate::support::access_tokens::RESOURCE;
use crate::support::grants::{VERIFIER, WEB};
use crate::support::services::{Service, TOKEN};
use crate::support::{Cases, Request, token_part};
use serde_json::Value;
use std::collections::BTreeSet;
use tokio::task::JoinSet;

/// A hostile request, with the status and code of its response.
#[derive(Clone)]
struct Hostile {
    class: &'static str,
    what: String,
    request: Request,
    status: u16,
    code: &'static str,
}

/// What an attacker has: the code and the refresh token of a public client, and other clients.
struct Attacker {
    public: Service,
    other_public: Service,
    confidential: Service,
    code: String,
    refresh: String,
    access: String,
    /// A code of another client.
    other_code: String,
}

type Pairs<'a> = Vec<(&'a str, &'a str)>;

impl Attacker {
    fn redemption(&self) -> Pairs<'_> {
        vec![
            ("grant_type", "authorization_code"),
            ("code", &self.code),
            ("redirect_uri", WEB),
            ("code_verifier", VERIFIER),
            ("client_id", &self.public.id),
        ]
    }

    fn refreshing(&self) -> Pairs<'_> {
        vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", &self.refresh),
            ("client_id", &self.public.id),
        ]
    }

    fn post(&self, body: String) -> Request {
        let request = self.public.app().post(TOKEN).body(body);
        request.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Pairs of which one is replaced. An empty value removes it.
    fn replaced(&self, pairs: Pairs<'_>, name: &str, value: &str) -> Request {
        let mut pairs = pairs;
        pairs.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
        self.post(super::encode(&pairs))
    }

    fn redeem_with(&self, name: &str, value: &str) -> Request {
        self.replaced(self.redemption(), name, value)
    }

    fn refresh_with(&self, name: &str, value: &str) -> Request {
        self.replaced(self.refreshing(), name, value)
    }
}

#[tokio::test]
async fn hostile_token_request_gets_its_error_and_no_token() {
    let app = app(vars());
    let browser = browsers(&app, 1).await.remove(0);
    let public = app.application("none").await;
    let confidential = app.application("client_secret_post").await;
    let granted = public.tokens(&browser, &[]).await;
    let attacker = Attacker {
        code: public.code(&browser, &[]).await,
        refresh: granted.refresh.clone(),
        access: granted.access.clone(),
        other_code: confidential.code(&browser, &[]).await,
        other_public: app.application("none").await,
        confidential,
        public,
    };
    let sql = "SELECT count(*) AS n FROM audit WHERE kind IN ('client_token_issued', 'code_reused', 'refresh_token_reused')
               AND subject = ?1";
    let ada = browser.claims()["sub"].clone();
    let before = app.count(sql, [ada.clone()]).await;
    let all = table::all(&attacker);
    let distinct: BTreeSet<_> = all.iter().map(|one| (one.class, &one.what)).collect();
    assert!(distinct.len() > 250, "{}", distinct.len());
    let cases = Cases::of_this_run();
    let tried = cases.of_each_class(all, |one| one.class);
    cases.assert_tried(tried.len(), 21, 250);
    let secrets = [
        &attacker.code,
        &attacker.refresh,
        &attacker.access,
        &attacker.other_code,
    ];
    for part in tried.chunks(8) {
        let mut running = JoinSet::new();
        for hostile in part.iter().cloned() {
            running.spawn(async move {
                let response = hostile.request.clone().await;
                let recorded = response.recorded().await;
                (hostile, response, recorded)
            });
        }
        for (hostile, response, recorded) in running.join_all().await {
            let what = format!("{}: {}", hostile.class, hostile.what);
            let found = (response.status, response.error_code());
            assert_eq!(found, (hostile.status, Some(hostile.code)), "{what}");
            let text = response.text();
            for secret in secrets
                .iter()
                .map(|secret| secret.as_str())
                .chain(["canary", VERIFIER])
            {
                assert!(!text.contains(secret), "{what}: {text}");
                let is_logged = |(_, line): &(String, String)| line.contains(secret);
                assert!(!recorded.logs.iter().any(is_logged), "{what}");
            }
        }
    }
    assert_eq!(app.count(sql, [ada]).await, before);
    // The code and the refresh token are as good as before. Scopes and audiences of the redemption are ignored.
    let more = [
        ("scope", "reports:write mail:send"),
        ("audience", "https://mail.example.com/"),
    ];
    let tokens = attacker.public.redeem(&attacker.code, &more).await.tokens();
    assert_eq!(tokens.scope, "reports:read offline_access");
    let claims: Value = serde_json::from_str(&token_part(&tokens.access, 1)).expect("claims");
    assert_eq!(
        (&claims["aud"], &claims["scope"]),
        (&RESOURCE.into(), &"reports:read".into())
    );
    let refreshed = attacker.public.refresh(&attacker.refresh, &more[1..]).await;
    assert_eq!(refreshed.tokens().scope, granted.scope);
    let other = attacker
        .confidential
        .redeem(&attacker.other_code, &[])
        .await;
    other.assert_status(200);
}
