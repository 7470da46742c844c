//! No store and no work is waited for without an end.
//!
//! A wait is a number that JavaScript hands back when the promise has settled or the time is over. `JsFuture` over
//! `Promise.race` would make two functions for each wait, which the collector watches, and six promises; a wait for KV
//! is most of what `/validate` costs beside KV itself.

use super::StoreError;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

// A timer is not taken back when its promise settles first: the runtime drops it with its request, and a number that
// comes back a second time means nothing.
#[wasm_bindgen(inline_js = "
    export function wait(promise, milliseconds, id, settled) {
        promise.then((value) => settled(id, true, value), () => settled(id, false));
        setTimeout(settled, milliseconds, id, false);
    }
    export function sleep(milliseconds, id, settled) {
        setTimeout(settled, milliseconds, id, true);
    }")]
extern "C" {
    fn wait(promise: &js_sys::Promise, milliseconds: u32, id: u32, settled: &JsValue);
    fn sleep(milliseconds: u32, id: u32, settled: &JsValue);
}

/// How a promise ended; `Err` if it was rejected or took too long.
type Outcome = Result<JsValue, ()>;

/// A wait; what it waits for may come after it was dropped.
struct Wait(u32);

enum Progress {
    Started,
    Polled(Waker),
    Over(Outcome),
}

#[derive(Default)]
struct Waits {
    last: u32,
    /// In the order of their numbers; a map's code is 1 % of the Worker.
    open: Vec<(u32, Progress)>,
}

impl Waits {
    fn place(&self, id: u32) -> Result<usize, usize> {
        self.open.binary_search_by_key(&id, |(id, _)| *id)
    }

    fn progress(&mut self, id: u32) -> Option<&mut Progress> {
        let place = self.place(id).ok()?;
        self.open.get_mut(place).map(|(_, progress)| progress)
    }
}

thread_local! {
    static WAITS: RefCell<Waits> = RefCell::default();
    static SETTLED: JsValue =
        Closure::<dyn Fn(u32, bool, JsValue)>::new(settled).into_js_value();
}

fn settled(id: u32, is_fulfilled: bool, value: JsValue) {
    let outcome = if is_fulfilled { Ok(value) } else { Err(()) };
    let before = WAITS.with_borrow_mut(|waits| {
        let progress = waits.progress(id)?;
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
    fn new(start: impl FnOnce(u32, &JsValue)) -> Self {
        let id = WAITS.with_borrow_mut(|waits| {
            waits.last = waits.last.wrapping_add(1);
            if let Err(place) = waits.place(waits.last) {
                waits.open.insert(place, (waits.last, Progress::Started));
            }
            waits.last
        });
        SETTLED.with(|settled| start(id, settled));
        Self(id)
    }

    fn within(promise: &js_sys::Promise, milliseconds: u32) -> Self {
        Self::new(|id, settled| wait(promise, milliseconds, id, settled))
    }
}

impl Future for Wait {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        WAITS.with_borrow_mut(|waits| match waits.progress(self.0) {
            Some(Progress::Over(outcome)) => Poll::Ready(std::mem::replace(outcome, Err(()))),
            Some(progress) => {
                *progress = Progress::Polled(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(Err(())),
        })
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        // Dropped outside: a value's or a waker's end may look in there.
        drop(WAITS.with_borrow_mut(|waits| {
            let place = waits.place(self.0).ok()?;
            Some(waits.open.remove(place))
        }));
    }
}

/// Waits for so many milliseconds.
pub async fn pause(milliseconds: u32) {
    // A request that ends takes its timers with it; there is nobody left to tell.
    let _ = Wait::new(|id, settled| sleep(milliseconds, id, settled)).await;
}

/// Waits until the promise has settled, or for so many milliseconds.
pub async fn settled_within(milliseconds: u32, promise: &js_sys::Promise) {
    // Either end is one.
    let _ = Wait::within(promise, milliseconds).await;
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
    Wait::within(&promise, milliseconds)
        .await
        .map(JsCast::unchecked_into)
        .map_err(|()| StoreError::Unavailable)
}
