//! Security Token Service: returns the principal whose credentials signed a request. Source: the `sts/2011-06-15` model of
//! botocore.
//!
//! STS responds with JSON if `Accept` asks for it.

use super::arn::Arn;
use super::endpoint::Endpoint;
use super::error::AwsError;
use super::proof::Proof;
use super::region::Region;
use super::sigv4::{self, Credentials, Scope};
use super::wire::{AwsRequest, AwsResponse};
use super::{Aws, client::Client};
use crate::timestamp::Timestamp;

/// Signing name of the service.
pub const SIGNING_NAME: &str = "sts";
/// Content type of `GetCallerIdentity`. Proofs sign it, so it must not change.
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// Body of `GetCallerIdentity`. Proofs sign it, so it must not change.
pub const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// Maximum length of a principal ID.
const MAX_PRINCIPAL_ID_BYTES: usize = 128;

/// The principal whose credentials signed a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// ARN of the principal.
    pub arn: Arn,
    /// Stable ID: `AROA…` of a role, `AIDA…` of a user, the account ID of a root user. STS appends a colon and the session name
    /// to the ID of a role; both are removed, because the caller chose the session name.
    pub principal_id: String,
}

/// Returns the request `GetCallerIdentity` without a signature. [`accepting_json`] has to be applied after signing.
#[must_use]
pub fn get_caller_identity(endpoint: &Endpoint) -> AwsRequest {
    AwsRequest::post(endpoint, "/", CONTENT_TYPE, BODY)
}

/// Adds `Accept: application/json`, unsigned: the list of signed headers is part of every proof.
#[must_use]
pub fn accepting_json(request: AwsRequest) -> AwsRequest {
    request.with_header("accept", "application/json")
}

/// Returns the request `GetCallerIdentity`, signed.
///
/// # Errors
/// As [`sigv4::sign`].
pub fn signed_get_caller_identity(
    endpoint: &Endpoint,
    region: Region,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<AwsRequest, AwsError> {
    let scope = Scope {
        region: region.as_str(),
        service: SIGNING_NAME,
    };
    sigv4::sign(get_caller_identity(endpoint), credentials, scope, now).map(accepting_json)
}

/// Reads the response to `GetCallerIdentity`.
///
/// # Errors
/// Any [`AwsError`] that a response can have; `InvalidResponse` also for a principal that [`Arn`] does not accept.
pub fn caller_identity(response: &AwsResponse) -> Result<CallerIdentity, AwsError> {
    let mut result = response
        .json()?
        .object("GetCallerIdentityResponse")?
        .object("GetCallerIdentityResult")?;
    let (account, arn) = (result.text("Account")?, result.text("Arn")?);
    let user_id = result.text("UserId")?;
    let arn = Arn::parse(&arn).filter(|arn| arn.account == account);
    let principal_id = user_id.split(':').next().unwrap_or_default();
    let is_id = (1..=MAX_PRINCIPAL_ID_BYTES).contains(&principal_id.len())
        && principal_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric());
    arn.filter(|_| is_id)
        .map(|arn| CallerIdentity {
            arn,
            principal_id: principal_id.to_owned(),
        })
        .ok_or(AwsError::InvalidResponse)
}

impl Aws {
    /// Returns the owner of role credentials that the portal issued.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn role_identity(
        &self,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<CallerIdentity, AwsError> {
        let (endpoint, region) = (&self.identity_center_sts, self.identity_center_region);
        identity_of(&self.client, endpoint, region, credentials, now).await
    }

