//! Requests of OAuth clients at the same time: a code and an assertion are used once, a refresh token rotates once, and no token
//! survives the revocation of its grant.

use super::{app, at_once, browsers, rounds, vars};
use crate::support::access_tokens::RESOURCE;
use crate::support::grants::Tokens;
use crate::support::services::{GRANT, Service, TOKEN};
use crate::support::{App, Caller, Request, STRICT, token_part, var};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::task::JoinSet;

/// Requests of a round.
const REQUESTS: usize = 40;

/// Public clients, clients with a secret, and clients with a key, in turn.
const METHODS: [&str; 3] = ["none", "client_secret_basic", "private_key_jwt ES256"];

/// A client of each kind.
async fn clients(app: &App) -> Vec<Service> {
    let mut clients = Vec::new();
    for method in METHODS {
        clients.push(app.application(method).await);
    }
    clients
}

/// A client that may introspect, and which gets the state of the tokens of others.
async fn is_active(caller: &Service, token: &str) -> bool {
    let response = caller.post("/oauth/introspect", &[("token", token)]).await;
    response.assert_status(200).json()["active"] == true
}

async fn assert_ended(service: &Service, auditor: &Service, tokens: &Tokens) {
    assert!(!is_active(auditor, &tokens.access).await);
    let refreshed = service.refresh(&tokens.refresh, &[]).await;
    refreshed.assert_error(400, "invalid_grant");
}

async fn entries(app: &App, grant: &Value, kind: &str) -> u64 {
    let sql = "SELECT count(*) AS n FROM audit
               WHERE kind = ?2 AND subject = (SELECT user_id FROM oauth_grants WHERE id = ?1)";
    app.count(sql, [grant.clone(), json!(kind)]).await
}

fn claims(token: &str) -> Value {
    serde_json::from_str(&token_part(token, 1)).expect("claims")
}

#[tokio::test]
#[ignore = "slow: 4,000 requests"]
async fn of_forty_redemptions_of_a_code_one_succeeds_and_the_replays_end_its_tokens() {
    let app = app(vars());
    let (clients, browsers) = (clients(&app).await, browsers(&app, 100).await);
    let auditor = app.service("client_secret_basic", "").await;
    rounds(0..100, |round| {
        let app = app.another_view();
        let service = clients[round % METHODS.len()].in_view(&app);
        let auditor = auditor.in_view(&app);
        let browser = browsers[round].in_view(&app);
        async move {
            let code = service.code(&browser, &[]).await;
            let responses = at_once((0..REQUESTS).map(|_| service.redeem(&code, &[]))).await;
            let (won, lost): (Vec<_>, Vec<_>) = responses
                .iter()
                .partition(|response| response.status == 200);
            assert_eq!((won.len(), lost.len()), (1, REQUESTS - 1), "round {round}");
            for response in lost {
                response.assert_error(400, "invalid_grant");
            }
            let tokens = won[0].tokens();
            assert_ended(&service, &auditor, &tokens).await;
            let grant = &claims(&tokens.access)["gid"];
            for kind in ["client_token_issued", "code_reused"] {
                assert_eq!(entries(&app, grant, kind).await, 1, "{kind}");
            }
        }
    })
    .await;
}

/// In every other round, half of the requests have the token before the current one.
#[tokio::test]
#[ignore = "slow: 4,000 requests"]
async fn forty_refreshes_with_one_token_rotate_it_once_and_return_the_same_one() {
    let app = app(vars());
    let (clients, browsers) = (clients(&app).await, browsers(&app, 100).await);
    rounds(0..100, |round| {
        let app = app.another_view();
        let service = clients[round % METHODS.len()].in_view(&app);
        let browser = browsers[round].in_view(&app);
        async move {
            let first = service.tokens(&browser, &[]).await;
            let second = service.refresh(&first.refresh, &[]).await.tokens();
            let older = if round.is_multiple_of(2) {
                &second
            } else {
                &first
            };
            let tokens = [&second.refresh, &older.refresh];
            let sent = (0..REQUESTS).map(|number| service.refresh(tokens[number % 2], &[]));
            let responses = at_once(sent).await;
            let found: Vec<Tokens> = responses.iter().map(super::Response::tokens).collect();
            let next: BTreeSet<&str> = found.iter().map(|found| found.refresh.as_str()).collect();
            // Before the rotation, the older token gets the current one.
            let next: Vec<&str> = next
                .into_iter()
                .filter(|token| *token != second.refresh || older == &second)
                .collect();
            let [third] = next[..] else {
                panic!("round {round}: {} tokens", next.len())
            };
            assert!(third != first.refresh && third != second.refresh);
            assert_eq!(app.grant_column(&first.access, "generation").await, 3);
            let ids: BTreeSet<String> = found
                .iter()
                .map(|found| claims(&found.access)["jti"].to_string())
                .collect();
            assert_eq!(ids.len(), REQUESTS, "round {round}");
            let fourth = service.refresh(third, &[]).await.tokens();
            app.shift_clock(31).await;
            let reused = service.refresh(&first.refresh, &[]).await;
            reused.assert_error(400, "invalid_grant");
            let ended = service.refresh(&fourth.refresh, &[]).await;
            ended.assert_error(400, "invalid_grant");
        }
    })
    .await;
}

