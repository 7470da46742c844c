//! Waits for promises and for time.
//!
//! A wait is a number that JavaScript hands back when the promise has settled or the time is over. A `JsFuture` holds
//! itself until its promise settles; the promises of a request whose client has gone never do, so it would be held for
//! ever. And `JsFuture` over `Promise.race` would make two functions for each wait, which the collector watches, and six
//! promises; a wait for KV is most of what `/validate` costs beside KV itself.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsValue, closure::Closure};

// A timer is not cancelled when its promise settles first: the runtime drops it with its request, and a number that is
// passed back a second time is ignored.
#[wasm_bindgen(inline_js = "
    export function wait(promise, milliseconds, id, settled) {
        promise.then((value) => settled(id, true, value), () => settled(id, false));
        setTimeout(settled, milliseconds, id, false);
    }
    export function watch(promise, id, settled) {
        promise.then((value) => settled(id, true, value), () => settled(id, false));
    }
    export function sleep(milliseconds, id, settled) {
        setTimeout(settled, milliseconds, id, true);
    }")]
extern "C" {
    fn wait(promise: &js_sys::Promise, milliseconds: u32, id: u32, settled: &JsValue);
    fn watch(promise: &js_sys::Promise, id: u32, settled: &JsValue);
    fn sleep(milliseconds: u32, id: u32, settled: &JsValue);
}

/// The outcome of a promise; `Err` if it was rejected or took too long.
type Outcome = Result<JsValue, ()>;

/// Milliseconds by which a timer may be late in a busy isolate.
const LATE_MS: u32 = 5_000;

/// A wait; what it waits for may come after it was dropped.
struct Wait {
    id: u32,
    /// Milliseconds after which it has ended, unless the runtime has dropped its request.
    expires_in: u32,
}

enum Progress {
    Started,
    Polled(Waker),
    Over(Outcome),
}

#[derive(Default)]
struct Waits {
    last: u32,
    open: BTreeMap<u32, Progress>,
}

thread_local! {
    /// The longest `expires_in` of the waits that were polled since [`swap_expires_in`].
    static EXPIRES_IN: Cell<u32> = const { Cell::new(0) };
    static WAITS: RefCell<Waits> = RefCell::default();
    static SETTLED: JsValue =
        Closure::<dyn Fn(u32, bool, JsValue)>::new(on_settled).into_js_value();
}

fn on_settled(id: u32, is_fulfilled: bool, value: JsValue) {
    let outcome = if is_fulfilled { Ok(value) } else { Err(()) };
    let before = WAITS.with_borrow_mut(|waits| {
        let progress = waits.open.get_mut(&id)?;
        if matches!(progress, Progress::Over(_)) {
            return None;
        }
        Some(std::mem::replace(progress, Progress::Over(outcome)))
    });
    if let Some(Progress::Polled(waker)) = before {
        waker.wake();
    }
}

impl Wait {
    fn new(expires_in: u32, start: impl FnOnce(u32, &JsValue)) -> Self {
        let id = WAITS.with_borrow_mut(|waits| {
            waits.last = waits.last.wrapping_add(1);
            let id = waits.last;
            waits.open.entry(id).or_insert(Progress::Started);
            id
        });
        SETTLED.with(|settled| start(id, settled));
        Self { id, expires_in }
    }

    fn within(promise: &js_sys::Promise, milliseconds: u32) -> Self {
        let expires_in = milliseconds.saturating_add(LATE_MS);
        Self::new(expires_in, |id, settled| {
            wait(promise, milliseconds, id, settled);
        })
    }
}

impl Future for Wait {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        WAITS.with_borrow_mut(|waits| match waits.open.get_mut(&self.id) {
            Some(Progress::Over(outcome)) => Poll::Ready(std::mem::replace(outcome, Err(()))),
            Some(progress) => {
                *progress = Progress::Polled(context.waker().clone());
                EXPIRES_IN.set(EXPIRES_IN.get().max(self.expires_in));
                Poll::Pending
            }
            None => Poll::Ready(Err(())),
        })
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        // Dropped outside: a value's or a waker's end may look in there.
        drop(WAITS.with_borrow_mut(|waits| waits.open.remove(&self.id)));
    }
}

/// Waits for this many milliseconds.
pub async fn pause(milliseconds: u32) {
    // When a request ends, the runtime drops its timers, and nothing waits for the result.
    let expires_in = milliseconds.saturating_add(LATE_MS);
    let _ = Wait::new(expires_in, |id, settled| sleep(milliseconds, id, settled)).await;
}

/// Waits until the promise has settled, but at most this many milliseconds.
pub async fn settled_within(milliseconds: u32, promise: &js_sys::Promise) {
    // Both outcomes are fine.
    let _ = Wait::within(promise, milliseconds).await;
}

/// The promise's value; it has settled after so many milliseconds, by a timer of its own.
///
/// # Errors
/// It was rejected. The reason stays in JavaScript: it may hold statements, addresses and paths.
pub async fn settled(milliseconds: u32, promise: &js_sys::Promise) -> Result<JsValue, ()> {
    let expires_in = milliseconds.saturating_add(LATE_MS);
    Wait::new(expires_in, |id, settled| watch(promise, id, settled)).await
}

/// As [`settled`].
///
/// # Errors
/// It was rejected, or has not settled in so many milliseconds.
pub async fn value_within(milliseconds: u32, promise: &js_sys::Promise) -> Result<JsValue, ()> {
    Wait::within(promise, milliseconds).await
}

/// Milliseconds after which the waits that were polled since the last call have ended, 0 if there were none; counts on from
/// the given figure. A wait that takes longer is one of a request that the runtime has dropped: its promises never settle,
/// and its timers never fire.
#[expect(
    clippy::must_use_candidate,
    reason = "a caller that only sets it has no use for the former figure"
)]
pub fn swap_expires_in(milliseconds: u32) -> u32 {
    EXPIRES_IN.replace(milliseconds)
}
