//! Our requests, judged by other people's servers: moto and ministack recompute every signature. Each has a hole (moto
//! asks no clock, ministack knows magic keys), so both are asked. What they say is no proof of what AWS says; that they
//! accept the right keys and refuse all else is one of ours.
//!
//! Needs python3 with pip; see `installed`.

#[path = "aws_native/installed.rs"]
mod installed;
#[path = "aws_native/people.rs"]
mod people;
#[path = "aws_native/server.rs"]
mod server;

use edge_auth::aws::arn::{Arn, Principal};
use edge_auth::aws::client::Client;
use edge_auth::aws::error::AwsError;
use edge_auth::aws::identity::AwsUserEmail;
use edge_auth::aws::partition::{Endpoint, Region};
use edge_auth::aws::proof::Proof;
use edge_auth::aws::sigv4::{Credentials, Scope, sign};
use edge_auth::aws::wire::AwsRequest;
use edge_auth::aws::{Aws, EndpointOverrides, identity};
use edge_auth::crypto::secret::Secret;
use people::{ACCOUNT, REGION, ROLE, keys, now, people};
use server::Server;

const AUDIENCE: &str = "https://auth.example";

/// moto, which checks no signature of the first so many calls.
async fn moto(unchecked: u32) -> Server {
    let words = ["-m", "moto.server", "-H", "127.0.0.1", "-p", "PORT"];
    let unchecked = unchecked.to_string();
    Server::start(&words, &[("INITIAL_NO_AUTH_ACTION_COUNT", &unchecked)]).await
}

/// ministack with its checks on.
async fn ministack() -> Server {
    Server::start(&["-m", "ministack"], &people::MINISTACK).await
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

fn is_refused<T: std::fmt::Debug>(answer: Result<T, AwsError>, what: &str) {
    match answer {
        Err(AwsError::Refused(code)) if code.is_about_credentials() => {}
        other => panic!("{what}: {other:?}"),
    }
}

/// The parts that both servers must judge alike.
async fn signatures_are_judged(endpoint: &Endpoint) -> Credentials {
    let (user, session) = people(endpoint).await;
    let aws = aws(endpoint);

    let caller = aws.caller_identity(&user, now()).await.unwrap();
    assert_eq!(
        caller.arn,
        Arn::parse(&format!("arn:aws:iam::{ACCOUNT}:user/aws-user")).unwrap()
    );
    let person = identity::principal(&caller, Some("example.com"));
    assert_eq!(
        (
            person.full_name.as_str(),
            person.email.as_ref().map(AwsUserEmail::as_str)
        ),
        ("AWS User", Some("aws-user@example.com"))
    );

    let caller = aws.role_identity(&session, now()).await.unwrap();
    assert!(matches!(&caller.arn.principal, Principal::AssumedRole { role, .. } if role == ROLE));
    let person = identity::signed_in(
        &caller,
        None,
        "https://d-1.awsapps.com/start",
        ACCOUNT,
        None,
    )
    .unwrap();
    assert_eq!(person.subject, "jane.roe@corp.example");
    assert_eq!(person.permission_set.as_deref(), Some("Read_Only"));

    let wrong = Credentials {
        secret_access_key: Secret::new("wrong"),
        ..user.clone()
    };
    is_refused(aws.caller_identity(&wrong, now()).await, "a wrong secret");
    let wrong = Credentials {
        secret_access_key: Secret::new("wrong"),
        ..session.clone()
    };
    is_refused(
        aws.role_identity(&wrong, now()).await,
        "a session with a wrong secret",
    );
    let unknown = keys("AKIAUNKNOWN000000000", "x", None);
    is_refused(aws.caller_identity(&unknown, now()).await, "an unknown key");

    for credentials in [&user, &session] {
        let proof = Proof::sign(endpoint, REGION, AUDIENCE, credentials, now()).unwrap();
        let proven = aws.proven_identity(&proof, AUDIENCE).await.unwrap();
        assert_eq!(
            proven,
            aws.caller_identity(credentials, now()).await.unwrap()
        );
        is_refused(
            aws.proven_identity(&proof, "https://other.example").await,
            "another audience",
        );

        let (key, date, signature, token) = proof.values();
        let altered_date =
            Proof::sign(endpoint, REGION, AUDIENCE, credentials, now().plus(-60)).unwrap();
        let altered = Proof::parse(key, altered_date.values().1, signature, token).unwrap();
        is_refused(
            aws.proven_identity(&altered, AUDIENCE).await,
            "an altered date",
        );
        let flipped: String = signature.chars().rev().collect();
        let altered = Proof::parse(key, date, &flipped, token).unwrap();
        is_refused(
            aws.proven_identity(&altered, AUDIENCE).await,
            "an altered signature",
        );
        let signed_for_another_host = Endpoint::overridden("http://127.0.0.1:9").unwrap();
        let other = Proof::sign(
            &signed_for_another_host,
            REGION,
            AUDIENCE,
            credentials,
            now(),
        )
        .unwrap();
        is_refused(aws.proven_identity(&other, AUDIENCE).await, "another host");
    }
    user
}

#[tokio::test]
async fn moto_judges_our_signatures() {
    // Three calls prepare the user; after them every signature is checked.
    let server = moto(3).await;
    let user = signatures_are_judged(&server.endpoint).await;

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
    let reply = Client::new().carry(&request).await.unwrap();
    assert_eq!(
        reply.status,
        200,
        "{:?}",
        String::from_utf8_lossy(&reply.body)
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
    is_refused(
        aws.identity_store_user(store, "jane.roe@corp.example", &wrong, now())
            .await,
        "a wrong secret",
    );
}

#[tokio::test]
async fn ministack_judges_our_signatures_and_the_time() {
    let server = ministack().await;
    let user = signatures_are_judged(&server.endpoint).await;
    let late = aws(&server.endpoint)
        .caller_identity(&user, now().plus(-16 * 60))
        .await;
    is_refused(late, "sixteen minutes old");
}
