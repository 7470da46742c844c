//! A flood of sign-ins: what the isolate cannot hash it refuses at once, and everybody else is served.

use crate::sessions::validate;
use crate::support::minted::{CROWD_PASSWORD, Member};
use crate::support::{App, Vars};
use crate::throttle::{attempt, known_device};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The flood is this many times what one thread can hash.
const TIMES: u32 = 4;
/// `/validate` may take so many times a hash at most, but for one in a hundred.
const HASHES: u32 = 3;
const WINDOWS: usize = 5;
const WINDOW: Duration = Duration::from_millis(1_500);

/// One flood at a time, because other tests share the machine.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

static PLACES: LazyLock<AtomicUsize> = LazyLock::new(AtomicUsize::default);

/// A sign-in from a network that nobody else uses: how long it took, and its status.
async fn sign_in(app: &App, name: &str, password: &str) -> (Duration, u16) {
    let from = app.elsewhere(PLACES.fetch_add(1, Ordering::Relaxed) % 65_536);
    let body = json!({ "username": name, "password": password });
    let start = Instant::now();
    let reply = app
        .post("/api/auth/login")
        .json(&body)
        .from(&from)
        .send()
        .await;
    (start.elapsed(), reply.status)
}

fn quantile(times: &mut [Duration], per_cent: usize) -> Duration {
    times.sort();
    times[(times.len() * per_cent).div_ceil(100) - 1]
}

/// How long a hash takes here and now: what a refused password takes longer than an attempt that is not evaluated.
async fn hash_time(app: &App, people: &[Member]) -> Duration {
    let (mut evaluated, mut not) = (Vec::new(), Vec::new());
    for person in people {
        let (took, status) = sign_in(app, &person.username, "wrong").await;
        assert_eq!(status, 401);
        evaluated.push(took);
        let (took, status) = sign_in(app, &person.username, "wrong").await;
        assert_eq!(status, 429);
        not.push(took);
    }
    quantile(&mut evaluated, 50).saturating_sub(quantile(&mut not, 50))
}

/// A few clients, each one after the other while a window lasts; how long each request took.
async fn validating(app: App, token: String) -> Vec<Duration> {
    let end = Instant::now() + WINDOW;
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        let (app, token) = (app.clone(), token.clone());
        clients.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let start = Instant::now();
                validate(&app, &token).await.assert_status(200);
                times.push(start.elapsed());
                tokio::time::sleep(Duration::from_millis(7)).await;
            }
            times
        });
    }
    clients.join_all().await.concat()
}

/// Sign-ins at their times, however long those before them take: right, wrong and of nobody.
async fn flooding(app: App, crowd: Arc<Vec<Member>>, every: Duration) -> BTreeMap<u16, usize> {
    let (end, mut ticks) = (Instant::now() + WINDOW, tokio::time::interval(every));
    let mut flood = JoinSet::new();
    while Instant::now() < end {
        ticks.tick().await;
        let number = PLACES.load(Ordering::Relaxed);
        let (name, password) = match number % 4 {
            0 => (crowd[number % crowd.len()].username.clone(), CROWD_PASSWORD),
            1 => (crowd[number % crowd.len()].username.clone(), "wrong"),
            _ => (format!("nobody-{number}"), CROWD_PASSWORD),
        };
        let app = app.clone();
        flood.spawn(async move { sign_in(&app, &name, password).await.1 });
    }
    let mut statuses = BTreeMap::new();
    for status in flood.join_all().await {
        *statuses.entry(status).or_default() += 1;
    }
    statuses
}

/// The best of a few windows counts: what else this machine does in between is not the service's doing. That a window is
/// bad by chance is likely on a shared machine; that all are good by chance is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn validate_stays_quick_in_a_flood_of_sign_ins() {
    let _alone = ALONE.lock().await;
    let app = App::alone(Vars::new());
    let mut crowd = app.crowd(500, "user", 1).await;
    // Whom the flood has tried has to wait.
    let mut others = crowd.split_off(500 - 12 * WINDOWS - 1);
    let (crowd, last) = (Arc::new(crowd), others.remove(0));
    let token = crowd[0].tokens[0].clone();
    validate(&app, &token).await.assert_status(200).seen().await;
    let mut ratios = Vec::new();
    let mut all: BTreeMap<u16, usize> = BTreeMap::new();
    for window in 0..WINDOWS {
        let hash = hash_time(&app, &others[window * 12..][..12]).await;
        let every = hash / TIMES;
        let (mut times, statuses) = tokio::join!(
            validating(app.clone(), token.clone()),
            flooding(app.clone(), crowd.clone(), every)
        );
        let p99 = quantile(&mut times, 99);
        println!(
            "a hash {hash:?}; {statuses:?}; {} of /validate, p99 {p99:?}",
            times.len()
        );
        ratios.push(p99.as_secs_f64() / hash.as_secs_f64());
        for (status, count) in statuses {
            *all.entry(status).or_default() += count;
        }
    }
    assert!(
        all.keys()
            .all(|status| [200, 401, 429, 503].contains(status)),
        "{all:?}"
    );
    // It was one: most were refused, and some were served all the same.
    let count = |status| all.get(&status).copied().unwrap_or_default();
    assert!(count(503) > count(200) + count(401), "{all:?}");
    assert!(count(200) > 0 && count(401) > 0, "{all:?}");
    let best = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(
        best <= f64::from(HASHES),
        "p99 of /validate in hash times: {ratios:?}"
    );
    // The flood over, all is as before.
    let (_, status) = sign_in(&app, &last.username, CROWD_PASSWORD).await;
    assert_eq!(status, 200);
}

