// A Worker in a workerd of its own: the runtime's real bindings, with Miniflare's local database behind D1, and memory
// behind KV and the rate limits (stores/).
import { readFile } from "node:fs/promises";
import path from "node:path";
import { bundle } from "./bundle.mjs";
import { memory } from "./inspector.mjs";
import { VARIABLES } from "./ours.mjs";
import { compatibility, config, D1_PLUGIN, KV_PLUGIN, Miniflare, RATELIMIT_PLUGIN, repository, spawned } from "./tools.mjs";

const running = [];
const text = new TextDecoder();

/** Lets one of Miniflare's services be another: the first that its plugin makes, which is what the binding calls. */
async function standIn(plugin, file, modulesOf) {
  const source = await readFile(path.join(repository, "bench", "stores", file), "utf8");
  const services = plugin.getServices;
  plugin.getServices = async (options) => {
    const [first, ...rest] = (await services(options)) ?? [];
    return first && [modulesOf(first, { name: file, esModule: source }), ...rest];
  };
}
const { compatibility_date: compatibilityDate } = config;
const alone = ({ name }, module) => ({ name, worker: { modules: [module], compatibilityDate } });
await standIn(KV_PLUGIN, "kv.mjs", alone);
await standIn(RATELIMIT_PLUGIN, "limit.mjs", alone);
await standIn(D1_PLUGIN, "d1.mjs", ({ name, worker }, module) => {
  const [{ esModule }] = worker.modules;
  return { name, worker: { ...worker, modules: [module, { name: "miniflare.mjs", esModule }] } };
});

/**
 * Starts one and says what `cargo xtask bench` needs to load it.
 *
 * `entry` is its source in the repository; `vars` what it is given beside VARIABLES; `limits` figures of rate limits in
 * place of wrangler.toml's; `prepare(miniflare, origin)` fills its stores and returns the requests, which are sent in
 * turn (default: one `GET /`); `status` is what all of them get; `connections` how many send at a time; `atLeast` how many
 * requests it must have answered before its memory is read, and the isolate's by itself; `storage` a folder with its
 * database; `renews` whether a reply's token is that of the same request's next.
 */
export async function start(worker) {
  const { name, entry, vars = {}, limits = {}, storage, prepare } = worker;
  const { status = 200, connections = 16, atLeast = 0, renews = false } = worker;
  const { manifest, gzip } = await bundle(entry);
  const env = { DB: { type: "d1", id: "DB" }, SESSIONS: { type: "kv", id: "SESSIONS" } };
  for (const [key, value] of Object.entries({ ...VARIABLES, ...vars })) env[key] = { type: "text", value };
  for (const { name, namespace_id: namespace, simple } of config.ratelimits) {
    env[name] = { type: "rate-limit", namespace, simple: { ...simple, limit: limits[name] ?? simple.limit } };
  }
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    // Only where it is asked, as nobody knows what it costs.
    ...(atLeast > 0 && { inspectorPort: 0 }),
    ...(storage && { resourcePersistencePath: storage }),
    handleStructuredLogs: ({ message }) => process.stderr.write(`${name}: ${message}\n`),
    workers: [
      {
        config: { name: "bench", ...compatibility(entry), manifest, env },
        // Miniflare's own address leads through a Worker of its own, which would be measured too.
        dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
      },
    ],
  });
  running.push({ miniflare, isInspected: atLeast > 0 });
  await miniflare.ready;
  const { host, origin } = await miniflare.unsafeGetDirectURL("bench");
  const workerd = spawned.findLast(({ spawnfile }) => path.basename(spawnfile).startsWith("workerd"));
  const requests = (await prepare?.(miniflare, origin)) ?? [{}];
  const sent = requests.map((it) => http(host, it));
  return { name, address: host, process: workerd.pid, requests: sent, status, connections, atLeast, renews, gzip };
}

/** How often each running Worker has called its stores so far, in the order of their start. */
export function calls() {
  const count = async ({ miniflare }) => ({
    d1: Number(text.decode(await (await miniflare.getD1Database("DB")).dump())),
    kv: Number(await (await miniflare.getKVNamespace("SESSIONS")).get("calls-so-far")),
  });
  return Promise.all(running.map(count));
}

/** What each isolate holds, in the same order; nothing of those that have not to answer a number of requests. */
export function memories() {
  return Promise.all(running.map(({ miniflare, isInspected }) => (isInspected ? memory(miniflare) : null)));
}

/** Ends them all. */
export async function stop() {
  await Promise.allSettled(running.map(({ miniflare }) => miniflare.dispose()));
  for (const child of spawned) child.kill("SIGKILL");
}

/** A request as it is sent. */
export function http(host, { method = "GET", path: target = "/", headers = {}, body }) {
  const lines = Object.entries({ host, ...headers });
  if (body !== undefined) lines.push(["content-type", "application/json"], ["content-length", Buffer.byteLength(body)]);
  return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body ?? ""}`;
}
