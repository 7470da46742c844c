// How much memory the Worker's WebAssembly instance has. Imported before the Worker, which makes the instance at load time.
let memory;

WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, given, newTarget) {
    const instance = Reflect.construct(target, given, newTarget);
    memory = instance.exports.memory;
    return instance;
  },
});

/** Bytes; WebAssembly's memory never shrinks. */
export const wasmBytes = () => memory.buffer.byteLength;
