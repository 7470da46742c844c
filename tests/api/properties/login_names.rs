//! Usernames and e-mail addresses are compared by meaning, not by text.

use crate::support::failures::{failures, typed_name_key};
use crate::support::internals::names;
use crate::support::{App, Cases, PASSWORD, Vars};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::json;

/// White space of all kinds, and invisible characters that are copied along with text.
const AROUND: [&str; 7] = [
    " ", "\t", "\r\n", "\u{a0}", "\u{3000}", "\u{200b}", "\u{feff}",
];

#[tokio::test]
async fn username_and_email_in_any_case_sign_in() {
    let app = App::shared();
    let ada = app.user("Ada").await;
    for name in [
        ada.username.clone(),
        ada.username.to_uppercase(),
        ada.email.clone(),
        ada.email.to_uppercase(),
    ] {
        let response = app.anonymous().login(&name, PASSWORD).await;
        response.assert_status(200);
        assert_eq!(response.user()["id"], ada.id, "{name}");
        assert_eq!(response.user()["email"], ada.email, "{name}");
    }
}

#[tokio::test]
async fn name_of_any_script_and_spelling_signs_in() {
    let app = App::shared();
    let zofie = app
        .new_user("zofie")
        .username("Žofie.Ångström")
        .email("Žofie@Bücher.example")
        .create()
        .await;
    for name in [
        "žofie.ångström",
        "ŽOFIE.ÅNGSTRÖM",
        // The decomposed form, which some keyboards and file systems use, and full-width letters.
        "z\u{30c}ofie.a\u{30a}ngstro\u{308}m",
        "žｏｆｉｅ.ångström",
        "žofie@bücher.example",
        "ŽOFIE@BÜCHER.EXAMPLE",
    ] {
        let response = app.anonymous().login(name, PASSWORD).await;
        response.assert_status(200);
        assert_eq!(response.user()["id"], zofie.id, "{name}");
        assert_eq!(response.user()["username"], "žofie.ångström", "{name}");
        assert_eq!(response.user()["email"], "Žofie@Bücher.example");
    }
}

#[tokio::test]
async fn name_with_sql_or_wildcards_returns_401() {
    let app = App::shared();
    let ada = app.user("o'brien").await;
    ada.login().await.assert_status(200);
    for name in ["' OR 1=1 --", "%", "_", "*", "a\0b", "\u{202e}ada"] {
        app.skip_back_off().await;
        app.anonymous()
            .login(name, PASSWORD)
            .await
            .assert_status(401);
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn every_spelling_of_an_address_signs_in() {
    let app = App::shared();
    let number = app.ip().replace('.', "-");
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
            .new_user("ada")
            .email(&format!("ada@{}", domain(stored)))
            .create()
            .await;
        for spelling in spellings {
            for dot in ["", ".", "\u{3002}"] {
                let typed = format!("Ada@{}{dot}", domain(spelling));
                let response = app
                    .anonymous()
                    .login(&typed, PASSWORD)
                    .client_ip(&app.other_ip(1))
                    .await;
                response.assert_status(200);
                assert_eq!(response.user()["id"], ada.id, "{typed}");
                assert_eq!(response.user()["email"], ada.email, "{typed}");
            }
        }
    }
}

#[tokio::test]
async fn command_line_refuses_another_spelling_of_a_taken_name_or_address() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let email = "ada@bücher.example";
    let added = line.json(&["user", "add", "ada", "--email", email]).await;
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
        let error = line
            .fail(1, &["user", "add", username, "--email", spelling])
            .await;
        let expected = "error: 409 Conflict: Another user has this e-mail address\n";
        assert_eq!(error, expected, "{spelling}");
    }
    let error = line
        .fail(1, &["user", "add", " Ada ", "--email", "other@example.com"])
        .await;
    assert!(error.contains("Another user has this username"), "{error}");
    // The user is found by any of these spellings, and by an id in any case.
    let id = added["user"]["id"].as_str().expect("an id").to_uppercase();
    for name in [
        "ada@xn--bcher-kva.example",
        " ada",
        "Ada@bücher.example.",
        &id,
    ] {
        let disabled = line.succeed(&["user", "disable", name, "--yes"]).await;
        assert!(disabled.contains("User ada disabled"), "{name}: {disabled}");
    }
}

