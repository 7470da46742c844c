//! Reads entries and checkpoints of the audit log from rows of D1.

use crate::domain::audit::{ChainedRow, Checkpoint, Client, Entry};
use crate::runtime::StoreError;
use crate::runtime::d1::Outcome;
use crate::runtime::row::Row;

pub(super) fn checkpoint(row: &mut Row) -> Result<Checkpoint, StoreError> {
    Ok(Checkpoint {
        number: row.count("number")?,
        first: row.count("first")?,
        last: row.count("last")?,
        at: row.text("at")?,
        key: row.text("key")?,
        marks: row.text("marks")?,
        mac: row.text("mac")?,
    })
}

pub(super) fn chained_row(row: &mut Row) -> Result<ChainedRow, StoreError> {
    Ok(ChainedRow {
        number: row.count("number")?,
        mac: row.optional("mac")?,
    })
}

fn entry(row: &mut Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: row.text("id")?,
        at: row.text("at")?,
        kind: row.text("kind")?,
        outcome: row.text("outcome")?,
        actor: row.optional("actor")?,
        subject: row.optional("subject")?,
        name_key: row.optional("name_key")?,
        session: row.optional("session")?,
        detail: row.optional("detail")?,
        client_hash: row.optional("client_hash")?,
        request: row.text("request")?,
        client: None,
    })
}

/// The client of an entry. All columns are null if the row was erased.
fn client(row: &mut Row) -> Result<Option<Client>, StoreError> {
    let (salt, address, device) = (
        row.optional("salt")?,
        row.optional("address")?,
        row.optional("device")?,
    );
    Ok(salt.map(|salt| Client {
        salt,
        address,
        device,
    }))
}

/// Rows with their content.
pub(super) fn chained(found: &Outcome) -> Result<Vec<(ChainedRow, Entry)>, StoreError> {
    found.rows(|row| {
        let chained = chained_row(row)?;
        let mut entry = entry(row)?;
        entry.client = client(row)?;
        Ok((chained, entry))
    })
}
