//! Signatures and proofs, verified by moto and ministack. Both recalculate the signature of every request. Neither
//! verifies everything (moto ignores the time, ministack accepts the credentials `test`), so both are used. Their
//! responses show that the signatures of the service are valid. They do not show how AWS itself responds.
//!
//! The tests need python3 with pip; see `installed`.

#[path = "aws_native/emulator_users.rs"]
mod emulator_users;
#[path = "shared/installed.rs"]
mod installed;
#[path = "shared/port.rs"]
mod port;
#[path = "aws_native/server.rs"]
mod server;
#[path = "aws_native/sts_json.rs"]
mod sts_json;

use edge_auth::aws::arn::{Arn, Principal};
use edge_auth::aws::client::Client;
use edge_auth::aws::endpoint::Endpoint;
use edge_auth::aws::error::AwsError;
use edge_auth::aws::identity::AwsUserEmail;
use edge_auth::aws::proof::Proof;
use edge_auth::aws::region::Region;
use edge_auth::aws::sigv4::{Credentials, Scope, sign};
use edge_auth::aws::sts::{self, CallerIdentity};
use edge_auth::aws::wire::AwsRequest;
use edge_auth::aws::{Aws, EndpointOverrides, identity, identity_store};
use edge_auth::crypto::secret::Secret;
use edge_auth::timestamp::Timestamp;
use emulator_users::{ACCOUNT, REGION, ROLE, create_user_and_role, keys, now};
use server::Server;

const SERVER_ID: &str = "https://auth.example";

/// Starts moto, which does not verify the signatures of the first `unchecked` calls.
async fn moto(unchecked: u32) -> Server {
    let words = ["-m", "moto.server", "-H", "127.0.0.1", "-p", "PORT"];
    let unchecked = unchecked.to_string();
    Server::start(&words, &[("INITIAL_NO_AUTH_ACTION_COUNT", &unchecked)]).await
}

/// Starts ministack with verification enabled.
async fn ministack() -> Server {
    Server::start(&["-m", "ministack"], &emulator_users::MINISTACK).await
}

fn aws(endpoint: &Endpoint) -> Aws {
    let region = Region::parse(REGION).unwrap();
    let overrides = EndpointOverrides {
        sts: Some(endpoint.clone()),
        sso_oidc: Some(endpoint.clone()),
        sso_portal: Some(endpoint.clone()),
        identity_store: Some(endpoint.clone()),
    };
    Aws::new(region, region, overrides)
}

