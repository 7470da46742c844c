//! The strict JSON reader. It reads requests, responses of AWS, rows of D1, entries of KV and sealed values.
//!
//! It is stricter than RFC 8259 where that leaves room for two readings of one text: an object has each key once (RFC 7493
//! section 2.3) and at most [`MAX_MEMBERS`] members, and values are nested at most [`MAX_DEPTH`] levels deep. [`from_str`]
//! fills a type that derives `serde::Deserialize`; `null` counts as an absent member, unknown members are ignored, and an
//! array is never read as a struct. Errors contain no input.

mod deserializer;
mod reader;

use serde::Deserialize;
use std::borrow::Cow;
use thiserror::Error;

/// Maximum nesting of objects and arrays. The texts that are read here need three levels.
pub const MAX_DEPTH: u8 = 16;

/// Maximum number of members of an object. Members are found by a linear search, which is fast at this size. The texts that are
/// read here have fewer than twenty.
pub const MAX_MEMBERS: usize = 64;

/// Why a text is not the expected JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// It is not JSON.
    #[error("not JSON")]
    Syntax,
    /// A required member is absent or null.
    #[error("a member is missing")]
    Missing,
    /// A value has an unexpected type or form.
    #[error("not the JSON that was expected")]
    Unexpected,
}

/// A value. It cannot be printed, because passwords and tokens are read from values.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub enum Json<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction and exponent that fits into 64 bits.
    Integer(i64),
    /// Any other number, including `-0`, as the nearest double.
    Fraction(f64),
    /// A string; copied only if it contains an escape.
    Text(Cow<'t, str>),
    /// An array.
    List(Vec<Json<'t>>),
    /// An object.
    Object(Object<'t>),
}

/// An object: its members in the order of the text, each key once.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub struct Object<'t>(pub Vec<(Cow<'t, str>, Json<'t>)>);

/// Reads a value of a type that derives `Deserialize`.
///
/// # Errors
/// [`Malformed`].
pub fn from_str<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, Malformed> {
    T::deserialize(Json::read(text)?)
}

impl<'t> Json<'t> {
    /// Reads one value. Only white space may surround it.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(text: &'t str) -> Result<Self, Malformed> {
        reader::read(text).ok_or(Malformed::Syntax)
    }

    /// The string.
    ///
    /// # Errors
    /// `Unexpected` for any other type.
    pub fn text(self) -> Result<Cow<'t, str>, Malformed> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(Malformed::Unexpected),
        }
    }

    /// The whole number.
    ///
    /// # Errors
    /// `Unexpected` for any other type, and for a number that does not fit.
    pub fn integer<N: TryFrom<i64>>(self) -> Result<N, Malformed> {
        match self {
            Self::Integer(number) => N::try_from(number).map_err(|_| Malformed::Unexpected),
            _ => Err(Malformed::Unexpected),
        }
    }

    /// The Boolean.
    ///
    /// # Errors
    /// `Unexpected` for any other type.
    pub fn boolean(self) -> Result<bool, Malformed> {
        match self {
            Self::Bool(is) => Ok(is),
            _ => Err(Malformed::Unexpected),
        }
    }

    /// The array.
    ///
    /// # Errors
    /// `Unexpected` for any other type.
    pub fn list(self) -> Result<Vec<Self>, Malformed> {
        match self {
            Self::List(list) => Ok(list),
            _ => Err(Malformed::Unexpected),
        }
    }

    /// The object.
    ///
    /// # Errors
    /// `Unexpected` for any other type.
    pub fn object(self) -> Result<Object<'t>, Malformed> {
        match self {
            Self::Object(object) => Ok(object),
            _ => Err(Malformed::Unexpected),
        }
    }
}

/// The getters move the value out of the object; a second call finds null.
impl<'t> Object<'t> {
    /// Reads one object. Only white space may surround it.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(text: &'t str) -> Result<Self, Malformed> {
        Json::read(text)?.object()
    }

    /// The member with this name; `None` if it is absent.
    pub fn take(&mut self, name: &str) -> Option<Json<'t>> {
        let found = self.0.iter_mut().find(|(key, _)| key == name);
        found.map(|(_, value)| std::mem::replace(value, Json::Null))
    }

    /// The member with this name; `None` if it is absent or null.
    pub fn optional(&mut self, name: &str) -> Option<Json<'t>> {
        self.take(name).filter(|value| !matches!(value, Json::Null))
    }

    /// Fills a type that derives `Deserialize`.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn deserialize<T: Deserialize<'t>>(self) -> Result<T, Malformed> {
        T::deserialize(Json::Object(self))
    }

    fn required(&mut self, name: &str) -> Result<Json<'t>, Malformed> {
        self.optional(name).ok_or(Malformed::Missing)
    }

    /// A string; copied only if it contains an escape.
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

    /// A string; `None` if it is absent or null.
    ///
    /// # Errors
    /// `Unexpected` for any other type.
    pub fn optional_text(&mut self, name: &str) -> Result<Option<String>, Malformed> {
        let text = self.optional(name).map(Json::text).transpose()?;
        Ok(text.map(Cow::into_owned))
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`Malformed`], also for a number that does not fit.
    pub fn integer<N: TryFrom<i64>>(&mut self, name: &str) -> Result<N, Malformed> {
        self.required(name)?.integer()
    }

    /// A Boolean.
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

#[cfg(test)]
mod tests;
