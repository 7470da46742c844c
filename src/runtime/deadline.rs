//! Timeouts for calls of a store.

use super::StoreError;
use crate::runtime::wait::value_within;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use wasm_bindgen::JsCast;

/// Does these side by side, until the last has ended.
pub async fn all<'a>(works: impl Iterator<Item = Pin<Box<dyn Future<Output = ()> + 'a>>>) {
    let mut works: Vec<_> = works.collect();
    std::future::poll_fn(|context| {
        works.retain_mut(|work| work.as_mut().poll(context).is_pending());
        if works.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// The promise's value.
///
/// # Errors
/// `Unavailable` if it is rejected or takes longer.
pub async fn within<T: JsCast>(
    milliseconds: u32,
    promise: js_sys::Promise,
) -> Result<T, StoreError> {
    value_within(milliseconds, &promise)
        .await
        .map(JsCast::unchecked_into)
        .map_err(|()| StoreError::Unavailable)
}