/// Sends `GetCallerIdentity`, signed with these credentials.
async fn caller_identity(
    endpoint: &Endpoint,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<CallerIdentity, AwsError> {
    let region = Region::parse(REGION).unwrap();
    let request = sts::signed_get_caller_identity(endpoint, region, credentials, now)?;
    sts_json::caller_identity(&request).await
}

/// Sends the request that the service rebuilds from a proof.
async fn proven_identity(
    endpoint: &Endpoint,
    proof: &Proof,
    server_id: &str,
) -> Result<CallerIdentity, AwsError> {
    sts_json::caller_identity(&proof.request(endpoint, REGION, server_id)).await
}

fn assert_refused<T: std::fmt::Debug>(result: Result<T, AwsError>, what: &str) {
    match result {
        Err(AwsError::Refused(code)) if code.is_about_credentials() => {}
        other => panic!("{what}: {other:?}"),
    }
}

/// The checks that both servers pass. Returns the credentials of the user.
async fn check_signatures(endpoint: &Endpoint) -> Credentials {
    let (user, session) = create_user_and_role(endpoint).await;
    let caller = caller_identity(endpoint, &user, now()).await.unwrap();
    assert_eq!(
        caller.arn,
        Arn::parse(&format!("arn:aws:iam::{ACCOUNT}:user/aws-user")).unwrap()
    );
    let principal = identity::principal(&caller, Some("example.com"));
    assert_eq!(
        (
            principal.full_name.as_str(),
            principal.email.as_ref().map(AwsUserEmail::as_str)
        ),
        ("AWS User", Some("aws-user@example.com"))
    );

    let caller = caller_identity(endpoint, &session, now()).await.unwrap();
    assert!(matches!(&caller.arn.principal, Principal::AssumedRole { role, .. } if role == ROLE));
    let principal = identity::sso_user(
        &caller,
        None,
        "https://d-1.awsapps.com/start",
        ACCOUNT,
        None,
    )
    .unwrap();
    assert_eq!(principal.subject, "jane.roe@corp.example");
    assert_eq!(principal.permission_set.as_deref(), Some("Read_Only"));

    let wrong = Credentials {
        secret_access_key: Secret::new("wrong"),
        ..user.clone()
    };
    assert_refused(
        caller_identity(endpoint, &wrong, now()).await,
        "a wrong secret",
    );
    let wrong = Credentials {
        secret_access_key: Secret::new("wrong"),
        ..session.clone()
    };
    assert_refused(
        caller_identity(endpoint, &wrong, now()).await,
        "a session with a wrong secret",
    );
    let unknown = keys("AKIAUNKNOWN000000000", "x", None);
    assert_refused(
        caller_identity(endpoint, &unknown, now()).await,
        "an unknown key",
    );

    for credentials in [&user, &session] {
        let proof = Proof::sign(endpoint, REGION, SERVER_ID, credentials, now()).unwrap();
        let proven = proven_identity(endpoint, &proof, SERVER_ID).await.unwrap();
        assert_eq!(
            proven,
            caller_identity(endpoint, credentials, now()).await.unwrap()
        );
        assert_refused(
            proven_identity(endpoint, &proof, "https://other.example").await,
            "another server ID",
        );

        let (key, date, signature, token) = proof.values();
        let altered_date =
            Proof::sign(endpoint, REGION, SERVER_ID, credentials, now().plus(-60)).unwrap();
        let altered = Proof::parse(key, altered_date.values().1, signature, token).unwrap();
        assert_refused(
            proven_identity(endpoint, &altered, SERVER_ID).await,
            "an altered date",
        );
        let flipped: String = signature.chars().rev().collect();
        let altered = Proof::parse(key, date, &flipped, token).unwrap();
        assert_refused(
            proven_identity(endpoint, &altered, SERVER_ID).await,
            "an altered signature",
        );
        let signed_for_another_host = Endpoint::overridden("http://127.0.0.1:9").unwrap();
        let other = Proof::sign(
            &signed_for_another_host,
            REGION,
            SERVER_ID,
            credentials,
            now(),
        )
        .unwrap();
        assert_refused(
            proven_identity(endpoint, &other, SERVER_ID).await,
            "another host",
        );
    }
    user
}

#[tokio::test]
async fn moto_accepts_valid_signatures_and_refuses_others() {
    // Three calls create the user. After them every signature is verified.
    let server = moto(3).await;
    let user = check_signatures(&server.endpoint).await;

    let aws = aws(&server.endpoint);
    let store = "d-1234567890";
    let body = serde_json::json!({
        "IdentityStoreId": store,
        "UserName": "jane.roe@corp.example",
        "DisplayName": "Jane R.",
        "Name": {"GivenName": "Jane", "FamilyName": "Roe"},
        "Emails": [{"Value": "jane@corp.example", "Type": "Work", "Primary": true}],
    });
    let request = AwsRequest::post(
        &server.endpoint,
        "/",
        "application/x-amz-json-1.1",
        body.to_string(),
    )
    .with_header("x-amz-target", "AWSIdentityStore.CreateUser");
    let scope = Scope {
        region: REGION,
        service: "identitystore",
    };
    let request = sign(request, &user, scope, now()).unwrap();
    let response = Client::new().send(&request).await.unwrap();
    assert_eq!(
        response.status,
        200,
        "{:?}",
        String::from_utf8_lossy(&response.body)
    );

    let found = aws
        .identity_store_user(store, "jane.roe@corp.example", &user, now())
        .await
        .unwrap();
    assert_eq!(found.user_name, "jane.roe@corp.example");
    assert_eq!(found.display_name.as_deref(), Some("Jane R."));
    assert_eq!(found.email.as_deref(), Some("jane@corp.example"));
    let missing = aws.identity_store_user(store, "nobody", &user, now()).await;
    assert_eq!(
        missing.unwrap_err().to_string(),
        "ResourceNotFoundException"
    );
    let wrong = Credentials {
        secret_access_key: Secret::new("wrong"),
        ..user
    };
    let request = identity_store::get_user_id(&server.endpoint, store, "jane.roe@corp.example");
    let request = sign(request, &wrong, scope, now()).unwrap();
    let response = Client::new().send(&request).await.unwrap();
    // moto reports invalid signatures as XML, whatever the protocol of the service.
    let body = String::from_utf8_lossy(&response.body);
    assert_eq!(response.status, 403, "{body}");
    assert!(
        body.contains("<Code>SignatureDoesNotMatch</Code>"),
        "{body}"
    );
}

#[tokio::test]
async fn ministack_accepts_valid_and_current_signatures_and_refuses_others() {
    let server = ministack().await;
    let user = check_signatures(&server.endpoint).await;
    let late = caller_identity(&server.endpoint, &user, now().plus(-16 * 60)).await;
    assert_refused(late, "sixteen minutes old");
}
