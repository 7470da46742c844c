//! Removes the lockout of a user.

use super::Throttle;
use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::Statement;
use crate::store::audit::recorded;
use uuid::Uuid;

const UNLOCK: &str = "
    DELETE FROM sign_in_attempts
    WHERE (key = 'account:' || ?1 OR (key > 'device:' || ?1 || ':' AND key < 'device:' || ?1 || ';'))
      AND EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?2
        WHERE users.id = ?1
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user')))";

/// Finds a row if [`UNLOCK`] is about to delete one.
const UNLOCKS: &str = "
    SELECT 1 FROM sign_in_attempts
    WHERE (key = 'account:' || ?1 OR (key > 'device:' || ?1 || ':' AND key < 'device:' || ?1 || ';'))
      AND EXISTS (
        SELECT 1 FROM users JOIN administrators ON administrators.id = ?2
        WHERE users.id = ?1
          AND (administrators.role = 'super_admin' OR (administrators.role = 'admin' AND users.role = 'user')))";

impl Throttle {
    /// Deletes the failures of a user, with those on recognised devices, if this administrator may do it. The entry is written if there
    /// were failures.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn unlock(
        &self,
        user: Uuid,
        actor: Uuid,
        unlocked: &Signed,
    ) -> Result<(), StoreError> {
        let of_user = |sql| {
            Statement::new(sql)
                .text(user.to_string())
                .text(actor.to_string())
        };
        let unlock = recorded(of_user(UNLOCK), || of_user(UNLOCKS), [unlocked]);
        self.database.batch([unlock]).await.map(drop)
    }
}
