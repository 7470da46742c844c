//! A `serde::Deserializer` over a [`Json`] value, for types that derive `Deserialize`.

use super::{Json, Malformed, Object};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;
use std::fmt::Display;

impl Error for Malformed {
    /// Drops the text, which may quote the input.
    fn custom<T: Display>(_: T) -> Self {
        Self::Unexpected
    }

    fn missing_field(_: &'static str) -> Self {
        Self::Missing
    }
}

impl<'de> IntoDeserializer<'de, Malformed> for Json<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Json<'de> {
    type Error = Malformed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Integer(number) => visitor.visit_i64(number),
            Self::Fraction(number) => visitor.visit_f64(number),
            Self::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Self::Text(Cow::Owned(text)) => visitor.visit_string(text),
            // Both also refuse elements that the visitor left unread.
            Self::List(list) => SeqDeserializer::new(list.into_iter()).deserialize_any(visitor),
            Self::Object(Object(members)) => {
                MapDeserializer::new(members.into_iter()).deserialize_any(visitor)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self {
            Self::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    /// Accepts only an object: a derived visitor would also accept an array of the fields. A member that is null is left out,
    /// so that it counts as missing.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        let mut object = self.object()?;
        let member = |name: &&'static str| object.optional(name).map(|value| (*name, value));
        MapDeserializer::new(fields.iter().filter_map(member)).deserialize_any(visitor)
    }

    /// Accepts only a string that names a variant without content.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        visitor.visit_enum(self.text()?.into_deserializer())
    }

    /// Accepts only a string: `Uuid` would also accept an array of bytes.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        Self::Text(self.text()?).deserialize_any(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.deserialize_str(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple tuple_struct
        map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use crate::json::{Malformed, from_str};
    use serde::Deserialize;
    use uuid::Uuid;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        First,
        TheSecond,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        number: u32,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        text: String,
        optional: Option<String>,
        #[serde(default)]
        flag: bool,
        inner: Inner,
        list: Vec<String>,
        bytes: [u8; 2],
        kind: Kind,
        id: Uuid,
    }

    const FULL: &str = r#"{
        "text": "a\n", "optional": "b", "flag": true, "inner": {"number": 7, "unknown": [null]}, "list": ["c", "\u0064"],
        "bytes": [1, 255], "kind": "the_second", "id": "00000000-0000-0000-0000-000000000005", "unknown": {"x": 1}
    }"#;

    fn full() -> Outer {
        Outer {
            text: "a\n".into(),
            optional: Some("b".into()),
            flag: true,
            inner: Inner { number: 7 },
            list: vec!["c".into(), "d".into()],
            bytes: [1, 255],
            kind: Kind::TheSecond,
            id: Uuid::from_u128(5),
        }
    }

    #[test]
    fn derived_type_is_filled_by_name_and_ignores_unknown_members() {
        assert_eq!(from_str(FULL), Ok(full()));
    }

    #[test]
    fn optional_or_default_member_may_be_absent_or_null() {
        let expected = || {
            Ok(Outer {
                optional: None,
                flag: false,
                ..full()
            })
        };
        let absent = FULL.replace(r#""optional": "b", "flag": true,"#, "");
        assert_eq!(from_str(&absent), expected());
        let null = FULL.replace(r#""b""#, "null").replace("true", "null");
        assert_eq!(from_str(&null), expected());
    }

    #[test]
    fn required_member_that_is_absent_or_null_is_missing() {
        for name in ["text", "inner", "list", "bytes", "kind", "id", "number"] {
            let absent = FULL.replace(&format!(r#""{name}":"#), r#""other":"#);
            assert_eq!(
                from_str::<Outer>(&absent),
                Err(Malformed::Missing),
                "{name}"
            );
        }
        for (from, to) in [(r#""a\n""#, "null"), ("7", "null"), ("[1, 255]", "null")] {
            let null = FULL.replace(from, to);
            assert_eq!(from_str::<Outer>(&null), Err(Malformed::Missing), "{null}");
        }
    }

    #[test]
    fn value_of_another_type_or_range_is_unexpected() {
        for (from, to) in [
            (r#""a\n""#, "1"),
            (r#""a\n""#, r#"["a"]"#),
            (r#""b""#, "true"),
            ("true", "1"),
            ("7", r#""7""#),
            ("7", "-7"),
            ("7", "7.0"),
            ("7", "4294967296"),
            (r#"{"number": 7, "unknown": [null]}"#, "[7]"),
            (r#""c""#, "null"),
            ("255", "256"),
            ("255", "255, 0"),
            (", 255", ""),
            (r#""the_second""#, r#""TheSecond""#),
            (r#""the_second""#, r#"{"the_second": null}"#),
            (r#""the_second""#, "1"),
            ("00000000-", "0000000-"),
            (
                r#""00000000-0000-0000-0000-000000000005""#,
                "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,5]",
            ),
        ] {
            let text = FULL.replacen(from, to, 1);
            assert_ne!(text, FULL);
            assert_eq!(from_str::<Outer>(&text), Err(Malformed::Unexpected), "{to}");
        }
    }

    #[test]
    fn array_is_never_read_as_a_struct() {
        for text in ["[7]", r#"[["number", 7]]"#, "7", "null"] {
            assert_eq!(
                from_str::<Inner>(text),
                Err(Malformed::Unexpected),
                "{text}"
            );
        }
    }

    #[test]
    fn duplicate_key_is_refused_in_known_and_unknown_members() {
        for text in [
            r#"{"number": 7, "number": 7}"#,
            r#"{"number": 7, "\u006eumber": 7}"#,
            r#"{"number": 7, "unknown": [{"a": 1, "a": 1}]}"#,
        ] {
            assert_eq!(from_str::<Inner>(text), Err(Malformed::Syntax), "{text}");
        }
    }

    #[test]
    fn text_without_escape_is_borrowed() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Borrowed<'t> {
            text: &'t str,
        }
        assert_eq!(from_str(r#"{"text": "a"}"#), Ok(Borrowed { text: "a" }));
        let escaped = r#"{"text": "\n"}"#;
        assert_eq!(from_str::<Borrowed>(escaped), Err(Malformed::Unexpected));
    }
}