/// The flood in [`owner_on_a_recognised_device_signs_in_during_any_flood`].
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flood {
    None,
    WithoutCookie,
    /// The attacker's own cookie, and names that it is not for.
    WithOwnCookie,
    /// The same beside correct sign-ins of the attacker, each on a device of its own.
    WithOwnDevices,
}

/// One flooding client after another request; each comes from another network, and invents another name.
async fn flood(
    app: App,
    cookie: Option<String>,
    own: Option<String>,
    is_over: Arc<AtomicBool>,
) -> usize {
    let mut evaluated = 0;
    while !is_over.load(Ordering::Relaxed) {
        let number = PLACES.fetch_add(1, Ordering::Relaxed) % 65_536;
        let name = own.clone().unwrap_or_else(|| format!("invented-{number}"));
        let (address, password) = (app.elsewhere(number), crate::support::people::PASSWORD);
        let reply = attempt(&app, &name, password, &address, cookie.as_deref()).await;
        assert!(
            [200, 401, 429, 503].contains(&reply.status),
            "{}",
            reply.status
        );
        evaluated += usize::from(reply.status < 429);
        // The machine is the owner's too.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    evaluated
}

/// The user has a cookie of their own and never waits because of a flood.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owner_on_a_recognised_device_signs_in_during_any_flood() {
    let _alone = ALONE.lock().await;
    let app = App::alone(Vars::new());
    let (owner, attacker) = (
        app.password_user("owner").await,
        app.password_user("attacker").await,
    );
    let cookie = known_device(&app, &owner).await;
    let mut devices = Vec::new();
    for _ in 0..4 {
        devices.push(known_device(&app, &attacker).await);
    }
    for case in [
        Flood::None,
        Flood::WithoutCookie,
        Flood::WithOwnCookie,
        Flood::WithOwnDevices,
    ] {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        let invents = if case == Flood::None { 0 } else { 10 };
        let own_cookie = (case != Flood::WithoutCookie).then(|| devices[0].clone());
        for _ in 0..invents {
            clients.spawn(flood(
                app.clone(),
                own_cookie.clone(),
                None,
                is_over.clone(),
            ));
        }
        if case == Flood::WithOwnDevices {
            for device in &devices {
                let (name, device) = (attacker.username.clone(), device.clone());
                clients.spawn(flood(
                    app.clone(),
                    Some(device),
                    Some(name),
                    is_over.clone(),
                ));
            }
        }
        let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
        for number in 0..25 {
            let address = app.elsewhere(0xa000 + number);
            let reply = attempt(
                &app,
                &owner.username,
                &owner.password,
                &address,
                Some(&cookie),
            );
            *statuses.entry(reply.await.status).or_default() += 1;
        }
        is_over.store(true, Ordering::Relaxed);
        let evaluated: usize = clients.join_all().await.into_iter().sum();
        println!("{case:?}: the owner {statuses:?}; {evaluated} of the flood were evaluated");
        assert_eq!(statuses, BTreeMap::from([(200, 25)]), "{case:?}");
        assert!(case == Flood::None || evaluated > 0, "{case:?}: no flood");
    }
}

/// While the holder of a link keeps sending requests, others can still use the reserved slot.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_link_does_not_hold_the_reserved_slot() {
    let _alone = ALONE.lock().await;
    let app = App::alone(Vars::new());
    let (owner, eve) = (
        app.password_user("owner").await,
        app.password_user("eve").await,
    );
    let cookie = known_device(&app, &owner).await;
    let link = app.password_link(&eve).await;
    // The link is never used up.
    let fault = crate::support::Fault::d1().matching("UPDATE password_links");
    app.fault(fault.fails()).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..8 {
        let (app, link, is_over) = (app.clone(), link.clone(), is_over.clone());
        clients.spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                let number = PLACES.fetch_add(1, Ordering::Relaxed) % 65_536;
                let body = json!({ "token": link, "password": "four unlikely words in a row" });
                let set = app.post("/api/auth/set-password").json(&body);
                let reply = set.from(&app.elsewhere(number)).send().await;
                reply.assert_status(503);
            }
        });
    }
    for number in 0..25 {
        let address = app.elsewhere(0xa000 + number);
        let reply = attempt(
            &app,
            &owner.username,
            &owner.password,
            &address,
            Some(&cookie),
        )
        .await;
        reply.assert_status(200);
    }
    is_over.store(true, Ordering::Relaxed);
    clients.join_all().await;
}
