//! Reads the body of a request, within ten seconds and within the byte limits of the isolate.

use super::upload_budget::Budget;
use crate::domain::address::site;
use crate::http::request::BodyError;
use crate::runtime::wait::settled;
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ReadableStream, Request};

/// Timeout for the body of a request.
const DEADLINE_MS: u32 = 10_000;

// The bytes are gathered in JavaScript: what a client leaves behind is collected there, while WebAssembly's memory never
// shrinks. A chunk of one byte takes no more room than that byte.
//
// Gives the body, `null` if it is longer than `most`, `false` if `cancel` was called, or nothing if it broke off or came too
// late. Whether anything follows a body as long as was declared is not waited for: that would be two promises more.
#[wasm_bindgen(inline_js = "
    export function readBody(stream, most, isDeclared, milliseconds) {
        let cancel;
        const reading = new Promise((resolve) => {
            const reader = stream.getReader();
            const bytes = new Uint8Array(most);
            let length = 0;
            const end = (outcome) => {
                clearTimeout(timer);
                resolve(outcome);
            };
            const giveUp = (outcome) => {
                end(outcome);
                // The rest is not read; whether this succeeds changes nothing.
                reader.cancel().catch(() => {});
            };
            const timer = setTimeout(giveUp, milliseconds);
            cancel = () => giveUp(false);
            const next = () => {
                if (isDeclared && length === most) return end(bytes);
                reader.read().then(({ done, value }) => {
                    if (done) return end(bytes.subarray(0, length));
                    if (length + value.length > most) return giveUp(null);
                    bytes.set(value, length);
                    length += value.length;
                    next();
                }, () => end());
            };
            next();
        });
        reading.cancel = cancel;
        return reading;
    }")]
extern "C" {
    #[wasm_bindgen(js_name = readBody)]
    fn read_body(
        stream: &ReadableStream,
        most: usize,
        is_declared: bool,
        milliseconds: u32,
    ) -> Reading;

    #[derive(Clone)]
    #[wasm_bindgen(extends = Promise)]
    type Reading;

    #[wasm_bindgen(method)]
    fn cancel(this: &Reading);
}

thread_local! {
    static BUDGET: Budget = Budget::default();
}

/// Reads a body of at most `most` bytes. A client may send a body without a `Content-Length`, and another Worker may declare
/// a wrong one.
pub async fn read(request: Request, most: usize, is_declared: bool) -> Result<Vec<u8>, BodyError> {
    let Some(stream) = request.body() else {
        return Ok(Vec::new());
    };
    let address = request.headers().get("cf-connecting-ip").ok().flatten();
    let site = site(address.as_deref());
    // Held until the body has been read, has failed, or this future is dropped.
    let reservation = BUDGET.with(|budget| budget.reserve(site, most));
    let reservation = reservation.ok_or(BodyError::NoCapacity)?;
    let reading = read_body(&stream, most, is_declared, DEADLINE_MS);
    let to_cancel = reading.clone();
    reservation.set_cancel(Box::new(move || to_cancel.cancel()));
    let outcome = settled(DEADLINE_MS, &reading).await;
    let outcome = outcome.map_err(|()| BodyError::Interrupted)?;
    if outcome.is_null() {
        return Err(BodyError::TooLarge);
    }
    if outcome == JsValue::FALSE {
        return Err(BodyError::NoCapacity);
    }
    let bytes: Uint8Array = outcome.dyn_into().map_err(|_| BodyError::Interrupted)?;
    Ok(bytes.to_vec())
}
