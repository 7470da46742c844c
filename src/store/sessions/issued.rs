//! Revokes the sessions whose current token or cookie was issued within a span of time.

use super::Sessions;
use super::revoke::{Revoke, RevokedSession, revoke_one};
use crate::domain::audit::Signed;
use crate::domain::session::{SessionKind, expired_until};
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A session that was selected by the issue time of its current token or cookie.
#[derive(Debug)]
pub struct IssuedSession {
    /// The session.
    pub id: String,
    /// Its user.
    pub user_id: Uuid,
}

/// A batch of the live sessions whose current token was issued at or after `?1` and before `?2`.
const ISSUED_TOKENS: &str = "
    SELECT id, user_id FROM sessions
    WHERE revoked_at IS NULL AND is_cookie = 0 AND rotated_at >= ?1 AND rotated_at < ?2 AND token_expires_at > ?3 AND ends_at > ?4
    ORDER BY rotated_at DESC LIMIT ?5";

/// A batch of the live sessions whose current cookie was issued at or after `?1` and before `?2`.
const ISSUED_COOKIES: &str = "
    SELECT id, user_id FROM sessions
    WHERE revoked_at IS NULL AND is_cookie = 1 AND rotated_at >= ?1 AND rotated_at < ?2 AND token_expires_at > ?3 AND ends_at > ?4
    ORDER BY rotated_at DESC LIMIT ?5";

impl Sessions {
    /// A batch of the live sessions of a kind whose current token or cookie was issued between these times, the latest first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn issued(
        &self,
        kind: SessionKind,
        from: Timestamp,
        before: Timestamp,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<IssuedSession>, StoreError> {
        let sql = match kind {
            SessionKind::Token => ISSUED_TOKENS,
            SessionKind::Cookie => ISSUED_COOKIES,
        };
        let statement = Statement::new(sql)
            .text(from.to_string())
            .text(before.to_string())
            .text(expired_until(now).to_string())
            .text(now.to_string())
            .number(most);
        let [found] = self.database.batch([statement]).await?;
        found.rows(|row| {
            Ok(IssuedSession {
                id: row.text("id")?,
                user_id: row.uuid("user_id")?,
            })
        })
    }

    /// Revokes these sessions unless they have been refreshed since `before`, each with its entry; returns those that it
    /// revoked.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn revoke_issued(
        &self,
        sessions: &[(IssuedSession, Signed)],
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<RevokedSession>, StoreError> {
        let statements = sessions.iter().flat_map(|(session, entry)| {
            let session = Revoke {
                id: &session.id,
                user: session.user_id,
                actor: None,
            };
            revoke_one(session, Some(before), now, [entry])
        });
        let outcomes = self.database.all(statements.collect()).await?;
        let mut revoked = Vec::new();
        for outcome in outcomes.chunks(2) {
            if let [revoke, found] = outcome
                && revoke.changes > 0
            {
                revoked.extend(found.first(RevokedSession::read)?);
            }
        }
        Ok(revoked)
    }
}
