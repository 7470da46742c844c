// Argon2id with the parameters of the stored hash.
import { argon2Verify, setWASMModules } from "argon2-wasm-edge";
import argon2WASM from "argon2-wasm-edge/wasm/argon2.wasm";
import blake2bWASM from "argon2-wasm-edge/wasm/blake2b.wasm";
import { signIn } from "./sign_in.mjs";

setWASMModules({ argon2WASM, blake2bWASM });

export default signIn((password, hash) => argon2Verify({ password, hash }));
