// The Worker's entry. worker-build's class wraps every request in two proxies, to bring the instance back after a
// panic; this goes to the Rust function directly and takes that way only after one.
import { WorkerEntrypoint } from "cloudflare:workers";
import Worker from "../build/index.js";

// Outbound requests contain access tokens and signatures, so their redirects are never followed. The Worker sends them with
// `reqwest`, which cannot disable redirects in WebAssembly (seanmonstar/reqwest issue 2071) and calls the global `fetch`.
const platformFetch = globalThis.fetch;
globalThis.fetch = (input, init) => platformFetch(input, { ...init, redirect: "manual" });

const state = globalThis.__worker_init_state;
const worker = (env, ctx) => (state.criticalError ? new Worker(ctx, env) : Worker.prototype);

/** Characters of a URL and a token together; ours are shorter. */
const MUCH = 2_048;

/** Cloudflare's ray id, by which its logs know a request too; a random UUID where there is none, or none of its shape. */
const requestId = (ray) => (ray !== null && RAY.test(ray) ? ray : crypto.randomUUID());
const RAY = /^[0-9a-f]{16}-[A-Z]{3}$/;

/**
 * Entry point for other Workers of the account: a service binding with `entrypoint = "AuthService"`. A request over a service
 * binding carries no client address, so the caller passes it.
 */
export class AuthService extends WorkerEntrypoint {
  /**
   * Answers `request` as if the client at `clientIp` had sent it: rate limits and back-off count by this address. The origin of the
   * URL does not matter. A caller that forwards a request it received passes the `path` of Edge Auth that the request is for.
   */
  fetchWithClientIp(request, clientIp, path) {
    if (!isIpAddress(clientIp)) {
      throw new TypeError("clientIp must be an IPv4 or IPv6 address without port, brackets or zone; pass the header CF-Connecting-IP");
    }
    if (path !== undefined && !(typeof path === "string" && path.startsWith("/"))) {
      throw new TypeError('path must begin with "/", such as "/api/auth/validate"');
    }
    const headers = new Headers(request.headers);
    headers.set("cf-connecting-ip", clientIp);
    const forwarded = path === undefined ? request : new Request(`https://auth${path}`, request);
    return entry.fetch(new Request(forwarded, { headers }), this.env, this.ctx);
  }
}

/** Whether the text is an address, by the URL parser: it accepts no other IPv6 text, and writes every IPv4 address one way. */
function isIpAddress(text) {
  if (typeof text !== "string") return false;
  if (/^[0-9.]+$/.test(text)) return URL.canParse(`http://${text}`) && new URL(`http://${text}`).hostname === text;
  return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
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
