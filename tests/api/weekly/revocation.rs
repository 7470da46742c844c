//! Revocations in large numbers.

use crate::properties::acknowledged_revocation::{KINDS, revoke_in_strict_mode, set_new_passwords};

#[tokio::test]
#[ignore = "slow: 4,000 revocations"]
async fn thousands_of_acknowledged_revocations_apply_in_strict_mode() {
    for kind in KINDS {
        revoke_in_strict_mode(500, kind).await;
    }
}

#[tokio::test]
#[ignore = "slow: 1,000 new passwords"]
async fn thousand_new_passwords_revoke_sessions_at_once() {
    for kind in KINDS {
        set_new_passwords(500, 3, kind).await;
    }
}
