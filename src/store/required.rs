//! Writes that a batch depends on: if one of them changes nothing, the whole batch is rolled back.

use crate::runtime::d1::Statement;

/// Fails the batch if the write before it changed nothing. [`Database`](crate::runtime::d1::Database) recognises the text of the error.
const REQUIRE: &str =
    "SELECT CASE WHEN changes() = 0 THEN json_extract('{}', 'nothing was changed') END";

/// This write, without which the batch is rolled back. The call then returns [`StoreError::Conflict`](crate::runtime::StoreError).
#[must_use]
pub fn required(write: Statement) -> Statement {
    write.followed_by([Statement::new(REQUIRE)])
}
