//! The retries of a password attempt that found another attempt in flight or no free hashing slot.

use crate::runtime::timeout::sleep;

/// Delays before the retries of an attempt that found another attempt with the same key in flight, for example after a double
/// click or when two jobs start at the same time. They cover four consecutive evaluations of 100 ms each.
const RETRY_DELAYS_MS: [u32; 3] = [150, 300, 600];

/// Interval at which an attempt that may use the reserved slot checks whether the slot is free, and the number of checks. All
/// checks together take as long as all retries. An attempt holds the reserved slot for one evaluation.
const SLOT_POLL_INTERVAL_MS: u32 = 25;
const MAX_SLOT_POLLS: u32 = 42;

/// The retries of one attempt. It holds no slot while it waits.
#[derive(Debug)]
pub struct Retries {
    of_attempt: std::array::IntoIter<u32, 3>,
    of_slot: u32,
}

impl Retries {
    /// Starts with all retries left.
    #[must_use]
    pub fn new() -> Self {
        Self {
            of_attempt: RETRY_DELAYS_MS.into_iter(),
            of_slot: MAX_SLOT_POLLS,
        }
    }

    /// Waits for the next retry after another attempt was in flight; returns `false` at once if there are no retries left.
    pub async fn wait(&mut self) -> bool {
        let Some(milliseconds) = self.of_attempt.next() else {
            return false;
        };
        sleep(milliseconds).await;
        true
    }

    /// Waits until it is time to check for a slot again; returns `false` at once if there are no checks left.
    pub async fn wait_for_slot(&mut self) -> bool {
        let Some(left) = self.of_slot.checked_sub(1) else {
            return false;
        };
        self.of_slot = left;
        sleep(SLOT_POLL_INTERVAL_MS).await;
        true
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self::new()
    }
}
