//! SSO OIDC, the access portal, Identity Store and the journal.

use crate::client::{
    CREDENTIALS, NOW, Request, SignIn, caller_identity, identity_store, portal, role_credentials,
    start,
};
use aws_simulator::{DecisionError, Filter, Operation, User};
use serde_json::json;

#[track_caller]
fn refused(response: &crate::client::Response, status: u16, name: &str, code: &str) {
    let kind = response.header("x-amzn-ErrorType").unwrap_or_default();
    assert_eq!(
        (
            response.status,
            kind.split(':').next(),
            response.member("error").as_str()
        ),
        (status, Some(name), code)
    );
}

#[test]
fn sign_in_by_device_flow_ends_with_role_credentials() {
    let simulator = start();
    let sign_in = SignIn::start(&simulator);
    assert_eq!(sign_in.device["expiresIn"], 600);
    assert_eq!(sign_in.device["interval"], 1);
    refused(
        &sign_in.poll().send(simulator.url()),
        400,
        "AuthorizationPendingException",
        "authorization_pending",
    );
    refused(
        &sign_in.poll().send(simulator.url()),
        400,
        "SlowDownException",
        "slow_down",
    );
    simulator.clock().advance(1000);
    let token = sign_in.token(&simulator, "GRACE.hopper@example.com");
    simulator.clock().advance(1000);
    refused(
        &sign_in.poll().send(simulator.url()),
        400,
        "InvalidGrantException",
        "invalid_grant",
    );

    let role = role_credentials(&simulator, &token);
    assert_eq!(
        role.expiration,
        Some(NOW + 2000 + 3_600_000),
        "milliseconds"
    );
    let identity = caller_identity()
        .with("accept", "application/json")
        .signed(simulator.url(), &role, "sts", NOW)
        .send(simulator.url())
        .json();
    let identity = &identity["GetCallerIdentityResponse"]["GetCallerIdentityResult"];
    let arn = identity["Arn"].as_str().expect("an ARN");
    assert!(
        arn.starts_with("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Developer_"),
        "{arn}"
    );
    assert!(arn.ends_with("/grace.hopper@example.com"), "{arn}");
    assert!(
        identity["UserId"]
            .as_str()
            .is_some_and(|id| id.starts_with("AROA") && id.contains(":grace"))
    );

    assert_eq!(portal("/logout", &token).send(simulator.url()).status, 200);
    let response = portal("/assignment/accounts", &token).send(simulator.url());
    assert_eq!(
        (response.status, response.member("message").as_str()),
        (401, "Session token not found or invalid")
    );
}

#[test]
fn device_code_that_is_denied_expired_or_of_another_client_is_refused() {
    let simulator = start();
    let url = simulator.url();
    let denied = SignIn::start(&simulator);
    simulator.deny(denied.user_code()).expect("denied");
    refused(
        &denied.poll().send(url),
        400,
        "AccessDeniedException",
        "access_denied",
    );
    assert_eq!(
        simulator.approve(denied.user_code(), "ada.lovelace"),
        Err(DecisionError::AlreadyDecided)
    );

    let early = SignIn::start(&simulator);
    simulator.expire(&Filter::UserCode(early.user_code().into()));
    refused(
        &early.poll().send(url),
        400,
        "ExpiredTokenException",
        "expired_token",
    );

    let late = SignIn::start(&simulator);
    let other = SignIn::start(&simulator);
    let mut stolen = SignIn::start(&simulator);
    stolen.device = other.device.clone();
    refused(
        &stolen.poll().send(url),
        400,
        "InvalidGrantException",
        "invalid_grant",
    );
    simulator.clock().advance(600_000);
    refused(
        &late.poll().send(url),
        400,
        "ExpiredTokenException",
        "expired_token",
    );
    assert_eq!(
        simulator.approve(late.user_code(), "ada.lovelace"),
        Err(DecisionError::Expired)
    );
    assert_eq!(
        simulator.approve("XXXX-XXXX", "ada.lovelace"),
        Err(DecisionError::UnknownCode)
    );
    assert_eq!(
        simulator.approve(late.user_code(), "no.one"),
        Err(DecisionError::UnknownUser)
    );
}

