//! Tests of the whole configuration.

use super::keys::DISTINCT;
use super::*;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn lookup<'a>(changes: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let found = changes.iter().find(|(changed, _)| *changed == name);
        let text = match (found, name) {
            (Some((_, text)), _) => text,
            (None, "JWT_SECRET") => "0123456789abcdef0123456789abcdef",
            (None, "JWT_ISSUER" | "JWT_AUDIENCE") => "https://auth.example.com",
            (None, "PASSWORD_PEPPER") => KEY,
            (None, "HANDLE_KEY") => "IAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            (None, "AUDIT_KEY") => "QAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

fn now() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:00Z").expect("a moment")
}

#[test]
fn tokens_not_before_may_be_later_by_the_leeway() {
    for moment in ["2026-01-01T00:00:30Z", "2025-12-31T23:59:59Z"] {
        let config = Config::from_lookup(lookup(&[("TOKENS_NOT_BEFORE", moment)]), now());
        let expected = Timestamp::parse(moment);
        assert_eq!(config.expect("good").tokens.not_before, expected);
    }
}

#[test]
fn minimal_configuration_has_the_documented_defaults() {
    let config = Config::from_lookup(lookup(&[]), now()).expect("complete");
    assert_eq!(config.tokens.lifetime, 86_400);
    assert_eq!(config.passwords.min_length, 15);
    assert_eq!(config.sessions.consistency, Consistency::Cached);
    assert_eq!(config.sessions.cache_ttl, 300);
    assert_eq!(config.sessions.local_cache_ttl, 5);
    assert_eq!(config.sessions.replay_window, 30);
    assert_eq!(config.sessions.max_age, 30 * 86_400);
    assert_eq!(config.sessions.admin_max_age, 86_400);
    assert_eq!(config.tokens.not_before, None);
    assert!(config.allowed_origins.is_empty());
    assert!(config.tokens.secret_previous.is_none() && config.handles.key_previous.is_none());
    assert!(config.aws.credentials.is_none() && config.nvidia.api_key.is_none());
    assert_eq!(
        config.aws.bedrock_model_id,
        "global.anthropic.claude-sonnet-4-6"
    );
    assert_eq!(config.nvidia.model_id, "nvidia/nemotron-3-super-120b-a12b");
}

#[test]
fn all_missing_variables_are_reported_at_once() {
    let errors = Config::from_lookup(|_| None, now()).expect_err("nothing set");
    let names: Vec<_> = errors.iter().map(|error| &error.name).collect();
    assert_eq!(
        names,
        [
            "JWT_SECRET",
            "JWT_ISSUER",
            "JWT_AUDIENCE",
            "PASSWORD_PEPPER",
            "HANDLE_KEY",
            "AUDIT_KEY"
        ]
    );
}

