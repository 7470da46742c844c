//! From bytes to a route's request type: size, media type, UTF-8, an object.

use super::request::{BodyError, Request};
use crate::failure::Failure;
use crate::json::{FromJson, Object};

/// The largest body that any route takes: a device flow's sealed handles need about 6 KiB.
pub const LIMIT: usize = 16 * 1024;

/// Reads a JSON body. What is wrong with its content is answered with `refusal`, the route's own text.
///
/// # Errors
/// `BodyTooLarge`, `UnsupportedMediaType`, or `refusal`.
pub async fn json<T: FromJson>(request: Request, refusal: Failure) -> Result<T, Failure> {
    let bytes = bytes(request, &refusal).await?;
    parse(&bytes).ok_or(refusal)
}

/// The same for a route that takes a body or none.
///
/// # Errors
/// `BodyTooLarge`, `UnsupportedMediaType`, or `refusal`.
pub async fn optional_json<T: FromJson>(
    request: Request,
    refusal: Failure,
) -> Result<Option<T>, Failure> {
    let bytes = bytes(request, &refusal).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    parse(&bytes).map(Some).ok_or(refusal)
}

/// The body, of whatever type if it is empty.
async fn bytes(request: Request, refusal: &Failure) -> Result<Vec<u8>, Failure> {
    let declared = request
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LIMIT) {
        return Err(Failure::BodyTooLarge);
    }
    let media_type = request.header("content-type");
    let bytes = (request.body)(declared.unwrap_or(LIMIT), declared.is_some()).await;
    let bytes = bytes.map_err(|error| match error {
        BodyError::TooLarge => Failure::BodyTooLarge,
        BodyError::Interrupted => refusal.clone(),
    })?;
    if !bytes.is_empty() && !media_type.as_deref().is_some_and(is_json) {
        return Err(Failure::UnsupportedMediaType);
    }
    Ok(bytes)
}

/// `application/json`, with or without parameters, in any case (RFC 9110 §8.3.1); a charset must be UTF-8 (RFC 8259).
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    parts
        .next()
        .is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

fn parse<T: FromJson>(bytes: &[u8]) -> Option<T> {
    let mut object = Object::read(std::str::from_utf8(bytes).ok()?).ok()?;
    T::from_json(&mut object).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Malformed;
    use proptest::prelude::*;

    #[derive(Debug, PartialEq)]
    struct Pair {
        a: String,
        b: String,
    }

    impl FromJson for Pair {
        fn from_json(object: &mut Object<'_>) -> Result<Self, Malformed> {
            let [a, b] = ["a", "b"].map(|name| object.text(name));
            Ok(Self { a: a?, b: b? })
        }
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
        ] {
            assert_eq!(
                parse::<Pair>(text.as_bytes()).as_ref(),
                Some(&good),
                "{text}"
            );
        }
        for text in [
            "",
            " ",
            "null",
            "[]",
            r#"["x","é"]"#,
            "\"a\"",
            "{",
            r#"{"a":"x"}"#,
            r#"{"a":"x","b":1}"#,
            r#"{"a":"x","b":null}"#,
            r#"{"a":"x","b":"é","a":"x"}"#,
            r#"{"a":"x","b":"é","c":1,"c":1}"#,
            r#"{"a":"x","b":"é","c":{"d":1,"d":2}}"#,
            r#"{"a":"x","b":"é"} x"#,
            r#"{"a":"x","b":"é"}{}"#,
            "\u{feff}{\"a\":\"x\",\"b\":\"é\"}",
            r#"{"a":"x","b":"\ud800"}"#,
            r"{'a':'x','b':'é'}",
            r#"{"a":"x","b":"é",}"#,
        ] {
            assert_eq!(parse::<Pair>(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse::<Pair>(b"{\"a\":\"x\",\"b\":\"\xff\"}"), None);
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
        assert!(parse::<Pair>(nested(15).as_bytes()).is_some());
        assert!(parse::<Pair>(nested(16).as_bytes()).is_none());
        assert!(parse::<Pair>(nested(8_000).as_bytes()).is_none());
    }

    #[test]
    fn media_types() {
        for name in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
        ] {
            assert!(is_json(name), "{name}");
        }
        for name in [
            "",
            "text/plain",
            "application/jsonp",
            "application/json; charset=latin1",
            "application/x-www-form-urlencoded",
        ] {
            assert!(!is_json(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse::<Pair>(&bytes);
        }
    }
}
