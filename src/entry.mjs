// The Worker's entry. worker-build's class wraps every request in two proxies, to bring the instance back after a
// panic; this goes to the Rust function directly and takes that way only after one.
import { WorkerEntrypoint } from "cloudflare:workers";
import Worker from "../build/index.js";

const state = globalThis.__worker_init_state;
const worker = (env, ctx) => (state.criticalError ? new Worker(ctx, env) : Worker.prototype);

/** Characters of a URL and a token together; ours are shorter. */
const MUCH = 2_048;

/** Cloudflare's ray id, by which its logs know a request too; a random UUID where there is none, or none of its shape. */
const requestId = (ray) => (ray !== null && RAY.test(ray) ? ray : crypto.randomUUID());
const RAY = /^[0-9a-f]{16}-[A-Z]{3}$/;

/** Entry point for other Workers: a service binding with `entrypoint = "Relay"`. */
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
    const id = requestId(headers.get("cf-ray"));
    const it = worker(env, ctx);
    return new Promise((resolve) => {
      // Rust calls this with the response. The id is set here because Rust reuses header objects of earlier responses.
      const respond = (response) => {
        response?.headers.set("x-request-id", id);
        resolve(response);
      };
      const waiting = it.answer(method, url, authorization, id, headers, request, env, ctx, respond);
      // The runtime never settles the promises of a request whose client has disconnected, so Rust has to be told to drop
      // it. Small GET requests hold little and are dropped when their wait expires: a listener for each would make
      // `/validate` more expensive.
      if (waiting !== 0 && (method !== "GET" || url.length + (authorization?.length ?? 0) > MUCH)) {
        request.signal.addEventListener("abort", () => it.abandoned(waiting));
      }
    });
  },
  scheduled(event, env, ctx) {
    return worker(env, ctx).scheduled.call({ env, ctx }, event);
  },
};

export default entry;