    /// Returns the owner of the configured credentials.
    ///
    /// # Errors
    /// Any [`AwsError`].
    pub async fn caller_identity(
        &self,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<CallerIdentity, AwsError> {
        identity_of(&self.client, &self.sts, self.region, credentials, now).await
    }

    /// Returns the owner of the credentials that signed a proof for `server_id`. The caller checks that the proof is fresh and
    /// was not used before.
    ///
    /// # Errors
    /// Any [`AwsError`]. [`super::error::Code::is_about_credentials`] is true if the proof is not valid.
    pub async fn proven_identity(
        &self,
        proof: &Proof,
        server_id: &str,
    ) -> Result<CallerIdentity, AwsError> {
        let request = proof.request(&self.sts, self.region.as_str(), server_id);
        caller_identity(&self.client.send(&request).await?)
    }
}

async fn identity_of(
    client: &Client,
    endpoint: &Endpoint,
    region: Region,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<CallerIdentity, AwsError> {
    let request = signed_get_caller_identity(endpoint, region, credentials, now)?;
    caller_identity(&client.send(&request).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::endpoint::Service;
    use crate::crypto::secret::Secret;

    const ACCOUNT: &str = "123456789012";
    const ARN: &str =
        "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/a@b.example";

    fn response(status: u16, body: &str) -> AwsResponse {
        AwsResponse {
            status,
            error_type: None,
            body: body.as_bytes().to_vec(),
        }
    }

    fn body(account: &str, arn: &str, user_id: &str) -> String {
        serde_json::json!({"GetCallerIdentityResponse": {
            "GetCallerIdentityResult": {"Account": account, "Arn": arn, "UserId": user_id},
            "ResponseMetadata": {"RequestId": "1"}}})
        .to_string()
    }

    #[test]
    fn request_conforms_to_the_model_and_accepts_json() {
        let endpoint = Endpoint::of(Service::Sts, Region::parse("eu-west-1").unwrap());
        let request = accepting_json(get_caller_identity(&endpoint));
        assert_eq!(request.url(), "https://sts.eu-west-1.amazonaws.com/");
        assert_eq!(
            request.body.reveal(),
            "Action=GetCallerIdentity&Version=2011-06-15"
        );
        assert_eq!(request.header("accept"), Some("application/json"));
    }

    #[test]
    fn accept_is_sent_but_not_signed() {
        let region = Region::parse("eu-west-1").unwrap();
        let endpoint = Endpoint::of(Service::Sts, region);
        let credentials = Credentials {
            access_key_id: Secret::new("AKIDEXAMPLE"),
            secret_access_key: Secret::new("key"),
            session_token: None,
        };
        let now = Timestamp::from_seconds(1_704_888_000);
        let request = signed_get_caller_identity(&endpoint, region, &credentials, now).unwrap();
        assert_eq!(request.header("accept"), Some("application/json"));
        let authorization = request.header("authorization").unwrap();
        assert!(authorization.contains("SignedHeaders=content-type;host;x-amz-date,"));
    }

    #[test]
    fn caller_identity_is_read_without_the_session_name() {
        let text = body(ACCOUNT, ARN, "AROAEXAMPLE:a@b.example");
        let caller = caller_identity(&response(200, &text)).unwrap();
        assert_eq!(caller.principal_id, "AROAEXAMPLE");
        assert_eq!(caller.arn, Arn::parse(ARN).unwrap());
    }

    #[test]
    fn unexpected_response_is_invalid() {
        let xml = format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{ARN}</Arn><UserId>AROA:x</UserId>\
             <Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        for body in [
            String::new(),
            "{}".to_owned(),
            "<html>".to_owned(),
            xml,
            body("210987654321", ARN, "AROA:x"),
            body(ACCOUNT, ARN, ""),
            body(ACCOUNT, ARN, ":x"),
            body(ACCOUNT, ARN, "AR OA:x"),
            body(ACCOUNT, ARN, &"A".repeat(MAX_PRINCIPAL_ID_BYTES + 1)),
            body(
                ACCOUNT,
                "arn:aws:sts::123456789012:federated-user/x",
                "123456789012:x",
            ),
            format!("{}trailing", body(ACCOUNT, ARN, "AROA:x")),
        ] {
            let read = caller_identity(&response(200, &body));
            assert_eq!(read, Err(AwsError::InvalidResponse), "{body}");
        }
        let utf16 = AwsResponse {
            status: 200,
            error_type: None,
            body: body(ACCOUNT, ARN, "A")
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        };
        assert_eq!(caller_identity(&utf16), Err(AwsError::InvalidResponse));
    }

    #[test]
    fn refusal_has_the_code_of_the_error() {
        for name in [
            "InvalidClientTokenId",
            "SignatureDoesNotMatch",
            "ExpiredToken",
            "Throttling",
        ] {
            let body = format!(r#"{{"Error":{{"Code":"{name}"}},"RequestId":"1"}}"#);
            let error = caller_identity(&response(403, &body)).unwrap_err();
            assert_eq!(error.to_string(), name);
        }
    }
}
