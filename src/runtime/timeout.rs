//! Timeouts and delays.

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use std::pin::pin;

/// The future was not ready in time. It was dropped, but the operation that it started may still complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// The output of the future, if it is ready within this many milliseconds.
///
/// # Errors
/// [`Elapsed`].
pub async fn timeout<T>(milliseconds: u32, work: impl Future<Output = T>) -> Result<T, Elapsed> {
    match select(pin!(work), pin!(sleep(milliseconds))).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right(((), _)) => Err(Elapsed),
    }
}

/// Waits for this many milliseconds.
pub async fn sleep(milliseconds: u32) {
    TimeoutFuture::new(milliseconds).await;
}
