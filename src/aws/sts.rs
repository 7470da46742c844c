//! Security Token Service: who signs. Source: botocore's model `sts/2011-06-15`.
//!
//! The real service answers JSON where `Accept` asks for it; emulators answer XML all the same, so both are read.

use super::arn::Arn;
use super::error::AwsError;
use super::partition::Endpoint;
use super::wire::{AwsRequest, AwsResponse};
use super::xml;
use crate::json::{Malformed, Object};

/// The signing name.
pub const SIGNING_NAME: &str = "sts";
/// Part of what a proof signs: it must never change.
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// Part of what a proof signs: it must never change.
pub const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// Who signed a request, as STS says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The principal.
    pub arn: Arn,
    /// The principal's unchanging id: `AROA…` of a role, `AIDA…` of a user, the account's number of its root. What STS
    /// sets behind a colon, a session name that its caller chose, is left out.
    pub principal_id: String,
}

/// `GetCallerIdentity`, still to be signed; `Accept` is set afterwards by [`accepting_json`], so that it stays unsigned.
#[must_use]
pub fn get_caller_identity(endpoint: &Endpoint) -> AwsRequest {
    AwsRequest::post(endpoint, "/", CONTENT_TYPE, BODY)
}

/// The same, asking for JSON.
#[must_use]
pub fn accepting_json(request: AwsRequest) -> AwsRequest {
    request.with_header("accept", "application/json")
}

/// Reads `GetCallerIdentity`'s reply.
///
/// # Errors
/// Any [`AwsError`] but those of the connection; `InvalidResponse` too for a principal that [`Arn`] does not know.
pub fn caller_identity(reply: &AwsResponse) -> Result<CallerIdentity, AwsError> {
    let text = std::str::from_utf8(reply.success()?).map_err(|_| AwsError::InvalidResponse)?;
    let told = if text.trim_start().starts_with('<') {
        from_xml(text)
    } else {
        from_json(text).ok()
    };
    told.and_then(|told| identity(&told))
        .ok_or(AwsError::InvalidResponse)
}

struct Told {
    account: String,
    arn: String,
    user_id: String,
}

fn from_json(text: &str) -> Result<Told, Malformed> {
    let mut told = Object::read(text)?
        .object("GetCallerIdentityResponse")?
        .object("GetCallerIdentityResult")?;
    Ok(Told {
        account: told.text("Account")?,
        arn: told.text("Arn")?,
        user_id: told.text("UserId")?,
    })
}

fn from_xml(text: &str) -> Option<Told> {
    let field = |name: &str| {
        xml::text_at(
            text,
            &["GetCallerIdentityResponse", "GetCallerIdentityResult", name],
        )
    };
    Some(Told {
        account: field("Account")?,
        arn: field("Arn")?,
        user_id: field("UserId")?,
    })
}

fn identity(told: &Told) -> Option<CallerIdentity> {
    let arn = Arn::parse(&told.arn)?;
    let principal_id = told.user_id.split(':').next().unwrap_or_default();
    let is_id = (1..=128).contains(&principal_id.len())
        && principal_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric());
    (arn.account == told.account && is_id).then(|| CallerIdentity {
        arn,
        principal_id: principal_id.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::arn::Principal;
    use crate::aws::partition::{Region, Service};

    fn reply(status: u16, body: &str) -> AwsResponse {
        AwsResponse {
            status,
            error_type: None,
            body: body.as_bytes().to_vec(),
        }
    }

    fn json(account: &str, arn: &str, user_id: &str) -> String {
        serde_json::json!({"GetCallerIdentityResponse": {
            "GetCallerIdentityResult": {"Account": account, "Arn": arn, "UserId": user_id},
            "ResponseMetadata": {"RequestId": "1"}}})
        .to_string()
    }

    fn xml(account: &str, arn: &str, user_id: &str) -> String {
        format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n\
             <GetCallerIdentityResult><Arn>{arn}</Arn><UserId>{user_id}</UserId><Account>{account}</Account>\
             </GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\
             </GetCallerIdentityResponse>"
        )
    }

    const ACCOUNT: &str = "123456789012";
    const ARN: &str =
        "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/a@b.example";

    #[test]
    fn the_request_is_as_the_model_says() {
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
    fn json_and_xml_say_the_same() {
        for body in [
            json(ACCOUNT, ARN, "AROAEXAMPLE:a@b.example"),
            xml(ACCOUNT, ARN, "AROAEXAMPLE:a@b.example"),
            format!(
                "<?xml version='1.0' encoding='UTF-8'?>\n{}\n",
                xml(ACCOUNT, ARN, "AROAEXAMPLE:a")
            ),
        ] {
            let caller = caller_identity(&reply(200, &body)).unwrap();
            assert_eq!(caller.principal_id, "AROAEXAMPLE");
            assert_eq!(caller.arn, Arn::parse(ARN).unwrap());
        }
        let escaped = xml(ACCOUNT, &ARN.replace("a@b", "r&amp;d&#233;"), "AROA:x");
        let caller = caller_identity(&reply(200, &escaped)).unwrap();
        assert!(
            matches!(caller.arn.principal, Principal::AssumedRole { session, .. } if session == "r&dé.example")
        );
    }

    #[test]
    fn odd_replies_are_invalid() {
        let bomb = format!(
            "<!DOCTYPE x [<!ENTITY a \"{}\">]>{}",
            "&b;".repeat(100),
            xml(ACCOUNT, "&a;", "AROA:x")
        );
        for body in [
            String::new(),
            "{}".to_owned(),
            "<html>".to_owned(),
            bomb,
            json("210987654321", ARN, "AROA:x"),
            json(ACCOUNT, ARN, ""),
            json(ACCOUNT, ARN, ":x"),
            json(ACCOUNT, ARN, "AR OA:x"),
            json(
                ACCOUNT,
                "arn:aws:sts::123456789012:federated-user/x",
                "123456789012:x",
            ),
            xml(ACCOUNT, ARN, "AROA:x").replace("</Arn>", "</Arn><Arn>x</Arn>"),
            xml(ACCOUNT, ARN, "AROA:x").replace("</GetCallerIdentityResponse>", ""),
            format!("{}trailing", json(ACCOUNT, ARN, "AROA:x")),
        ] {
            assert_eq!(
                caller_identity(&reply(200, &body)),
                Err(AwsError::InvalidResponse),
                "{body}"
            );
        }
        let utf16 = AwsResponse {
            status: 200,
            error_type: None,
            body: json(ACCOUNT, ARN, "A")
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        };
        assert_eq!(caller_identity(&utf16), Err(AwsError::InvalidResponse));
    }

    #[test]
    fn refusals_are_named() {
        for name in [
            "InvalidClientTokenId",
            "SignatureDoesNotMatch",
            "ExpiredToken",
            "Throttling",
        ] {
            for body in [
                format!("<ErrorResponse><Error><Code>{name}</Code></Error></ErrorResponse>"),
                format!(r#"{{"Error":{{"Code":"{name}"}},"RequestId":"1"}}"#),
            ] {
                assert_eq!(
                    caller_identity(&reply(403, &body)).unwrap_err().to_string(),
                    name
                );
            }
        }
    }
}