/// The endpoints that accept an assertion, with the parameters of a request that is otherwise right.
const ENDPOINTS: [(&str, &[(&str, &str)]); 3] = [
    (TOKEN, &GRANT),
    ("/oauth/introspect", &[("token", "x")]),
    ("/oauth/revoke", &[("token", "x")]),
];

/// In every other round, the requests are for different endpoints.
#[tokio::test]
#[ignore = "slow: 4,000 requests"]
async fn of_forty_uses_of_an_assertion_one_succeeds() {
    let app = app(vars());
    let methods = [
        "private_key_jwt ES256",
        "private_key_jwt EdDSA",
        "private_key_jwt RS256",
    ];
    let mut services = Vec::new();
    for method in methods {
        services.push(app.service(method, "reports:read").await);
    }
    rounds(0..100, |round| {
        let app = app.another_view();
        let service = services[round % methods.len()].in_view(&app);
        async move {
            let endpoints = if round.is_multiple_of(2) { 1 } else { 3 };
            let assertion = service.assertion(&service.claims());
            let responses = at_once((0..REQUESTS).map(|number| {
                let (path, form) = ENDPOINTS[number % endpoints];
                let request = service.post_assertion(path, form, &assertion);
                request.client_ip(&app.other_ip(number))
            }))
            .await;
            let won = responses.iter().filter(|response| response.status == 200);
            assert_eq!(won.count(), 1, "round {round}");
            for response in responses.iter().filter(|response| response.status != 200) {
                response.assert_error(401, "client_authentication_failed");
            }
            let (path, form) = ENDPOINTS[round % ENDPOINTS.len()];
            let later = service.post_assertion(path, form, &assertion).await;
            later.assert_error(401, "client_authentication_failed");
        }
    })
    .await;
}

/// A grant for the user info endpoint, and the requests that race with its revocation.
struct Race {
    app: App,
    service: Service,
    browser: Caller,
    code: String,
    tokens: Tokens,
}

/// The ways to revoke a grant.
const REVOCATIONS: [fn(&Race) -> Request; 5] = [
    |race| {
        let form = [("token", race.tokens.refresh.as_str())];
        race.service.post("/oauth/revoke", &form)
    },
    |race| {
        let grant = claims(&race.tokens.access)["gid"].clone();
        race.browser.remove_grant(grant.as_str().expect("an id"))
    },
    |race| race.browser.logout_all(),
    |race| race.browser.logout(),
    |race| race.service.redeem(&race.code, &[]),
];

impl Race {
    /// Without `offline_access`, the grant ends with the session as well.
    async fn new(service: &Service, browser: &Caller) -> Self {
        let changes = [("resource", ""), ("scope", "openid profile")];
        let code = service.code(browser, &changes).await;
        let tokens = service.redeem(&code, &[]).await.tokens();
        Self {
            app: service.app().clone(),
            service: service.clone(),
            browser: browser.clone(),
            code,
            tokens,
        }
    }

    fn user_info(&self, token: &str) -> Request {
        self.app.get("/oauth/userinfo").bearer(token)
    }

