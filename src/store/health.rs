//! Whether the stores answer at all.

use super::StoreError;
use super::d1::{Database, Statement};
use super::kv::Kv;

/// Asks both stores for nothing in particular.
///
/// # Errors
/// The name of the first that does not answer: `D1` or `KV`.
pub async fn check(database: &Database, kv: &Kv) -> Result<(), &'static str> {
    let one: Result<_, StoreError> = database.batch([Statement::new("SELECT 1 AS one")]).await;
    one.map_err(|_| "D1")?;
    kv.get(&"health".into()).await.map(drop).map_err(|_| "KV")
}
