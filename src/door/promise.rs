//! A future as a promise. `future_to_promise` polls it first, and again at each wake, from a microtask of its own; here
//! it is polled where it is woken, which is in the callback of the promise that it waited for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use wasm_bindgen::JsValue;

type Work = Pin<Box<dyn Future<Output = JsValue>>>;

/// Wakers have to be movable between threads and futures that hold JavaScript's values are not, so a waker only knows a
/// number.
struct Task(u64);

#[derive(Default)]
struct Waiting {
    /// Not here while it is polled.
    work: Option<Work>,
    /// Woken meanwhile.
    is_woken: bool,
    /// Settles the promise; there once the first poll was not the last.
    resolve: Option<js_sys::Function>,
}

#[derive(Default)]
struct Tasks {
    last: u64,
    waiting: BTreeMap<u64, Waiting>,
}

thread_local! {
    static TASKS: RefCell<Tasks> = RefCell::default();
}

/// The value if it is there at once, else a promise of it.
pub fn answer(mut work: Work) -> JsValue {
    let id = TASKS.with_borrow_mut(|tasks| {
        tasks.last = tasks.last.wrapping_add(1);
        tasks.waiting.insert(tasks.last, Waiting::default());
        tasks.last
    });
    let waker = Waker::from(Arc::new(Task(id)));
    if let Poll::Ready(value) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
        TASKS.with_borrow_mut(|tasks| tasks.waiting.remove(&id));
        return value;
    }
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        TASKS.with_borrow_mut(|tasks| {
            if let Some(waiting) = tasks.waiting.get_mut(&id) {
                waiting.resolve = Some(resolve);
            }
        });
    });
    if put_back(id, work) {
        waker.wake();
    }
    promise.into()
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let id = self.0;
        let waker = Waker::from(self);
        while let Some(mut work) = take(id) {
            match work.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(value) => return settle(id, &value),
                Poll::Pending if !put_back(id, work) => return,
                Poll::Pending => {}
            }
        }
    }
}

/// The work, unless it has ended or is being polled further up; then that poll is followed by another.
fn take(id: u64) -> Option<Work> {
    TASKS.with_borrow_mut(|tasks| {
        let waiting = tasks.waiting.get_mut(&id)?;
        let work = waiting.work.take();
        waiting.is_woken = work.is_none();
        work
    })
}

/// True if it was woken while it was polled.
fn put_back(id: u64, work: Work) -> bool {
    TASKS.with_borrow_mut(|tasks| {
        tasks.waiting.get_mut(&id).is_some_and(|waiting| {
            waiting.work = Some(work);
            std::mem::take(&mut waiting.is_woken)
        })
    })
}

fn settle(id: u64, value: &JsValue) {
    let ended = TASKS.with_borrow_mut(|tasks| tasks.waiting.remove(&id));
    if let Some(resolve) = ended.and_then(|waiting| waiting.resolve) {
        // Cannot fail: a promise's own function, which throws nothing.
        let _ = resolve.call1(&JsValue::UNDEFINED, value);
    }
}
