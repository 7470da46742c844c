// One hash of Argon2id per request, by the export of crates/argon2id/examples/wasm.rs that the variable EXPORT names.
import wasm from "../../target/wasm32-unknown-unknown/release/examples/wasm.wasm";

const { exports } = new WebAssembly.Instance(wasm);

export default { fetch: (request, env) => new Response(exports[env.EXPORT]() >>> 0) };
