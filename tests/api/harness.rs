use crate::support::{App, Fault, Vars};
use serde_json::json;

#[tokio::test]
async fn probe_all() {
    let app = App::shared();
    let ada = app.person("ada").organization("O'Brien").create().await;
    let r = app.post("/login").json(&ada.login()).send().await;
    println!("{}", r.snapshot());
    assert_eq!(r.json()["id"], ada.id.as_str());
    println!("{}", app.get("/now").send().await.text());
    app.shift_clock(3600).await;
    println!("{}", app.get("/now").send().await.text());
    app.shift_clock(0).await;
    let k = format!("k-{}", app.name());
    let r = app.post(&format!("/put?k={k}&v=1")).send().await;
    let early = app.seen_so_far(&r.name_for_test()).await;
    println!("early {:?}", early.calls);
    let seen = r.seen().await;
    println!("late {:?}", seen.calls);
    assert_eq!(seen.kv("put"), 1);
    assert_eq!(seen.d1(), 1);
    assert_eq!(app.kv_get(&k).await.as_deref(), Some("1"));
    app.fault(Fault::kv().ops(&["get"]).is_stale(60)).await;
    assert_eq!(
        app.get(&format!("/get?k={k}")).send().await.json()["v"],
        json!(null)
    );
    app.mend_all().await;
    assert_eq!(
        app.get(&format!("/get?k={k}")).send().await.json()["v"],
        "1"
    );
    app.shift_clock(61).await;
    assert_eq!(
        app.get(&format!("/get?k={k}")).send().await.json()["v"],
        json!(null)
    );
    app.shift_clock(0).await;
    let paused = app.fault(Fault::kv().ops(&["put"]).pauses()).await;
    let r = app.post(&format!("/put?k={k}&v=2")).send().await;
    paused.has_hit(1).await;
    assert_eq!(app.kv_get(&k).await.as_deref(), Some("1"));
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    paused.release().await;
    r.seen().await;
    assert_eq!(app.kv_get(&k).await.as_deref(), Some("2"));
    let (outcome, seen) = app.scheduled("0 * * * *").await;
    println!("{outcome} {:?} {:?}", seen.calls, seen.logs);
    println!("{:?}", app.server().logs());
    println!(
        "{}",
        String::from_utf8_lossy(&app.send_raw(b"GET /now HTTP/1.1\r\nhost: x\r\n\r\n").await)
    );
    println!("{:?}", app.kv_list("").await);
    app.kv_put("a", "b").await;
    app.kv_delete("a").await;
}

#[tokio::test]
async fn interleaved() {
    let (a, b) = (App::shared(), App::shared());
    b.shift_clock(1000).await;
    for round in 0..20 {
        let (ra, rb) = tokio::join!(
            async {
                let r = a.get("/api/auth/health").send().await;
                (r.seen().await, a.get("/now").send().await.json())
            },
            async {
                let r = b.post("/put?k=x&v=1").send().await;
                (r.seen().await, b.get("/now").send().await.json())
            },
        );
        assert_eq!(
            (ra.0.d1(), ra.0.kv("get"), ra.0.kv("put")),
            (1, 1, 0),
            "{round}"
        );
        assert_eq!(
            (rb.0.d1(), rb.0.kv("get"), rb.0.kv("put")),
            (1, 0, 1),
            "{round}"
        );
        assert!(rb.1[0].as_i64().unwrap() - ra.1[0].as_i64().unwrap() > 900_000);
    }
}

#[tokio::test]
async fn killing() {
    let t = std::time::Instant::now();
    let app = App::alone(
        Vars::new()
            .set("SESSION_CONSISTENCY", "strict")
            .without("JWT_SECRET"),
    );
    println!("start {:?}", t.elapsed());
    let ada = app.password_user("ada").await;
    app.kv_put("k", "v").await;
    app.server().kill();
    assert!(app.get("/now").try_send().await.is_err());
    let t = std::time::Instant::now();
    app.server().restart();
    println!("restart {:?}", t.elapsed());
    assert_eq!(
        app.sql("SELECT id FROM users", [0; 0]).await[0]["id"],
        ada.id.as_str()
    );
    assert_eq!(app.kv_get("k").await.as_deref(), Some("v"));
}
