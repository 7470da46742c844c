//! What identifies an erased user is neither in D1, KV and R2 nor in logs.

use crate::support::audit::{CRON, record_users};
use crate::support::internals::SessionKind;
use crate::support::secrets::{assert_absent, assert_searched, stored_and_logged};
use crate::support::{App, Fault, NEW_PASSWORD, User, Vars};

const DAY: i64 = 86_400;

/// Moves the entries until now to R2. They are older than `AUDIT_RETENTION_DAYS` at the given time.
async fn archive_until(app: &App, root: &User, seconds: i64) {
    app.scheduled(CRON).await;
    // The entries of the last checkpoint are not archived.
    root.sign_in().await;
    app.scheduled(CRON).await;
    app.shift_clock(seconds).await;
    app.scheduled(CRON).await;
}

/// The data of a user after a year: sessions of both kinds, several generations, links, messages, failures, step-ups.
async fn leave_traces(app: &App, ada: &User, address: &str, agent: &str) {
    for kind in [SessionKind::Token, SessionKind::Cookie] {
        let view = app.with_sessions(kind);
        view.shift_clock(app.clock()).await;
        let login = view
            .anonymous()
            .sign_in(kind_name(kind), &ada.username, &ada.password);
        let login = login.client_ip(address).header("user-agent", agent);
        login.await.assert_status(200);
    }
    let login = ada.login().client_ip(address).header("user-agent", agent);
    let session = app.with_token(
        login.await.assert_status(200).json()["token"]
            .as_str()
            .unwrap(),
    );
    let from =
        |request: crate::support::Request| request.client_ip(address).header("user-agent", agent);
    from(session.validate()).await.assert_status(200);
    let refreshed = from(session.refresh()).await.assert_status(200).json();
    let session = app.with_token(refreshed["access_token"].as_str().unwrap());
    from(session.me()).await.assert_status(200);
    from(session.change_email("canary-lovelace@new.example"))
        .await
        .assert_status(200);
    from(session.change_password("wrong", NEW_PASSWORD))
        .await
        .assert_error(400, "invalid_current_password");
    from(ada.guess()).await.assert_status(401);
    // The fault must not be used up by work after these responses.
    let forgotten = from(app.anonymous().forgot_password(&ada.email)).await;
    forgotten.assert_status(200).recorded().await;
    let denied = from(session.get("/api/auth/audit")).await;
    denied.assert_status(403).recorded().await;
    let fault = app.fault(Fault::d1().times(1)).await;
    from(session.list_sessions()).await.assert_status(503);
    drop(fault);
    app.remove_faults().await;
    from(session.logout()).await.assert_status(200);
    add_factors(app, ada).await;
}

/// Factors of all kinds, a wrong code, and a sign-in that waits for a code.
async fn add_factors(app: &App, ada: &User) {
    for sql in [
        "INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, name, transports, is_backup_eligible,
                               is_backed_up, created_at)
         VALUES (?1, ?1, 'canary-credential', 'canary-public-key', 0, 'Canary Key', '[]', 0, 0, '2024-01-10T12:00:00Z')",
        "INSERT INTO totp (user_id, secret, key_id, created_at)
         VALUES (?1, 'canary-sealed-secret', 'canary-id', '2024-01-10T12:00:00Z')",
        "INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES (?1, 'canary-code-hash', '2024-01-10T12:00:00Z')",
        "INSERT INTO factor_attempts (user_id, failures, open_at_ms) VALUES (?1, 3, 0)",
        "INSERT INTO pending_sign_ins (id, user_id, method, is_cookie, binding, role, password_version, factor_version, created_at,
                                       expires_at)
         VALUES ('canary-pending-hash', ?1, 'password', 0, 'browser:canary-browser-hash', 'user', 0, 0, '2024-01-10T12:00:00Z',
                 '9999-01-01T00:00:00Z')",
    ] {
        app.sql(sql, [ada.id.clone()]).await;
    }
}

fn kind_name(kind: SessionKind) -> &'static str {
    match kind {
        SessionKind::Token => "token",
        SessionKind::Cookie => "cookie",
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn nothing_that_identifies_an_erased_user_is_stored_or_logged() {
    let app = App::isolated(Vars::with_email().set("AUDIT_RETENTION_DAYS", "30"));
    let ada = app
        .new_user("canary")
        .named("Canary Byron Lovelace")
        .organization("Canary Analytical Engines")
        .email("canary-lovelace@old.example")
        .create()
        .await;
    let (grace, root) = (app.admin("grace").await, app.super_admin("root").await);
    record_users(&app).await;
    let (address, agent) = ("198.51.100.77", "canary-browser/7.7");
    // The first entries of the user are in R2 before the erasure, and the last ones after it.
    let guess = ada.guess().client_ip(address).header("user-agent", agent);
    guess.await.assert_status(401);
    archive_until(&app, &root, 32 * DAY).await;
    leave_traces(&app, &ada, address, agent).await;
    let canaries = [
        ("user name", ada.username.clone()),
        ("name", ada.name.clone()),
        ("organization", "Canary Analytical Engines".to_owned()),
        ("old address", ada.email.clone()),
        ("new address", "canary-lovelace@new.example".to_owned()),
        ("address", address.to_owned()),
        ("user agent", agent.to_owned()),
        ("name of a passkey", "Canary Key".to_owned()),
        ("credential of a passkey", "canary-credential".to_owned()),
        ("public key of a passkey", "canary-public-key".to_owned()),
        (
            "secret of one-time codes",
            "canary-sealed-secret".to_owned(),
        ),
        ("hash of a recovery code", "canary-code-hash".to_owned()),
        ("pending sign-in", "canary-pending-hash".to_owned()),
        ("hash of a browser", "canary-browser-hash".to_owned()),
    ];
    let before = stored_and_logged(&app).await;
    for (name, canary) in &canaries {
        let found = before.iter().any(|line| line.contains(canary));
        assert!(found, "the test stores no {name}");
    }
    let is_archived = |line: &String| line.starts_with("R2 ") && line.contains(&ada.id);
    assert!(before.iter().any(is_archived), "no entry is archived");
    let auditor = root.sign_in().await;
    assert!(auditor.audit_failure().await.is_null());

    let administrator = grace.sign_in().await;
    administrator
        .erase_user(&ada.id, "*")
        .await
        .assert_status(200);

    // Counters that contain the network of a client, or a keyed hash of a name, expire by themselves.
    let after = stored_and_logged(&app).await;
    assert_searched(
        &after,
        &["D1 audit ", "D1 users ", "KV ", "R2 audit/", "log "],
    );
    let secrets = canaries.map(|(name, canary)| (name, canary.into_bytes()));
    let is_kept = |line: &&String| !line.starts_with("D1 address_attempts ");
    let lines: Vec<String> = after.iter().filter(is_kept).cloned().collect();
    assert_absent(&secrets, &lines);
    assert!(auditor.audit_failure().await.is_null());

    app.shift_clock(32 * DAY + 3_600).await;
    app.scheduled(CRON).await;
    assert_absent(&secrets, &stored_and_logged(&app).await);
    archive_until(&app, &root, 65 * DAY).await;
    let archived = stored_and_logged(&app).await;
    let is_erasure = |line: &String| line.starts_with("R2 ") && line.contains("\"user_erased\"");
    assert!(
        archived.iter().any(is_erasure),
        "the erasure is not archived"
    );
    assert_absent(&secrets, &archived);
    let auditor = root.sign_in().await;
    assert!(auditor.audit_failure().await.is_null());
}
