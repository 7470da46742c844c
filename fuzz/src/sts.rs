//! Responses of STS.

use crate::{Target, choose, seed};
use edge_auth::aws::error::AwsError;
use edge_auth::aws::sts;
use edge_auth::aws::wire::AwsResponse;
use serde_json::Value;

pub const TARGET: Target = Target {
    name: "sts",
    run,
    seeds,
    words: &[
        r#""""#,
        "null",
        "{}",
        r"\u0041",
        r"\u0000",
        ":",
        "/",
        "arn:aws:iam::123456789012:root",
        "arn:aws:sts::123456789012:assumed-role/",
        "\"Account\":",
        "\"Arn\":",
        "\"UserId\":",
    ],
};

const STATUSES: [u16; 4] = [200, 403, 302, 500];

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let status = STATUSES[usize::from(choice) % STATUSES.len()];
    let response = AwsResponse {
        status,
        error_type: None,
        body: input.to_vec(),
    };
    match sts::caller_identity(&response) {
        Ok(caller) => {
            assert_eq!(status, 200);
            let account = &caller.arn.account;
            assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
            let is_id = caller
                .principal_id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric());
            assert!(is_id && !caller.principal_id.is_empty());
            // An independent reader must find the same values in the same place.
            let body: Value = serde_json::from_slice(input).expect("JSON");
            let result = &body["GetCallerIdentityResponse"]["GetCallerIdentityResult"];
            assert_eq!(&result["Account"], account);
            let user_id = result["UserId"].as_str().expect("a string");
            assert_eq!(user_id.split(':').next(), Some(&*caller.principal_id));
        }
        Err(AwsError::Refused(_)) => assert!(status >= 400),
        Err(error) => assert!(!error.code().is_empty()),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    const ARN: &str =
        "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/a@b.example";
    let identity = format!(
        r#"{{"GetCallerIdentityResponse":{{"GetCallerIdentityResult":{{"Account":"123456789012","Arn":"{ARN}","UserId":"AROAEXAMPLE:a@b.example"}},"ResponseMetadata":{{"RequestId":"1"}}}}}}"#
    );
    let refused = r#"{"Error":{"Type":"Sender","Code":"SignatureDoesNotMatch","Message":"no"},"RequestId":"1"}"#;
    let xml = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
               <Code>SignatureDoesNotMatch</Code><Message>no</Message></Error></ErrorResponse>";
    vec![
        seed(0, identity),
        seed(1, refused),
        seed(1, xml),
        seed(3, "{}"),
    ]
}
