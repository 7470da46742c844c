//! Runs the futures of requests. A future is polled at once, and again in the callback of the promise or timer that wakes it.
//! `wasm_bindgen_futures` polls in microtasks, which are expensive in workerd (ADR 6).

use js_sys::{Function, Promise};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use wasm_bindgen::JsValue;

type Outcome = Result<JsValue, JsValue>;

/// A future that has been polled and has to wait, and the functions that settle its promise.
struct Waiting {
    future: Pin<Box<dyn Future<Output = Outcome>>>,
    waker: Waker,
    resolve: Function,
    reject: Function,
}

thread_local! {
    static WAITING: RefCell<HashMap<u64, Waiting>> = RefCell::default();
    /// Futures that were woken during a poll. They are polled after it, because the waking code may hold borrows.
    static WOKEN: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    static IS_POLLING: Cell<bool> = const { Cell::new(false) };
    static LAST: Cell<u64> = const { Cell::new(0) };
}

/// The number of a future. Wakers have to be `Send`, and futures that hold JavaScript values are not.
struct Number(u64);

impl Wake for Number {
    fn wake(self: Arc<Self>) {
        WOKEN.with_borrow_mut(|woken| woken.push(self.0));
        if !IS_POLLING.get() {
            poll_woken();
        }
    }
}

/// The output of the future, if it is ready at its first poll, or a promise of it. A promise costs more than the rest of a
/// request that waits for nothing.
///
/// # Errors
/// The error of the future, if it is ready at its first poll.
pub fn result_or_promise(future: impl Future<Output = Outcome> + 'static) -> Outcome {
    // A JavaScript exception may have ended a poll without `poll` returning. A request never begins during a poll.
    IS_POLLING.set(false);
    let number = LAST.get().wrapping_add(1);
    LAST.set(number);
    let mut future: Pin<Box<dyn Future<Output = Outcome>>> = Box::pin(future);
    let waker = Waker::from(Arc::new(Number(number)));
    let outcome = poll(&mut future, &waker);
    let result = match outcome {
        Poll::Ready(result) => result,
        Poll::Pending => {
            let mut settle = None;
            let promise = Promise::new(&mut |resolve, reject| settle = Some((resolve, reject)));
            if let Some((resolve, reject)) = settle {
                let waiting = Waiting {
                    future,
                    waker,
                    resolve,
                    reject,
                };
                WAITING.with_borrow_mut(|all| all.insert(number, waiting));
            }
            Ok(promise.into())
        }
    };
    poll_woken();
    result
}

fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>, waker: &Waker) -> Poll<F::Output> {
    let is_nested = IS_POLLING.replace(true);
    let outcome = future.as_mut().poll(&mut Context::from_waker(waker));
    IS_POLLING.set(is_nested);
    outcome
}

/// Polls the futures that were woken, and those that they wake.
fn poll_woken() {
    while let Some(number) = WOKEN.with_borrow_mut(Vec::pop) {
        // It may have ended already.
        let Some(mut waiting) = WAITING.with_borrow_mut(|all| all.remove(&number)) else {
            continue;
        };
        let (settle, value) = match poll(&mut waiting.future, &waiting.waker) {
            Poll::Pending => {
                WAITING.with_borrow_mut(|all| all.insert(number, waiting));
                continue;
            }
            Poll::Ready(Ok(value)) => (&waiting.resolve, value),
            Poll::Ready(Err(error)) => (&waiting.reject, error),
        };
        // Cannot fail: the functions of a promise throw nothing.
        let _ = settle.call1(&JsValue::UNDEFINED, &value);
    }
}