#[test]
fn invalid_value_is_reported_with_its_variable() {
    for (name, text) in [
        ("JWT_SECRET", "too short"),
        ("JWT_SECRET_PREVIOUS", "too short"),
        ("JWT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        (
            "JWT_SECRET_PREVIOUS",
            "abcabcabcabcabcabcabcabcabcabcabcabc",
        ),
        (
            "PASSWORD_PEPPER",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ),
        ("HANDLE_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        (
            "AUDIT_KEY",
            "/////////////////////////////////////////////w==",
        ),
        ("AUDIT_KEY", "YWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWI="),
        ("JWT_ISSUER", "with space"),
        ("JWT_ISSUER", "edge-auth"),
        ("JWT_ISSUER", "https://"),
        ("JWT_ISSUER", "https://auth.example.com/"),
        ("JWT_ISSUER", "https://auth.example.com:443"),
        ("JWT_ISSUER", "https://auth.example.com:0"),
        ("JWT_ISSUER", "https://auth.example.com:"),
        ("JWT_ISSUER", "https://auth.example.com:65536"),
        ("JWT_ISSUER", "https://auth.example.com:+1"),
        ("JWT_ISSUER", "https://Auth.example.com"),
        ("JWT_ISSUER", "https://auth..example.com"),
        ("JWT_ISSUER", "https://auth.example.com?"),
        ("JWT_ISSUER", "https://user@auth.example.com"),
        ("JWT_ISSUER", "https://192.0.2.1"),
        ("JWT_ISSUER", "https://[::1]"),
        ("JWT_ISSUER", "http://auth.example.com"),
        ("JWT_ISSUER", "http://127.0.0.1:8787"),
        ("JWT_ISSUER", "http://localhost:80"),
        ("JWT_ISSUER", "http://localhost.example.com"),
        ("JWT_ISSUER", "//auth.example.com"),
        ("TOKEN_LIFETIME", "59"),
        ("TOKEN_LIFETIME", "86401"),
        ("TOKEN_LIFETIME", "1e3"),
        ("PASSWORD_PEPPER", "AAECAwQ="),
        (
            "PASSWORD_PEPPER",
            "not base64 at all, but of some length......",
        ),
        ("AUDIT_KEY_PREVIOUS", "AAECAwQ="),
        (
            "AUDIT_KEY_PREVIOUS",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,",
        ),
        ("PASSWORD_MIN_LENGTH", "7"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "null"),
        ("ALLOWED_ORIGINS", "https://a.example/path"),
        ("ALLOWED_ORIGINS", "http://a.example"),
        ("ALLOWED_ORIGINS", "https://-"),
        ("AWS_SSO_START_URL", "http://127.0.0.1.evil.example/"),
        ("AWS_SSO_START_URL", "http://portal.example/start"),
        ("AWS_REGION", "us-east-1.evil.example"),
        ("AWS_LOGIN", "app,other"),
        ("AWS_SESSION_TOKEN", "with space"),
        ("NVIDIA_API_KEY", "nvapi-with-a-line-break\n"),
        ("NVIDIA_MODEL_ID", ".."),
        ("BEDROCK_MODEL_ID", "."),
        ("AWS_ENDPOINT_URL_STS", "https://sts.evil.example"),
        ("DEVICE_TOKEN_WAIT", "26"),
        (
            "ALLOWED_ORIGINS",
            "https://a.example,https://b\u{fc}cher.example",
        ),
        ("SESSION_CONSISTENCY", "Cached"),
        ("SESSION_CACHE_TTL", "29"),
        ("SESSION_LOCAL_CACHE_TTL", "-1"),
        ("SESSION_LOCAL_CACHE_TTL", "31"),
        ("SESSION_MAX_AGE", "299"),
        ("SESSION_MAX_AGE", "31536001"),
        ("SESSION_ADMIN_MAX_AGE", "299"),
        ("SESSION_ADMIN_MAX_AGE", "2592001"),
        ("REFRESH_REPLAY_WINDOW", "-1"),
        ("REFRESH_REPLAY_WINDOW", "301"),
        ("TOKENS_NOT_BEFORE", "yesterday"),
        ("TOKENS_NOT_BEFORE", "2026-01-01T00:00:31Z"),
    ] {
        let errors = Config::from_lookup(lookup(&[(name, text)]), now()).expect_err(name);
        assert_eq!(
            errors.iter().map(|error| &error.name).collect::<Vec<_>>(),
            [name],
            "{text}"
        );
    }
}

#[test]
fn equal_secrets_are_refused_in_every_pair() {
    let expected = "a value different from all other secrets";
    let names = DISTINCT.map(|variable| variable.name);
    for (number, first) in names.iter().enumerate() {
        for second in &names[number + 1..] {
            let value = "gAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
            let changes = [(*first, value), (*second, value)];
            let errors = Config::from_lookup(lookup(&changes), now()).expect_err("equal");
            let found: Vec<_> = errors.iter().map(|it| (&*it.name, it.expected)).collect();
            assert_eq!(found, [(*second, expected)], "{first}");
        }
    }
    let several =
        "gAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,QAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    assert!(Config::from_lookup(lookup(&[("AUDIT_KEY_PREVIOUS", several)]), now()).is_err());
}

#[test]
fn jwt_secrets_with_a_comma_are_compared_as_a_whole() {
    let changes = [
        ("JWT_SECRET", "the new secret of the tests, long enough"),
        (
            "JWT_SECRET_PREVIOUS",
            "the old secret of the tests, long enough",
        ),
    ];
    assert!(Config::from_lookup(lookup(&changes), now()).is_ok());
}

#[test]
fn unknown_name_with_a_known_prefix_is_reported() {
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let known = names(&[
        "SESSION_CONSISTENCY",
        "JWT_ISSUER",
        "AWS_REGION",
        "AWS_PROFILES",
    ]);
    let read = |names: Vec<String>| Config::from_environment(names, lookup(&[]), now());
    let found = |names| {
        let errors = read(names).err().unwrap_or_default();
        errors
            .into_iter()
            .map(|error| error.name.into_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(known), ["AWS_PROFILES"]);
    assert_eq!(
        found(names(&[
            "SESSIONS",
            "OTHER",
            "session_x",
            "PASSWORD_LINK_URL"
        ])),
        [""; 0]
    );
    assert_eq!(
        found(names(&["SESSION_TRUST", "JWT_SECRET_OLD", "AWS_X\"quote"])),
        ["SESSION_TRUST", "JWT_SECRET_OLD", "AWS_X"]
    );
}

#[test]
fn issuer_that_is_an_https_origin_or_on_a_loopback_name_is_accepted() {
    for text in [
        "https://auth.example.com",
        "https://auth.example.com:8443",
        "https://localhost:8787",
        "https://xn--bcher-kva.example",
        "http://localhost",
        "http://localhost:8787",
        "http://auth.localhost:65535",
    ] {
        let config = Config::from_lookup(lookup(&[("JWT_ISSUER", text)]), now());
        assert_eq!(config.expect(text).tokens.issuer, text);
    }
}
