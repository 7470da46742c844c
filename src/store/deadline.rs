//! Nothing is waited for without an end.

use super::StoreError;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// Resolves after so many milliseconds; the runtime drops it with its request.
    #[wasm_bindgen(js_namespace = scheduler, js_name = wait)]
    fn wait(milliseconds: f64) -> js_sys::Promise;
}

/// Waits for so many milliseconds.
pub async fn pause(milliseconds: u32) {
    // A request that ends takes its timers with it; there is nobody left to tell.
    let _ = JsFuture::from(wait(f64::from(milliseconds))).await;
}

/// Does these side by side, until the last has ended.
pub(super) async fn all<'a>(works: impl Iterator<Item = Pin<Box<dyn Future<Output = ()> + 'a>>>) {
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

/// What some work gives, or nothing if it takes longer than so many milliseconds; it is then dropped where it stands.
pub async fn before<T>(milliseconds: u32, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut end = pin!(pause(milliseconds));
    std::future::poll_fn(|context| {
        if let Poll::Ready(value) = work.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        end.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// The promise's value, or `Unavailable` if it is rejected or takes longer. A rejection's text stays here: it may hold
/// statements and paths.
pub(super) async fn within<T: JsCast>(
    milliseconds: u32,
    promise: js_sys::Promise,
) -> Result<T, StoreError> {
    match before(milliseconds, JsFuture::from(promise)).await {
        Some(Ok(value)) => Ok(value.unchecked_into()),
        Some(Err(_)) | None => Err(StoreError::Unavailable),
    }
}
