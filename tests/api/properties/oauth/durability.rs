//! What the OAuth server has acknowledged survives a kill of the runtime (SIGKILL) during load.

use super::{browsers, vars};
use crate::support::grants::{Pending, Shown, Tokens, address, parameter};
use crate::support::internals::SessionKind;
use crate::support::services::Service;
use crate::support::{App, Caller, Request, Response, STRICT, eventually, var};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;

/// Grants, codes or requests of each kind in a round.
const EACH: usize = 12;

/// The changes that the service has acknowledged.
#[derive(Default)]
struct Acknowledged {
    /// Codes that were redeemed, and their tokens.
    redeemed: Vec<(String, Tokens)>,
    /// Tokens that were rotated out, and the ones that replaced them.
    rotated: Vec<(Tokens, Tokens)>,
    /// Tokens of revoked grants.
    revoked: Vec<Tokens>,
    /// Browsers whose user has allowed the client, and the codes.
    allowed: Vec<(Caller, String)>,
}

/// What the requests of a round begin with.
struct Prepared {
    codes: Vec<String>,
    to_refresh: Vec<Tokens>,
    to_revoke: Vec<Tokens>,
    to_allow: Vec<(Caller, Pending, Shown)>,
}

async fn prepare(service: &Service) -> Prepared {
    let app = service.app();
    let mut prepared = Prepared {
        codes: Vec::new(),
        to_refresh: Vec::new(),
        to_revoke: Vec::new(),
        to_allow: Vec::new(),
    };
    for browser in browsers(app, EACH).await {
        prepared.codes.push(service.code(&browser, &[]).await);
        prepared
            .to_refresh
            .push(service.tokens(&browser, &[]).await);
        prepared.to_revoke.push(service.tokens(&browser, &[]).await);
    }
    for browser in browsers(app, EACH).await {
        let pending = service.pending(&browser, &[]).await;
        let shown = pending.shown(&browser).await;
        prepared.to_allow.push((browser, pending, shown));
    }
    prepared
}

/// The load of one round.
struct Load {
    service: Service,
    acknowledged: Mutex<Acknowledged>,
    responses: AtomicUsize,
}

impl Load {
    /// The response with status 200. Without a response, the effect is unknown.
    async fn send(&self, request: Request) -> Option<Response> {
        let response = request.try_send().await.ok()?;
        response.assert_status(200);
        self.responses.fetch_add(1, Ordering::Relaxed);
        Some(response)
    }

    async fn redeem(self: Arc<Self>, codes: Vec<String>) {
        for code in codes {
            let Some(response) = self.send(self.service.redeem(&code, &[])).await else {
                return;
            };
            let redeemed = (code, response.tokens());
            self.acknowledged.lock().unwrap().redeemed.push(redeemed);
        }
    }

    async fn refresh(self: Arc<Self>, all: Vec<Tokens>) {
        for tokens in all {
            let request = self.service.refresh(&tokens.refresh, &[]);
            let Some(response) = self.send(request).await else {
                return;
            };
            let rotated = (tokens, response.tokens());
            self.acknowledged.lock().unwrap().rotated.push(rotated);
        }
    }

    async fn revoke(self: Arc<Self>, all: Vec<Tokens>) {
        for tokens in all {
            let form = [("token", tokens.refresh.as_str())];
            let request = self.service.post("/oauth/revoke", &form);
            if self.send(request).await.is_none() {
                return;
            }
            self.acknowledged.lock().unwrap().revoked.push(tokens);
        }
    }

    async fn allow(self: Arc<Self>, all: Vec<(Caller, Pending, Shown)>) {
        for (browser, pending, shown) in all {
            let request = pending.decision(&browser, &shown, "allow");
            let Some(response) = self.send(request).await else {
                return;
            };
            let url = address(&response.json()["location"]);
            let allowed = (browser, parameter(&url, "code").expect("a code"));
            self.acknowledged.lock().unwrap().allowed.push(allowed);
        }
    }
}

