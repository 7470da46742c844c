// The Worker's entry point. worker-build's class wraps each request in two proxies, which create a new WebAssembly instance after a
// panic. This module calls the Rust function directly, and the class only after a panic.
import { WorkerEntrypoint } from "cloudflare:workers";
import Worker from "../build/index.js";

// Outbound requests contain access tokens and signatures, so their redirects are never followed. The Worker sends them with
// `reqwest`, which cannot disable redirects in WebAssembly (seanmonstar/reqwest issue 2071) and calls the global `fetch`.
const platformFetch = globalThis.fetch;
globalThis.fetch = (input, init) => platformFetch(input, { ...init, redirect: "manual" });

const state = globalThis.__worker_init_state;
const worker = (env, ctx) => (state.criticalError ? new Worker(ctx, env) : Worker.prototype);

/** The id of a request: Cloudflare's ray id, which is also in Cloudflare's logs, or a random UUID if there is none. */
const requestId = (ray) => (ray !== null && RAY.test(ray) ? ray : crypto.randomUUID());
const RAY = /^[0-9a-f]{16}-[A-Z]{3}$/;

/**
 * Entry point for other Workers of the account: a service binding with `entrypoint = "AuthService"`. A request over a service
 * binding carries no client address, so the caller passes it.
 */
export class AuthService extends WorkerEntrypoint {
  /**
   * Responds to `request` as if the client at `clientIp` had sent it: rate limits and back-off count by this address. The origin of
   * the URL does not matter. A caller that forwards a request it received passes the `path` of Edge Auth that the request is for.
   *
   * `Sec-Fetch-Site` of a forwarded request is about the origin of the caller, not about that of Edge Auth, so it is removed. `Origin`
   * then decides whether the request may use a session cookie.
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
    headers.delete("sec-fetch-site");
    const forwarded = path === undefined ? request : new Request(`https://auth${path}`, request);
    return entry.fetch(new Request(forwarded, { headers }), this.env, this.ctx);
  }

  /**
   * Validates the token of a request that the caller has received. Without `audience`, it must be a session token. With `audience`,
   * it must be an access token for this resource with all of `scopes`. A session token is never accepted in place of an access
   * token.
   *
   * Resolves to the user or the client of the token, or to the response that the caller should send. Throws if the arguments are
   * not valid.
   */
  async validateToken(token, options = {}) {
    if (typeof token !== "string") throw new TypeError("token must be a string");
    const { audience, scopes } = validationOptions(options);
    return JSON.parse(await entry.validateToken(token, audience, scopes.join(" "), this.env, this.ctx));
  }
}

/** A scope (RFC 6749 section 3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** The options of `validateToken`. An unknown name is an error, because a misspelled `scopes` would accept every token. */
function validationOptions(options) {
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object with audience and scopes");
  const { audience, scopes = [], ...others } = options;
  const unknown = Object.keys(others);
  if (unknown.length > 0) throw new TypeError(`unknown option ${unknown[0]}; the options are audience and scopes`);
  if (audience !== undefined && !(typeof audience === "string" && audience !== "")) {
    throw new TypeError("audience must be the URI of a resource in OAUTH_RESOURCES");
  }
  if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === "string" && SCOPE.test(scope))) {
    throw new TypeError('scopes must be a list of scopes, such as ["reports:read"]');
  }
  if (audience === undefined && scopes.length > 0) throw new TypeError("session tokens have no scopes; pass audience as well");
  return { audience, scopes };
}

/** Whether the text is an IP address. The URL parser accepts no other text as IPv6, and it writes each IPv4 address in one form. */
function isIpAddress(text) {
  if (typeof text !== "string") return false;
  if (/^[0-9.]+$/.test(text)) return URL.canParse(`http://${text}`) && new URL(`http://${text}`).hostname === text;
  return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
}

const entry = {
  fetch(request, env, ctx) {
    const { method, url, headers } = request;
    const authorization = headers.get("authorization");
    // A token has precedence over the session cookie.
    const cookie = authorization === null ? headers.get("cookie") : null;
    const isSameOrigin = authorization === null && headers.get("sec-fetch-site") === "same-origin";
    const id = requestId(headers.get("cf-ray"));
    let response;
    try {
      response = worker(env, ctx).handleFetch(method, url, authorization, cookie, isSameOrigin, id, headers, request, env, ctx);
    } catch (error) {
      // An exception leaves the WebAssembly instance in an unknown state, like a panic. The next request gets a new instance.
      state.criticalError = true;
      throw error;
    }
    // Without this, the runtime would drop the promises of a request whose client disconnects, and the Rust futures that wait for
    // them would never be freed. Everything that a request waits for has a timeout.
    if (response instanceof Promise) ctx.waitUntil(response);
    return response;
  },
  validateToken(token, audience, scopes, env, ctx) {
    let result;
    try {
      result = worker(env, ctx).validateToken(token, audience, scopes, env, ctx);
    } catch (error) {
      state.criticalError = true;
      throw error;
    }
    // The call must complete even if the caller stops waiting, as for a request.
    if (result instanceof Promise) ctx.waitUntil(result);
    return result;
  },
  scheduled(event, env, ctx) {
    return worker(env, ctx).scheduled.call({ env, ctx }, event);
  },
};

export default entry;
