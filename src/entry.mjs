// The Worker's entry. worker-build's class wraps every request in two proxies, to bring the instance back after a
// panic; this goes to the Rust function directly and takes that way only after one.
import Worker from "../build/index.js";

const state = globalThis.__worker_init_state;
const { fetch, scheduled } = Worker.prototype;

export default {
  fetch(request, env, ctx) {
    return state.criticalError ? new Worker(ctx, env).fetch(request) : fetch.call({ env, ctx }, request);
  },
  scheduled(event, env, ctx) {
    return state.criticalError ? new Worker(ctx, env).scheduled(event) : scheduled.call({ env, ctx }, event);
  },
};
