//! JSON as it comes in: requests, AWS, D1, KV, tokens and handles are all read by this one reader into [`Json`], and what
//! they mean is taken out by name. A deserialiser derived for each type would be a copy of the parser for each, with
//! sentences for errors that nobody here shows to anybody.
//!
//! It is stricter than RFC 8259 where that leaves room for two opinions about one text: a key stands once in its object
//! (RFC 7493), nesting ends at [`DEPTH`] and an object at [`MEMBERS`].

use crate::account::secret::Secret;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use thiserror::Error;

/// Objects and lists may be nested this deep; what is read here needs three levels.
pub const DEPTH: u8 = 16;

/// An object has at most this many members, which is why looking through all of them for each is cheap; what is read here
/// needs less than twenty.
pub const MEMBERS: usize = 64;

/// A text that is no JSON, or not the JSON that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not the JSON that was expected")]
pub struct Malformed;

/// A value. It cannot be printed: passwords and tokens are read from here.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub enum Json<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction and exponent that fits.
    Integer(i64),
    /// Any other number, `-0` among them, as near as a double comes to it.
    Fraction(f64),
    /// A string; not copied unless there is an escape in it.
    Text(Cow<'t, str>),
    /// An array.
    List(Vec<Json<'t>>),
    /// An object.
    Object(Object<'t>),
}

/// An object: its members in the order of the text, each key once.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub struct Object<'t>(pub Vec<(Cow<'t, str>, Json<'t>)>);

/// What can be read from an object.
pub trait FromJson: Sized {
    /// Takes what it needs out of the object; keys that it does not know are nothing to it.
    ///
    /// # Errors
    /// [`Malformed`] if something is missing or is something else.
    fn from_json(object: &mut Object<'_>) -> Result<Self, Malformed>;
}

impl<'t> Json<'t> {
    /// Reads one value with nothing but white space around it.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(text: &'t str) -> Result<Self, Malformed> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let json = Reader { depth: DEPTH }.deserialize(&mut deserializer);
        let json = json.ok().flatten().ok_or(Malformed)?;
        deserializer.end().map_err(|_| Malformed)?;
        Ok(json)
    }

    /// The string that it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is none.
    pub fn text(self) -> Result<Cow<'t, str>, Malformed> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(Malformed),
        }
    }

    /// The whole number that it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is none, or one that does not fit.
    pub fn integer<N: TryFrom<i64>>(self) -> Result<N, Malformed> {
        match self {
            Self::Integer(number) => N::try_from(number).map_err(|_| Malformed),
            _ => Err(Malformed),
        }
    }

    /// The truth value that it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is none.
    pub fn boolean(self) -> Result<bool, Malformed> {
        match self {
            Self::Bool(is) => Ok(is),
            _ => Err(Malformed),
        }
    }

    /// The array that it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is none.
    pub fn list(self) -> Result<Vec<Self>, Malformed> {
        match self {
            Self::List(list) => Ok(list),
            _ => Err(Malformed),
        }
    }

    /// The object that it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is none.
    pub fn object(self) -> Result<Object<'t>, Malformed> {
        match self {
            Self::Object(object) => Ok(object),
            _ => Err(Malformed),
        }
    }
}

/// Each takes a value out, so that it is moved and not copied: asked for again it is null.
impl<'t> Object<'t> {
    /// Reads an object with nothing but white space around it.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(text: &'t str) -> Result<Self, Malformed> {
        Json::read(text)?.object()
    }

    /// Whatever has this name; `None` if nothing has.
    pub fn take(&mut self, name: &str) -> Option<Json<'t>> {
        let found = self.0.iter_mut().find(|(key, _)| key == name);
        found.map(|(_, value)| std::mem::replace(value, Json::Null))
    }

    /// What has this name; `None` if nothing has, or null.
    pub fn optional(&mut self, name: &str) -> Option<Json<'t>> {
        self.take(name).filter(|value| !matches!(value, Json::Null))
    }

    fn required(&mut self, name: &str) -> Result<Json<'t>, Malformed> {
        self.take(name).ok_or(Malformed)
    }

    /// A string, not copied unless there is an escape in it.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn borrowed(&mut self, name: &str) -> Result<Cow<'t, str>, Malformed> {
        self.required(name)?.text()
    }

    /// A string.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn text(&mut self, name: &str) -> Result<String, Malformed> {
        self.borrowed(name).map(Cow::into_owned)
    }

    /// A string, if there is something and not null.
    ///
    /// # Errors
    /// [`Malformed`] if it is no string.
    pub fn optional_text(&mut self, name: &str) -> Result<Option<String>, Malformed> {
        let text = self.optional(name).map(Json::text).transpose()?;
        Ok(text.map(Cow::into_owned))
    }

    /// A string that is a secret.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn secret(&mut self, name: &str) -> Result<Secret, Malformed> {
        self.text(name).map(Secret::new)
    }

    /// What a string stands for.
    ///
    /// # Errors
    /// [`Malformed`], also if it stands for nothing.
    pub fn parsed<T>(&mut self, name: &str, parse: fn(&str) -> Option<T>) -> Result<T, Malformed> {
        parse(&self.borrowed(name)?).ok_or(Malformed)
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`Malformed`], also if it does not fit.
    pub fn integer<N: TryFrom<i64>>(&mut self, name: &str) -> Result<N, Malformed> {
        self.required(name)?.integer()
    }

    /// A truth value.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn boolean(&mut self, name: &str) -> Result<bool, Malformed> {
        self.required(name)?.boolean()
    }

    /// An array.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn list(&mut self, name: &str) -> Result<Vec<Json<'t>>, Malformed> {
        self.required(name)?.list()
    }

    /// An object.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn object(&mut self, name: &str) -> Result<Self, Malformed> {
        self.required(name)?.object()
    }
}

/// Reads a value that may still go so deep. What it refuses is `None` instead of an error of serde's, which would be a
/// sentence with a position; `serde_json` goes on to the end of the text or fails by itself, and the answer is the same.
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

#[cfg(test)]
mod tests;
