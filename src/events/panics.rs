//! The panic hook. A panic ends the WebAssembly instance with all requests in it; the next request gets a new instance
//! (`entry.mjs`).

use crate::runtime::log;
use std::panic;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// The state that `worker` shares with the JavaScript of worker-build.
    type InitState;

    #[wasm_bindgen(thread_local_v2, js_name = __worker_init_state)]
    static INIT_STATE: InitState;

    #[wasm_bindgen(method, setter, js_name = criticalError)]
    fn set_critical_error(this: &InitState, is_critical: bool);
}

/// Replaces the hook that `worker` installs when the instance starts. The hook of `worker` logs the message of the panic, which
/// may quote data of a client.
pub fn install_hook() {
    panic::set_hook(Box::new(|info| {
        log::panicked(info.location());
        INIT_STATE.with(|state| state.set_critical_error(true));
    }));
}
