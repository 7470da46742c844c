//! Names are compared by meaning, not by text: different spellings of one mailbox, and surrounding white space.

use crate::support::people::PASSWORD;
use crate::support::{App, Vars};
use crate::throttle::{attempt, counted, guess, typed};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::json;

/// White space of all kinds, and invisible characters that are copied along with text.
const AROUND: [&str; 7] = [
    " ", "\t", "\r\n", "\u{a0}", "\u{3000}", "\u{200b}", "\u{feff}",
];

#[tokio::test]
async fn every_spelling_of_an_address_signs_in() {
    let app = App::shared();
    let number = app.address().replace('.', "-");
    for (stored, spellings) in [
        (
            "bücher",
            &[
                "bücher",
                "BÜCHER",
                "bu\u{308}cher",
                "xn--bcher-kva",
                "XN--BCHER-KVA",
            ][..],
        ),
        ("xn--r8jz45g", &["例え", "xn--r8jz45g"]),
    ] {
        let domain = |label: &str| format!("{label}.n{number}.example");
        let ada = app
            .person("ada")
            .email(&format!("ada@{}", domain(stored)))
            .create()
            .await;
        for spelling in spellings {
            for dot in ["", ".", "\u{3002}"] {
                let typed = format!("Ada@{}{dot}", domain(spelling));
                let reply = attempt(&app, &typed, PASSWORD, &app.elsewhere(1), None).await;
                reply.assert_status(200);
                assert_eq!(reply.json()["user"]["id"], ada.id, "{typed}");
                assert_eq!(reply.json()["user"]["email"], ada.email, "{typed}");
            }
        }
    }
}

#[tokio::test]
async fn second_spelling_of_an_address_is_taken() {
    let app = App::alone(Vars::new());
    let add = async |username: &str, email: &str| {
        let output = app
            .user_command(&["add", "--username", username, "--email", email])
            .await;
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (is_added, complaint) = add("ada", "ada@bücher.example").await;
    assert!(is_added, "{complaint}");
    for (number, spelling) in [
        "ada@xn--bcher-kva.example",
        "ADA@BÜCHER.example",
        "ada@bücher.example.",
        "\u{a0}ada@bücher.example ",
    ]
    .into_iter()
    .enumerate()
    {
        let username = ["kim", "joe", "pat", "sam"][number];
        let (is_added, complaint) = add(username, spelling).await;
        assert!(
            !is_added && complaint.contains("is taken by user 'ada'"),
            "{spelling}: {complaint}"
        );
    }
    let (is_added, complaint) = add(" Ada ", "other@example.com").await;
    assert!(
        !is_added && complaint.contains("username 'ada' is taken"),
        "{complaint}"
    );
    // The user is found by any of them, and by an id in any case.
    let rows = app.sql("SELECT id FROM users", [0; 0]).await;
    let id = rows[0]["id"].as_str().expect("an id").to_uppercase();
    for who in [
        "ada@xn--bcher-kva.example",
        " ada",
        "Ada@bücher.example.",
        &id,
    ] {
        let output = app.user_command(&["disable", who]).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("User ada disabled"), "{who}: {said}");
    }
}

#[tokio::test]
async fn white_space_around_a_name_or_an_address_is_dropped() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    for space in AROUND {
        for name in [&ada.username, &ada.email] {
            let typed = format!("{space}{name}{space}{space}");
            let reply = attempt(&app, &typed, PASSWORD, &app.elsewhere(1), None).await;
            reply.assert_status(200);
        }
        let typed = format!("{space}{} {}", ada.username, ada.username);
        guess(&app, &typed, &app.elsewhere(2))
            .await
            .assert_status(401);
        app.calm_down().await;
    }
}

