// The memory of the Worker's WebAssembly instance. It is imported before the Worker, which creates the instance at load time.
let memory;

WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args, newTarget) {
    const instance = Reflect.construct(target, args, newTarget);
    memory = instance.exports.memory;
    return instance;
  },
});

/** In bytes. WebAssembly memory never shrinks. */
export const wasmBytes = () => memory.buffer.byteLength;
