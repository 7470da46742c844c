//! The slots for hashing passwords in an isolate. A hash takes tens of milliseconds of the isolate's only thread and 19 MiB of
//! memory. A flood of sign-ins must neither block other requests nor queue work for clients that no longer wait.

use super::error::AppError;
use crate::crypto::password::{self, Password, Peppers, StoredHash, Verdict};
use crate::runtime::d1::D1_TIMEOUT_MS;
use crate::runtime::timeout::sleep;
use crate::runtime::{clock, random};
use crate::store::session_cache;
use crate::store::throttle::LEASE_MS;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use uuid::Uuid;

/// Number of slots: the password attempts that an isolate evaluates concurrently.
const SLOT_COUNT: usize = 4;
/// Number of these slots that are reserved for claims with a [`Holder`], so that a flood of other attempts cannot take all of
/// them.
const RESERVED_SLOT_COUNT: usize = 1;
/// Time for the hashes. Each slot computes at most two, of 24 to 30 ms each: the new password after the current one, or a hash
/// with the current parameters after an outdated one. The time includes the turns of other requests in between, on a machine
/// that is twenty times as slow. An imported hash takes up to 450 ms, which leaves a factor of ten; `cpu_ms` ends a request before
/// that.
const HASHING_MS: u32 = 5_000;
/// A slot is free again after this time, whatever happened to its attempt: the runtime may end a request that exceeds its CPU
/// time. A change of password makes two calls to D1 before its hashes: one reserves the attempt, and one reads the current
/// hash. No other route makes more.
const SLOT_TIMEOUT_MS: u32 = 2 * D1_TIMEOUT_MS + HASHING_MS;

/// Maximum time from taking a slot to the response. A change of password takes longest: after its hashes, it makes one call to
/// D1, overwrites the cached sessions of the sessions that it revoked, and then overwrites its own cached session. A sign-in of
/// a user who was changed meanwhile makes two calls to D1 after its hash, which takes less time.
const MAX_REQUEST_MS: u32 = SLOT_TIMEOUT_MS + D1_TIMEOUT_MS + 2 * session_cache::MAX_OVERWRITE_MS;

// After a client has disconnected, the platform runs its request for 30 more seconds.
const _: () = assert!(MAX_REQUEST_MS < 30_000);

// An attempt is in flight until the write after its hashes has completed.
const _: () = assert!(SLOT_TIMEOUT_MS + D1_TIMEOUT_MS <= LEASE_MS);

/// Turns of the event loop before a hash, if other slots are in use: the number that a request needs from its arrival to its
/// response if it reads from a store.
const TURNS_BEFORE_HASH: usize = 6;

/// A claim to a slot.
#[derive(Debug)]
pub struct Claim {
    /// Attempts with the same key are evaluated one after another: no two of them hold a slot at the same time.
    pub key: String,
    /// The holder, if this claim may take the reserved slot.
    pub holder: Option<Holder>,
}

/// A recognised device and its user, or a one-time link and its user. Each device, link and user holds at most one slot at a
/// time, so that no account can occupy the reserved slot, however many devices it has.
#[derive(Debug)]
pub struct Holder {
    /// The id of the device or of the link.
    pub id: String,
    /// The user.
    pub user: Uuid,
}

impl Holder {
    fn is_same(&self, other: &Self) -> bool {
        self.id == other.id || self.user == other.user
    }
}

/// Why there is no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSlot {
    /// An attempt with the same key is in flight.
    InFlight,
    /// All slots that the claim may take are in use, or its holder already has one.
    Full,
}

/// The slots.
#[derive(Debug, Default)]
pub struct HashSlots(Rc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    slots: RefCell<[Option<Taken>; SLOT_COUNT]>,
    /// Wrapping counter of the slots that were taken.
    last: Cell<u32>,
    /// Wrapping counter of the hashes that were started.
    hashes: Cell<u32>,
}

