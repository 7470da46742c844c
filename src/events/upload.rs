//! Reads the body of a request, within ten seconds and within the byte limits of the isolate.

use super::upload_budget::Budget;
use crate::domain::address::site;
use crate::http::request::BodyError;
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, ReadableStream, Request};

/// Timeout for the body of a request.
const BODY_TIMEOUT_MS: u32 = 10_000;

// The bytes are collected in JavaScript, because the memory of WebAssembly never shrinks. All chunks are copied into one
// buffer, so that many small chunks take no additional memory.
//
// Resolves to the body, to `null` if it is longer than `most`, to `false` if `cancel` was called, or to `undefined` if the
// client disconnected or was too slow. A disconnect is seen in two ways: as an abort if the connection was reset, as a failed
// read if it was closed. The end of a body is not awaited once the declared number of bytes has arrived, which saves two
// promises.
#[wasm_bindgen(inline_js = "
    export function readBody(stream, signal, most, isDeclared, milliseconds) {
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
                // The rest of the body is not read. It does not matter whether the cancellation succeeds.
                reader.cancel().catch(() => {});
            };
            const timer = setTimeout(giveUp, milliseconds);
            signal.addEventListener('abort', () => giveUp());
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
        signal: &AbortSignal,
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
    let signal = request.signal();
    let reading = read_body(&stream, &signal, most, is_declared, BODY_TIMEOUT_MS);
    let to_cancel = reading.clone();
    reservation.set_cancel(Box::new(move || to_cancel.cancel()));
    let outcome = JsFuture::from(Promise::from(reading)).await;
    let outcome = outcome.map_err(|_| BodyError::Interrupted)?;
    if outcome.is_null() {
        return Err(BodyError::TooLarge);
    }
    if outcome == JsValue::FALSE {
        return Err(BodyError::NoCapacity);
    }
    let bytes: Uint8Array = outcome.dyn_into().map_err(|_| BodyError::Interrupted)?;
    Ok(bytes.to_vec())
}
