//! The context of a request: the isolate's [`App`], the time at which it was received, and its execution context.

use super::client_info::ClientInfo;
use super::error::AppError;
use super::hash_slots::{Claim, NoSlot, Slot};
use super::isolate::App;
use crate::domain::address::network;
use crate::domain::audit::{Entry, Signed};
use crate::runtime::assets::Assets;
use crate::runtime::rate_limiter::{Bucket, PERIOD_SECONDS};
use crate::runtime::{clock, task};
use crate::store::audit;
use crate::timestamp::Timestamp;
use worker::Context;

/// The context of one request.
pub struct RequestContext {
    /// The state that the isolate keeps between requests.
    pub app: &'static App,
    /// The static assets; `None` without the binding.
    pub assets: Option<&'static Assets>,
    /// When the request was received. It stays the same while the request is handled, unlike [`RequestContext::now`].
    pub received_at: Timestamp,
    execution: Context,
}

impl RequestContext {
    /// The context of a request that was received at this time.
    #[must_use]
    pub fn new(
        app: &'static App,
        assets: Option<&'static Assets>,
        received_at: Timestamp,
        execution: Context,
    ) -> Self {
        Self {
            app,
            assets,
            received_at,
            execution,
        }
    }

    /// The current time in whole seconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        clock::now()
    }

    /// The current time in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> f64 {
        clock::now_ms()
    }

    /// Signs an entry of the audit log.
    #[must_use]
    pub fn sign(&self, entry: Entry) -> Signed {
        self.app.audit_keys.sign(entry)
    }

    /// Writes an entry of the audit log that accompanies no other write.
    ///
    /// # Errors
    /// `Store`; then the action that the entry records must not be done.
    pub async fn record(&self, entry: Entry) -> Result<(), AppError> {
        let entry = audit::append(&self.sign(entry));
        let [_] = self.app.database.batch([entry]).await?;
        Ok(())
    }

    /// Writes an entry about a refusal that the client can repeat at will. The number of such entries per network is limited; further
    /// ones are not written.
    ///
    /// # Errors
    /// `Store`.
    pub async fn record_refused(&self, client: &ClientInfo, entry: Entry) -> Result<(), AppError> {
        let network = network(client.address.as_deref());
        let (entry, throttle) = (self.sign(entry), &self.app.throttle);
        throttle
            .record_refused(&network, self.now_ms(), &entry)
            .await?;
        Ok(())
    }

    /// Runs the work to completion, however long it takes. Returns its output if it is ready within this many milliseconds.
    pub async fn run_to_completion<T: 'static>(
        &self,
        milliseconds: u32,
        work: impl Future<Output = T> + 'static,
    ) -> Option<T> {
        task::run_to_completion(&self.execution, milliseconds, work).await
    }

    /// Runs the work to completion; the response does not wait for it.
    pub fn wait_until(&self, work: impl Future<Output = ()> + 'static) {
        task::run(&self.execution, Box::pin(work));
    }

    /// Counts a request of this key against the rate limit.
    ///
    /// # Errors
    /// `RateLimited`.
    pub async fn limit(&self, bucket: Bucket, key: &str) -> Result<(), AppError> {
        let limiter = &self.app.rate_limiter;
        if limiter.admits(bucket, key, self.received_at).await {
            Ok(())
        } else {
            Err(AppError::RateLimited(PERIOD_SECONDS))
        }
    }

    /// Takes a slot for an operation that hashes passwords.
    ///
    /// # Errors
    /// [`NoSlot`].
    pub fn slot(&self, claim: Claim) -> Result<Slot, NoSlot> {
        self.app.hash_slots.enter(self.now_ms(), claim)
    }

    /// When a cookie session that is used now expires, unless it is used again.
    #[must_use]
    pub fn idle_end(&self) -> Timestamp {
        self.received_at.plus(self.app.config.sessions.idle)
    }

    /// `REFRESH_REPLAY_WINDOW`, in seconds.
    #[must_use]
    pub fn replay_window(&self) -> i64 {
        self.app.config.sessions.replay_window
    }
}
