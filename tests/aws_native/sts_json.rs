//! moto and ministack respond to STS requests with XML, even if `Accept` asks for JSON. This module converts their responses to
//! the JSON that STS sends and the service reads.

use edge_auth::aws::client::Client;
use edge_auth::aws::error::AwsError;
use edge_auth::aws::sts::{self, CallerIdentity};
use edge_auth::aws::wire::{AwsRequest, AwsResponse};
use serde_json::json;

/// Sends a signed `GetCallerIdentity` and reads the response.
pub async fn caller_identity(request: &AwsRequest) -> Result<CallerIdentity, AwsError> {
    let response = Client::new().send(request).await?;
    let xml = String::from_utf8(response.body).expect("XML in UTF-8");
    let element = |name: &str| {
        let (_, rest) = xml.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0)
    };
    let json = if response.status == 200 {
        json!({"GetCallerIdentityResponse": {"GetCallerIdentityResult": {
            "Account": element("Account"), "Arn": element("Arn"), "UserId": element("UserId"),
        }}})
    } else {
        let code = element("Code");
        assert!(code.is_some(), "{} {xml}", response.status);
        json!({ "Error": { "Code": code } })
    };
    sts::caller_identity(&AwsResponse {
        body: json.to_string().into_bytes(),
        error_type: None,
        ..response
    })
}
