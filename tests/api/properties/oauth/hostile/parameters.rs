//! Hostile values of the other parameters: response types and modes, PKCE, scopes, resources, prompts and `state`.

use super::{Expected, Hostile, changed, client, encode, of_text};
use crate::support::grants::VERIFIER;
use crate::support::services::Service;

/// Values of one parameter that cause this error.
type Values = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const VALUES: [Values; 11] = [
    (
        "another response type",
        "response_type",
        "unsupported_response_type",
        &[
            "token",
            "id_token",
            "none",
            "code token",
            "code id_token",
            "code id_token token",
            "id_token token",
            "code code",
            " code",
            "code ",
            "CODE",
            "Code",
            "code\0",
            "code,token",
            "device_code",
            "password",
        ],
    ),
    (
        "another response mode",
        "response_mode",
        "invalid_request",
        &[
            "form_post",
            "fragment",
            "web_message",
            "jwt",
            "query.jwt",
            "fragment.jwt",
            "form_post.jwt",
            "query fragment",
            "QUERY",
            " query",
            "query ",
            "okta_post_message",
            "canary",
        ],
    ),
    (
        "a request object",
        "request",
        "request_not_supported",
        &[
            "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2NhbmFyeS5leGFtcGxlIn0.",
            "canary",
        ],
    ),
    (
        "the address of a request object",
        "request_uri",
        "request_uri_not_supported",
        &[
            "https://canary.example/request",
            "http://169.254.169.254/latest/meta-data/",
            "urn:ietf:params:oauth:request_uri:canary",
            "file:///etc/passwd",
        ],
    ),
    (
        "another method of PKCE",
        "code_challenge_method",
        "invalid_request",
        &[
            "",
            "plain",
            "PLAIN",
            "s256",
            "S512",
            "sha256",
            "none",
            "S256 ",
            " S256",
            "S256,plain",
            "S256 plain",
            "[\"S256\"]",
            "S256\0",
            "HS256",
            "null",
        ],
    ),
    (
        "another code challenge",
        "code_challenge",
        "invalid_request",
        &[
            "",
            "x",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMA",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw/cM",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw.cM",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw~cM",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw cM",
            " E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c\u{41c}",
            "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3",
        ],
    ),
    (
        "more scopes",
        "scope",
        "invalid_scope",
        &[
            "reports:write",
            "reports:delete",
            "reports:write reports:delete",
            "mail:send",
            "users:write",
            "admin",
            "root",
            "*",
            "reports:*",
            "REPORTS:READ",
            "reports",
            "reports:read,reports:write",
            "reports:read+reports:write",
            "reports:read\treports:write",
            "reports:read\nreports:write",
            "reports:read  reports:write",
            " reports:read",
            "reports:read ",
            "\"reports:read\"",
            "reports:read\\",
            "reports:read\u{a0}reports:write",
            "rep\u{43e}rts:read",
            "offline_access",
            "openid offline_access",
            "profile email",
        ],
    ),
    (
        "another resource",
        "resource",
        "invalid_target",
        &[
            "https://api.example.com/v1#",
            "https://api.example.com/v1#canary",
            "https://api.example.com/v1?",
            "https://api.example.com/v1?canary",
            "https://api.example.com/v1/",
            "https://api.example.com/V1",
            "https://api.example.com/v1%2f",
            "https://api.example.com/v%31",
            "https://api.example.com/./v1",
            "https://api.example.com/v2/../v1",
            "https://api.example.com//v1",
            "https://api.example.com",
            "https://api.example.com/",
            "https://api.example.com:443/v1",
            "https://api.example.com:8443/v1",
            "https://canary@api.example.com/v1",
            "https://api.example.com@canary.example/v1",
            "https://api.example.com.canary.example/v1",
            "https://api.example.com\\v1",
            "https:\\\\api.example.com\\v1",
            "https://api.example.com./v1",
            "https://\u{430}pi.example.com/v1",
            "http://api.example.com/v1",
            "https://canary.example/v1",
            "https://mail.example.com",
            "//api.example.com/v1",
            "/v1",
            "v1",
            "api.example.com/v1",
            "urn:canary",
            "*",
            " https://api.example.com/v1",
            "https://api.example.com/v1 ",
            "https://api.example.com/v1 https://mail.example.com/",
            "https://api.example.com/v1,https://mail.example.com/",
            "[\"https://api.example.com/v1\",\"https://mail.example.com/\"]",
        ],
    ),
    (
        "another prompt",
        "prompt",
        "invalid_request",
        &[
            "none login",
            "none consent",
            "login none",
            "create",
            "NONE",
            "none ",
            " none",
            "login  consent",
            "login,consent",
            "canary",
        ],
    ),
    (
        "another maximum age",
        "max_age",
        "invalid_request",
        &[
            "-1",
            "+1",
            " 1",
            "1 ",
            "1.5",
            "1e3",
            "0x10",
            "soon",
            "NaN",
            "99999999999",
            "\u{ff11}",
            "1\0",
        ],
    ),
    (
        "pages are forbidden",
        "prompt",
        "consent_required",
        &["none"],
    ),
];

