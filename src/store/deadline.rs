//! No store and no work is waited for without an end.

use super::StoreError;
use std::future::Future;
use std::pin::Pin;
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

// In JavaScript, because what Rust keeps for a promise it keeps until that settles, and of two that race the timer never
// does: the runtime drops it with its request.
#[wasm_bindgen(inline_js = "
    export function race(promise, milliseconds) {
        return Promise.race([promise, scheduler.wait(milliseconds).then(() => Promise.reject())]);
    }")]
extern "C" {
    fn race(promise: &js_sys::Promise, milliseconds: u32) -> js_sys::Promise;
}

/// Waits for so many milliseconds.
pub async fn pause(milliseconds: u32) {
    // A request that ends takes its timers with it; there is nobody left to tell.
    let _ = JsFuture::from(wait(f64::from(milliseconds))).await;
}

/// Waits until the promise has settled, or for so many milliseconds.
pub async fn settled_within(milliseconds: u32, promise: &js_sys::Promise) {
    // Either end is one.
    let _ = JsFuture::from(race(promise, milliseconds)).await;
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

/// The promise's value, or `Unavailable` if it is rejected or takes longer. A rejection's text stays here: it may hold
/// statements and paths.
pub(super) async fn within<T: JsCast>(
    milliseconds: u32,
    promise: js_sys::Promise,
) -> Result<T, StoreError> {
    JsFuture::from(race(&promise, milliseconds))
        .await
        .map(JsCast::unchecked_into)
        .map_err(|_| StoreError::Unavailable)
}
