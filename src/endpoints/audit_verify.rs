//! `GET /api/auth/audit/verify`: whether the audit log is what it was, for super administrators. A part at a time, so that a
//! call stays well within its second of CPU.

use crate::account::audit::{Broken, Entry, Head, Placed, Reason, SEAL_LENGTH, Seal, first_after};
use crate::app::Call;
use crate::failure::Failure;
use crate::store::seals::Range;
use crate::web::extract;
use crate::web::query::{self, Query};
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde::Serialize;

/// Seals of one call.
const SEALS: u32 = 4;
/// Rows of one call.
const ROWS: u32 = SEALS * SEAL_LENGTH;

/// The reply.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AuditVerifyReply {
    /// Always true: the question was answered. What the answer is says `failure`.
    pub success: bool,
    /// Rows that this call has verified.
    pub rows: u32,
    /// Those of them that came without a signature and were signed by the cron.
    pub late_signatures: u32,
    /// Number of the last row that is sealed.
    pub sealed_to: u32,
    /// Rows after it: each is signed by itself, and nothing tells if the last of them were removed.
    pub unsealed_rows: u32,
    /// The first row that fails; null if all that was looked at is right.
    pub failure: Option<Broken>,
    /// `after` of the next call; null if there is nothing more to verify.
    pub next: Option<u32>,
}

/// Answers the route.
///
/// # Errors
/// `NoToken`, `InvalidToken`, `SuperAdminRequired`, those of [`Query`], `StorageOut`.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    extract::super_administrator(&call, &request).await?;
    let query = Query::of(&request, &["after"])?;
    let after = query.get("after", |text| query::number(text, 0, u32::MAX))?;
    let after = after.unwrap_or(0);
    let seals = call.app.seals;
    // Before D1, or a seal that comes in between would look as if it were missing there.
    let head = seals.head().await?;
    let range = seals.range(after, SEALS).await?;
    let start = match (&range.before, range.seals.first()) {
        // What is sealed is verified from the beginning of a seal.
        (before, Some(_)) => first_after(before.as_ref()).saturating_sub(1),
        (_, None) => after.max(range.sealed),
    };
    let rows = seals.rows_after(start, ROWS).await?;
    let mut reply = AuditVerifyReply {
        success: true,
        rows: 0,
        late_signatures: 0,
        sealed_to: range.sealed,
        unsealed_rows: range.last.saturating_sub(range.sealed),
        failure: None,
        next: None,
    };
    reply.failure = verify(&call, head.as_ref(), &range, start, &rows, &mut reply).err();
    Ok(Reply::ok(&reply))
}

fn verify(
    call: &Call,
    head: Option<&Head>,
    range: &Range,
    start: u32,
    mut rows: &[(Placed, Entry)],
    reply: &mut AuditVerifyReply,
) -> Result<(), Broken> {
    let keys = &call.app.audit_keys;
    let mut previous = range.before.as_ref();
    allowed(head, previous)?;
    for seal in &range.seals {
        let count = rows.partition_point(|(row, _)| row.number <= seal.last);
        let (sealed, rest) = rows.split_at_checked(count).unwrap_or((rows, &[]));
        let late = keys.verify_seal(previous, seal, sealed)?;
        reply.late_signatures = reply.late_signatures.saturating_add(late);
        reply.rows = reply.rows.saturating_add(length(sealed));
        rows = rest;
        previous = Some(seal);
        allowed(head, previous)?;
    }
    let last = previous.map_or(0, |seal| seal.last);
    if last < range.sealed {
        reply.next = Some(last);
        return Ok(());
    }
    if head.is_some_and(|head| head.seal > previous.map_or(0, |seal| seal.number)) {
        return Err(Broken {
            number: first_after(previous),
            reason: Reason::CutOff,
        });
    }
    if range.last < range.sealed {
        return Err(Broken {
            number: range.last.saturating_add(1),
            reason: Reason::CutOff,
        });
    }
    let first = last.max(start).saturating_add(1);
    let late = keys.verify_unsealed(first, rows)?;
    reply.late_signatures = reply.late_signatures.saturating_add(late);
    reply.rows = reply.rows.saturating_add(length(rows));
    let last = rows.last().map_or(0, |(row, _)| row.number);
    reply.next = Some(last).filter(|last| (1..range.last).contains(last));
    Ok(())
}

fn allowed(head: Option<&Head>, seal: Option<&Seal>) -> Result<(), Broken> {
    match (head, seal) {
        (Some(head), Some(seal)) if !head.allows(seal) => Err(Broken {
            number: seal.first,
            reason: Reason::HeadDiffers,
        }),
        _ => Ok(()),
    }
}

fn length(rows: &[(Placed, Entry)]) -> u32 {
    u32::try_from(rows.len()).unwrap_or(u32::MAX)
}