/// Values of `state` that could change the response.
const STATES: [&str; 16] = [
    "canary\r\nLocation: https://canary.example",
    "canary\r\n\r\n<script>alert(1)</script>",
    "%0d%0aSet-Cookie:%20canary=1",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'-alert(1)-'",
    "javascript:alert(1)",
    "&iss=https://canary.example",
    "x&code=canary",
    "x#code=canary",
    "#iss=https://canary.example",
    "?code=canary",
    "\u{202e}canary",
    "\0",
    "; Path=/; canary",
    "+%2B ",
];

pub(super) fn all(service: &Service) -> Vec<Hostile> {
    let mut found = Vec::new();
    for (class, name, error, values) in VALUES {
        for value in values {
            let changes = [(name, *value)];
            found.extend(changed(class, service, &changes, &client(error)));
        }
    }
    let missing = client("invalid_request");
    let absent = "a missing parameter";
    found.extend(changed(absent, service, &[("response_type", "")], &missing));
    // Without a challenge, a method and a verifier do not help.
    for changes in [
        &[("code_challenge", ""), ("code_challenge_method", "")][..],
        &[("code_challenge", ""), ("code_challenge_method", "plain")],
        &[("code_challenge", ""), ("code_verifier", VERIFIER)],
        &[("code_challenge", VERIFIER), ("code_challenge_method", "")],
        &[
            ("code_challenge", VERIFIER),
            ("code_challenge_method", "plain"),
        ],
    ] {
        found.extend(changed("no PKCE", service, changes, &missing));
    }
    let without_resource = [("resource", ""), ("scope", "reports:read")];
    let scope = client("invalid_scope");
    found.extend(changed(
        "a scope of no resource",
        service,
        &without_resource,
        &scope,
    ));
    for state in STATES {
        let expected = Expected::Client("unsupported_response_type", Some(state.to_owned()));
        let changes = [("response_type", "token"), ("state", state)];
        found.extend(changed("a hostile state", service, &changes, &expected));
        let silent = [("prompt", "none"), ("state", state)];
        let expected = Expected::Client("consent_required", Some(state.to_owned()));
        found.extend(changed("a hostile state", service, &silent, &expected));
    }
    let long = "s".repeat(6_000);
    let expected = Expected::Client("invalid_request", Some(long.clone()));
    found.extend(changed("too long", service, &[("state", &long)], &expected));
    let nonce = "n".repeat(513);
    found.extend(changed("too long", service, &[("nonce", &nonce)], &missing));
    // Parameters that the service does not know have no effect.
    let text = encode(&service.parameters(&[]));
    for other in [
        "code_verifier=canary",
        "audience=https%3A%2F%2Fcanary.example",
        "aud=canary",
        "iss=https%3A%2F%2Fcanary.example",
        "code=canary",
        "user=canary",
        "sub=canary",
        "consent=granted",
        "approval_prompt=auto",
        "decision=allow",
        "claims=%7B%22id_token%22%3A%7B%22roles%22%3Anull%7D%7D",
        "client_secret=canary",
        "id_token_hint_x=canary",
        "__proto__=canary",
        "grant_type=password",
    ] {
        let consent = &Expected::Consent;
        found.extend(of_text(
            "unknown parameters",
            &format!("{text}&{other}"),
            consent,
        ));
    }
    found
}
