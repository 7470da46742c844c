//! Floods of sign-ins do not keep recognised devices from signing in.

use super::floods::{LAST_NETWORK, ONE_FLOOD};
use crate::support::{App, Caller, Fault, NEW_PASSWORD, PASSWORD, Vars};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// Number of sign-ins of the owner during each flood. Each takes seconds, because the flood uses the whole CPU time of the isolate.
const SIGN_INS: usize = 10;

/// The flood in [`owner_on_a_recognised_device_signs_in_during_any_flood`].
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flood {
    None,
    WithoutCookie,
    /// With a cookie of the attacker, for other names.
    WithOwnCookie,
    /// The same, with correct sign-ins of the attacker on four devices in addition.
    WithOwnDevices,
}

/// Sends sign-ins until the flood is over, each from another network. Without a name, each sign-in has a different
/// unknown name. Returns the number of evaluated sign-ins.
async fn flood(caller: Caller, app: App, name: Option<String>, is_over: Arc<AtomicBool>) -> usize {
    let mut evaluated = 0;
    while !is_over.load(Ordering::Relaxed) {
        let number = LAST_NETWORK.fetch_add(1, Ordering::Relaxed) % 65_536;
        let name = name.clone().unwrap_or_else(|| format!("unknown-{number}"));
        let login = caller
            .login(&name, PASSWORD)
            .client_ip(&app.other_ip(number));
        let status = login.send().await.status;
        assert!([200, 401, 429, 503].contains(&status), "{status}");
        evaluated += usize::from(status < 429);
        // The owner's client runs on the same machine.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    evaluated
}

/// The user has a cookie of the device and never waits because of a flood.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: a flood"]
async fn owner_on_a_recognised_device_signs_in_during_any_flood() {
    let _one = ONE_FLOOD.lock().await;
    let app = App::isolated(Vars::new());
    let (owner, attacker) = (app.user("owner").await, app.user("attacker").await);
    let cookie = owner.device_cookie().await;
    let mut devices = Vec::new();
    for _ in 0..4 {
        devices.push(attacker.device_cookie().await);
    }
    for case in [
        Flood::None,
        Flood::WithoutCookie,
        Flood::WithOwnCookie,
        Flood::WithOwnDevices,
    ] {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        let clients_with_unknown_names = if case == Flood::None { 0 } else { 10 };
        for _ in 0..clients_with_unknown_names {
            let caller = match case {
                Flood::WithoutCookie => app.anonymous(),
                _ => app.anonymous().with_cookie(&devices[0]),
            };
            clients.spawn(flood(caller, app.clone(), None, is_over.clone()));
        }
        if case == Flood::WithOwnDevices {
            for device in &devices {
                let caller = app.anonymous().with_cookie(device);
                let name = attacker.username.clone();
                clients.spawn(flood(caller, app.clone(), Some(name), is_over.clone()));
            }
        }
        let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
        for number in 0..SIGN_INS {
            let address = app.other_ip(0xa000 + number);
            let login = owner.login().client_ip(&address).cookie(&cookie);
            *statuses.entry(login.send().await.status).or_default() += 1;
        }
        is_over.store(true, Ordering::Relaxed);
        let evaluated: usize = clients.join_all().await.into_iter().sum();
        assert_eq!(statuses, BTreeMap::from([(200, SIGN_INS)]), "{case:?}");
        assert!(case == Flood::None || evaluated > 0, "{case:?}: no flood");
    }
}

/// While the holder of a link keeps sending requests, other users can still use the reserved slot.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: a flood"]
async fn reset_link_does_not_occupy_the_reserved_slot() {
    let _one = ONE_FLOOD.lock().await;
    let app = App::isolated(Vars::new());
    let (owner, eve) = (app.user("owner").await, app.user("eve").await);
    let cookie = owner.device_cookie().await;
    let link = eve.reset_link().await;
    // The fault prevents every request from using the link.
    let fault = Fault::d1().matching("UPDATE password_links").fails();
    app.fault(fault).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..8 {
        let (app, link, is_over) = (app.clone(), link.clone(), is_over.clone());
        clients.spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                let number = LAST_NETWORK.fetch_add(1, Ordering::Relaxed) % 65_536;
                let set = app.anonymous().set_password(&link, NEW_PASSWORD);
                let response = set.client_ip(&app.other_ip(number)).send().await;
                response.assert_status(503);
            }
        });
    }
    for number in 0..SIGN_INS {
        let address = app.other_ip(0xa000 + number);
        let login = owner.login().client_ip(&address).cookie(&cookie);
        login.send().await.assert_status(200);
    }
    is_over.store(true, Ordering::Relaxed);
    clients.join_all().await;
}