#[tokio::test]
async fn white_space_around_a_name_or_an_address_is_ignored() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for space in AROUND {
        for name in [&ada.username, &ada.email] {
            let typed = format!("{space}{name}{space}{space}");
            let response = app
                .anonymous()
                .login(&typed, PASSWORD)
                .client_ip(&app.other_ip(1))
                .await;
            response.assert_status(200);
        }
        let typed = format!("{space}{} {}", ada.username, ada.username);
        app.anonymous()
            .guess(&typed)
            .client_ip(&app.other_ip(2))
            .await
            .assert_status(401);
        app.skip_back_off().await;
    }
}

#[tokio::test]
async fn white_space_around_a_reset_link_is_ignored_and_around_a_password_is_not() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for (number, space) in AROUND.into_iter().enumerate() {
        let link = ada.reset_link().await;
        let password = format!("four unlikely words in row {number}");
        let body = json!({ "token": format!("{space}{link}{space}"), "password": password });
        let response = app.post("/api/auth/set-password").json(&body).await;
        response.assert_status(200);
        // The password is not a name: it is not trimmed.
        let spaced = format!("{space}{password}");
        let response = ada
            .login_with(&spaced)
            .client_ip(&app.other_ip(number))
            .await;
        response.assert_status(401);
        app.skip_back_off().await;
        let response = ada
            .login_with(&password)
            .client_ip(&app.other_ip(number))
            .await;
        response.assert_status(200);
    }
}

#[tokio::test]
async fn spellings_of_one_address_share_a_back_off() {
    let app = App::shared();
    let number = app.ip().replace('.', "-");
    app.anonymous()
        .guess(&format!("ada@bücher.n{number}.example"))
        .client_ip(&app.other_ip(1))
        .await
        .assert_status(401);
    for spelling in [
        format!("ada@xn--bcher-kva.n{number}.example"),
        format!(" ADA@BÜCHER.N{number}.EXAMPLE. "),
    ] {
        app.anonymous()
            .guess(&spelling)
            .client_ip(&app.other_ip(2))
            .await
            .assert_status(429);
    }
}

/// The Worker gets the ASCII form of a domain from V8, native programs from a crate. The key of the counter of a typed name
/// is the keyed hash of its normalised form, so it shows whether both agree.
async fn compare_normalised_addresses(cases: Cases) {
    let count = cases.number(24, 120);
    let app = App::shared();
    let strategy = (
        "[a-zéß.+]{1,6}",
        // Letters that are in every version of Unicode that the two may use.
        "[a-zA-Z0-9.。．à-žÀ-ÞΑ-Ωα-ωА-Яа-яא-תا-ي٠-٩ก-ฮअ-ह一-龥가-힣\u{300}-\u{303}ａ-ｚ０-９-]{1,8}",
        "[.。]?",
    );
    let mut runner = TestRunner::deterministic();
    let mut addresses = 0;
    for number in 0..count {
        let tree = strategy.new_tree(&mut runner).expect("a case");
        let (local, domain, dot) = tree.current();
        // No other request uses this address, so that it is counted once.
        let name = format!(
            "{local}@{domain}.n{number}-{}.test{dot}",
            app.ip().replace('.', "-")
        );
        app.anonymous()
            .guess(&name)
            .client_ip(&app.other_ip(number))
            .await
            .assert_status(401);
        assert_eq!(
            failures(&app, &typed_name_key(&app, &name)).await,
            1,
            "{name:?}"
        );
        addresses += usize::from(names::email(&name).is_ok());
    }
    assert!(
        (count / 12..count).contains(&addresses),
        "{addresses} addresses"
    );
}

#[tokio::test]
#[ignore = "slow"]
async fn worker_and_native_programs_normalise_addresses_alike() {
    compare_normalised_addresses(Cases::of_this_run()).await;
}
