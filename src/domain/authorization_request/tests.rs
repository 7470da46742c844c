use super::*;
use crate::domain::oauth_client::{ClientKind, Metadata, TokenEndpointAuthMethod};
use crate::domain::role::Role;
use crate::domain::session::Rotations;
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::user::User;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const WEB: &str = "https://app.example.com/cb";

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(second)
}

fn resources() -> Vec<Resource> {
    let text = r#"[{"resource":"https://api.example.com","name":"A","scopes":{"read":["user"],"write":["admin"]}}]"#;
    resource::parse(text, "https://auth.example.com").unwrap()
}

fn client(grant_types: &[GrantType]) -> OauthClient {
    OauthClient {
        client_id: Uuid::from_u128(3),
        kind: ClientKind::Public,
        metadata: Metadata {
            client_name: "App".into(),
            token_endpoint_auth_method: TokenEndpointAuthMethod::None,
            redirect_uris: vec![WEB.into()],
            post_logout_redirect_uris: Vec::new(),
            grant_types: grant_types.to_vec(),
            scope: Scope::default(),
            jwks: None,
        },
        is_active: true,
        secret_created_at: None,
        created_at: at(0),
        updated_at: at(0),
        created_by: None,
        last_used_at: None,
        version: 1,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the parameters are optional")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn given() -> Given {
    Given {
        response_type: some("code"),
        scope: some("openid read"),
        state: some("s"),
        code_challenge: some(CHALLENGE),
        code_challenge_method: some("S256"),
        resource: some("HTTPS://API.example.com"),
        ..Given::default()
    }
}

fn read(given: Given) -> Result<AuthorizationRequest, Refusal> {
    let client = client(&[GrantType::AuthorizationCode, GrantType::RefreshToken]);
    AuthorizationRequest::read(given, &client, WEB.into(), &resources(), at(1_000))
}

fn error(given: Given) -> &'static str {
    read(given).map_or_else(|refusal| refusal.error, |_| "none")
}

#[test]
fn request_is_read_with_the_spelling_of_the_configuration() {
    let request = read(given()).unwrap();
    assert_eq!(request.resource.as_deref(), Some("https://api.example.com"));
    assert_eq!(request.scope, "openid read");
    assert_eq!(request.redirect_host(), "app.example.com");
    assert!(request.may_be_remembered());
}

type Change = fn(&mut Given);

#[test]
fn each_rule_has_its_error() {
    let cases: [(&str, Change); 22] = [
        ("invalid_request", |given| given.has_repetition = true),
        ("request_not_supported", |given| given.has_request = true),
        ("request_uri_not_supported", |given| {
            given.has_request_uri = true;
        }),
        ("invalid_request", |given| given.response_type = None),
        ("unsupported_response_type", |given| {
            given.response_type = some("token");
        }),
        ("unsupported_response_type", |given| {
            given.response_type = some("code id_token");
        }),
        ("invalid_request", |given| {
            given.response_mode = some("fragment");
        }),
        ("none", |given| given.response_mode = some("query")),
        ("invalid_request", |given| given.code_challenge = None),
        ("invalid_request", |given| {
            given.code_challenge_method = None;
        }),
        ("invalid_request", |given| {
            given.code_challenge_method = some("plain");
        }),
        ("invalid_request", |given| {
            given.code_challenge = some(&CHALLENGE[1..]);
        }),
        ("invalid_request", |given| {
            given.code_challenge = some(&CHALLENGE.replace('-', "+"));
        }),
        ("invalid_target", |given| {
            given.resource = some("https://x.example");
        }),
        ("invalid_target", |given| {
            given.resource = some("https://api.example.com/");
        }),
        ("invalid_scope", |given| {
            given.scope = some("openid unknown");
        }),
        ("invalid_scope", |given| given.scope = some("read  write")),
        ("none", |given| given.scope = None),
        ("invalid_request", |given| given.prompt = some("none login")),
        ("invalid_request", |given| given.prompt = some("create")),
        ("invalid_request", |given| given.max_age = some("-1")),
        ("invalid_request", |given| {
            given.nonce = Some("n".repeat(513));
        }),
    ];
    for (number, (expected, change)) in cases.into_iter().enumerate() {
        let mut given = given();
        change(&mut given);
        assert_eq!(error(given), expected, "case {number}");
    }
}

