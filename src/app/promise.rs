//! A future as a promise. `future_to_promise` polls it first, and again at each wake, from a microtask of its own; here
//! it is polled where it is woken, which is in the callback of the promise that it waited for.

use crate::account::timestamp::Timestamp;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use wasm_bindgen::JsValue;

/// A future that hands its outcome on by itself.
pub type Work = Pin<Box<dyn Future<Output = ()>>>;

/// Wakers have to be movable between threads and futures that hold JavaScript's values are not, so a waker only knows a key.
struct Task {
    key: Key,
    is_woken: AtomicBool,
}

/// Until when it may wait, and a number.
type Key = (Timestamp, u64);

/// The runtime drops a request whose client hung up and tells nobody, so that what it holds would be held for good. Of more
/// works than so many, those are dropped that wait for longer than any request takes.
const MANY: usize = 4_096;
/// Seconds that no request takes.
const LONGEST: i64 = 60;

#[derive(Default)]
struct Waiting {
    last: u64,
    /// In the order of their keys; a map's code is 1 % of the Worker.
    works: Vec<(Key, Work)>,
}

impl Waiting {
    fn key(&mut self, until: Timestamp) -> Key {
        self.last = self.last.wrapping_add(1);
        (until, self.last)
    }

    fn insert(&mut self, key: Key, work: Work) {
        let place = self.works.partition_point(|(other, _)| *other < key);
        self.works.insert(place, (key, work));
    }

    fn remove(&mut self, key: Key) -> Option<Work> {
        let place = self.works.binary_search_by_key(&key, |(key, _)| *key);
        place.ok().map(|place| self.works.remove(place).1)
    }

    /// More than one, so that they become fewer.
    fn take_two_that_are_over(&mut self, now: Timestamp) -> Vec<(Key, Work)> {
        let is_over = |((until, _), _): &&(Key, Work)| *until <= now;
        let many = self.works.len().saturating_sub(MANY).min(2);
        let over = self.works.iter().take(many).take_while(is_over).count();
        self.works.drain(..over).collect()
    }
}

thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::default();
}

/// A promise that is fulfilled when the future, which is polled now and at each of its wakes, is ready. For what outlives
/// its request: it is never dropped.
pub fn of(work: Work) -> js_sys::Promise {
    let mut work = Some(work);
    js_sys::Promise::new(&mut |resolve, _| {
        if let Some(work) = work.take() {
            let work = async move {
                work.await;
                // Cannot fail: a promise's own function, which throws nothing.
                let _ = resolve.call0(&JsValue::UNDEFINED);
            };
            start(Box::pin(work), Timestamp::from_seconds(i64::MAX));
        }
    })
}

/// Polls a request's future now and at each of its wakes, until it is ready.
pub fn run(work: Work, now: Timestamp) {
    // Dropped outside: what it drops may look in there.
    drop(WAITING.with_borrow_mut(|waiting| waiting.take_two_that_are_over(now)));
    start(work, now.plus(LONGEST));
}

fn start(work: Work, until: Timestamp) {
    let key = WAITING.with_borrow_mut(|waiting| waiting.key(until));
    let is_woken = AtomicBool::new(false);
    poll(&Arc::new(Task { key, is_woken }), work);
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Relaxed);
        // Not there while it is being polled further up, or when it has ended.
        let work = WAITING.with_borrow_mut(|waiting| waiting.remove(self.key));
        if let Some(work) = work {
            poll(&self, work);
        }
    }
}

/// Polls until it is ready or has to wait, and puts it among those that wait.
fn poll(task: &Arc<Task>, mut work: Work) {
    let waker = Waker::from(Arc::clone(task));
    let mut context = Context::from_waker(&waker);
    loop {
        task.is_woken.store(false, Ordering::Relaxed);
        if work.as_mut().poll(&mut context).is_ready() {
            return;
        }
        if !task.is_woken.load(Ordering::Relaxed) {
            break;
        }
    }
    WAITING.with_borrow_mut(|waiting| waiting.insert(task.key, work));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Poll;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn what_the_runtime_has_dropped_is_dropped_here_too_and_nothing_else() {
        let held = std::rc::Rc::new(());
        let wait = |until: Option<i64>| {
            let held = std::rc::Rc::clone(&held);
            let work: Work = Box::pin(async move {
                std::future::pending::<()>().await;
                drop(held);
            });
            match until {
                Some(second) => run(work, at(second)),
                None => start(work, at(i64::MAX)),
            }
        };
        let waiting = || std::rc::Rc::strong_count(&held) - 1;
        wait(None);
        for _ in 0..10_000 {
            wait(Some(100));
        }
        wait(Some(100 + LONGEST - 1));
        assert_eq!(waiting(), 10_002);
        for _ in 0..3_000 {
            wait(Some(100 + LONGEST));
        }
        // Two of the first second's for each that came.
        assert_eq!(waiting(), 7_002);
        for _ in 0..3_000 {
            wait(Some(100 + LONGEST));
        }
        // Of those are none left, and the others wait as requests do.
        assert_eq!(waiting(), 6_002);
    }

    #[test]
    fn a_future_that_wakes_itself_while_it_is_polled_is_polled_again() {
        let polls = std::rc::Rc::new(std::cell::Cell::new(0));
        let seen = std::rc::Rc::clone(&polls);
        let work = std::future::poll_fn(move |context| {
            seen.set(seen.get() + 1);
            context.waker().wake_by_ref();
            if seen.get() < 3 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        });
        run(Box::pin(work), at(100));
        assert_eq!(polls.get(), 3);
        assert!(WAITING.with_borrow(|waiting| waiting.works.is_empty()));
    }
}
