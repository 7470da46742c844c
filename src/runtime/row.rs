//! A row of D1, read column by column, so that an error names the invalid column.

use super::StoreError;
use crate::json::{Json, Malformed, Object};
use crate::timestamp::Timestamp;
use std::borrow::Cow;
use uuid::Uuid;

/// The values of a row, by the names that the statement gives the columns. A value is a text, a number or null.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub struct Row<'t>(Object<'t>);

impl<'t> TryFrom<Json<'t>> for Row<'t> {
    type Error = Malformed;

    fn try_from(json: Json<'t>) -> Result<Self, Malformed> {
        let row = json.object()?;
        let is_flat = row.0.iter().all(|(_, cell)| match cell {
            Json::Null | Json::Integer(_) | Json::Fraction(_) | Json::Text(_) => true,
            Json::Bool(_) | Json::List(_) | Json::Object(_) => false,
        });
        is_flat.then_some(Self(row)).ok_or(Malformed::Unexpected)
    }
}

impl<'t> Row<'t> {
    /// The rows of a JSON text.
    pub(super) fn all(json: &'t str) -> Result<Vec<Self>, StoreError> {
        let rows = Json::read(json).and_then(Json::list);
        let rows = rows.and_then(|rows| rows.into_iter().map(Self::try_from).collect());
        rows.map_err(|_| StoreError::CorruptRow("shape"))
    }

    /// Takes a text, or NULL, out of the row.
    ///
    /// # Errors
    /// `CorruptRow` if there is no such column, or if it contains a number.
    pub fn optional(&mut self, column: &'static str) -> Result<Option<String>, StoreError> {
        match self.take(column)? {
            Json::Null => Ok(None),
            Json::Text(text) => Ok(Some(text.into_owned())),
            _ => Err(StoreError::CorruptRow(column)),
        }
    }

    /// Takes a text out of the row.
    ///
    /// # Errors
    /// `CorruptRow`.
    pub fn text(&mut self, column: &'static str) -> Result<String, StoreError> {
        self.optional(column)?.ok_or(StoreError::CorruptRow(column))
    }

    /// A time, or NULL.
    ///
    /// # Errors
    /// `CorruptRow`.
    pub fn optional_moment(
        &mut self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        let text = self.optional(column)?;
        let read = |text: String| Timestamp::parse(&text).ok_or(StoreError::CorruptRow(column));
        text.map(read).transpose()
    }

    /// A time.
    ///
    /// # Errors
    /// `CorruptRow`.
    pub fn moment(&mut self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.optional_moment(column)?
            .ok_or(StoreError::CorruptRow(column))
    }

    /// An id.
    ///
    /// # Errors
    /// `CorruptRow`.
    pub fn uuid(&mut self, column: &'static str) -> Result<Uuid, StoreError> {
        Uuid::try_parse(&self.text(column)?).map_err(|_| StoreError::CorruptRow(column))
    }

    /// A number, or NULL.
    ///
    /// # Errors
    /// `CorruptRow`.
    pub fn number(&mut self, column: &'static str) -> Result<Option<f64>, StoreError> {
        match self.take(column)? {
            Json::Null => Ok(None),
            #[expect(
                clippy::cast_precision_loss,
                reason = "the number came from JavaScript"
            )]
            Json::Integer(number) => Ok(Some(number as f64)),
            Json::Fraction(number) => Ok(Some(number)),
            _ => Err(StoreError::CorruptRow(column)),
        }
    }

    /// A whole number from 0 to 2^32 - 1, or NULL.
    ///
    /// # Errors
    /// `CorruptRow`.
    pub fn optional_count(&mut self, column: &'static str) -> Result<Option<u32>, StoreError> {
        let Some(number) = self.number(column)? else {
            return Ok(None);
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and is compared"
        )]
        let count = number as u32;
        let is_same = f64::from(count).to_bits() == number.to_bits();
        is_same
            .then_some(Some(count))
            .ok_or(StoreError::CorruptRow(column))
    }

    /// A whole number from 0 to 2^32 - 1.
    ///
    /// # Errors
    /// `CorruptRow`.
    pub fn count(&mut self, column: &'static str) -> Result<u32, StoreError> {
        self.optional_count(column)?
            .ok_or(StoreError::CorruptRow(column))
    }

    /// Whether this column is NULL.
    #[must_use]
    pub fn is_null(&self, column: &str) -> bool {
        let is_it = |(name, cell): &(Cow<str>, Json)| name == column && matches!(cell, Json::Null);
        self.0.0.iter().any(is_it)
    }

    fn take(&mut self, column: &'static str) -> Result<Json<'t>, StoreError> {
        self.0.take(column).ok_or(StoreError::CorruptRow(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: &str) -> Row<'_> {
        let mut rows = Row::all(json).expect("rows");
        rows.pop().expect("a row")
    }

    #[test]
    fn columns_are_read_by_type() {
        let mut row = row(
            r#"[{"a":"x\n","b":null,"c":7,"d":-1.5,"e":"2024-01-10T12:00:00Z","f":"6ba7b810-9dad-11d1-80b4-00c04fd430c8"}]"#,
        );
        assert_eq!(row.text("a"), Ok("x\n".to_owned()));
        assert_eq!(row.optional("b"), Ok(None));
        assert_eq!(row.optional_moment("b"), Ok(None));
        assert_eq!(row.number("b"), Ok(None));
        assert_eq!(row.count("c"), Ok(7));
        assert_eq!(row.number("d"), Ok(Some(-1.5)));
        assert_eq!(row.moment("e"), Ok(Timestamp::from_seconds(1_704_888_000)));
        assert!(row.uuid("f").is_ok());
        // The first call has taken the text.
        assert_eq!(row.text("a"), Err(StoreError::CorruptRow("a")));
    }

    #[test]
    fn missing_column_or_column_of_another_type_is_named() {
        let json = r#"[{"text":"x","null":null,"negative":-1,"part":0.5,"large":4294967296}]"#;
        let corrupt = |column| Some(StoreError::CorruptRow(column));
        assert_eq!(row(json).text("no such").err(), corrupt("no such"));
        assert_eq!(row(json).text("null").err(), corrupt("null"));
        assert_eq!(row(json).text("negative").err(), corrupt("negative"));
        assert_eq!(row(json).moment("text").err(), corrupt("text"));
        assert_eq!(row(json).uuid("text").err(), corrupt("text"));
        assert_eq!(row(json).number("text").err(), corrupt("text"));
        for column in ["text", "null", "negative", "part", "large"] {
            assert_eq!(row(json).count(column).err(), corrupt(column));
        }
    }

    #[test]
    fn rows_are_a_list_of_flat_objects() {
        assert_eq!(Row::all("[]"), Ok(Vec::new()));
        assert_eq!(
            Row::all(r#"[{"a":1},{"a":2}]"#).map(|rows| rows.len()),
            Ok(2)
        );
        for json in ["", "{}", "[1]", r#"[{"a":[]}]"#, r#"[{"a":true}]"#, "[{}"] {
            assert_eq!(
                Row::all(json),
                Err(StoreError::CorruptRow("shape")),
                "{json}"
            );
        }
    }
}
