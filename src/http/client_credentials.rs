//! Reads the credentials of an OAuth client from the header `Authorization` and from the form (RFC 6749 section 2.3, RFC 7521 section
//! 4.2).

use super::error::ApiError;
use super::error_codes::ErrorCode;
use super::form::Form;
use crate::app::client_authentication::{PresentedClient, Proof};
use crate::crypto::secret::Secret;
use base64ct::{Base64, Encoding};
use percent_encoding::percent_decode_str;

/// The only type of assertions (RFC 7523 section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Takes the credentials of the client.
///
/// # Errors
/// `SeveralAuthMethods`; `MissingParameter` and `InvalidParameter` if a parameter of a method is absent or wrong;
/// `ClientAuthenticationFailed` if there are no credentials, or the header has another form than that of `Basic`.
pub fn take(authorization: Option<&str>, form: &mut Form) -> Result<PresentedClient, ApiError> {
    let id = form.take("client_id");
    let secret = form.take("client_secret");
    let assertion_type = form.take("client_assertion_type");
    let assertion = form.take("client_assertion");
    let has_assertion = assertion.is_some() || assertion_type.is_some();
    let methods = [authorization.is_some(), secret.is_some(), has_assertion];
    if methods.into_iter().filter(|is_used| *is_used).count() > 1 {
        return Err(ErrorCode::SeveralAuthMethods.into());
    }
    if let Some(header) = authorization {
        let (named, secret) = basic(header).ok_or(ErrorCode::ClientAuthenticationFailed)?;
        if id.is_some_and(|id| id != named) {
            return Err(ApiError::parameter(
                ErrorCode::InvalidParameter,
                "client_id",
            ));
        }
        return Ok(PresentedClient {
            id: named,
            proof: Proof::Basic(secret),
        });
    }
    if has_assertion {
        let assertion = required(assertion, "client_assertion")?;
        let r#type = required(assertion_type, "client_assertion_type")?;
        if r#type != ASSERTION_TYPE {
            return Err(ApiError::parameter(
                ErrorCode::InvalidParameter,
                "client_assertion_type",
            ));
        }
        return Ok(PresentedClient::asserted(id, assertion));
    }
    if let Some(secret) = secret {
        return Ok(PresentedClient {
            id: required(id, "client_id")?,
            proof: Proof::Post(Secret::new(secret)),
        });
    }
    let id = id.ok_or(ErrorCode::ClientAuthenticationFailed)?;
    Ok(PresentedClient {
        id,
        proof: Proof::None,
    })
}

fn required(value: Option<String>, name: &'static str) -> Result<String, ApiError> {
    value.ok_or_else(|| ApiError::parameter(ErrorCode::MissingParameter, name))
}

/// Id and secret in a header, each of which is form-encoded before both are encoded in Base64 (RFC 6749 section 2.3.1).
fn basic(header: &str) -> Option<(String, Secret)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = Base64::decode_vec(encoded.trim_matches(' ')).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id)?, Secret::new(form_decoded(secret)?)))
}

fn form_decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> String {
        format!("Basic {}", Base64::encode_string(text.as_bytes()))
    }

    fn read(authorization: Option<&str>, form: &str) -> Result<PresentedClient, ApiError> {
        take(authorization, &mut Form::read(form.as_bytes()).unwrap())
    }

    fn code(authorization: Option<&str>, form: &str) -> Option<ErrorCode> {
        read(authorization, form).err().map(|error| error.code())
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        for (text, id, secret) in [
            ("id:secret", "id", "secret"),
            ("a%3Ab:c%3Ad%25", "a:b", "c:d%"),
            ("a+b:c+d%2B", "a b", "c d+"),
            ("id:a:b", "id", "a:b"),
            ("id:%C3%A9", "id", "\u{e9}"),
            ("id:", "id", ""),
        ] {
            let read = read(Some(&header(text)), "").unwrap();
            let expected = PresentedClient {
                id: id.to_owned(),
                proof: Proof::Basic(Secret::new(secret)),
            };
            assert_eq!(read, expected, "{text}");
        }
        let spelled = header("id:secret").replace("Basic ", "bAsIc  ");
        assert!(read(Some(&spelled), "client_id=id").is_ok());
    }

    #[test]
    fn malformed_header_is_a_failed_authentication() {
        for text in [
            "",
            "Basic",
            "Basic ",
            "Basic !",
            "Basic aWQ",
            "Basic aWQ=",
            "Bearer abc",
            "Basicaddd aWQ6eA==",
            &header("id"),
            &header("id:%FF"),
        ] {
            let failed = Some(ErrorCode::ClientAuthenticationFailed);
            assert_eq!(code(Some(text), ""), failed, "{text}");
        }
    }

    #[test]
    fn each_method_is_used_alone_and_complete() {
        let jwt = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
        let basic = header("id:x");
        let (several, missing) = (ErrorCode::SeveralAuthMethods, ErrorCode::MissingParameter);
        let failed = ErrorCode::ClientAuthenticationFailed;
        for (authorization, form, expected) in [
            (None, "", failed),
            (None, "client_id=", failed),
            (Some(&*basic), "client_secret=x", several),
            (Some("Bearer x"), "client_secret=x", several),
            (Some(&*basic), jwt, several),
            (Some(&*basic), "client_assertion=x", several),
            (
                None,
                "client_id=id&client_secret=x&client_assertion=x",
                several,
            ),
            (
                Some(&*basic),
                "client_id=other",
                ErrorCode::InvalidParameter,
            ),
            (None, "client_secret=x", missing),
            (None, jwt, missing),
            (None, "client_id=id&client_assertion=x", missing),
            (
                None,
                "client_assertion=x&client_assertion_type=x",
                ErrorCode::InvalidParameter,
            ),
        ] {
            assert_eq!(code(authorization, form), Some(expected), "{form}");
        }
        for form in [
            "client_id=id",
            "client_id=id&client_secret=x",
            &format!("client_assertion=a.b.c&{jwt}"),
        ] {
            assert_eq!(code(None, form), None, "{form}");
        }
    }
}