/// Load, a kill during it, and a restart.
async fn kill_under_load(service: &Service, round: usize) -> Acknowledged {
    let app = service.app();
    let prepared = prepare(service).await;
    let load = Arc::new(Load {
        service: service.clone(),
        acknowledged: Mutex::default(),
        responses: AtomicUsize::new(0),
    });
    let mut lanes = JoinSet::new();
    lanes.spawn(load.clone().redeem(prepared.codes));
    lanes.spawn(load.clone().refresh(prepared.to_refresh));
    lanes.spawn(load.clone().revoke(prepared.to_revoke));
    lanes.spawn(load.clone().allow(prepared.to_allow));
    // The kill comes at a different time in each round.
    eventually("the load is under way", async || {
        load.responses.load(Ordering::Relaxed) >= EACH + round
    })
    .await;
    let server = app.clone();
    tokio::task::spawn_blocking(move || {
        server.server().kill();
        server.server().restart();
    })
    .await
    .expect("restarted");
    lanes.join_all().await;
    // The time of the test before the kill.
    app.shift_clock(app.clock()).await;
    std::mem::take(&mut *load.acknowledged.lock().unwrap())
}

async fn is_active(service: &Service, token: &str) -> bool {
    let response = service.post("/oauth/introspect", &[("token", token)]).await;
    response.assert_status(200).json()["active"] == true
}

async fn assert_nothing_is_lost(service: &Service, acknowledged: &Acknowledged) {
    for (code, tokens) in &acknowledged.redeemed {
        assert!(is_active(service, &tokens.access).await, "a lost grant");
        assert!(is_active(service, &tokens.refresh).await, "a lost grant");
        let again = service.redeem(code, &[]).await;
        again.assert_error(400, "invalid_grant");
        // The code was consumed, so its reuse ends the tokens.
        assert!(!is_active(service, &tokens.access).await);
        let refreshed = service.refresh(&tokens.refresh, &[]).await;
        refreshed.assert_error(400, "invalid_grant");
    }
    for (before, after) in &acknowledged.rotated {
        // Within the replay window, the earlier token gets the current one.
        let replayed = service.refresh(&before.refresh, &[]).await.tokens();
        assert_eq!(replayed.refresh, after.refresh, "a lost rotation");
        let next = service.refresh(&after.refresh, &[]).await.tokens();
        assert_ne!(next.refresh, after.refresh);
    }
    for tokens in &acknowledged.revoked {
        for token in [&tokens.access, &tokens.refresh] {
            assert!(!is_active(service, token).await, "a lost revocation");
        }
        let refreshed = service.refresh(&tokens.refresh, &[]).await;
        refreshed.assert_error(400, "invalid_grant");
    }
    for (browser, code) in &acknowledged.allowed {
        service.redeem(code, &[]).await.assert_status(200);
        let silent = service.authorize(browser, &[("prompt", "none")]).await;
        let code = parameter(&silent.response_to_client(), "code");
        let code = code.expect("the consent is remembered");
        service.redeem(&code, &[]).await.assert_status(200);
    }
    let sql = "SELECT count(*) AS n, max(number) AS last FROM audit";
    let numbers = service.app().run_sql(sql).await.remove(0);
    assert_eq!(numbers["n"], numbers["last"], "a gap in the audit log");
    // A redemption and its audit entry are written together.
    let sql = "SELECT count(*) AS n FROM oauth_grants WHERE redeemed_at IS NOT NULL";
    let redeemed = service.app().run_sql(sql).await.remove(0);
    let sql = "SELECT count(*) AS n FROM audit WHERE kind = 'client_token_issued'";
    let entries = service.app().run_sql(sql).await.remove(0);
    assert_eq!(redeemed["n"], entries["n"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: kills of the runtime"]
async fn acknowledged_changes_of_grants_survive_kills() {
    let vars = vars().set(var::CONSISTENCY, STRICT);
    let app = App::isolated(vars).with_sessions(SessionKind::Cookie);
    let service = app.application("client_secret_basic").await;
    let mut counts = [0; 4];
    for round in 0..6 {
        let acknowledged = kill_under_load(&service, 3 * round).await;
        assert_nothing_is_lost(&service, &acknowledged).await;
        for (count, number) in counts.iter_mut().zip([
            acknowledged.redeemed.len(),
            acknowledged.rotated.len(),
            acknowledged.revoked.len(),
            acknowledged.allowed.len(),
        ]) {
            *count += number;
        }
    }
    assert!(counts.iter().all(|count| *count >= 6), "{counts:?}");
}
