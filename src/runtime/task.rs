//! Work that outlives its request's response. A request is run to completion even after its client has disconnected
//! (`entry.mjs`), so that its futures end and are freed.

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
