//! Creates a user and a role at moto or ministack.

use edge_auth::aws::client::Client;
use edge_auth::aws::endpoint::Endpoint;
use edge_auth::aws::sigv4::{Credentials, Scope, sign};
use edge_auth::aws::sts;
use edge_auth::aws::wire::AwsRequest;
use edge_auth::crypto::secret::Secret;
use edge_auth::timestamp::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "eu-west-1";
/// The role of the session.
pub const ROLE: &str = "AWSReservedSSO_Read_Only_0123456789abcdef";

/// Variables of ministack: verification enabled, and the account.
pub const MINISTACK: [(&str, &str); 4] = [
    ("AUTH", "true"),
    ("BIND_HOST", "127.0.0.1"),
    ("GATEWAY_PORT", "PORT"),
    ("MINISTACK_ACCOUNT_ID", ACCOUNT),
];

const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}]}"#;

pub fn now() -> Timestamp {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    Timestamp::from_seconds(seconds.try_into().unwrap())
}

pub fn keys(id: &str, secret: &str, token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: Secret::new(id),
        secret_access_key: Secret::new(secret),
        session_token: token.map(Secret::new),
    }
}

/// Calls an operation of the query protocol and returns the XML.
async fn query(
    endpoint: &Endpoint,
    service: &str,
    by: &Credentials,
    parameters: &[(&str, &str)],
) -> String {
    let body: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", edge_auth::aws::wire::percent_encoded(value)))
        .collect();
    let request = AwsRequest::post(endpoint, "/", sts::CONTENT_TYPE, body.join("&"));
    let request = sign(
        request,
        by,
        Scope {
            region: REGION,
            service,
        },
        now(),
    )
    .unwrap();
    let response = Client::new().send(&request).await.unwrap();
    let text = String::from_utf8(response.body).unwrap();
    assert_eq!(response.status, 200, "{text}");
    text
}

fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap();
    rest.split_once(&format!("</{name}>")).unwrap().0
}

/// Creates a user and a role with a name in the form of Identity Center. Returns credentials of the user and of a session of the role.
pub async fn create_user_and_role(endpoint: &Endpoint) -> (Credentials, Credentials) {
    // Credentials that ministack never verifies; moto does not verify the first calls.
    let unverified = keys("test", "test", None);
    let version = ("Version", "2010-05-08");
    let name = ("UserName", "aws-user");
    query(
        endpoint,
        "iam",
        &unverified,
        &[("Action", "CreateUser"), version, name],
    )
    .await;
    let policy = [
        ("Action", "PutUserPolicy"),
        version,
        name,
        ("PolicyName", "all"),
        ("PolicyDocument", POLICY),
    ];
    query(endpoint, "iam", &unverified, &policy).await;
    let made = query(
        endpoint,
        "iam",
        &unverified,
        &[("Action", "CreateAccessKey"), version, name],
    )
    .await;
    let user = keys(
        element(&made, "AccessKeyId"),
        element(&made, "SecretAccessKey"),
        None,
    );

    // From here on both servers verify signatures.
    let role = [
        ("Action", "CreateRole"),
        version,
        ("RoleName", ROLE),
        ("AssumeRolePolicyDocument", TRUST),
    ];
    query(endpoint, "iam", &user, &role).await;
    let policy = [
        ("Action", "PutRolePolicy"),
        version,
        ("RoleName", ROLE),
        ("PolicyName", "all"),
        ("PolicyDocument", POLICY),
    ];
    query(endpoint, "iam", &user, &policy).await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/{ROLE}");
    let assume = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", arn.as_str()),
        ("RoleSessionName", "jane.roe@corp.example"),
    ];
    let made = query(endpoint, "sts", &user, &assume).await;
    let session = keys(
        element(&made, "AccessKeyId"),
        element(&made, "SecretAccessKey"),
        Some(element(&made, "SessionToken")),
    );
    (user, session)
}
