//! The hostile token requests, and their errors.

use super::super::encode;
use super::values::{GRANT_TYPES, REDIRECT_URIS, RESOURCES, SCOPES, VERIFIERS};
use super::{Attacker, Hostile};
use crate::support::Request;
use crate::support::access_tokens::RESOURCE;
use crate::support::grants::VERIFIER;
use crate::support::services::TOKEN;

/// The requests so far.
#[derive(Default)]
struct Found(Vec<Hostile>);

impl Found {
    /// Adds a request with the status and code of its response.
    fn add(
        &mut self,
        class: &'static str,
        what: &str,
        request: Request,
        status: u16,
        code: &'static str,
    ) {
        self.0.push(Hostile {
            class,
            what: what.to_owned(),
            request,
            status,
            code,
        });
    }
}

const FAILED: &str = "client_authentication_failed";

pub(super) fn all(attacker: &Attacker) -> Vec<Hostile> {
    let mut found = Found::default();
    values(attacker, &mut found);
    codes_and_clients(attacker, &mut found);
    names_and_places(attacker, &mut found);
    found.0
}

/// Hostile values of one parameter.
fn values(attacker: &Attacker, found: &mut Found) {
    for value in VERIFIERS {
        let request = attacker.redeem_with("code_verifier", value);
        found.add(
            "another code verifier",
            value,
            request,
            400,
            "invalid_grant",
        );
    }
    let long = "v".repeat(129);
    let request = attacker.redeem_with("code_verifier", &long);
    found.add(
        "another code verifier",
        &long,
        request,
        400,
        "invalid_grant",
    );
    for other in [
        "",
        "code_challenge",
        "verifier",
        "Code_Verifier",
        "code_verifier[]",
    ] {
        let mut pairs = attacker.redemption();
        pairs.retain(|(name, _)| *name != "code_verifier");
        if !other.is_empty() {
            pairs.push((other, VERIFIER));
        }
        let request = attacker.post(encode(&pairs));
        found.add("no code verifier", other, request, 400, "missing_parameter");
    }
    for value in REDIRECT_URIS {
        let request = attacker.redeem_with("redirect_uri", value);
        found.add("another redirect URI", value, request, 400, "invalid_grant");
    }
    for value in RESOURCES {
        let request = attacker.redeem_with("resource", value);
        found.add("another resource", value, request, 400, "invalid_target");
        let request = attacker.refresh_with("resource", value);
        found.add(
            "another resource of a refresh",
            value,
            request,
            400,
            "invalid_target",
        );
    }
    for value in SCOPES {
        let request = attacker.refresh_with("scope", value);
        found.add("more scopes", value, request, 400, "invalid_scope");
    }
    for value in GRANT_TYPES {
        let request = attacker.redeem_with("grant_type", value);
        found.add(
            "another grant type",
            value,
            request,
            400,
            "unsupported_grant_type",
        );
    }
    let request = attacker.post(encode(&[
        ("grant_type", "client_credentials"),
        ("resource", RESOURCE),
        ("client_id", &attacker.public.id),
    ]));
    found.add(
        "a grant of confidential clients",
        "",
        request,
        400,
        "unauthorized_client",
    );
}

