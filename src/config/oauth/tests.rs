//! Which keys and resources are configured.

use super::super::{Config, ConfigError};
use super::*;
use crate::timestamp::Timestamp;

const KEYS: [&str; 2] = [
    include_str!("../../../tests/vectors/signing_key_1.json"),
    include_str!("../../../tests/vectors/signing_key_2.json"),
];

fn config(changes: &[(&str, &str)]) -> Result<OauthConfig, Vec<ConfigError>> {
    let lookup = |name: &str| {
        let found = changes.iter().find(|(changed, _)| *changed == name);
        let text = match (found, name) {
            (Some((_, text)), _) => text,
            (None, "JWT_SECRET") => "0123456789abcdef0123456789abcdef",
            (None, "JWT_ISSUER" | "JWT_AUDIENCE") => "https://auth.example.com",
            (None, "PASSWORD_PEPPER") => "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            (None, "HANDLE_KEY") => "IAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            (None, "AUDIT_KEY") => "QAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            _ => return None,
        };
        Some(text.to_owned())
    };
    let now = Timestamp::parse("2026-01-01T00:00:00Z").expect("a time");
    Config::from_lookup(lookup, now).map(|config| config.oauth)
}

/// The ids of the keys, the active one first.
fn kids(changes: &[(&str, &str)]) -> Vec<String> {
    let keys = config(changes).expect("valid").keys;
    let keys = keys.iter().flat_map(SigningKeys::all);
    keys.map(|key| key.kid().to_owned()).collect()
}

fn kid(key: &str) -> String {
    SigningKey::parse(key).expect("a key").kid().to_owned()
}

#[test]
fn oauth_is_off_without_a_key() {
    let oauth = config(&[]).expect("valid");
    assert!(oauth.keys.is_none());
    // The administration is a resource without configuration.
    let uris: Vec<&str> = oauth.resources.iter().map(|one| &*one.uri).collect();
    assert_eq!(uris, ["https://auth.example.com/api/auth"]);
}

#[test]
fn first_key_signs_unless_another_is_active() {
    let [one, two] = KEYS;
    let (first, second) = (kid(one), kid(two));
    for (changes, expected) in [
        (vec![("OAUTH_KEY_1", one)], vec![&first]),
        (vec![("OAUTH_KEY_3", one)], vec![&first]),
        (
            vec![("OAUTH_KEY_2", two), ("OAUTH_KEY_3", one)],
            vec![&second, &first],
        ),
        (
            vec![("OAUTH_KEY_1", one), ("OAUTH_KEY_2", two)],
            vec![&first, &second],
        ),
        (
            vec![
                ("OAUTH_KEY_1", one),
                ("OAUTH_KEY_2", two),
                ("OAUTH_ACTIVE_KEY", "2"),
            ],
            vec![&second, &first],
        ),
        (
            vec![("OAUTH_KEY_3", two), ("OAUTH_ACTIVE_KEY", "3")],
            vec![&second],
        ),
    ] {
        assert_eq!(kids(&changes).iter().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn each_error_names_its_variable_and_never_the_key() {
    let [one, two] = KEYS;
    let bytes_31 = one.replace(
        "h7LYOKmr7uiNGxWcrOy5L-K7OKUWxDw3E8eQKeZaOrc",
        "h7LYOKmr7uiNGxWcrOy5L-K7OKUWxDw3E8eQKeZaOg",
    );
    let of_other = one.replace(&kid(one), &kid(two));
    for (changes, name, expected) in [
        (vec![("OAUTH_KEY_1", "{}")], "OAUTH_KEY_1", "kty EC"),
        (vec![("OAUTH_KEY_2", &*bytes_31)], "OAUTH_KEY_2", "32 bytes"),
        (
            vec![("OAUTH_KEY_3", &*of_other)],
            "OAUTH_KEY_3",
            "thumbprint",
        ),
        (
            vec![("OAUTH_KEY_1", one), ("OAUTH_KEY_3", one)],
            "OAUTH_KEY_3",
            "no other",
        ),
        (
            vec![("OAUTH_ACTIVE_KEY", "1")],
            "OAUTH_ACTIVE_KEY",
            "is set",
        ),
        (
            vec![("OAUTH_KEY_1", one), ("OAUTH_ACTIVE_KEY", "2")],
            "OAUTH_ACTIVE_KEY",
            "is set",
        ),
        (
            vec![("OAUTH_KEY_1", one), ("OAUTH_ACTIVE_KEY", "01")],
            "OAUTH_ACTIVE_KEY",
            "1, 2 or 3",
        ),
        // Only the first of two errors with one cause.
        (
            vec![("OAUTH_KEY_1", "x"), ("OAUTH_ACTIVE_KEY", "1")],
            "OAUTH_KEY_1",
            "JWK",
        ),
        (
            vec![("OAUTH_RESOURCES", "{}")],
            "OAUTH_RESOURCES",
            "JSON list",
        ),
    ] {
        let errors = config(&changes).expect_err(name);
        let [error] = &errors[..] else {
            panic!("{errors:?}")
        };
        assert_eq!(error.name, name);
        assert!(error.expected.contains(expected), "{}", error.expected);
    }
}

#[test]
fn resources_are_read() {
    let text = r#"[{"resource":"https://api.example.com/v1","name":"Reports","scopes":{"reports:read":["user"]}}]"#;
    let resources = config(&[("OAUTH_RESOURCES", text)])
        .expect("valid")
        .resources;
    let uris: Vec<&str> = resources.iter().map(|one| &*one.uri).collect();
    let administration = "https://auth.example.com/api/auth";
    assert_eq!(uris, ["https://api.example.com/v1", administration]);
}

#[test]
fn debug_of_the_configuration_is_redacted() {
    let shown = format!("{:?}", config(&[("OAUTH_KEY_1", KEYS[0])]));
    assert!(!shown.contains("nkYHgtZ8488xNzqf1MzkPo8b4rXE9liWjasoWIqFJIk"));
    assert!(shown.contains("Secret(redacted)"));
}
