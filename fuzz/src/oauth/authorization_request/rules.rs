//! The rules of authorization requests, in the order of the service.

use super::URI;
use crate::NOW;
use edge_auth::domain::authorization_request::{AuthorizationRequest, Prompt};
use edge_auth::domain::oauth_client::Scope;
use std::collections::BTreeMap;
use uuid::Uuid;

const IDENTITY: [&str; 5] = ["openid", "profile", "email", "roles", "offline_access"];

/// The request that these parameters make, or the error code, by the rules in the order of the service.
pub fn expected(
    given: &BTreeMap<&str, &str>,
    has_repetition: bool,
    has_refresh: bool,
) -> Result<AuthorizationRequest, &'static str> {
    let value = |name: &str| given.get(name).copied().filter(|value| !value.is_empty());
    let owned = |name: &str| value(name).map(str::to_owned);
    let require = |is_met: bool, error: &'static str| is_met.then_some(()).ok_or(error);
    require(!has_repetition, "invalid_request")?;
    require(value("request").is_none(), "request_not_supported")?;
    require(value("request_uri").is_none(), "request_uri_not_supported")?;
    require(value("response_type").is_some(), "invalid_request")?;
    require(
        value("response_type") == Some("code"),
        "unsupported_response_type",
    )?;
    require(
        value("response_mode").is_none_or(|mode| mode == "query"),
        "invalid_request",
    )?;
    let challenge = value("code_challenge").ok_or("invalid_request")?;
    require(
        value("code_challenge_method") == Some("S256"),
        "invalid_request",
    )?;
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    require(
        challenge.chars().count() == 43 && challenge.chars().all(is_letter),
        "invalid_request",
    )?;
    let resource = match value("resource") {
        None => None,
        Some(uri) => {
            let folded = uri
                .get(..23)
                .map(str::to_ascii_lowercase)
                .unwrap_or_default();
            let is_reports = folded == "https://api.example.com" && uri.get(23..) == Some("/v1");
            let is_mail = uri.eq_ignore_ascii_case("https://mail.example.com");
            require(is_reports || is_mail, "invalid_target")?;
            Some(usize::from(is_mail))
        }
    };
    let own: &[&str] = match resource {
        Some(0) => &["reports:read", "reports:write"],
        Some(_) => &["mail:send"],
        None => &[],
    };
    let all = own.join(" ");
    let requested = Scope::parse(value("scope").unwrap_or(&all)).ok_or("invalid_scope")?;
    let kept: Vec<&str> = requested
        .tokens()
        .filter(|token| own.contains(token) || IDENTITY.contains(token))
        .collect();
    let gives_access = match resource {
        Some(_) => kept.iter().any(|token| own.contains(token)),
        None => kept.contains(&"openid"),
    };
    require(gives_access, "invalid_scope")?;
    let kept = kept
        .into_iter()
        .filter(|token| *token != "offline_access" || has_refresh);
    let scope = kept.collect::<Vec<_>>().join(" ");
    let prompt = prompt(value("prompt")).ok_or("invalid_request")?;
    let max_age = match value("max_age").map(seconds) {
        Some(None) => return Err("invalid_request"),
        Some(Some(seconds)) => Some(seconds.min(31_536_000)),
        None => None,
    };
    require(
        value("nonce").is_none_or(|nonce| nonce.len() <= 512),
        "invalid_request",
    )?;
    let uris = ["https://api.example.com/v1", "https://mail.example.com"];
    Ok(AuthorizationRequest {
        client: Uuid::from_u128(0x7d0c_6f0e_7d3f_4a5b_9e55_6f4f_2f7f_6f10),
        redirect_uri: URI.to_owned(),
        resource: resource.map(|index| uris[index].to_owned()),
        scope,
        state: owned("state"),
        nonce: owned("nonce"),
        code_challenge: challenge.to_owned(),
        prompt,
        max_age,
        login_hint: owned("login_hint").filter(|hint| hint.len() <= 320),
        user: None,
        received_at: NOW,
    })
}

/// `OpenID` Connect Core section 3.1.2.1: no other value comes with `none`.
fn prompt(text: Option<&str>) -> Option<Prompt> {
    const VALUES: [&str; 4] = ["none", "login", "consent", "select_account"];
    let given: Vec<&str> = text
        .map(|text| text.split(' ').collect())
        .unwrap_or_default();
    let [none, login, consent, select_account] = VALUES.map(|value| given.contains(&value));
    let are_known = given.iter().all(|value| VALUES.contains(value));
    let is_alone = !none || given.iter().all(|value| *value == "none");
    (are_known && is_alone).then_some(Prompt {
        none,
        login,
        consent,
        select_account,
    })
}

/// A number of one to ten digits.
fn seconds(text: &str) -> Option<i64> {
    let digits = text.chars().map(|digit| digit.to_digit(10).map(i64::from));
    let digits: Vec<i64> = digits.collect::<Option<_>>()?;
    let number = |digits: &[i64]| digits.iter().fold(0, |number, digit| number * 10 + digit);
    (digits.len() <= 10).then(|| number(&digits))
}