#[test]
fn client_with_an_invalid_registration_is_refused() {
    let simulator = start();
    let url = simulator.url();
    let register =
        |body: serde_json::Value| Request::post("/client/register", body.to_string()).send(url);
    refused(
        &register(json!({"clientType": "public"})),
        400,
        "InvalidRequestException",
        "invalid_request",
    );
    refused(
        &register(json!({"clientName": 7, "clientType": "public"})),
        400,
        "InvalidRequestException",
        "invalid_request",
    );
    let confidential = json!({"clientName": "x", "clientType": "confidential"});
    refused(
        &register(confidential),
        400,
        "InvalidClientMetadataException",
        "invalid_client_metadata",
    );
    let scopes = json!({"clientName": "x", "clientType": "public", "scopes": ["everything"]});
    refused(
        &register(scopes),
        400,
        "InvalidScopeException",
        "invalid_scope",
    );
    refused(
        &Request::post("/token", "{").send(url),
        400,
        "InvalidRequestException",
        "invalid_request",
    );

    let mut sign_in = SignIn::start(&simulator);
    simulator.clock().advance(90 * 86_400_000);
    refused(
        &sign_in.authorization(&simulator).send(url),
        401,
        "InvalidClientException",
        "invalid_client",
    );
    sign_in.client["clientSecret"] = json!("guess");
    refused(
        &sign_in.poll().send(url),
        401,
        "InvalidClientException",
        "invalid_client",
    );
}

#[test]
fn refresh_token_can_be_used_once() {
    let simulator = start();
    let sign_in = SignIn::start(&simulator);
    simulator
        .approve(sign_in.user_code(), "ada.lovelace")
        .expect("approved");
    let refresh_token = sign_in.poll().send(simulator.url()).member("refreshToken");
    let body = json!({
        "clientId": sign_in.client["clientId"],
        "clientSecret": sign_in.client["clientSecret"],
        "grantType": "refresh_token",
        "refreshToken": refresh_token,
    });
    let refresh = Request::post("/token", body.to_string());
    assert!(
        refresh
            .send(simulator.url())
            .member("accessToken")
            .starts_with("aoa")
    );
    refused(
        &refresh.send(simulator.url()),
        400,
        "InvalidGrantException",
        "invalid_grant",
    );
}

#[test]
fn portal_lists_only_what_is_assigned() {
    let simulator = start();
    let url = simulator.url();
    let token = SignIn::start(&simulator).token(&simulator, "alan-turing");
    let page = |target: &str| portal(target, &token).send(url).json();
    let first = page("/assignment/accounts?max_result=1");
    assert_eq!(first["accountList"][0]["accountId"], "111122223333");
    assert_eq!(
        first["accountList"][0]["emailAddress"],
        "owner-of-111122223333@example.net"
    );
    let next = first["nextToken"].as_str().expect("a second page");
    let second = page(&format!(
        "/assignment/accounts?max_result=1&next_token={next}"
    ));
    assert_eq!(second["accountList"][0]["accountId"], "444455556666");
    assert!(second["nextToken"].is_null());
    assert_eq!(
        page("/assignment/roles?account_id=444455556666")["roleList"][0]["roleName"],
        "ReadOnly"
    );
    for (target, status) in [
        (CREDENTIALS, 403),
        ("/assignment/roles?account_id=999999999999", 403),
        ("/assignment/roles", 400),
        ("/assignment/accounts?max_result=0", 400),
        ("/assignment/accounts?next_token=x", 400),
    ] {
        assert_eq!(portal(target, &token).send(url).status, status, "{target}");
    }
    assert_eq!(
        Request::get("/assignment/accounts").send(url).status,
        400,
        "no token at all"
    );
    assert_eq!(
        portal("/assignment/accounts", "wrong").send(url).status,
        401
    );
    simulator.clock().advance(8 * 3_600_000);
    assert_eq!(
        portal("/assignment/accounts", &token).send(url).status,
        401,
        "over"
    );
}

