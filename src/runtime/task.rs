//! Work that outlives its request's response. A request is run to completion even after its client has disconnected
//! (`entry.mjs`), so that its futures end and are freed.

use super::timeout::timeout;
use futures_channel::oneshot;
use std::pin::Pin;
use worker::Context;

/// Runs the work to completion. It is boxed, so that the Worker contains the code around it once and not for each caller.
pub fn run(context: &Context, work: Pin<Box<dyn Future<Output = ()>>>) {
    context.wait_until(work);
}

/// Runs the work to completion, however long it takes. Returns its output if it is ready within this many milliseconds.
pub async fn run_to_completion<T: 'static>(
    context: &Context,
    milliseconds: u32,
    work: impl Future<Output = T> + 'static,
) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    let work = async move {
        // There is no receiver any more if the work took too long.
        let _ = sender.send(work.await);
    };
    run(context, Box::pin(work));
    timeout(milliseconds, receiver).await.ok()?.ok()
}