#[derive(Debug)]
struct Taken {
    number: u32,
    /// Milliseconds since 1970.
    since: f64,
    claim: Claim,
}

impl Taken {
    fn is_held(&self, now: f64) -> bool {
        now - self.since < f64::from(SLOT_TIMEOUT_MS)
    }
}

/// A slot, held until it is dropped.
#[derive(Debug)]
pub struct Slot {
    shared: Rc<Shared>,
    number: u32,
}

impl HashSlots {
    /// Takes a slot, if one is free for this claim at this time (milliseconds since 1970).
    ///
    /// # Errors
    /// [`NoSlot`].
    pub fn enter(&self, now: f64, claim: Claim) -> Result<Slot, NoSlot> {
        let mut slots = self.0.slots.borrow_mut();
        let held = || slots.iter().flatten().filter(|taken| taken.is_held(now));
        if held().any(|taken| taken.claim.key == claim.key) {
            return Err(NoSlot::InFlight);
        }
        let has_slot = |holder: &Holder| {
            let mut holders = held().filter_map(|taken| taken.claim.holder.as_ref());
            holders.any(|other| other.is_same(holder))
        };
        let open = match &claim.holder {
            None => SLOT_COUNT.saturating_sub(RESERVED_SLOT_COUNT),
            Some(holder) if has_slot(holder) => 0,
            Some(_) => SLOT_COUNT,
        };
        let is_free =
            |slot: &&mut Option<Taken>| !slot.as_ref().is_some_and(|taken| taken.is_held(now));
        let slot = slots.iter_mut().take(open).find(is_free);
        let slot = slot.ok_or(NoSlot::Full)?;
        let number = self.0.last.get().wrapping_add(1);
        self.0.last.set(number);
        *slot = Some(Taken {
            number,
            since: now,
            claim,
        });
        Ok(Slot {
            shared: Rc::clone(&self.0),
            number,
        })
    }
}

impl Slot {
    /// Verifies a password, or does the same work if there is no hash. Other requests have their turn first.
    pub async fn verify(
        &self,
        password: &Password,
        stored: Option<StoredHash<'_>>,
        peppers: &Peppers,
    ) -> Verdict {
        self.shared.wait_for_turn().await;
        password::verify(password, stored, peppers)
    }

    /// Hashes the password of this user. Other requests have their turn first.
    ///
    /// # Errors
    /// `Runtime` if there is no memory or no randomness.
    pub async fn hash(
        &self,
        password: &Password,
        user: Uuid,
        peppers: &Peppers,
    ) -> Result<String, AppError> {
        self.shared.wait_for_turn().await;
        password::hash(password, user, random::bytes()?, peppers).map_err(|_| AppError::Runtime)
    }
}

impl Shared {
    /// Whether more than one slot is in use at this time (milliseconds since 1970).
    fn is_crowded(&self, now: f64) -> bool {
        let slots = self.slots.borrow();
        let held = slots.iter().flatten().filter(|taken| taken.is_held(now));
        held.count() > 1
    }

    /// Waits until every other request of the isolate has had a turn, then starts one hash. If another attempt started a hash
    /// meanwhile, it waits again: otherwise the waiting hashes would run back to back and block all other requests for their
    /// total time.
    async fn wait_for_turn(&self) {
        loop {
            let hashes = self.hashes.get();
            let turns = if self.is_crowded(clock::now_ms()) {
                TURNS_BEFORE_HASH
            } else {
                1
            };
            for _ in 0..turns {
                // The timer is queued behind everything that is ready now.
                sleep(1).await;
            }
            if self.hashes.get() == hashes {
                return self.hashes.set(hashes.wrapping_add(1));
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // If this attempt took too long, the slot belongs to another one by now.
        for slot in self.shared.slots.borrow_mut().iter_mut() {
            if slot
                .as_ref()
                .is_some_and(|taken| taken.number == self.number)
            {
                *slot = None;
            }
        }
    }
}

#[cfg(test)]
mod tests;
