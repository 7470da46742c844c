//! Runs futures without an executor: each is polled where it is woken, in the callback of the promise that it waited for.
//! (`future_to_promise` polls first, and again at each wake, from a microtask of its own.)
//!
//! The runtime drops a request whose client has disconnected: its promises never settle and its timers never fire, so
//! nothing would ever wake or drop its future. Three things drop it: [`abandon`], when `Request.signal` reports the
//! disconnect; a failed read of the body; and, if neither reports it, the expiry of a wait that takes longer than its own
//! timeout.

use crate::runtime::wait::swap_expires_in;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use wasm_bindgen::JsValue;

/// A future that passes its outcome on by itself.
pub type Work = Pin<Box<dyn Future<Output = ()>>>;

/// Milliseconds after which a future that waits for anything other than [`crate::runtime::wait`] is dropped if it was not woken.
const LONGEST_WAIT_MS: u32 = 60_000;

/// Wakers have to be `Send` and futures that hold JavaScript values are not, so a waker only knows a number.
struct Task {
    number: u32,
    is_woken: AtomicBool,
}

/// Futures that wait.
struct Waiting {
    last: u32,
    works: BTreeMap<u32, (u64, Work)>,
    /// The same futures: when each expires in milliseconds, and its number.
    expiries: BTreeSet<(u64, u32)>,
}

impl Waiting {
    fn new() -> Self {
        // An abort event may outlive the WebAssembly instance that a panic ended, and must not hit a request of the next
        // one: its numbers begin elsewhere.
        #[expect(clippy::cast_possible_truncation, reason = "any number will do")]
        let start = (clock::now_ms() as u32).wrapping_mul(0x9e37_79b1);
        Self {
            last: start,
            works: BTreeMap::new(),
            expiries: BTreeSet::new(),
        }
    }

    /// A number that is not in use and not zero.
    fn next_number(&mut self) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1);
            if self.last != 0 && !self.works.contains_key(&self.last) {
                return self.last;
            }
        }
    }

    fn insert(&mut self, number: u32, expires: u64, work: Work) {
        self.works.insert(number, (expires, work));
        self.expiries.insert((expires, number));
    }

    fn remove(&mut self, number: u32) -> Option<Work> {
        let (expires, work) = self.works.remove(&number)?;
        self.expiries.remove(&(expires, number));
        Some(work)
    }

    fn remove_expired(&mut self) -> Vec<Work> {
        let mut expired = Vec::new();
        if self.expiries.is_empty() {
            return expired;
        }
        let now = clock::now_ms();
        while let Some((_, number)) = self.expiries.first().filter(|(end, _)| *end <= now) {
            let number = *number;
            expired.extend(self.remove(number));
        }
        expired
    }
}

thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::new(Waiting::new());
}

/// A promise that is fulfilled when the future, which is polled now and at each of its wakes, is ready. For what outlives
/// its request.
pub fn of(work: Work) -> js_sys::Promise {
    let mut work = Some(work);
    js_sys::Promise::new(&mut |resolve, _| {
        if let Some(work) = work.take() {
            let work = async move {
                work.await;
                // Cannot fail: a promise's own function, which throws nothing.
                let _ = resolve.call0(&JsValue::UNDEFINED);
            };
            start(Box::pin(work));
        }
    })
}

/// Polls a request's future now and at each of its wakes, until it is ready. Returns its number for [`abandon`] if it has
/// to wait. Drops every future that has expired.
pub fn run(work: Work) -> Option<u32> {
    // Dropped after the borrow: what they drop may come back here.
    drop(WAITING.with_borrow_mut(Waiting::remove_expired));
    start(work)
}

/// Drops the future with this number, if it still waits.
pub fn abandon(number: u32) {
    drop(WAITING.with_borrow_mut(|waiting| waiting.remove(number)));
}

fn start(work: Work) -> Option<u32> {
    let number = WAITING.with_borrow_mut(Waiting::next_number);
    let is_woken = AtomicBool::new(false);
    let task = Arc::new(Task { number, is_woken });
    poll(&task, work).is_pending().then_some(number)
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Relaxed);
        // Not there while it is being polled further up, or when it has ended.
        let work = WAITING.with_borrow_mut(|waiting| waiting.remove(self.number));
        if let Some(work) = work {
            let _ = poll(&self, work);
        }
    }
}

