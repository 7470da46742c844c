// A Worker in a workerd of its own: the runtime's real bindings, with the stores of stores.mjs.
import path from "node:path";
import { CURRENT } from "./builds.mjs";
import { bundle } from "./bundle.mjs";
import { memory } from "./inspector.mjs";
import { startStores } from "./stores.mjs";
import { Miniflare, spawned } from "./tools.mjs";

/** Headers that Cloudflare adds to every request. A Worker that uses neither of them is not affected. */
const CLOUDFLARE_HEADERS = { "cf-connecting-ip": "203.0.113.1", "cf-ray": "8f2b1c3d4e5f6a7b-FRA" };

const running = [];
const decoder = new TextDecoder();

/**
 * Starts a Worker. Returns the parameters with which `cargo xtask bench` loads it.
 *
 * - `entry`: its source.
 * - `build`: for Edge Auth, its build. A peer gets the platform's default compatibility flags.
 * - `vars`: variables in addition to those of the build.
 * - `limits`: rate limits that differ from wrangler.toml.
 * - `storage`: a folder with its database.
 * - `bindings`: bindings in place of those to the stores of stores.mjs.
 * - `prepare(miniflare, origin)`: fills its stores and returns the requests, which are sent in turn (default: one `GET /`).
 * - `bursts`: `size` requests are sent `repeats` times before the next ones (default: all of them, once).
 * - `status`: the status of every response, except for a few that may have `toleratedStatus`.
 * - `connections`: the number of requests in flight.
 * - `refreshes`: where the token of a response replaces that of its request: `bearer` (the access token, in the header) or `form`
 *   (the refresh token).
 * - `caller`: another Worker, which receives the requests. Its binding AUTH is the exported class `service` of this one.
 * - `isSingleUse`: whether each request can be sent only once.
 * - `isInspected`: whether the inspector is on, which reads the memory of the isolate.
 * - `name`, `role` and `settings` are for the table.
 */
export async function start(worker) {
  const { name, role, settings = "", entry, build, vars = {}, limits = {}, storage, bindings = {}, prepare } = worker;
  const { status = 200, connections = 16, bursts = null, toleratedStatus = null, refreshes = null, isSingleUse = false, isInspected = false } = worker;
  const { caller, service } = worker;
  const { manifest, gzip } = await bundle(entry);
  const { variables, rateLimits, compatibilityDate } = build ?? CURRENT;
  // Requests to Miniflare's own address pass through one of its Workers, which would be measured too.
  const dev = { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] };
  const stores = await startStores(storage);
  const env = { ...stores.bindings, ...bindings };
  for (const [key, value] of Object.entries({ ...variables, ...vars })) env[key] = { type: "text", value };
  for (const { name, namespace_id: namespace, simple } of rateLimits) {
    env[name] = { type: "rate-limit", namespace, simple: { ...simple, limit: limits[name] ?? simple.limit } };
  }
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    ...(isInspected && { inspectorPort: 0 }),
    handleStructuredLogs: ({ message }) => process.stderr.write(`${name}: ${message}\n`),
    workers: [
      {
        config: { name: "bench", compatibilityDate, compatibilityFlags: build?.compatibilityFlags ?? [], manifest, env },
        dev,
      },
      ...(caller ? [{ config: await callerOf(caller, service, compatibilityDate), dev }] : []),
    ],
  });
  running.push({ miniflare, stores: stores.miniflare, isInspected });
  await miniflare.ready;
  const { origin } = await miniflare.unsafeGetDirectURL("bench");
  const { host } = await miniflare.unsafeGetDirectURL(caller ? "caller" : "bench");
  const workerd = spawned.findLast(({ spawnfile }) => path.basename(spawnfile).startsWith("workerd"));
  const requests = ((await prepare?.(miniflare, origin)) ?? [{}]).map((request) => http(host, request));
  return { name, role, settings, address: host, process: workerd.pid, requests, bursts, status, toleratedStatus, connections, refreshes, isSingleUse, gzip };
}

/** The Worker that calls the measured one over a service binding. */
async function callerOf(entry, service, compatibilityDate) {
  const { manifest } = await bundle(entry);
  const binding = { type: "worker", worker: "bench", ...(service && { exportName: service }) };
  return { name: "caller", compatibilityDate, compatibilityFlags: [], manifest, env: { AUTH: binding } };
}

/** The number of store calls of each running Worker so far, in the order of their start. */
export function calls() {
  const count = async ({ miniflare }) => ({
    d1: Number(decoder.decode(await (await miniflare.getD1Database("DB")).dump())),
    kv: Number(await (await miniflare.getKVNamespace("SESSIONS")).get("calls-so-far")),
  });
  return Promise.all(running.map(count));
}

/** The memory of each running Worker's isolate, in the same order; null for Workers that are not inspected. */
export function memories() {
  return Promise.all(running.map(({ miniflare, isInspected }) => (isInspected ? memory(miniflare) : null)));
}

/** Stops all Workers. */
export async function stop() {
  await Promise.allSettled(running.flatMap(({ miniflare, stores }) => [miniflare.dispose(), stores.dispose()]));
  for (const child of spawned) child.kill("SIGKILL");
}

/** The bytes of a request. Its body is JSON, unless a header says otherwise. */
export function http(host, { method = "GET", path: target = "/", headers = {}, body }) {
  const type = body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const lines = Object.entries({ host, ...CLOUDFLARE_HEADERS, ...type, ...headers });
  return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body ?? ""}`;
}
