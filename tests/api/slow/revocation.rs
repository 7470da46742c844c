//! Revocations in large numbers.

use crate::properties::concurrency::{
    refresh_at_once, revoke_during_many_refreshes, use_reset_link_at_once,
};
use crate::properties::durability::survive_kills;
use crate::properties::session_limit::{
    many_sessions_are_revoked, role_change_revokes, sign_in_reads_few_rows,
};

#[tokio::test]
#[ignore = "slow: 4,000 refreshes"]
async fn hundred_rounds_of_concurrent_refreshes_are_one_refresh_each() {
    refresh_at_once(100).await;
}

#[tokio::test]
#[ignore = "slow: 80 rounds"]
async fn revocations_concurrent_with_refreshes_leave_no_valid_token() {
    revoke_during_many_refreshes(60, 20).await;
}

#[tokio::test]
#[ignore = "slow: 40 password hashes"]
async fn one_of_forty_concurrent_uses_of_a_reset_link_succeeds() {
    use_reset_link_at_once(40, 4_500).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: 20 kills of the runtime"]
async fn acknowledged_changes_survive_twenty_kills() {
    survive_kills(20).await;
}

#[tokio::test]
#[ignore = "slow: 20,000 sessions"]
async fn user_with_twenty_thousand_sessions_can_sign_in() {
    sign_in_reads_few_rows(20_000).await;
}

#[tokio::test]
#[ignore = "slow: 20,000 sessions"]
async fn twenty_thousand_sessions_are_revoked() {
    many_sessions_are_revoked(20_000).await;
}

#[tokio::test]
#[ignore = "slow: 20,000 sessions"]
async fn role_change_revokes_twenty_thousand_sessions() {
    role_change_revokes(20_000).await;
}