/// Polls until it is ready or has to wait, and puts it among those that wait.
fn poll(task: &Arc<Task>, mut work: Work) -> Poll<()> {
    let waker = Waker::from(Arc::clone(task));
    let mut context = Context::from_waker(&waker);
    // A future may start others, which are polled inside of it.
    let outer = swap_expires_in(0);
    loop {
        task.is_woken.store(false, Ordering::Relaxed);
        swap_expires_in(0);
        if work.as_mut().poll(&mut context).is_ready() {
            swap_expires_in(outer);
            return Poll::Ready(());
        }
        if !task.is_woken.load(Ordering::Relaxed) {
            break;
        }
    }
    let expires_in = match swap_expires_in(outer) {
        0 => LONGEST_WAIT_MS,
        milliseconds => milliseconds,
    };
    let expires = clock::now_ms().saturating_add(expires_in.into());
    WAITING.with_borrow_mut(|waiting| waiting.insert(task.number, expires, work));
    Poll::Pending
}

/// The clock that waits expire by. Not `Date`, which a test shifts for one request and not for the others of the isolate.
#[cfg(target_arch = "wasm32")]
mod clock {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance)]
        fn now() -> f64;
    }

    pub fn now_ms() -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole milliseconds of a clock that starts at zero"
        )]
        let milliseconds = now() as u64;
        milliseconds
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod clock {
    use std::cell::Cell;

    thread_local! {
        /// Moved by the tests; no request is answered natively.
        pub static NOW_MS: Cell<u64> = const { Cell::new(0) };
    }

    pub fn now_ms() -> u64 {
        NOW_MS.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::future::{pending, poll_fn};
    use std::rc::Rc;

    const WAIT: u64 = LONGEST_WAIT_MS as u64;

    /// Futures that never end, and how many of them are still held.
    struct Held(Rc<()>);

    impl Held {
        fn work(&self) -> Work {
            let held = Rc::clone(&self.0);
            Box::pin(async move {
                pending::<()>().await;
                drop(held);
            })
        }

        fn count(&self) -> usize {
            Rc::strong_count(&self.0) - 1
        }
    }

    #[test]
    fn run_drops_every_expired_future_and_no_other() {
        let held = Held(Rc::default());
        for _ in 0..5_000 {
            run(held.work());
        }
        clock::NOW_MS.set(1);
        for _ in 0..10 {
            run(held.work());
        }
        clock::NOW_MS.set(WAIT - 1);
        run(Box::pin(async {}));
        assert_eq!(held.count(), 5_010);
        clock::NOW_MS.set(WAIT);
        run(Box::pin(async {}));
        assert_eq!(held.count(), 10);
        clock::NOW_MS.set(WAIT + 1);
        run(Box::pin(async {}));
        assert_eq!(held.count(), 0);
        assert!(WAITING.with_borrow(|waiting| waiting.expiries.is_empty()));
    }

    #[test]
    fn future_that_is_woken_expires_later() {
        let held = Held(Rc::default());
        let waker = Rc::new(RefCell::new(None));
        let seen = Rc::clone(&waker);
        let inner = held.work();
        run(Box::pin(async move {
            poll_fn(|context| {
                if seen.replace(Some(context.waker().clone())).is_some() {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
            inner.await;
        }));
        clock::NOW_MS.set(WAIT - 1);
        let woken: Waker = waker.take().unwrap();
        woken.wake();
        clock::NOW_MS.set(2 * WAIT - 2);
        run(Box::pin(async {}));
        assert_eq!(held.count(), 1);
        clock::NOW_MS.set(2 * WAIT - 1);
        run(Box::pin(async {}));
        assert_eq!(held.count(), 0);
    }

    #[test]
    fn abandon_drops_the_future_of_that_number_only() {
        let held = Held(Rc::default());
        let number = run(held.work()).unwrap();
        run(held.work());
        abandon(number);
        assert_eq!(held.count(), 1);
        abandon(number);
        assert_eq!(held.count(), 1);
        assert_eq!(run(Box::pin(async {})), None);
    }

    #[test]
    fn future_expires_with_its_own_waits_and_not_with_those_of_another() {
        let held = Held(Rc::default());
        let [started_inside, mut short, long] = [held.work(), held.work(), held.work()];
        let mut started_inside = Some(started_inside);
        run(Box::pin(poll_fn(move |context| {
            swap_expires_in(1_000);
            started_inside.take().map(run);
            short.as_mut().poll(context)
        })));
        run(long);
        clock::NOW_MS.set(1_000);
        run(Box::pin(async {}));
        assert_eq!(held.count(), 2);
    }

    #[test]
    fn future_that_wakes_itself_while_polled_is_polled_again() {
        let polls = Rc::new(Cell::new(0));
        let seen = Rc::clone(&polls);
        let work = poll_fn(move |context| {
            seen.set(seen.get() + 1);
            context.waker().wake_by_ref();
            if seen.get() < 3 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        });
        assert_eq!(run(Box::pin(work)), None);
        assert_eq!(polls.get(), 3);
        assert!(WAITING.with_borrow(|waiting| waiting.works.is_empty()));
    }
}
