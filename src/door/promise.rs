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

/// Requests that an isolate has under way at most. The runtime drops one whose client hung up and tells nobody, so that what
/// it holds would be held for good: of more than these, the oldest are such.
const MOST: usize = 4_096;

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

impl Tasks {
    fn take_one_too_many(&mut self) -> Option<Waiting> {
        let is_full = self.waiting.len() >= MOST;
        let oldest = self.waiting.first_entry().filter(|_| is_full)?;
        Some(oldest.remove())
    }
}

thread_local! {
    static TASKS: RefCell<Tasks> = RefCell::default();
}

/// Polls the future now and at each of its wakes, until it is ready.
pub fn run(work: Work) {
    // Taken out first: what it drops may look in here.
    drop(TASKS.with_borrow_mut(Tasks::take_one_too_many));
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

#[cfg(test)]
mod tests {
    use super::*;

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
        run(Box::pin(async {}));
        assert_eq!(std::rc::Rc::strong_count(&held), MOST);
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
        assert!(TASKS.with_borrow(|tasks| tasks.waiting.is_empty()));
    }
}
