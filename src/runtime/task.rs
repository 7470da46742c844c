//! Work that outlives its request's response. Every request is run to its end, also after its client has disconnected
//! (`entry.mjs`), so a future always ends and is freed.

use super::timeout::timeout;
use futures_channel::oneshot;
use worker::Context;

/// Runs the work to completion, however long it takes. Returns its output if it is ready within this many milliseconds.
pub async fn run_to_completion<T: 'static>(
    context: &Context,
    milliseconds: u32,
    work: impl Future<Output = T> + 'static,
) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    context.wait_until(async move {
        // There is no receiver any more if the work took too long.
        let _ = sender.send(work.await);
    });
    timeout(milliseconds, receiver).await.ok()?.ok()
}
