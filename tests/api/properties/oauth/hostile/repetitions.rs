//! Authorization requests that give a parameter twice, or too many of them.

use super::{Expected, Hostile, STATE, client, encode, of_text};
use crate::support::services::Service;

pub(super) fn all(service: &Service) -> Vec<Hostile> {
    let parameters = service.parameters(&[]);
    let optional = [
        ("nonce", "canary"),
        ("prompt", "consent"),
        ("max_age", "1000"),
        ("login_hint", "canary"),
        ("response_mode", "query"),
        ("request", "canary"),
        ("request_uri", "canary"),
        ("canary", "canary"),
    ];
    let text = encode(&parameters);
    let mut found = Vec::new();
    for (name, value) in parameters.iter().chain(&optional).copied() {
        let is_optional = optional.contains(&(name, value));
        let (class, expected) = match name {
            "client_id" | "redirect_uri" => (
                "several clients or redirect URIs",
                Expected::Page("invalid_request"),
            ),
            // Either state could be that of an attacker.
            "state" => ("several states", Expected::Client("invalid_request", None)),
            _ => ("several values", client("invalid_request")),
        };
        let once = if is_optional {
            format!("{text}&{}", encode(&[(name, value)]))
        } else {
            text.clone()
        };
        let encoded = format!("%{:02x}{}", name.as_bytes()[0], &name[1..]);
        let same = encode(&[(name, value)]);
        for repeated in [
            format!("{once}&{same}"),
            format!("{same}&{once}"),
            format!("{once}&{name}=https%3A%2F%2Fcanary.example"),
            format!("{name}=https%3A%2F%2Fcanary.example&{once}"),
            format!("{once}&{encoded}=canary"),
            format!("{encoded}=canary&{once}"),
            format!("{once}&{name}="),
            format!("{name}&{once}"),
        ] {
            found.extend(of_text(class, &repeated, &expected));
        }
    }
    let page = Expected::Page("invalid_request");
    let many: Vec<String> = (0..64).map(|number| format!("x{number}=1")).collect();
    found.extend(of_text(
        "too many",
        &format!("{text}&{}", many.join("&")),
        &page,
    ));
    // A semicolon and other separators separate nothing.
    for separator in ["%26", ";", "%00", "%0a"] {
        let state = form_urlencoded::parse(format!("state=the+state{separator}iss=x").as_bytes())
            .next()
            .map(|(_, value)| value.into_owned());
        let without = encode(&service.parameters(&[("state", ""), ("prompt", "none")]));
        let hostile = format!("{without}&state=the+state{separator}iss=x");
        let expected = Expected::Client("consent_required", state);
        found.extend(of_text("another separator", &hostile, &expected));
    }
    assert_eq!(STATE, "the state");
    found
}
