//! Reads request bodies: size, media type, encoding, JSON, forms.

use super::error::ApiError;
use super::error_codes::ErrorCode;
use super::form::Form;
use super::request::{BodyError, Request};
use super::response::LINES;
use crate::json::{Malformed, Object};
use serde::de::DeserializeOwned;

/// Maximum number of bytes of a body. The sealed handles of a device flow need about 6 KiB.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// The text of the response to an invalid body, unless the API specification fixes another one.
pub const INVALID_BODY: &str = "Invalid request body";

/// The media type of JSON bodies.
pub const JSON: &str = "application/json";

/// The media type of forms.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Maximum number of bytes of a body in JSON Lines.
pub const MAX_LINES_BYTES: usize = 1024 * 1024;

/// The media type that a route accepts.
#[derive(Clone, Copy)]
struct Accepted {
    media_type: &'static str,
    max_bytes: usize,
}

const ACCEPTS_JSON: Accepted = Accepted {
    media_type: JSON,
    max_bytes: MAX_BODY_BYTES,
};

const ACCEPTS_FORM: Accepted = Accepted {
    media_type: FORM,
    max_bytes: MAX_BODY_BYTES,
};

const ACCEPTS_LINES: Accepted = Accepted {
    media_type: LINES,
    max_bytes: MAX_LINES_BYTES,
};

/// Reads a JSON body. `text` is the text of the response to an invalid body: [`INVALID_BODY`], or the one that an API
/// specification prescribes.
///
/// # Errors
/// `BodyTooLarge`, `UnsupportedMediaType`, `UnsupportedEncoding`, `InvalidJson`, `MissingField`, `InvalidField`,
/// `IncompleteBody`, `Overloaded`.
pub async fn json<T: DeserializeOwned>(
    request: Request,
    text: &'static str,
) -> Result<T, ApiError> {
    let bytes = bytes(request, ACCEPTS_JSON, text).await?;
    parse(&bytes).map_err(|code| ApiError::new(code).with_text(text))
}

/// Like [`json`], for a route whose body is optional.
///
/// # Errors
/// `BodyTooLarge`, `UnsupportedMediaType`, `UnsupportedEncoding`, `InvalidJson`, `MissingField`, `InvalidField`,
/// `IncompleteBody`, `Overloaded`.
pub async fn optional_json<T: DeserializeOwned>(
    request: Request,
    text: &'static str,
) -> Result<Option<T>, ApiError> {
    let bytes = bytes(request, ACCEPTS_JSON, text).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let body = parse(&bytes).map_err(|code| ApiError::new(code).with_text(text))?;
    Ok(Some(body))
}

/// Reads a body in JSON Lines. The lines are not parsed.
///
/// # Errors
/// `BodyTooLarge`, `UnsupportedMediaType`, `UnsupportedEncoding`, `InvalidJson` if it is not UTF-8, `IncompleteBody`, `Overloaded`.
pub async fn lines(request: Request) -> Result<String, ApiError> {
    let bytes = bytes(request, ACCEPTS_LINES, INVALID_BODY).await?;
    let text = String::from_utf8(bytes).map_err(|_| ErrorCode::InvalidJson)?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Reads a form. An empty body is a form without parameters.
///
/// # Errors
/// `BodyTooLarge`, `UnsupportedMediaType`, `UnsupportedEncoding`, `RepeatedParameter`, `TooManyParameters`, `IncompleteBody`,
/// `Overloaded`.
pub async fn form(request: Request) -> Result<Form, ApiError> {
    Form::read(&bytes(request, ACCEPTS_FORM, INVALID_BODY).await?)
}

/// Reads the text of a form, in which parameters may be given twice: see [`Form::with_repetitions`].
///
/// # Errors
/// `BodyTooLarge`, `UnsupportedMediaType`, `UnsupportedEncoding`, `IncompleteBody`, `Overloaded`.
pub async fn form_bytes(request: Request) -> Result<Vec<u8>, ApiError> {
    bytes(request, ACCEPTS_FORM, INVALID_BODY).await
}

/// Reads the body. An empty body needs no `Content-Type`.
async fn bytes(
    request: Request,
    accepted: Accepted,
    text: &'static str,
) -> Result<Vec<u8>, ApiError> {
    let Accepted {
        media_type: expected,
        max_bytes,
    } = accepted;
    let declared = request
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > max_bytes) {
        return Err(ErrorCode::BodyTooLarge.into());
    }
    let media_type = request.header("content-type");
    let encoding = request.header("content-encoding");
    let bytes = (request.body)(declared.unwrap_or(max_bytes), declared.is_some()).await;
    let bytes = bytes.map_err(|error| match error {
        BodyError::TooLarge => ErrorCode::BodyTooLarge.into(),
        BodyError::Interrupted => ApiError::new(ErrorCode::IncompleteBody).with_text(text),
        BodyError::NoCapacity => ErrorCode::Overloaded.into(),
    })?;
    if bytes.is_empty() {
        return Ok(bytes);
    }
    if encoding.as_deref().is_some_and(is_encoded) {
        return Err(ApiError::unsupported_encoding());
    }
    if !media_type.is_some_and(|given| is_media_type(&given, expected)) {
        return Err(ApiError::unsupported_media_type(expected));
    }
    Ok(bytes)
}

