//! From bytes to a route's request type: size, media type, UTF-8, no key twice, no deep nesting.

use super::request::{BodyError, Request};
use crate::failure::Failure;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::collections::BTreeSet;
use std::fmt;

/// The largest body that any route takes: a device flow's sealed handles need about 6 KiB.
pub const LIMIT: usize = 16 * 1024;

/// Objects and lists may be nested this deep; the routes need one level.
const DEPTH: u8 = 16;

/// Reads a JSON body. What is wrong with its content is answered with `refusal`, the route's own text.
///
/// # Errors
/// `BodyTooLarge`, `UnsupportedMediaType`, or `refusal`.
pub async fn json<T: DeserializeOwned>(request: Request, refusal: Failure) -> Result<T, Failure> {
    optional_json(request, refusal.clone())
        .await?
        .ok_or(refusal)
}

/// The same for a route that takes a body or none.
///
/// # Errors
/// `BodyTooLarge`, `UnsupportedMediaType`, or `refusal`.
pub async fn optional_json<T: DeserializeOwned>(
    request: Request,
    refusal: Failure,
) -> Result<Option<T>, Failure> {
    let declared = request
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LIMIT) {
        return Err(Failure::BodyTooLarge);
    }
    let media_type = request.header("content-type");
    let bytes = (request.body)(LIMIT, declared.is_some()).await;
    let bytes = bytes.map_err(|error| match error {
        BodyError::TooLarge => Failure::BodyTooLarge,
        BodyError::Interrupted => refusal.clone(),
    })?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if !media_type.as_deref().is_some_and(is_json) {
        return Err(Failure::UnsupportedMediaType);
    }
    parse(&bytes).map(Some).ok_or(refusal)
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

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(bytes).ok()?;
    // Serde would also take a list of a struct's values in their order; every body here is an object.
    if !text.trim_ascii_start().starts_with('{') {
        return None;
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Plain { depth: DEPTH }.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    serde_json::from_str(text).ok()
}

/// Walks a JSON text and keeps nothing; fails on a key that stands twice in an object, and below the depth.
#[derive(Clone, Copy)]
struct Plain {
    depth: u8,
}

impl Plain {
    fn below<E: de::Error>(self) -> Result<Self, E> {
        self.depth
            .checked_sub(1)
            .map(|depth| Self { depth })
            .ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Plain {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Plain {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let inner = self.below()?;
        while sequence.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.below()?;
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(key) {
                let _: IgnoredAny = map.next_value()?;
                return Err(de::Error::custom("duplicate key"));
            }
            map.next_value_seed(inner)?;
        }
        Ok(())
    }
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