#[test]
fn unknown_scopes_are_dropped() {
    for (scope, resource, expected) in [
        (some("read other"), true, "read"),
        (None, true, "read write"),
        (
            some("write offline_access phone"),
            true,
            "write offline_access",
        ),
        (some("openid email read"), false, "openid email"),
    ] {
        let mut given = given();
        given.scope = scope;
        given.resource = given.resource.filter(|_| resource);
        assert_eq!(read(given).unwrap().scope, expected);
    }
    let mut given = given();
    given.resource = None;
    given.scope = None;
    assert_eq!(error(given), "invalid_scope");
}

#[test]
fn offline_access_needs_refresh_tokens() {
    let given = Given {
        scope: some("read offline_access"),
        ..given()
    };
    let client = client(&[GrantType::AuthorizationCode]);
    let read = AuthorizationRequest::read(given, &client, WEB.into(), &resources(), at(0));
    assert_eq!(read.unwrap().scope, "read");
}

#[test]
fn response_has_state_and_issuer_after_its_parameters() {
    let request = read(given()).unwrap();
    assert_eq!(
        request.response("https://auth.example.com", &[("code", "a b")]),
        "https://app.example.com/cb?code=a+b&state=s&iss=https%3A%2F%2Fauth.example.com"
    );
    let address = response(
        "http://localhost:1/cb?x=1",
        None,
        "http://a",
        &[("error", "e")],
    );
    assert_eq!(
        address,
        "http://localhost:1/cb?x=1&error=e&iss=http%3A%2F%2Fa"
    );
}

#[test]
fn programs_on_the_device_are_never_remembered() {
    for uri in [
        "http://127.0.0.1:4711/cb",
        "http://localhost/cb",
        "http://[::1]:1/",
        "com.example.app:/cb",
        "not a URI",
    ] {
        let mut request = read(given()).unwrap();
        request.redirect_uri = uri.into();
        assert!(
            request.is_for_device() && !request.may_be_remembered(),
            "{uri}"
        );
    }
}

fn session() -> SessionRecord {
    SessionRecord {
        id: "0".repeat(64),
        user: User {
            id: Uuid::nil(),
            username: "ada".into(),
            email: None,
            name: "Ada".into(),
            organization: None,
            aws_region: None,
            role: Role::User,
            is_active: true,
            created_at: at(0),
            updated_at: at(0),
            last_login: Some(at(900)),
        },
        kind: SessionKind::Cookie,
        method: Some(SignInMethod::Password),
        authenticated_at: at(900),
        generation: 0,
        rotated_at: at(900),
        token_expires_at: at(9_000),
        ends_at: at(9_000),
        revoked_at: None,
        rotations: Rotations::default(),
        last_used_at: at(900),
        password_version: 0,
        has_factor: false,
        factor_version: 0,
        factor_at: None,
    }
}

const OPTIONAL: Rules = Rules {
    is_demanded: false,
    is_aws_trusted: false,
};
const DEMANDED: Rules = Rules {
    is_demanded: true,
    is_aws_trusted: false,
};

fn next(change: impl Fn(&mut AuthorizationRequest, &mut SessionRecord), rules: Rules) -> Next {
    let (mut request, mut session) = (read(given()).unwrap(), session());
    change(&mut request, &mut session);
    request.next(Some(&session), rules, true)
}

#[test]
fn remembered_consent_is_asked_for_if_the_request_demands_it() {
    assert_eq!(next(|_, _| {}, OPTIONAL), Next::Grant);
    let request = read(given()).unwrap();
    assert_eq!(
        request.next(Some(&session()), OPTIONAL, false),
        Next::Consent
    );
    assert_eq!(request.next(None, OPTIONAL, true), Next::SignIn);
    assert_eq!(
        next(|request, _| request.prompt.consent = true, OPTIONAL),
        Next::Consent
    );
    assert_eq!(
        next(
            |request, _| request.redirect_uri = "http://127.0.0.1/cb".into(),
            OPTIONAL
        ),
        Next::Consent
    );
}

