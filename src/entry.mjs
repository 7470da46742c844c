// The Worker's entry. worker-build's class wraps every request in two proxies, to bring the instance back after a
// panic; this goes to the Rust function directly and takes that way only after one.
import Worker from "../build/index.js";

const state = globalThis.__worker_init_state;
const worker = (env, ctx) => (state.criticalError ? new Worker(ctx, env) : Worker.prototype);

export default {
  fetch(request, env, ctx) {
    const { method, url, headers } = request;
    const authorization = headers.get("authorization");
    // Rust calls `resolve` with the reply.
    return new Promise((resolve) =>
      worker(env, ctx).answer(method, url, authorization, headers, request, env, ctx, resolve),
    );
  },
  scheduled(event, env, ctx) {
    return worker(env, ctx).scheduled.call({ env, ctx }, event);
  },
};
