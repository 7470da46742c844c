//! A panic ends the instance, which may hold half of anything, and the next request gets a fresh one. This is the other
//! half of what worker-build writes around us (the crate `worker` has it too, among all that we do without): it asks for
//! the state by the name that is exported here, and reads in it whether an instance is needed.

use crate::runtime::log;
use std::panic;
use wasm_bindgen::handler::{schedule_reinit, set_on_abort};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen(
    inline_js = "export const state = globalThis.__worker_init_state = { criticalError: false, instanceId: 0 };"
)]
extern "C" {
    #[derive(Clone)]
    type State;

    #[wasm_bindgen(thread_local_v2, js_name = state)]
    static STATE: State;

    #[wasm_bindgen(method, setter, js_name = criticalError)]
    fn set_critical_error(this: &State, is_critical: bool);
}

/// Runs whenever the module is instantiated.
#[wasm_bindgen(start, private)]
fn begin() {
    panic::set_hook(Box::new(|info| {
        log::panicked(info.location());
        STATE.with(|state| state.set_critical_error(true));
    }));
    // Of what ends without a panic, such as a stack that is full.
    set_on_abort(schedule_reinit);
}

/// What worker-build's JavaScript and ours (`entry.mjs`) look into.
#[wasm_bindgen(js_name = "__worker_init_state")]
#[must_use]
pub fn state() -> JsValue {
    STATE.with(|state| state.clone().unchecked_into())
}