/// Codes, refresh tokens and credentials of other clients.
fn codes_and_clients(attacker: &Attacker, found: &mut Found) {
    let (code, refresh) = (&attacker.code, &attacker.refresh);
    for (what, value) in [
        ("of another client", attacker.other_code.clone()),
        ("a refresh token", refresh.clone()),
        ("an access token", attacker.access.clone()),
        ("cut", code[..code.len() - 1].to_owned()),
        ("without its first letter", code[1..].to_owned()),
        ("longer", format!("{code}A")),
        ("padded", format!("{code}=")),
        ("with white space", format!("{code} ")),
        ("with a NUL", format!("{code}\0")),
        ("twice", format!("{code}{code}")),
        ("two", format!("{code},{}", attacker.other_code)),
        ("lower case", code.to_lowercase()),
        ("upper case", code.to_uppercase()),
        ("reversed", code.chars().rev().collect()),
        ("SQL", format!("{code}' OR '1'='1")),
        ("long", "A".repeat(8_000)),
        ("not ASCII", "\u{430}".repeat(70)),
    ] {
        let request = attacker.redeem_with("code", &value);
        found.add("another code", what, request, 400, "invalid_grant");
        if what != "a refresh token" {
            let request = attacker.refresh_with("refresh_token", &value);
            found.add("another refresh token", what, request, 400, "invalid_grant");
        }
    }
    let request = attacker.refresh_with("refresh_token", code);
    found.add(
        "another refresh token",
        "the code",
        request,
        400,
        "invalid_grant",
    );
    for client in [&attacker.other_public, &attacker.confidential] {
        let request = client.redeem(code, &[]);
        found.add(
            "a code of another client",
            client.method,
            request,
            400,
            "invalid_grant",
        );
        let request = client.refresh(refresh, &[]);
        found.add(
            "a token of another client",
            client.method,
            request,
            400,
            "invalid_grant",
        );
    }
    let id = &attacker.public.id;
    for value in [
        String::new(),
        "x".to_owned(),
        id.to_uppercase(),
        id.replace('-', ""),
        format!("{id} "),
        format!("{id},{}", attacker.other_public.id),
        attacker.confidential.id.clone(),
        "https://canary.example/client.json".to_owned(),
        "*".to_owned(),
    ] {
        for request in [
            attacker.redeem_with("client_id", &value),
            attacker.refresh_with("client_id", &value),
        ] {
            found.add("another client", &value, request, 401, FAILED);
        }
    }
    let request = attacker.redeem_with("client_secret", "canary");
    found.add("a secret of a public client", "", request, 401, FAILED);
    let secret = attacker.confidential.with_secret("canary");
    let request = secret.redeem(&attacker.other_code, &[]);
    found.add("a wrong secret", "code", request, 401, FAILED);
    let request = secret.with_method("none").redeem(&attacker.other_code, &[]);
    found.add("no secret", "code", request, 401, FAILED);
}

/// Parameters that are repeated, in another place, or under another name.
fn names_and_places(attacker: &Attacker, found: &mut Found) {
    for (grant, pairs) in [
        ("code", attacker.redemption()),
        ("refresh", attacker.refreshing()),
    ] {
        let more = [
            ("resource", RESOURCE),
            ("scope", "reports:read"),
            ("canary", "1"),
        ];
        let text = encode(&[&pairs[..], &more].concat());
        for (name, value) in pairs.iter().chain(&more) {
            let encoded = format!("%{:02x}{}", name.as_bytes()[0], &name[1..]);
            let same = encode(&[(name, value)]);
            for body in [
                format!("{text}&{same}"),
                format!("{same}&{text}"),
                format!("{text}&{name}=canary"),
                format!("{name}=canary&{text}"),
                format!("{encoded}=canary&{text}"),
                format!("{text}&{name}="),
            ] {
                let what = format!("{grant} {body}");
                found.add(
                    "several values",
                    &what,
                    attacker.post(body),
                    400,
                    "repeated_parameter",
                );
            }
        }
        // Parameters in the query do not count, and names have one spelling.
        for (name, value) in &pairs {
            if *name == "redirect_uri" {
                continue;
            }
            let mut rest = pairs.clone();
            rest.retain(|(known, _)| known != name);
            let body = encode(&rest);
            let (status, code) = if *name == "client_id" {
                (401, FAILED)
            } else {
                (400, "missing_parameter")
            };
            let query = encode(&[(name, value)]);
            let request = attacker.public.app().post(&format!("{TOKEN}?{query}"));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let what = format!("{grant} {name}");
            found.add(
                "in the query",
                &what,
                request.body(body.clone()),
                status,
                code,
            );
            let capital = name.to_uppercase();
            for other in [
                capital.as_str(),
                &format!("{name}[]"),
                &format!("{name}\0"),
                &format!(" {name}"),
            ] {
                let other = encode(&[(other, value)]);
                let request = attacker.post(format!("{body}&{other}"));
                found.add(
                    "another name",
                    &format!("{grant} {other}"),
                    request,
                    status,
                    code,
                );
            }
        }
        let app = attacker.public.app();
        let request = app.get(&format!("{TOKEN}?{text}"));
        found.add("another method", grant, request, 405, "method_not_allowed");
        let json = format!("{{\"grant_type\":\"authorization_code\",\"x\":\"{text}\"}}");
        for media_type in [
            "application/json",
            "text/plain",
            "multipart/form-data; boundary=x",
        ] {
            let request = app.post(TOKEN).header("content-type", media_type);
            let request = request.body(json.clone());
            let what = format!("{grant} {media_type}");
            found.add(
                "another media type",
                &what,
                request,
                415,
                "unsupported_media_type",
            );
        }
    }
}
