//! Many at once.

use super::{SIMULATOR, portal, somebody};
use crate::support::{App, Reply};
use aws_simulator::Operation;
use tokio::task::JoinSet;

#[tokio::test]
async fn forty_questions_for_one_code_are_one_session_and_one_answer() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    device.approve(&ada);
    let mut asking = JoinSet::new();
    for _ in 0..40 {
        let (app, device) = (app.clone(), device.clone());
        asking.spawn(async move { app.token_waiting(&device, "wait=20").await });
    }
    let replies: Vec<Reply> = asking.join_all().await;
    let first = &replies[0];
    for reply in &replies {
        reply.assert_status(200);
        assert_eq!(reply.text(), first.text());
    }
    let who = app.who(first).await;
    assert_eq!(who["username"], ada.user_name);
    assert_eq!(app.sessions_of(&who["id"]).await, 1);
    let operations = device.operations();
    let redeemed = operations
        .iter()
        .filter(|operation| **operation == Operation::GetRoleCredentials);
    assert_eq!(redeemed.count(), 1, "{operations:?}");
}

#[tokio::test]
async fn the_first_sight_of_one_person_from_many_places_makes_one_user() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let mut arriving = JoinSet::new();
    for _ in 0..20 {
        let (app, ada) = (app.clone(), ada.clone());
        arriving.spawn(async move { app.arrive(&ada).await });
    }
    let replies: Vec<Reply> = arriving.join_all().await;
    let mut ids = Vec::new();
    for reply in &replies {
        ids.push(app.who(reply).await["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(app.sessions_of(&ids[0]).await, 20);
}
