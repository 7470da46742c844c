//! A future as a promise. `future_to_promise` polls it first, and again at each wake, from a microtask of its own; here
//! it is polled where it is woken, which is in the callback of the promise that it waited for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use wasm_bindgen::JsValue;

/// A future that hands its outcome on by itself.
pub type Work = Pin<Box<dyn Future<Output = ()>>>;

/// Wakers have to be movable between threads and futures that hold JavaScript's values are not, so a waker only knows a
/// number.
struct Task {
    id: u64,
    is_woken: AtomicBool,
}

/// Works that wait in an isolate at most. The runtime drops a request whose client hung up and tells nobody, so that what
/// it holds would be held for good: of more than these, the oldest are such.
const MOST: usize = 4_096;

#[derive(Default)]
struct Waiting {
    last: u64,
    works: BTreeMap<u64, Work>,
}

thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::default();
}

/// A promise that is fulfilled when the future, which is polled now and at each of its wakes, is ready.
pub fn of(work: Work) -> js_sys::Promise {
    let mut work = Some(work);
    js_sys::Promise::new(&mut |resolve, _| {
        if let Some(work) = work.take() {
            run(Box::pin(async move {
                work.await;
                // Cannot fail: a promise's own function, which throws nothing.
                let _ = resolve.call0(&JsValue::UNDEFINED);
            }));
        }
    })
}

/// Polls the future now and at each of its wakes, until it is ready.
pub fn run(work: Work) {
    let id = WAITING.with_borrow_mut(|waiting| {
        waiting.last = waiting.last.wrapping_add(1);
        waiting.last
    });
    let is_woken = AtomicBool::new(false);
    poll(&Arc::new(Task { id, is_woken }), work);
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Relaxed);
        // Not there while it is being polled further up, or when it has ended.
        let work = WAITING.with_borrow_mut(|waiting| waiting.works.remove(&self.id));
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
    let one_too_many = WAITING.with_borrow_mut(|waiting| {
        waiting.works.insert(task.id, work);
        if waiting.works.len() > MOST {
            waiting.works.pop_first()
        } else {
            None
        }
    });
    // Only now: what it drops may look in there.
    drop(one_too_many);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Poll;

    #[test]
    fn what_the_runtime_has_dropped_is_dropped_here_too() {
        let held = std::rc::Rc::new(());
        for _ in 0..MOST + 3 {
            let held = std::rc::Rc::clone(&held);
            run(Box::pin(async move {
                std::future::pending::<()>().await;
                drop(held);
            }));
        }
        assert_eq!(std::rc::Rc::strong_count(&held), MOST + 1);
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
        run(Box::pin(work));
        assert_eq!(polls.get(), 3);
        assert!(WAITING.with_borrow(|waiting| waiting.works.is_empty()));
    }
}
