//! The audit log: table `audit`. Entries go in with what they record, as a statement of the same batch; the database
//! itself refuses everything but more of them.

use super::d1::Statement;
use crate::account::audit::Signed;

/// `changes()` is what the statement just before has written, of D1's batch as of any connection.
const APPEND: &str = "
    INSERT INTO audit
      (number, id, at, kind, outcome, actor, subject, name_key, session, detail, address, device, request, mac)
    SELECT (SELECT coalesce(max(number), 0) + 1 FROM audit), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
    WHERE ?14 = 0 OR changes() > 0";

/// Writes an entry.
#[must_use]
pub fn append(entry: &Signed) -> Statement {
    statement(entry).number(0)
}

/// Writes an entry if the statement just before it in the batch has written something; where that is an entry too, both
/// are written or neither.
#[must_use]
pub fn append_if_changed(entry: &Signed) -> Statement {
    statement(entry).number(1)
}

fn statement(signed: &Signed) -> Statement {
    let entry = &signed.entry;
    Statement::new(APPEND)
        .text(&entry.id)
        .text(&entry.at)
        .text(&entry.kind)
        .text(&entry.outcome)
        .optional(entry.actor.as_ref())
        .optional(entry.subject.as_ref())
        .optional(entry.name_key.as_ref())
        .optional(entry.session.as_ref())
        .optional(entry.detail.as_ref())
        .optional(entry.address.as_ref())
        .optional(entry.device.as_ref())
        .text(&entry.request)
        .text(&signed.mac)
}
