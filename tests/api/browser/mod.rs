//! Chromium against the Worker: web applications on their own origins here, the pages of the service in `pages`. Requires Debian's
//! `chromium`, or another one in `CHROMIUM_BIN`.

mod admin;
mod consent;
mod factors;
mod pages;
pub mod world;

use crate::support::Vars;
use world::World;

/// Runs a file of `cases` with this many users.
async fn run(case: &str, users: usize) {
    let mut world = World::new(Vars::new()).await;
    for number in 0..users {
        world.user(&format!("user-{number}")).await;
    }
    world.run(case).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn tabs_that_share_a_token_stay_signed_in_and_reuse_revokes_the_session() {
    run("tabs", 5).await;
}

/// Registration, step-up, second factor, conditional sign-in and deletion, and what must not work.
#[tokio::test]
#[ignore = "slow"]
async fn passkeys_of_a_virtual_authenticator_are_accepted_only_as_specified() {
    run("passkeys", 1).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn client_that_always_sends_credentials_can_call_every_route() {
    run("cross_origin", 1).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn double_click_on_sign_in_signs_in_twice() {
    run("double_click", 3).await;
}
