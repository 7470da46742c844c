//! The one visitor that `serde_json`'s parser calls.

use super::{DEPTH, Json, MEMBERS, Object};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// One value with nothing but white space around it.
pub(super) fn read(text: &str) -> Option<Json<'_>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let reader = Reader { depth: DEPTH };
    let json = reader.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    json
}

/// Reads a value that may still go so deep. What it refuses is `None` and no error of serde's, which would be a sentence;
/// whether the parser then stumbles over the rest or not, nothing is read.
#[derive(Clone, Copy)]
struct Reader {
    depth: u8,
}

impl Reader {
    fn below(self) -> Option<Self> {
        let depth = self.depth.checked_sub(1)?;
        Some(Self { depth })
    }
}

impl<'t> DeserializeSeed<'t> for Reader {
    type Value = Option<Json<'t>>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// All that `serde_json` calls: what is left out would bring serde's sentences in.
impl<'t> Visitor<'t> for Reader {
    type Value = Option<Json<'t>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some(Json::Null))
    }

    fn visit_bool<E>(self, is: bool) -> Result<Self::Value, E> {
        Ok(Some(Json::Bool(is)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Json::Integer(number)))
    }

    #[expect(clippy::cast_precision_loss, reason = "as near as a double comes")]
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        let fraction = Json::Fraction(number as f64);
        Ok(Some(i64::try_from(number).map_or(fraction, Json::Integer)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(Json::Fraction(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Json::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Self::Value, E> {
        Ok(Some(Json::Text(Cow::Borrowed(text))))
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let Some(inner) = self.below() else {
            return Ok(None);
        };
        let mut list = Vec::new();
        while let Some(value) = sequence.next_element_seed(inner)? {
            let Some(value) = value else {
                return Ok(None);
            };
            list.push(value);
        }
        Ok(Some(Json::List(list)))
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some(inner) = self.below() else {
            return Ok(None);
        };
        // Most have fewer than this.
        let mut members = Vec::with_capacity(8);
        // A key is read as a value, and is always a text.
        while let Some(key) = map.next_key_seed(inner)? {
            let Some(Json::Text(key)) = key else {
                return Ok(None);
            };
            let is_there = members.iter().any(|(other, _)| *other == key);
            if is_there || members.len() == MEMBERS {
                return Ok(None);
            }
            let Some(value) = map.next_value_seed(inner)? else {
                return Ok(None);
            };
            members.push((key, value));
        }
        Ok(Some(Json::Object(Object(members))))
    }
}
