//! CBOR (RFC 8949) as far as authenticators write it: values of definite length.

use minicbor::data::Type;
use minicbor::{Decode, Decoder};

/// The bytes are not CBOR of the expected form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotExpected;

impl From<minicbor::decode::Error> for NotExpected {
    fn from(_: minicbor::decode::Error) -> Self {
        Self
    }
}

/// Reads values one after the other.
pub struct Reader<'b>(Decoder<'b>);

/// A key of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label<'b> {
    Number(i64),
    Text(&'b str),
}

impl<'b> Reader<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self(Decoder::new(bytes))
    }

    /// The number of bytes that were read.
    pub fn position(&self) -> usize {
        self.0.position()
    }

    pub fn is_at_end(&self) -> bool {
        self.0.position() == self.0.input().len()
    }

    /// The number of members of the map that begins here.
    pub fn map(&mut self) -> Result<u64, NotExpected> {
        self.0.map()?.ok_or(NotExpected)
    }

    pub fn label(&mut self) -> Result<Label<'b>, NotExpected> {
        match self.0.datatype()? {
            Type::String => Ok(Label::Text(self.0.str()?)),
            _ => Ok(Label::Number(self.0.i64()?)),
        }
    }

    /// A number, a text or bytes, by the type that is asked for.
    pub fn value<T: Decode<'b, ()>>(&mut self) -> Result<T, NotExpected> {
        Ok(self.0.decode()?)
    }

    pub fn bytes(&mut self) -> Result<&'b [u8], NotExpected> {
        Ok(self.0.bytes()?)
    }

    /// Whether the next value is bytes.
    pub fn is_bytes(&self) -> Result<bool, NotExpected> {
        Ok(self.0.datatype()? == Type::Bytes)
    }

    /// Passes over a value of any type. `minicbor` also passes over values of indefinite length, and over a "break" without a
    /// beginning.
    pub fn skip(&mut self) -> Result<(), NotExpected> {
        let mut count = 1_u64;
        while let Some(others) = count.checked_sub(1) {
            count = match self.0.datatype()? {
                Type::Array => others.saturating_add(self.0.array()?.ok_or(NotExpected)?),
                Type::Map => others.saturating_add(self.map()?.saturating_mul(2)),
                Type::Tag => {
                    self.0.tag()?;
                    count
                }
                Type::ArrayIndef
                | Type::MapIndef
                | Type::BytesIndef
                | Type::StringIndef
                | Type::Break => return Err(NotExpected),
                _ => {
                    self.0.skip()?;
                    others
                }
            };
        }
        Ok(())
    }
}

/// Stores the value of a member. Refuses a second one, because readers disagree about which one counts.
pub fn set<T>(member: &mut Option<T>, value: T) -> Result<(), NotExpected> {
    match member.replace(value) {
        None => Ok(()),
        Some(_) => Err(NotExpected),
    }
}
