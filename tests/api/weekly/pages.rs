//! The time until the sign-in page is shown.

use crate::browser::world::World;
use crate::support::Vars;

#[tokio::test]
#[ignore = "slow: loads the sign-in page on a slow network"]
async fn sign_in_page_is_fast_on_a_slow_device() {
    let mut world = World::new(Vars::new()).await;
    world.user("ada").await;
    world.run("pages/speed").await;
}