#[test]
fn session_with_a_token_does_not_count() {
    let found = next(|_, session| session.kind = SessionKind::Token, OPTIONAL);
    assert_eq!(found, Next::SignIn);
}

#[test]
fn age_of_the_authentication_counts_from_the_request() {
    for (max_age, authenticated_at, expected) in [
        (100, 900, Next::Grant),
        (99, 900, Next::StepUp),
        (0, 999, Next::StepUp),
        (0, 1_000, Next::Grant),
    ] {
        let found = next(
            |request, session| {
                request.max_age = Some(max_age);
                session.authenticated_at = at(authenticated_at);
            },
            OPTIONAL,
        );
        assert_eq!(found, expected, "{max_age}");
    }
    for (second, expected) in [(999, Next::StepUp), (1_000, Next::Grant)] {
        let login = next(
            |request, session| {
                request.prompt.login = true;
                session.authenticated_at = at(second);
            },
            OPTIONAL,
        );
        assert_eq!(login, expected);
    }
    for (second, expected) in [(999, Next::SignIn), (1_000, Next::Grant)] {
        let select = next(
            |request, session| {
                request.prompt.select_account = true;
                session.user.last_login = Some(at(second));
            },
            OPTIONAL,
        );
        assert_eq!(select, expected);
    }
}

#[test]
fn session_without_the_factor_that_is_needed_is_not_enough() {
    assert_eq!(next(|_, _| {}, DEMANDED), Next::SignIn);
    assert_eq!(
        next(|_, session| session.method = None, DEMANDED),
        Next::SignIn
    );
    assert_eq!(
        next(|_, session| session.has_factor = true, OPTIONAL),
        Next::StepUp
    );
    for rules in [OPTIONAL, DEMANDED] {
        let found = next(
            |_, session| {
                session.has_factor = true;
                session.factor_at = Some(at(900));
            },
            rules,
        );
        assert_eq!(found, Next::Grant);
        let passkey = next(
            |_, session| session.method = Some(SignInMethod::Passkey),
            rules,
        );
        assert_eq!(passkey, Next::Grant);
    }
}

#[test]
fn sealed_request_of_this_format_is_read() {
    let request = read(given()).unwrap();
    let text = serde_json::to_string(&request).unwrap();
    assert_eq!(
        text,
        r#"{"client":"00000000-0000-0000-0000-000000000003","redirect_uri":"https://app.example.com/cb","resource":"https://api.example.com","scope":"openid read","state":"s","nonce":null,"code_challenge":"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM","prompt":{"none":false,"login":false,"consent":false,"select_account":false},"max_age":null,"login_hint":null,"user":null,"received_at":1000}"#
    );
    // Before a deployment, requests were sealed without a user.
    for text in [&text, &text.replace(r#""user":null,"#, "")] {
        let read: AuthorizationRequest = crate::json::from_str(text).unwrap();
        assert_eq!(read, request);
    }
}

#[test]
fn only_the_user_of_the_id_token_completes_the_request() {
    let hint = |user, client| {
        Hint::Of(IdTokenHint {
            user: Uuid::from_u128(user),
            client: Uuid::from_u128(client),
        })
    };
    let read_with = |id_token_hint| {
        read(Given {
            id_token_hint,
            ..given()
        })
    };
    assert_eq!(read_with(Hint::Absent).unwrap().user, None);
    let request = read_with(hint(7, 3)).unwrap();
    assert_eq!(request.user, Some(Uuid::from_u128(7)));
    for refused in [hint(7, 4), Hint::Invalid] {
        assert_eq!(read_with(refused).unwrap_err().error, "invalid_request");
    }
    for (user, last_login, expected) in [
        (7, Some(at(0)), Next::Grant),
        (8, Some(at(999)), Next::SignIn),
        (8, None, Next::SignIn),
        (8, Some(at(1_000)), Next::OtherUser),
    ] {
        let mut session = session();
        session.user.id = Uuid::from_u128(user);
        session.user.last_login = last_login;
        let next = request.next(Some(&session), OPTIONAL, true);
        assert_eq!(next, expected, "{user} {last_login:?}");
    }
}
