//! Verifies an archived range, and the role and status that were taken from its entries.

use super::AuditVerifyResponse;
use crate::app::{RequestContext, archived_range};
use crate::domain::audit::{
    Archive, ArchivedAccount, ChainedRow, Entry, Head, Stated, Verified, Violation, ViolationKind,
    stated_accounts,
};
use crate::runtime::StoreError;
use crate::store::audit_accounts;

/// Verifies the range. Verification continues with the row after it even if it fails: its checkpoints, with which the later ones are
/// chained, are still in D1.
pub(super) async fn verify(
    context: &RequestContext,
    head: Option<&Head>,
    archive: &Archive,
    response: &mut AuditVerifyResponse,
) -> Result<(), StoreError> {
    let mut verified = Verified::default();
    let result = match archived_range::read(context.app, head, archive, &mut verified).await? {
        Ok(rows) => check_accounts(context, archive, &rows).await?,
        Err(violation) => Err(violation),
    };
    response.rows = verified.rows;
    response.next = Some(archive.last.to_string());
    if let Err(violation) = result {
        response.failure = Some(violation);
        response.failed_object = Some(archive.object.clone());
    }
    Ok(())
}

/// The role and status of a user must be signed and those of the last of these entries, or of a later one. No other row may name an
/// entry of this range.
async fn check_accounts(
    context: &RequestContext,
    archive: &Archive,
    rows: &[(ChainedRow, Entry)],
) -> Result<Result<(), Violation>, StoreError> {
    let (app, range) = (context.app, archive.first..=archive.last);
    let mut stated = stated_accounts(rows);
    let subjects: Vec<&String> = stated.keys().collect();
    let mut known = readable(audit_accounts::of_users(app.database, &subjects).await)?;
    let others = audit_accounts::of_rows(app.database, archive.first, archive.last).await;
    known.extend(readable(others)?);
    let is_as_stated =
        |account: &&ArchivedAccount| account.is_as_stated(&range, stated.get(&account.subject));
    let altered = known.iter().find(|account| !is_as_stated(account));
    if let Some(account) = altered {
        let named = [account.role_number, account.status_number];
        let number = named.into_iter().filter(|number| range.contains(number));
        return Ok(Err(Violation {
            number: number.max().unwrap_or(archive.first),
            reason: ViolationKind::AccountAltered,
        }));
    }
    for account in &known {
        let is_known = |stated: &Stated| {
            account.is_up_to(stated) && app.audit_keys.has_signed_account(account)
        };
        if stated.get(&account.subject).is_some_and(is_known) {
            stated.remove(&account.subject);
        }
    }
    let reason = ViolationKind::AccountMissing;
    let first = stated.values().map(Stated::number).min();
    Ok(first.map_or(Ok(()), |number| Err(Violation { number, reason })))
}

/// Rows with invalid values count as missing. A 503 response would hide these rows from the caller.
fn readable(
    found: Result<Vec<ArchivedAccount>, StoreError>,
) -> Result<Vec<ArchivedAccount>, StoreError> {
    match found {
        Err(StoreError::CorruptRow(_)) => Ok(Vec::new()),
        found => found,
    }
}