#[test]
fn renamed_user_signs_in_and_disabled_user_does_not() {
    let simulator = start();
    let mut ada = simulator.users()[0].clone();
    ada.user_name = "ada.king".into();
    simulator.put_user(ada.clone());
    assert_eq!(simulator.users().len(), 5, "the same user");
    let sign_in = SignIn::start(&simulator);
    let token = sign_in.token(&simulator, "ada.king");
    ada.enabled = false;
    simulator.put_user(ada);
    assert_eq!(
        portal(CREDENTIALS, &token).send(simulator.url()).status,
        401
    );
    let again = SignIn::start(&simulator);
    assert_eq!(
        simulator.approve(again.user_code(), "ada.king"),
        Err(DecisionError::DisabledUser)
    );
}

#[test]
fn identity_store_finds_users_with_any_name() {
    let simulator = start();
    let url = simulator.url();
    let name = "x<&>'\"@例え.テスト";
    simulator.put_user(
        User::new(name)
            .email("x@example.com")
            .display_name("X & Co"),
    );
    let ask = |operation: &str, body: serde_json::Value| {
        identity_store(operation, &body)
            .signed(url, simulator.app_credentials(), "identitystore", NOW)
            .send(url)
    };
    let store = "d-9067f7a1b2";
    for (path, value) in [("userName", name), ("emails.value", "x@example.com")] {
        let by = json!({"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}});
        let id = ask(
            "GetUserId",
            json!({"IdentityStoreId": store, "AlternateIdentifier": by}),
        )
        .member("UserId");
        let user = ask(
            "DescribeUser",
            json!({"IdentityStoreId": store, "UserId": id}),
        )
        .json();
        assert_eq!(
            (&user["UserName"], &user["DisplayName"]),
            (&json!(name), &json!("X & Co"))
        );
        assert!(user.get("Name").is_none(), "absent, not null");
    }
    for (body, expected) in [
        (
            json!({"IdentityStoreId": store, "UserId": "no"}),
            "ResourceNotFoundException",
        ),
        (
            json!({"IdentityStoreId": "d-0000000000", "UserId": "no"}),
            "ResourceNotFoundException",
        ),
        (json!({"IdentityStoreId": store}), "ValidationException"),
        (json!({}), "ValidationException"),
        (json!([]), "SerializationException"),
    ] {
        let response = ask("DescribeUser", body);
        assert_eq!(
            (response.status, response.member("__type").as_str()),
            (400, expected)
        );
    }
    assert_eq!(
        ask("DeleteUser", json!({})).member("__type"),
        "UnknownOperationException"
    );
}

#[test]
fn journal_lists_requests_of_a_sign_in_without_secrets() {
    let simulator = start();
    let (mine, other) = (SignIn::start(&simulator), SignIn::start(&simulator));
    let role = role_credentials(&simulator, &mine.token(&simulator, "ada.lovelace"));
    caller_identity()
        .signed(simulator.url(), &role, "sts", NOW)
        .send(simulator.url());
    other.poll().send(simulator.url());
    let operations: Vec<_> = simulator
        .journal_of(&Filter::UserCode(mine.user_code().into()))
        .into_iter()
        .map(|entry| (entry.operation, entry.status))
        .collect();
    let expected = [
        Operation::CreateToken,
        Operation::GetRoleCredentials,
        Operation::GetCallerIdentity,
    ];
    assert_eq!(operations, expected.map(|operation| (Some(operation), 200)));
    assert_eq!(
        simulator
            .journal_of(&Filter::User("ada.lovelace".into()))
            .len(),
        3
    );
    // Entries and their texts are logged, so they contain no secret.
    let lines = format!(
        "{:?} {}",
        simulator.journal(),
        simulator
            .journal()
            .iter()
            .map(ToString::to_string)
            .collect::<String>()
    );
    let secrets = simulator.secrets();
    assert!(secrets.len() >= 8);
    for secret in secrets {
        assert!(!lines.contains(&secret));
    }
}
