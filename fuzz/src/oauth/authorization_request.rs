//! Authorization requests, from the query or form to the sealed request.

mod rules;

use super::every_pair;
use super::form::{first_values, pairs};
use crate::handle::SEALER;
use crate::{NOW, Target, choose, seed};
use edge_auth::crypto::sealed::{NONCE_BYTES, OpenError, Purpose};
use edge_auth::domain::authorization_request::AuthorizationRequest;
use edge_auth::domain::oauth_client::{
    ClientKind, GrantType, Metadata, OauthClient, Scope, TokenEndpointAuthMethod,
};
use edge_auth::domain::resource::{Resource, parse};
use edge_auth::http::form::Form;
use edge_auth::routes::oauth::authorize::parameters;
use edge_auth::timestamp::Timestamp;
use serde_json::json;
use std::sync::LazyLock;
use uuid::Uuid;

pub const TARGET: Target = Target {
    name: "authorization_request",
    run,
    seeds,
    words: &[
        "&response_type=code",
        "&response_type=token",
        "&response_mode=query",
        "&response_mode=fragment",
        "&client_id=x",
        "&redirect_uri=x",
        "&scope=openid",
        "&scope=reports:read+offline_access",
        "&scope=unknown",
        "&state=x",
        "&state=",
        "&nonce=",
        "&code_challenge=",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "&code_challenge_method=S256",
        "&code_challenge_method=plain",
        "&resource=https://api.example.com/v1",
        "&prompt=none",
        "&prompt=login",
        "+consent",
        "+select_account",
        "+",
        "&max_age=0",
        "31536001",
        "9999999999",
        "00000000001",
        "&login_hint=",
        "&request=x",
        "&request_uri=x",
        "%3D",
        "-1",
    ],
};

const NAMES: [&str; 16] = [
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "resource",
    "prompt",
    "max_age",
    "login_hint",
    "request",
    "request_uri",
    "other",
];

/// Values that one of the parameters may have, and others.
const VALUES: [&str; 36] = [
    "",
    "x",
    "a b&c=#",
    "code",
    "Code",
    "token",
    "code id_token",
    "query",
    "fragment",
    "S256",
    "s256",
    "plain",
    "none",
    "login",
    "none login",
    "login consent",
    "consent  login",
    "select_account",
    "openid",
    "openid offline_access",
    "offline_access",
    "reports:read reports:write",
    "reports:delete",
    "mail:send",
    "https://api.example.com/v1",
    "HTTPS://API.example.com/v1",
    "https://api.example.com/v1/",
    "https://mail.example.com",
    "0",
    "-1",
    "+1",
    "31536001",
    "00000000001",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMA",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
];

pub const URI: &str = "https://app.example.com/callback";
const VALID: &str = "response_type=code&client_id=7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10&redirect_uri=https://app.example.com/callback&scope=reports:read+openid+offline_access&state=x&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&resource=https://api.example.com/v1&prompt=login+consent&max_age=60&login_hint=ada";
const RESOURCES: &str = r#"[{"resource":"https://api.example.com/v1","name":"Reports","scopes":{"reports:read":["user"],"reports:write":["admin"]}},{"resource":"https://mail.example.com","name":"Mail","scopes":{"mail:send":["user"]}}]"#;

static RESOURCE_LIST: LazyLock<Vec<Resource>> =
    LazyLock::new(|| parse(RESOURCES, "https://auth.example.com").expect("resources"));

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let has_refresh = choice % 2 == 0;
    match choice / 2 % 5 {
        0 => check(input, has_refresh),
        // One parameter of a valid request is replaced.
        1 => check(&changed(VALID.as_bytes(), input), has_refresh),
        2 => check(&[VALID.as_bytes(), input].concat(), has_refresh),
        // Each pair of bytes selects a parameter and its value, because libFuzzer seldom makes both.
        3 => {
            let mut text = VALID.as_bytes().to_vec();
            for pair in input.chunks_exact(2).take(3) {
                let name = NAMES[usize::from(pair[0] / 2) % NAMES.len()];
                let value = VALUES[usize::from(pair[1]) % VALUES.len()];
                let mut encoded = form_urlencoded::Serializer::new(String::new());
                let parameter = encoded.append_pair(name, value).finish();
                text = if pair[0] % 2 == 0 {
                    changed(&text, parameter.as_bytes())
                } else {
                    [&text, &b"&"[..], parameter.as_bytes()].concat()
                };
            }
            check(&text, has_refresh);
        }
        // A long value, which libFuzzer seldom makes.
        _ => {
            let value = String::from_utf8_lossy(input.get(2..).unwrap_or_default()).into_owned();
            let length = usize::from(input.first().copied().unwrap_or_default()) * 3;
            let value: String = value.chars().cycle().take(length).collect();
            let which = input.get(1).copied().unwrap_or_default();
            let name = ["nonce", "login_hint", "state", "code_challenge", "max_age"];
            let name = name[usize::from(which) % name.len()];
            let mut text = form_urlencoded::Serializer::new(String::new());
            let text = text.append_pair(name, &value).finish();
            check(&changed(VALID.as_bytes(), text.as_bytes()), has_refresh);
        }
    }
}

