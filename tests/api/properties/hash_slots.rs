//! The isolate computes few password hashes at the same time, and reserves a slot for recognised devices.

use crate::support::{App, Fault, Vars};

#[tokio::test]
#[ignore = "slow"]
async fn isolate_has_four_slots_and_reserves_one_for_recognised_devices() {
    // The slots are shared by all requests of a server.
    let app = App::isolated(Vars::new());
    let mut users = Vec::new();
    for name in ["ada", "bob", "eve", "joe", "kim", "lea"] {
        users.push(app.user(name).await);
    }
    let cookie = users[3].device_cookie().await;
    let another = users[5].device_cookie().await;
    let paused = app
        .fault(
            Fault::d1()
                .matching("INTO sign_in_attempts")
                .times(4)
                .pauses(),
        )
        .await;
    let sign_in = |index: usize, cookie: Option<&str>| {
        let request = users[index].login().client_ip(&app.other_ip(index));
        match cookie {
            Some(cookie) => request.cookie(cookie),
            None => request,
        }
    };
    let mut running: Vec<_> = (0..3)
        .map(|index| tokio::spawn(sign_in(index, None).send()))
        .collect();
    paused.wait_for_hits(3).await;
    let fourth = sign_in(4, None).send().await;
    fourth.assert_status(503);
    assert_eq!(fourth.retry_after(), Some(2));
    // It is refused before the attempt is counted.
    assert_eq!(fourth.recorded().await.calls.len(), 0);
    running.push(tokio::spawn(sign_in(3, Some(&cookie)).send()));
    paused.wait_for_hits(4).await;
    sign_in(5, Some(&another)).send().await.assert_status(503);
    paused.release().await;
    for sign_in in running {
        sign_in.await.unwrap().assert_status(200);
    }
    sign_in(4, None).await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn disconnected_client_frees_its_slot_and_is_recorded() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    for round in 0..6 {
        let eve = app.user("eve").await;
        let paused = app
            .fault(Fault::d1().matching("INTO sign_in_attempts").pauses())
            .await;
        let request = eve.guess();
        let name = request.name();
        let hanging = tokio::spawn(request.client_ip(&app.other_ip(round)).send());
        paused.wait_for_hits(1).await;
        hanging.abort();
        assert!(hanging.await.is_err_and(|error| error.is_cancelled()));
        paused.release().await;
        paused.remove().await;
        app.recorded(&name).await;
        assert_eq!(eve.failures().await, 1);
        assert_eq!(eve.audit_entries("sign_in_failed").await, 1, "{round}");
    }
    ada.login().await.assert_status(200);
}
