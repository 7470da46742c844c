//! Verifies an archived range: its object in R2, its description, its checkpoints, which are still in D1, and the role and status
//! that were taken from its entries.

use super::{AuditVerifyResponse, allowed, readable};
use crate::app::RequestContext;
use crate::domain::audit::{
    Archive, ChainedRow, Entry, Head, Verified, Violation, ViolationKind, archived_rows,
    stated_account,
};
use crate::http::error::ApiError;
use crate::store::audit_archive::{Object, Range};
use std::collections::BTreeMap;

/// Verifies the range, and returns true if verification cannot continue after it.
pub(super) async fn verify(
    context: &RequestContext,
    head: Option<&Head>,
    archive: &Archive,
    response: &mut AuditVerifyResponse,
) -> Result<bool, ApiError> {
    let mut verified = Verified::default();
    let result = check(context, head, archive, &mut verified).await?;
    response.rows = verified.rows;
    response.late_signatures = verified.late_signatures;
    Ok(match result {
        Ok(()) => {
            response.next = Some(archive.last.to_string());
            false
        }
        Err(violation) => {
            response.failure = Some(violation);
            response.failed_object = Some(archive.object.clone());
            true
        }
    })
}

async fn check(
    context: &RequestContext,
    head: Option<&Head>,
    archive: &Archive,
    verified: &mut Verified,
) -> Result<Result<(), Violation>, ApiError> {
    let app = context.app;
    let fail = |reason| {
        Ok(Err(Violation {
            number: archive.first,
            reason,
        }))
    };
    if !app.audit_keys.has_signed_archive(archive) {
        return fail(ViolationKind::ArchiveAltered);
    }
    let (text, is_intact) = match app.archives.object(archive).await? {
        Object::Missing => return fail(ViolationKind::ArchiveMissing),
        Object::Altered(text) => (text, false),
        Object::Intact(text) => (text, true),
    };
    let Some(range) = readable(app.archives.range(archive.first, archive.last).await)? else {
        return fail(ViolationKind::Unreadable);
    };
    let rows = match archived_rows(&text) {
        Ok(rows) => rows,
        Err(before) => {
            return Ok(Err(Violation {
                number: before.saturating_add(1).max(archive.first),
                reason: ViolationKind::ArchiveAltered,
            }));
        }
    };
    if let Err(violation) = check_chain(context, head, &range, &rows, verified) {
        return Ok(Err(violation));
    }
    if !is_intact
        || rows
            .last()
            .is_none_or(|(row, _)| row.number != archive.last)
    {
        return fail(ViolationKind::ArchiveAltered);
    }
    check_accounts(context, &rows).await
}

fn check_chain(
    context: &RequestContext,
    head: Option<&Head>,
    range: &Range,
    mut rows: &[(ChainedRow, Entry)],
    verified: &mut Verified,
) -> Result<(), Violation> {
    let mut previous = range.before.as_ref();
    for checkpoint in &range.checkpoints {
        let count = rows.partition_point(|(row, _)| row.number <= checkpoint.last);
        let (covered, rest) = rows.split_at_checked(count).unwrap_or((rows, &[]));
        let keys = &context.app.audit_keys;
        keys.verify_checkpoint(previous, checkpoint, covered, verified)?;
        rows = rest;
        previous = Some(checkpoint);
        allowed(head, previous)?;
    }
    Ok(())
}

/// The role and status of a user must be those of a later entry, or of the same one, and be signed.
async fn check_accounts(
    context: &RequestContext,
    rows: &[(ChainedRow, Entry)],
) -> Result<Result<(), Violation>, ApiError> {
    let app = context.app;
    // The last of these entries about each user.
    let mut stated: BTreeMap<&String, u32> = BTreeMap::new();
    for (row, entry) in rows {
        if let Some(subject) = stated_account(entry) {
            stated.insert(subject, row.number);
        }
    }
    let subjects: Vec<&String> = stated.keys().copied().collect();
    let known = readable(app.archives.accounts(&subjects).await)?.unwrap_or_default();
    for account in &known {
        let number = stated.get(&account.subject);
        if number.is_some_and(|number| account.number >= *number)
            && app.audit_keys.has_signed_account(account)
        {
            stated.remove(&account.subject);
        }
    }
    let reason = ViolationKind::AccountMissing;
    let first = stated.into_values().min();
    Ok(first.map_or(Ok(()), |number| Err(Violation { number, reason })))
}
