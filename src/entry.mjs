// The Worker's entry. worker-build's class wraps every request in two proxies, to bring the instance back after a
// panic; this goes to the Rust function directly and takes that way only after one.
import { WorkerEntrypoint } from "cloudflare:workers";
import Worker from "../build/index.js";

const state = globalThis.__worker_init_state;
const worker = (env, ctx) => (state.criticalError ? new Worker(ctx, env) : Worker.prototype);

/** For other Workers: a service binding with `entrypoint = "Relay"`. */
export class Relay extends WorkerEntrypoint {
  /** Answers as if the request had come from this client address, which is what failures are counted by. */
  fetchFor(request, address) {
    const headers = new Headers(request.headers);
    headers.set("cf-connecting-ip", address);
    return entry.fetch(new Request(request, { headers }), this.env, this.ctx);
  }
}

const entry = {
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

export default entry;