/// The request with this parameter, in place of the one with the same name.
fn changed(request: &[u8], parameter: &[u8]) -> Vec<u8> {
    let name = parameter
        .split(|byte| *byte == b'=')
        .next()
        .unwrap_or_default();
    let name = name.strip_prefix(b"&").unwrap_or(name);
    let kept = request.split(|byte| *byte == b'&');
    let kept = kept.filter(|pair| pair.split(|byte| *byte == b'=').next() != Some(name));
    let mut parts: Vec<&[u8]> = kept.collect();
    parts.push(parameter);
    parts.join(&b'&')
}

fn client(has_refresh: bool) -> OauthClient {
    let mut grant_types = vec![GrantType::AuthorizationCode];
    grant_types.extend(has_refresh.then_some(GrantType::RefreshToken));
    OauthClient {
        client_id: Uuid::from_u128(0x7d0c_6f0e_7d3f_4a5b_9e55_6f4f_2f7f_6f10),
        kind: ClientKind::Public,
        metadata: Metadata {
            client_name: "Reports".to_owned(),
            token_endpoint_auth_method: TokenEndpointAuthMethod::None,
            redirect_uris: vec![URI.to_owned()],
            post_logout_redirect_uris: Vec::new(),
            grant_types,
            scope: Scope::default(),
            jwks: None,
        },
        is_active: true,
        secret_created_at: None,
        created_at: Timestamp::from_seconds(NOW),
        updated_at: Timestamp::from_seconds(NOW),
        created_by: None,
        last_used_at: None,
        version: 1,
    }
}

fn check(bytes: &[u8], has_refresh: bool) {
    let Some((form, repeated)) = Form::with_repetitions(bytes) else {
        return;
    };
    let pairs = pairs(bytes);
    let (first, again) = first_values(&pairs);
    let (target, given) = parameters(form, &repeated);
    let value = |name: &str| first.get(name).copied().filter(|value| !value.is_empty());
    let is_repeated = |name: &str| again.contains(&name);
    assert_eq!(
        target.has_repetition,
        is_repeated("client_id") || is_repeated("redirect_uri")
    );
    assert_eq!(target.client_id.as_deref(), value("client_id"));
    assert_eq!(target.redirect_uri.as_deref(), value("redirect_uri"));
    let state = value("state").filter(|_| !is_repeated("state"));
    assert_eq!(given.state.as_deref(), state);
    let client = client(has_refresh);
    let now = Timestamp::from_seconds(NOW);
    let found = AuthorizationRequest::read(given, &client, URI.to_owned(), &RESOURCE_LIST, now);
    let expected = rules::expected(&first, !again.is_empty(), has_refresh);
    let error = found.as_ref().err().map(|refusal| refusal.error);
    assert_eq!(error, expected.as_ref().err().copied(), "{first:?}");
    let Some((found, expected)) = found.ok().zip(expected.ok()) else {
        return;
    };
    assert_eq!(found, expected);
    check_sealed(&found);
    let address = found.response("https://auth.example.com", &[("code", "c")]);
    let query = address.strip_prefix("https://app.example.com/callback?");
    let pairs = super::form::pairs(query.expect("the redirect URI").as_bytes());
    let states: Vec<&str> = pairs
        .iter()
        .filter(|(name, _)| name == "state")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(states, Vec::from_iter(found.state.as_deref()));
}

/// A request is the same after it was sealed, and opens for its own purpose and before its end only.
fn check_sealed(request: &AuthorizationRequest) {
    let now = Timestamp::from_seconds(NOW);
    let (purpose, end) = (Purpose::AuthorizationRequest, now.plus(600));
    let Ok(sealed) = SEALER.seal(purpose, b"", end, request, [5; NONCE_BYTES]) else {
        assert!(json!(request).to_string().len() > 5_000);
        return;
    };
    let open = |purpose, now| SEALER.open::<AuthorizationRequest>(purpose, b"", &sealed, now);
    assert_eq!(open(purpose, now).as_ref(), Ok(request));
    assert_eq!(open(purpose, end), Err(OpenError::Expired));
    for other in [
        Purpose::Challenge,
        Purpose::Session,
        Purpose::RecognisedDevice,
    ] {
        assert_eq!(open(other, now), Err(OpenError::Invalid));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        seed(0, VALID),
        seed(1, VALID),
        seed(2, "scope=openid+profile"),
        seed(2, "resource=HTTPS://API.example.com/v1"),
        seed(2, "resource="),
        seed(2, "prompt=none"),
        seed(2, "prompt=none+login"),
        seed(2, "prompt=select_account"),
        seed(2, "max_age=31536001"),
        seed(2, "response_mode=query"),
        seed(4, "&request=x"),
        seed(4, "&state=y"),
        seed(5, "&request_uri=x&x=1"),
        seed(6, [2 * 8, 10]),
        seed(6, [2 * 9, 25, 2 * 4, 21]),
        seed(6, [2 * 5 + 1, 2]),
        seed(8, [170, 0, b'n']),
        seed(8, [171, 0, b'n']),
        seed(8, [106, 1, b'a', b'b']),
        seed(8, [107, 1, b'a', b'b']),
        seed(8, [14, 3, b'A']),
        seed(8, [3, 4, b'9']),
        seed(8, [4, 4, b'0']),
    ];
    seeds.extend(every_pair(6, 2 * NAMES.len(), VALUES.len()));
    seeds
}
