//! Verifies rows of D1 against their checkpoints and the head.

use crate::app::RequestContext;
use crate::app::archived_range::allowed;
use crate::domain::audit::{
    ChainedRow, Checkpoint, Entry, Verified, Violation, ViolationKind, first_after,
};
use crate::store::checkpoints::{Range, StoredHead};

/// The rows of one call.
pub(super) struct Part<'a> {
    pub(super) context: &'a RequestContext,
    pub(super) head: &'a StoredHead,
    pub(super) range: &'a Range,
    /// Number of the row before the first.
    pub(super) start: u32,
}

impl Part<'_> {
    /// Returns the number of the last row that was verified, if there are more.
    pub(super) fn verify(
        &self,
        mut rows: &[(ChainedRow, Entry)],
        verified: &mut Verified,
    ) -> Result<Option<u32>, Violation> {
        let (keys, range) = (&self.context.app.audit_keys, self.range);
        let head = self.head.known();
        let mut previous = range.before.as_ref();
        allowed(head, previous)?;
        for checkpoint in &range.checkpoints {
            let count = rows.partition_point(|(row, _)| row.number <= checkpoint.last);
            let (covered, rest) = rows.split_at_checked(count).unwrap_or((rows, &[]));
            keys.verify_checkpoint(previous, checkpoint, covered, verified)?;
            rows = rest;
            previous = Some(checkpoint);
            allowed(head, previous)?;
        }
        let last = previous.map_or(0, |checkpoint| checkpoint.last);
        if last < range.covered {
            return Ok(Some(last));
        }
        self.verify_end(previous)?;
        let first = last.max(self.start).saturating_add(1);
        keys.verify_tail(previous, first, rows, verified)?;
        let last = rows.last().map_or(0, |(row, _)| row.number);
        Ok(Some(last).filter(|last| (1..range.last).contains(last)))
    }

    /// Checks that the end of the log matches the head.
    fn verify_end(&self, last: Option<&Checkpoint>) -> Result<(), Violation> {
        let fail = |number, reason| Err(Violation { number, reason });
        let first = last.map_or(1, |checkpoint| checkpoint.first);
        let number = last.map_or(0, |checkpoint| checkpoint.number);
        match self.head {
            StoredHead::Altered => return fail(first, ViolationKind::HeadAltered),
            // The first checkpoint may be slightly older than its head.
            StoredHead::Missing if number > 1 => return fail(first, ViolationKind::HeadMissing),
            StoredHead::Known(head) if head.checkpoint > number => {
                return fail(first_after(last), ViolationKind::Truncated);
            }
            _ => {}
        }
        if self.range.last < self.range.covered {
            let first = self.range.last.saturating_add(1);
            return fail(first, ViolationKind::Truncated);
        }
        Ok(())
    }
}
