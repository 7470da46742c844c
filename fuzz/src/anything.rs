//! Any JSON: what our reader makes of it, and what it should.

use edge_auth::json::{DEPTH, FromJson, Json, MEMBERS, Malformed, Object};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// An object as our reader reads it.
#[derive(Debug, PartialEq)]
pub struct Anything(pub Value);

impl FromJson for Anything {
    fn from_json(object: &mut Object<'_>) -> Result<Self, Malformed> {
        Ok(Self(members(std::mem::take(&mut object.0))))
    }
}

fn members(members: Vec<(impl Into<String>, Json<'_>)>) -> Value {
    let members = members.into_iter();
    Value::Object(
        members
            .map(|(key, json)| (key.into(), value(json)))
            .collect(),
    )
}

fn value(json: Json<'_>) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(is) => is.into(),
        Json::Integer(number) => number.into(),
        Json::Fraction(number) => number.into(),
        Json::Text(text) => text.into_owned().into(),
        Json::List(list) => list.into_iter().map(value).collect(),
        Json::Object(object) => members(object.0),
    }
}

/// What `serde_json` makes of it, if our reader has to read it: an object with each key once, not too deep, not too wide.
pub fn plain(bytes: &[u8]) -> Option<Anything> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let shape: Shape = serde_json::from_slice(bytes).ok()?;
    let is_plain = value.is_object()
        && shape.members == count(&value)
        && shape.depth <= usize::from(DEPTH)
        && shape.widest <= MEMBERS;
    is_plain.then(|| Anything(doubles(value)))
}

/// A number that is no `i64` as a double.
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

/// Members of all objects, the last of equal keys only.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.len() + members.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// How many members a JSON text has, equal keys included, how many its widest object, and how deep it is.
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
