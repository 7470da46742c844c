//! A future as a promise. `future_to_promise` polls it first, and again at each wake, from a microtask of its own; here
//! it is polled where it is woken, which is in the callback of the promise that it waited for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// A future that hands its outcome on by itself.
type Work = Pin<Box<dyn Future<Output = ()>>>;

/// Wakers have to be movable between threads and futures that hold JavaScript's values are not, so a waker only knows a
/// number.
struct Task(u64);

struct Waiting {
    /// Not here while it is polled.
    work: Option<Work>,
    /// Woken meanwhile.
    is_woken: bool,
}

#[derive(Default)]
struct Tasks {
    last: u64,
    waiting: BTreeMap<u64, Waiting>,
}

thread_local! {
    static TASKS: RefCell<Tasks> = RefCell::default();
}

/// Polls the future now and at each of its wakes, until it is ready.
pub fn run(work: Work) {
    let id = TASKS.with_borrow_mut(|tasks| {
        tasks.last = tasks.last.wrapping_add(1);
        let waiting = Waiting {
            work: Some(work),
            is_woken: false,
        };
        tasks.waiting.insert(tasks.last, waiting);
        tasks.last
    });
    Arc::new(Task(id)).wake();
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let id = self.0;
        let waker = Waker::from(self);
        while let Some(mut work) = take(id) {
            match work.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(()) => return end(id),
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

fn end(id: u64) {
    TASKS.with_borrow_mut(|tasks| tasks.waiting.remove(&id));
}