#[tokio::test]
async fn white_space_around_a_one_time_token_is_dropped() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    for (number, space) in AROUND.into_iter().enumerate() {
        let link = app.password_link(&ada).await;
        let password = format!("four unlikely words in row {number}");
        let body = json!({ "token": format!("{space}{link}{space}"), "password": password });
        let reply = app.post("/api/auth/set-password").json(&body).send().await;
        reply.assert_status(200);
        // The password is not a name: it is not trimmed.
        let spaced = format!("{space}{password}");
        let reply = attempt(&app, &ada.username, &spaced, &app.elsewhere(number), None).await;
        reply.assert_status(401);
        app.calm_down().await;
        let reply = attempt(&app, &ada.username, &password, &app.elsewhere(number), None).await;
        reply.assert_status(200);
    }
}

#[tokio::test]
async fn spellings_of_one_address_share_a_back_off() {
    let app = App::shared();
    let number = app.address().replace('.', "-");
    guess(
        &app,
        &format!("ada@bücher.n{number}.example"),
        &app.elsewhere(1),
    )
    .await
    .assert_status(401);
    for spelling in [
        format!("ada@xn--bcher-kva.n{number}.example"),
        format!(" ADA@BÜCHER.N{number}.EXAMPLE. "),
    ] {
        guess(&app, &spelling, &app.elsewhere(2))
            .await
            .assert_status(429);
    }
}

/// The Worker gets the ASCII form of a domain from V8, native programs from a crate. The key of the counter of a typed name
/// is the keyed hash of its normalised form, so it shows whether both agree.
#[tokio::test]
async fn worker_and_native_programs_read_every_address_alike() {
    const CASES: usize = 120;
    let app = App::shared();
    let strategy = (
        "[a-zéß.+]{1,6}",
        // Letters that every version of Unicode has that either may use.
        "[a-zA-Z0-9.。．à-žÀ-ÞΑ-Ωα-ωА-Яа-яא-תا-ي٠-٩ก-ฮअ-ह一-龥가-힣\u{300}-\u{303}ａ-ｚ０-９-]{1,8}",
        "[.。]?",
    );
    let mut runner = TestRunner::deterministic();
    let mut addresses = 0;
    for number in 0..CASES {
        let tree = strategy.new_tree(&mut runner).expect("a case");
        let (local, domain, dot) = tree.current();
        // Used by no other request, so that it is counted once.
        let name = format!(
            "{local}@{domain}.n{number}-{}.test{dot}",
            app.address().replace('.', "-")
        );
        guess(&app, &name, &app.elsewhere(number))
            .await
            .assert_status(401);
        assert_eq!(counted(&app, &typed(&app, &name)).await, 1, "{name:?}");
        addresses += usize::from(edge_auth::domain::names::email(&name).is_ok());
    }
    assert!((10..CASES).contains(&addresses), "{addresses} addresses");
}

/// A client that disguises its `User-Agent`, and sends as much of it as a header may hold.
#[tokio::test]
async fn user_agent_is_bounded_in_bytes_and_cannot_change_how_it_is_shown() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    for (sent, kept) in [
        ("curl/8".to_owned(), "curl/8".to_owned()),
        (
            "a\u{202e}b\u{2066}c\u{200b}d\te".to_owned(),
            "a?b?c?d?e".to_owned(),
        ),
        ("\u{1f400}".repeat(200), "\u{1f400}".repeat(64)),
        ("\u{65e5}".repeat(200), "\u{65e5}".repeat(85)),
        ("x".repeat(4_000), "x".repeat(256)),
    ] {
        let login = app.post("/api/auth/login").json(&ada.login());
        let reply = login
            .header("user-agent", &sent)
            .send_until_admitted()
            .await;
        reply.assert_status(200);
        let sql = "SELECT device FROM sessions WHERE user_id = ?1 ORDER BY rowid DESC LIMIT 1";
        let row = app.sql(sql, [ada.id.clone()]).await.remove(0);
        assert_eq!(row["device"], kept, "{sent:?}");
        let sql = "SELECT max(length(CAST(device AS BLOB))) AS bytes FROM audit JOIN audit_clients USING (number) \
                   WHERE subject = ?1";
        let longest = app.sql(sql, [ada.id.clone()]).await.remove(0);
        assert!(longest["bytes"].as_u64() <= Some(256), "{longest}");
    }
}
