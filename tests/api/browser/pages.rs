//! The pages of the service in Chromium. Each case in `cases/pages` is a story of one or more users. No case may violate the content
//! security policy of a page, and no page may throw.

use super::world::{TIMEOUT, World};
use crate::support::Vars;

/// Runs a file of `cases/pages` with this many users.
async fn run(case: &str, users: usize) {
    let mut world = World::new(Vars::new()).await;
    for number in 0..users {
        world.user(&format!("user-{number}")).await;
    }
    world.run(&format!("pages/{case}"), TIMEOUT).await;
}

#[tokio::test]
async fn user_signs_in_with_a_password_and_signs_out() {
    run("sign_in", 1).await;
}