    /// Nothing accepts a token of the grant.
    async fn assert_nothing_is_accepted(&self, auditor: &Service, tokens: &Tokens, what: &str) {
        for token in [&tokens.access, &tokens.refresh] {
            assert!(!is_active(auditor, token).await, "{what}");
            assert!(!is_active(&self.service, token).await, "{what}");
        }
        let refreshed = self.service.refresh(&tokens.refresh, &[]).await;
        refreshed.assert_error(400, "invalid_grant");
        let user = self.user_info(&tokens.access).await;
        user.assert_error(401, "invalid_token");
        let request = self.app.next_request();
        let options = json!({ "audience": self.app.page_origin() });
        let fields = json!({ "request": request, "arguments": [tokens.access, options] });
        let result = self.app.control("validate_token", fields).await;
        assert_eq!(result["valid"], false, "{what}");
    }

    /// Revokes the grant while three requests refresh it and others use its access token.
    async fn run(&self, auditor: &Service, round: usize) {
        let kind = round % REVOCATIONS.len();
        let mut running = JoinSet::new();
        for place in 0..6 {
            let request = match place {
                0 => REVOCATIONS[kind](self),
                1..4 => self.service.refresh(&self.tokens.refresh, &[]),
                4 => self.user_info(&self.tokens.access),
                _ => auditor.post("/oauth/introspect", &[("token", &self.tokens.access)]),
            };
            let wait = Duration::from_micros((round * 131 + place * 977) as u64 % 3_000);
            running.spawn(async move {
                tokio::time::sleep(wait).await;
                (place, request.await)
            });
        }
        let mut all = vec![self.tokens.clone()];
        for (place, response) in running.join_all().await {
            match place {
                0 if kind == 4 => drop(response.assert_error(400, "invalid_grant")),
                0 => assert!([200, 204].contains(&response.status), "{}", response.text()),
                1..4 if response.status == 200 => all.push(response.tokens()),
                1..4 => drop(response.assert_error(400, "invalid_grant")),
                _ => assert!([200, 401].contains(&response.status)),
            }
        }
        for tokens in &all {
            let what = format!("round {round}, revocation {kind}");
            self.assert_nothing_is_accepted(auditor, tokens, &what)
                .await;
        }
    }
}

#[tokio::test]
#[ignore = "slow: 100 rounds"]
async fn acknowledged_revocation_concurrent_with_refreshes_leaves_no_token() {
    let app = app(vars().set(var::CONSISTENCY, STRICT));
    // Only confidential clients may introspect.
    let service = app.application("client_secret_basic").await;
    let auditor = app.service("client_secret_post", "").await;
    let browsers = browsers(&app, 100).await;
    rounds(0..100, |round| {
        let app = app.another_view();
        let (service, auditor) = (service.in_view(&app), auditor.in_view(&app));
        let browser = browsers[round].in_view(&app);
        async move {
            let race = Race::new(&service, &browser).await;
            race.run(&auditor, round).await;
        }
    })
    .await;
}

/// The tokens of a redemption that was faster than the end of the grant end with it.
#[tokio::test]
#[ignore = "slow: 100 rounds"]
async fn sign_out_everywhere_concurrent_with_redemptions_leaves_no_token() {
    let app = app(vars());
    let service = app.application("client_secret_basic").await;
    let browsers = browsers(&app, 100).await;
    let mut issued = 0;
    for (round, browser) in browsers.iter().enumerate() {
        let code = service.code(browser, &[]).await;
        let pause = Duration::from_micros((round * 131) as u64 % 3_000);
        let redeemed = tokio::spawn({
            let request = service.redeem(&code, &[("resource", RESOURCE)]);
            async move {
                tokio::time::sleep(pause).await;
                request.await
            }
        });
        // In every other round, the sign-out waits, so that nearly all redemptions begin before it.
        if !round.is_multiple_of(2) {
            tokio::time::sleep(Duration::from_micros((round * 977) as u64 % 40_000)).await;
        }
        browser.logout_all().await.assert_status(200);
        let redeemed = redeemed.await.expect("a response");
        if redeemed.status == 200 {
            issued += 1;
            assert_ended(&service, &service, &redeemed.tokens()).await;
        } else {
            redeemed.assert_error(400, "invalid_grant");
        }
        let later = service.redeem(&code, &[]).await;
        later.assert_error(400, "invalid_grant");
    }
    assert!(issued > 0, "no redemption was faster");
}
