// One hash of Argon2id per request by argon2-wasm-edge, with the input and the parameters of crates/argon2id/examples/wasm.rs.
import { argon2id, setWASMModules } from "argon2-wasm-edge";
import argon2WASM from "argon2-wasm-edge/wasm/argon2.wasm";
import blake2bWASM from "argon2-wasm-edge/wasm/blake2b.wasm";

setWASMModules({ argon2WASM, blake2bWASM });

export default {
  async fetch() {
    const tag = await argon2id({
      password: "correct horse battery staple",
      salt: new TextEncoder().encode("sixteenbytessalt"),
      iterations: 2,
      parallelism: 1,
      memorySize: 19 * 1024,
      hashLength: 32,
      outputType: "binary",
    });
    return new Response(new DataView(tag.buffer, tag.byteOffset).getUint32(0, true));
  },
};
