//! JSON as it comes in: requests, AWS, D1, KV, tokens and handles are all read by this one reader into [`Json`], and what
//! they mean is taken out by name. A deserialiser derived for each type would be a copy of the parser for each, with
//! sentences for errors that nobody here shows to anybody.
//!
//! It is stricter than RFC 8259 where that leaves room for two opinions about one text: a key stands once in its object
//! (RFC 7493), nesting ends at [`DEPTH`] and an object at [`MEMBERS`].

mod reader;

use std::borrow::Cow;
use thiserror::Error;

/// Objects and lists may be nested this deep; what is read here needs three levels.
pub const DEPTH: u8 = 16;

/// An object has at most this many members, which is why looking through all of them for each is cheap; what is read here
/// needs less than twenty.
pub const MEMBERS: usize = 64;

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
        reader::read(text).ok_or(Malformed::Syntax)
    }

    /// The string that it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is none.
    pub fn text(self) -> Result<Cow<'t, str>, Malformed> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(Malformed::Unexpected),
        }
    }

    /// The whole number that it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is none, or one that does not fit.
    pub fn integer<N: TryFrom<i64>>(self) -> Result<N, Malformed> {
        match self {
            Self::Integer(number) => N::try_from(number).map_err(|_| Malformed::Unexpected),
            _ => Err(Malformed::Unexpected),
        }
    }

    /// The truth value that it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is none.
    pub fn boolean(self) -> Result<bool, Malformed> {
        match self {
            Self::Bool(is) => Ok(is),
            _ => Err(Malformed::Unexpected),
        }
    }

    /// The array that it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is none.
    pub fn list(self) -> Result<Vec<Self>, Malformed> {
        match self {
            Self::List(list) => Ok(list),
            _ => Err(Malformed::Unexpected),
        }
    }

    /// The object that it is.
    ///
    /// # Errors
    /// [`Malformed`] if it is none.
    pub fn object(self) -> Result<Object<'t>, Malformed> {
        match self {
            Self::Object(object) => Ok(object),
            _ => Err(Malformed::Unexpected),
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
        self.optional(name).ok_or(Malformed::Missing)
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

    /// What a string stands for.
    ///
    /// # Errors
    /// [`Malformed`], also if it stands for nothing.
    pub fn parsed<T>(&mut self, name: &str, parse: fn(&str) -> Option<T>) -> Result<T, Malformed> {
        parse(&self.borrowed(name)?).ok_or(Malformed::Unexpected)
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

#[cfg(test)]
mod tests;