/// Whether a `Content-Encoding` header names a coding: `identity` and an empty header do not (RFC 9110 §8.4).
fn is_encoded(header: &str) -> bool {
    let mut codings = header.split(',').map(str::trim);
    codings.any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
}

/// Compares a media type in any case and with any parameters (RFC 9110 §8.3.1). A `charset` is ignored: JSON is UTF-8 (RFC 8259
/// §8.1), and a body in another encoding is refused when it is parsed.
fn is_media_type(content_type: &str, expected: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(expected)
}

/// Parses the JSON, with or without a byte order mark (RFC 8259 §8.1 allows parsers to ignore it).
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ErrorCode> {
    let text = std::str::from_utf8(bytes).map_err(|_| ErrorCode::InvalidJson)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let object = Object::read(text).map_err(|_| ErrorCode::InvalidJson)?;
    object.deserialize().map_err(|malformed| match malformed {
        Malformed::Syntax => ErrorCode::InvalidJson,
        Malformed::Missing => ErrorCode::MissingField,
        Malformed::Unexpected => ErrorCode::InvalidField,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair {
        a: String,
        b: String,
    }

    #[test]
    fn only_plain_json_of_the_right_shape_is_read() {
        let good = Pair {
            a: "x".into(),
            b: "é".into(),
        };
        for text in [
            r#"{"a":"x","b":"é"}"#,
            " {\"b\":\"\\u00e9\",\n\"a\":\"x\"} ",
            r#"{"a":"x","b":"é","c":{"d":[1,2.5,null,true,{"e":"f"}]}}"#,
            "\u{feff}{\"a\":\"x\",\"b\":\"é\"}",
        ] {
            assert_eq!(parse::<Pair>(text.as_bytes()).as_ref(), Ok(&good), "{text}");
        }
        for text in [
            "",
            " ",
            "null",
            "[]",
            r#"["x","é"]"#,
            "\"a\"",
            "{",
            r#"{"a":"x","b":"é","a":"x"}"#,
            r#"{"a":"x","b":"é","c":1,"c":1}"#,
            r#"{"a":"x","b":"é","c":{"d":1,"d":2}}"#,
            r#"{"a":"x","b":"é"} x"#,
            r#"{"a":"x","b":"é"}{}"#,
            "\u{feff}",
            "\u{feff}\u{feff}{\"a\":\"x\",\"b\":\"é\"}",
            "{\u{feff}\"a\":\"x\",\"b\":\"é\"}",
            r#"{"a":"x","b":"\ud800"}"#,
            r"{'a':'x','b':'é'}",
            r#"{"a":"x","b":"é",}"#,
        ] {
            assert_eq!(
                parse::<Pair>(text.as_bytes()),
                Err(ErrorCode::InvalidJson),
                "{text}"
            );
        }
        let not_utf_8 = b"{\"a\":\"x\",\"b\":\"\xff\"}";
        assert_eq!(parse::<Pair>(not_utf_8), Err(ErrorCode::InvalidJson));
        for (text, fault) in [
            (r#"{"a":"x"}"#, ErrorCode::MissingField),
            (r#"{"a":"x","b":null}"#, ErrorCode::MissingField),
            (r#"{"a":"x","b":1}"#, ErrorCode::InvalidField),
        ] {
            assert_eq!(parse::<Pair>(text.as_bytes()), Err(fault), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| {
            format!(
                r#"{{"a":"x","b":"é","c":{}1{}}}"#,
                "[".repeat(depth),
                "]".repeat(depth)
            )
        };
        assert!(parse::<Pair>(nested(15).as_bytes()).is_ok());
        assert!(parse::<Pair>(nested(16).as_bytes()).is_err());
        assert!(parse::<Pair>(nested(8_000).as_bytes()).is_err());
    }

    #[test]
    fn media_types() {
        for name in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json; charset=utf8",
            "application/json; charset=latin1",
            " application/json ; ",
        ] {
            assert!(is_media_type(name, JSON), "{name}");
        }
        for name in [
            "",
            "text/plain",
            "application/jsonp",
            "application/x-www-form-urlencoded",
        ] {
            assert!(!is_media_type(name, JSON), "{name}");
        }
    }

    #[test]
    fn only_identity_is_not_an_encoding() {
        for header in ["", " ", "identity", "Identity", "identity, identity", ","] {
            assert!(!is_encoded(header), "{header}");
        }
        for header in ["gzip", "br", "x", "identity, gzip", "gzip,identity"] {
            assert!(is_encoded(header), "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse::<Pair>(&bytes);
        }
    }
}
