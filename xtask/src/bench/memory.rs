//! The memory that an isolate holds after many sign-ins, as the inspector of its workerd reports it.

use super::{
    load::{self, Amount},
    workers::{Isolate, Launch},
};
use anyhow::Error;
use comfy_table::{Table, presets::ASCII_MARKDOWN};
use serde_json::{Value, json};

const SIGN_INS: usize = 1_000;

/// Sends sign-ins to each build. Returns the table, and the same figures as JSON.
pub fn run(launch: &Launch) -> Result<(Table, Value), Error> {
    let mut workers = launch.start("memory")?;
    for target in &workers.targets {
        load::run(target, Amount::Requests(SIGN_INS))?;
    }
    let isolates = workers.isolates()?;
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header([
        "Worker",
        "sign-ins",
        "JavaScript heap, MB",
        "WebAssembly memory, MB",
    ]);
    let mut list = Vec::new();
    for (target, isolate) in workers.targets.iter().zip(isolates) {
        let Some(Isolate { heap, wasm }) = isolate else {
            continue;
        };
        let megabytes = |bytes: f64| format!("{:.1}", bytes / 1e6);
        table.add_row([
            target.name.clone(),
            SIGN_INS.to_string(),
            megabytes(heap),
            megabytes(wasm),
        ]);
        list.push(json!({ "name": target.name, "heap_bytes": heap, "wasm_bytes": wasm }));
    }
    Ok((table, list.into()))
}
