// The memory of an isolate, read through the inspector of its workerd.

/** Bytes of a Worker's JavaScript heap, and of its WebAssembly memories that are in use. */
export async function memory(miniflare) {
  const socket = new WebSocket(new URL("/core:user:bench", await miniflare.getInspectorURL()));
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  const callbacks = new Map();
  const contexts = [];
  socket.onmessage = ({ data }) => {
    const { id, method, params, result } = JSON.parse(data);
    if (method === "Runtime.executionContextCreated") contexts.push(params.context.id);
    callbacks.get(id)?.(result);
  };
  const send = (method, params = {}) =>
    new Promise((resolve) => {
      const id = callbacks.size + 1;
      callbacks.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  await send("Runtime.enable");
  const prototype = await send("Runtime.evaluate", { contextId: contexts[0], expression: "WebAssembly.Memory.prototype" });
  // This call collects garbage first.
  const { objects } = await send("Runtime.queryObjects", { prototypeObjectId: prototype.result.objectId });
  const sum = "function () { return this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) }";
  const wasm = await send("Runtime.callFunctionOn", { objectId: objects.objectId, functionDeclaration: sum, returnByValue: true });
  const heap = await send("Runtime.getHeapUsage");
  socket.close();
  return { heap: heap.totalSize, wasm: wasm.result.value };
}
