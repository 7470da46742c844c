//! Any JSON object: the value that the strict reader returns for it, and the expected value.

use edge_auth::json::{MAX_DEPTH, MAX_MEMBERS};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// An object as the strict reader reads it.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Anything(pub Map<String, Value>);

/// The value that `serde_json` reads, if the strict reader must accept the text: an object with unique keys, within the
/// limits.
pub fn plain(bytes: &[u8]) -> Option<Anything> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let shape: Shape = serde_json::from_slice(bytes).ok()?;
    let is_plain = shape.members == count(&value)
        && shape.depth <= usize::from(MAX_DEPTH)
        && shape.widest <= MAX_MEMBERS;
    match doubles(value) {
        Value::Object(members) if is_plain => Some(Anything(members)),
        _ => None,
    }
}

/// Numbers outside of `i64` as doubles.
fn doubles(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_u64() && !number.is_i64() => number.as_f64().into(),
        Value::Array(list) => list.into_iter().map(doubles).collect(),
        Value::Object(members) => {
            let members = members.into_iter();
            Value::Object(members.map(|(key, value)| (key, doubles(value))).collect())
        }
        other => other,
    }
}

/// The number of members in all objects. Equal keys count once.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.len() + members.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// The number of members of a JSON text, in which equal keys count separately, the size of its widest object, and its
/// depth.
#[derive(Clone, Copy, Default)]
struct Shape {
    members: usize,
    widest: usize,
    depth: usize,
}

impl Shape {
    fn add(&mut self, inner: Self) {
        self.members += inner.members;
        self.widest = self.widest.max(inner.widest);
        self.depth = self.depth.max(inner.depth);
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Shape;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Shape, A::Error> {
        let mut all = Shape::default();
        while let Some(inner) = sequence.next_element()? {
            all.add(inner);
        }
        all.depth += 1;
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut all = Shape::default();
        let mut width = 0;
        while let Some((_, inner)) = map.next_entry::<String, Shape>()? {
            all.add(inner);
            width += 1;
        }
        all.members += width;
        all.widest = all.widest.max(width);
        all.depth += 1;
        Ok(all)
    }
}
