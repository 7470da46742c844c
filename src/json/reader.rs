//! Parses a text into a [`Json`] value, with the parser of `serde_json`.

use super::{Json, MAX_DEPTH, MAX_MEMBERS, Object};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Reads one value; only white space may surround it.
pub(super) fn read(text: &str) -> Option<Json<'_>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let reader = Reader { depth: MAX_DEPTH };
    let json = reader.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    json
}

/// Reads a value with at most this many levels. A refused value is `None` instead of an error, because no caller shows the text
/// of an error. After a refusal the parser may still fail on the rest; the result is `None` in both cases.
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

/// All methods that `serde_json` calls. The default methods would add error texts to the Worker.
impl<'t> Visitor<'t> for Reader {
    type Value = Option<Json<'t>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some(Json::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Json::Bool(value)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Json::Integer(number)))
    }

    #[expect(clippy::cast_precision_loss, reason = "the nearest double")]
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
        // Most objects have fewer members.
        let mut members = Vec::with_capacity(8);
        // The key is read as a value; in JSON it is always a string.
        while let Some(key) = map.next_key_seed(inner)? {
            let Some(Json::Text(key)) = key else {
                return Ok(None);
            };
            let is_duplicate = members.iter().any(|(other, _)| *other == key);
            if is_duplicate || members.len() == MAX_MEMBERS {
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
