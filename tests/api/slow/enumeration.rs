//! Enumeration of accounts, with enough attempts to show small differences.

use crate::properties::enumeration::{
    assert_indistinguishable, assert_locked_is_indistinguishable,
};

#[tokio::test]
#[ignore = "slow: 160 password hashes"]
async fn forty_locked_accounts_cannot_be_distinguished_from_others() {
    assert_locked_is_indistinguishable(40).await;
}

#[tokio::test]
#[ignore = "slow: 144 password hashes"]
async fn four_accounts_and_unknown_names_cannot_be_distinguished() {
    assert_indistinguishable(4, 12).await;
}
