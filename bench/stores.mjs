// The stores of a Worker, in a process of their own, because in production they are on other machines: Miniflare's local
// database behind D1, and memory behind KV. The Worker calls them over HTTP, as in production. The rate limits are in the process of the
// Worker, because Cloudflare counts on the machine that runs it.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { CURRENT } from "./builds.mjs";
import { D1_PLUGIN, KV_PLUGIN, Miniflare, options, RATELIMIT_PLUGIN } from "./tools.mjs";

const source = (file) => readFile(path.join(options.repository, "bench", "stores", file), "utf8");
const { compatibilityDate } = CURRENT;

/** Replaces the service that the binding of a Miniflare plugin calls. It is the first service of the plugin. */
async function replaceService(plugin, file, modulesOf) {
  const module = { name: file, esModule: await source(file) };
  const services = plugin.getServices;
  plugin.getServices = async (given) => {
    const [first, ...rest] = (await services.call(plugin, given)) ?? [];
    return first && [modulesOf(first, module), ...rest];
  };
}
await replaceService(RATELIMIT_PLUGIN, "limit.mjs", ({ name }, module) => ({ name, worker: { modules: [module], compatibilityDate } }));
await replaceService(D1_PLUGIN, "d1.mjs", ({ name, worker }, module) => {
  const [{ esModule }] = worker.modules;
  return { name, worker: { ...worker, modules: [module, { name: "miniflare.mjs", esModule }] } };
});

/** The prefix of a binding id that is the address of a store. */
const PREFIX = "http://";
const bindings = ({ config }, kind) => Object.entries(config.env ?? {}).filter(([, { type }]) => type === kind);
const isExternal = ([, { id }]) => id.startsWith(PREFIX);

/** Makes each binding of this kind whose id is an address call that address. */
function callAddresses(plugin, kind, bindingOf) {
  const { getBindings, getServices } = plugin;
  plugin.getBindings = async (worker, shared) => {
    const external = bindings(worker, kind).filter(isExternal);
    if (external.length === 0) return getBindings.call(plugin, worker, shared);
    return external.map(([name, { id }]) => ({ name, ...bindingOf({ name: id }) }));
  };
  plugin.getServices = async (given) => {
    const external = bindings(given.options, kind).filter(isExternal);
    if (external.length === 0) return getServices.call(plugin, given);
    return external.map(([, { id }]) => ({ name: id, external: { address: id.slice(PREFIX.length), http: {} } }));
  };
}
callAddresses(KV_PLUGIN, "kv", (kvNamespace) => ({ kvNamespace }));
callAddresses(D1_PLUGIN, "d1", (service) => ({
  wrapped: { moduleName: "cloudflare-internal:d1-api", innerBindings: [{ name: "fetcher", service }] },
}));

/** In the Worker that passes requests to the database, the binding is the service itself, without the D1
 * interface around it. */
const GATE = "d1";
const d1Bindings = D1_PLUGIN.getBindings;
D1_PLUGIN.getBindings = async (worker, shared) => {
  const given = await d1Bindings(worker, shared);
  if (worker.config.name !== GATE) return given;
  return given.map(({ name, wrapped }) => ({ name, service: wrapped.innerBindings[0].service }));
};

/** Starts the stores of one Worker. `storage` is a folder with its database. Returns them and their bindings. */
export async function startStores(storage) {
  const dev = { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] };
  const worker = async (name, file, env) => {
    const modules = { [file]: { type: "esm", contents: await source(file) } };
    return { config: { name, compatibilityDate, compatibilityFlags: [], manifest: { mainModule: file, modulesRoot: "/", modules }, env }, dev };
  };
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    ...(storage && { resourcePersistencePath: storage }),
    workers: [await worker(GATE, "gate.mjs", { DB: { type: "d1", id: "DB" } }), await worker("kv", "kv.mjs", {})],
  });
  await miniflare.ready;
  const address = async (name) => PREFIX + (await miniflare.unsafeGetDirectURL(name)).host;
  return { miniflare, bindings: { DB: { type: "d1", id: await address(GATE) }, SESSIONS: { type: "kv", id: await address("kv") } } };
}
