//! The errors that are read from responses of AWS.

use super::code::{Code, NAMES, OAUTH_ERRORS};
use super::*;

fn refusal(status: u16, error_type: Option<&str>, body: &str) -> AwsError {
    AwsError::of_response(&AwsResponse {
        status,
        error_type: error_type.map(str::to_owned),
        body: body.as_bytes().to_vec(),
    })
}

#[test]
fn listed_name_is_read_in_every_spelling() {
    for name in NAMES {
        let code = Some(Code(name));
        assert_eq!(Code::parse(name), code);
        assert_eq!(
            Code::parse(&format!("{name}:http://internal.amazon.com/coral/x/")),
            code
        );
        assert_eq!(Code::parse(&format!("com.amazonaws.x#{name}")), code);
        assert_eq!(
            Code::parse(&format!("http://x.example/doc#{name}:Sender")),
            code
        );
        assert_eq!(
            refusal(400, Some(name), "not json"),
            AwsError::Refused(Code(name))
        );
    }
    for (error, name) in OAUTH_ERRORS {
        assert_eq!(
            refusal(
                400,
                None,
                &format!(r#"{{"error":"{error}","error_description":"canary"}}"#)
            ),
            AwsError::Refused(Code(name))
        );
    }
}

#[test]
fn code_is_read_from_header_or_body() {
    for (status, error_type, body, name) in [
        (
            400,
            Some("SlowDownException:"),
            r#"{"error":"authorization_pending"}"#,
            "SlowDownException",
        ),
        (
            400,
            Some("NewException"),
            r#"{"error":"slow_down"}"#,
            "SlowDownException",
        ),
        (
            400,
            None,
            r#"{"__type":"com.amazonaws.x#ValidationException","Message":"canary"}"#,
            "ValidationException",
        ),
        (
            403,
            None,
            r#"{"Error":{"Code":"ExpiredToken","Type":"Sender"},"RequestId":"1"}"#,
            "ExpiredToken",
        ),
        (
            400,
            None,
            r#"{"message":"canary"}"#,
            "InvalidRequestException",
        ),
        (
            401,
            None,
            r#"{"message":"canary"}"#,
            "UnauthorizedException",
        ),
        (
            404,
            None,
            r#"{"message":"canary"}"#,
            "ResourceNotFoundException",
        ),
        (
            429,
            None,
            r#"{"message":"canary"}"#,
            "TooManyRequestsException",
        ),
    ] {
        assert_eq!(
            refusal(status, error_type, body).to_string(),
            name,
            "{body}"
        );
    }
}

#[test]
fn error_that_is_not_listed_is_an_invalid_response() {
    for (status, body) in [
        (500, ""),
        (500, "{}"),
        (500, r#"{"message":"canary"}"#),
        (502, "<html><body>canary</body></html>"),
        (400, r#"{"error":"canary"}"#),
        (400, r#"{"error":["slow_down"]}"#),
        (400, r#"{"error":{"Code":7}}"#),
        (400, r#"{"__type":"canary#"}"#),
        (400, r#"["slow_down"]"#),
        (400, r#"{"error":"slow_down""#),
        (
            403,
            "<ErrorResponse><Error><Code>canary</Code></Error></ErrorResponse>",
        ),
        (
            403,
            "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>",
        ),
    ] {
        assert_eq!(
            refusal(status, Some("canary"), body),
            AwsError::InvalidResponse,
            "{body}"
        );
    }
    assert_eq!(
        AwsError::of_response(&AwsResponse {
            status: 400,
            error_type: None,
            body: vec![0xff, 0xfe, b'{', 0]
        }),
        AwsError::InvalidResponse
    );
}
