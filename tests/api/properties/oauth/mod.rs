//! Guarantees of the OAuth server under attack.

mod confusion;
mod continuation;
mod durability;
mod hostile;
mod outbound;
mod races;

use crate::support::internals::SessionKind;
use crate::support::services::with_resources;
use crate::support::{App, Caller, Request, Response, Vars};
use std::future::IntoFuture;
use tokio::task::JoinSet;

/// A view of a server with resources, whose seeded sessions are those of browsers.
fn app(vars: Vars) -> App {
    App::with(vars).with_sessions(SessionKind::Cookie)
}

/// The browsers of this many users. Each user has few grants, so that none is revoked because there are too many.
async fn browsers(app: &App, number: usize) -> Vec<Caller> {
    let users = app.seed_users(number, "user", 1).await;
    users
        .into_iter()
        .map(|mut user| user.sessions.remove(0))
        .collect()
}

/// Sends all requests at the same time.
async fn at_once(requests: impl IntoIterator<Item = Request>) -> Vec<Response> {
    let mut running = JoinSet::new();
    for request in requests {
        running.spawn(request.into_future());
    }
    running.join_all().await
}

/// Runs the rounds with these numbers, some of them at the same time.
async fn rounds<F>(numbers: std::ops::Range<usize>, round: impl Fn(usize) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    const AT_ONCE: usize = 4;
    let mut running = JoinSet::new();
    for number in numbers {
        if running.len() == AT_ONCE
            && let Some(finished) = running.join_next().await
        {
            finished.expect("a round without a failure");
        }
        running.spawn(round(number));
    }
    while let Some(finished) = running.join_next().await {
        finished.expect("a round without a failure");
    }
}

fn vars() -> Vars {
    with_resources()
}
