//! A row of D1, read column by column. One reader of JSON for all tables: a derived one for each record is an eighth of the
//! Worker compressed, and gives no better account of what is wrong.

use super::StoreError;
use crate::account::timestamp::Timestamp;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use uuid::Uuid;

/// What stands in a row, by the names that the statement gives its columns.
#[derive(Debug, PartialEq)]
pub struct Row(Vec<(String, Cell)>);

#[derive(Debug, Default, PartialEq)]
enum Cell {
    #[default]
    Null,
    Number(f64),
    Text(String),
}

impl Row {
    /// The rows of a JSON text.
    pub(super) fn all(json: &str) -> Result<Vec<Self>, StoreError> {
        serde_json::from_str(json).map_err(|_| StoreError::CorruptRow("shape"))
    }

    /// Takes a text, or NULL, out of the row.
    ///
    /// # Errors
    /// `CorruptRow` if there is no such column, or a number in it.
    pub fn optional(&mut self, column: &'static str) -> Result<Option<String>, StoreError> {
        match self.take(column)? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            Cell::Number(_) => Err(StoreError::CorruptRow(column)),
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
            Cell::Null => Ok(None),
            Cell::Number(number) => Ok(Some(number)),
            Cell::Text(_) => Err(StoreError::CorruptRow(column)),
        }
    }

    /// How many, or which one; or NULL.
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

    /// How many, or which one.
    ///
    /// # Errors
    /// `CorruptRow`.
    pub fn count(&mut self, column: &'static str) -> Result<u32, StoreError> {
        self.optional_count(column)?
            .ok_or(StoreError::CorruptRow(column))
    }

    /// Whether there is NULL in this column.
    #[must_use]
    pub fn is_null(&self, column: &str) -> bool {
        let is_it = |(name, cell): &(String, Cell)| name == column && *cell == Cell::Null;
        self.0.iter().any(is_it)
    }

    fn take(&mut self, column: &'static str) -> Result<Cell, StoreError> {
        let found = self.0.iter_mut().find(|(name, _)| name == column);
        found
            .map(|(_, cell)| std::mem::take(cell))
            .ok_or(StoreError::CorruptRow(column))
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Columns)
    }
}

struct Columns;

impl<'de> Visitor<'de> for Columns {
    type Value = Row;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut columns = Vec::new();
        while let Some(column) = map.next_entry()? {
            columns.push(column);
        }
        Ok(Row(columns))
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Content)
    }
}

struct Content;

impl Visitor<'_> for Content {
    type Value = Cell;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a number or null")
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Cell, E> {
        Ok(Cell::Number(number))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "came out of a JavaScript number"
    )]
    fn visit_u64<E>(self, number: u64) -> Result<Cell, E> {
        Ok(Cell::Number(number as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "came out of a JavaScript number"
    )]
    fn visit_i64<E>(self, number: i64) -> Result<Cell, E> {
        Ok(Cell::Number(number as f64))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
        Ok(Cell::Text(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: &str) -> Row {
        let mut rows = Row::all(json).expect("rows");
        rows.pop().expect("a row")
    }

    #[test]
    fn columns_are_read_as_what_they_are() {
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
        // It was taken.
        assert_eq!(row.text("a"), Err(StoreError::CorruptRow("a")));
    }

    #[test]
    fn what_is_not_there_or_something_else_is_named() {
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
