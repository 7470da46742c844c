//! Makes a promise of a future only if the future has to wait for something. A promise costs more than the rest of a request
//! that waits for nothing.

use futures_util::task::AtomicWaker;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;

/// The output of the future, if it is ready at its first poll, or a promise of it.
///
/// # Errors
/// The error of the future, if it is ready at its first poll.
pub fn result_or_promise(
    future: impl Future<Output = Result<JsValue, JsValue>> + 'static,
) -> Result<JsValue, JsValue> {
    let mut future = Box::pin(future);
    let task = Arc::new(Task::default());
    let waker = Waker::from(Arc::clone(&task));
    if let Poll::Ready(result) = poll(&mut future, &waker) {
        return result;
    }
    let rest = poll_fn(move |context| {
        task.0.register(context.waker());
        poll(&mut future, &waker)
    });
    Ok(future_to_promise(rest).into())
}

fn poll<F: Future>(future: &mut Pin<Box<F>>, waker: &Waker) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(waker))
}

/// The waker of every poll. `worker::Delay` keeps the waker of its first poll, so all polls must use the same one. This waker
/// wakes the task of the promise, which polls the future again when it starts.
#[derive(Default)]
struct Task(AtomicWaker);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }
}
