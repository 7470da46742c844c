// What a workerd needs to start a Worker by itself, without Miniflare and its own Workers: a configuration in a folder.
// The stores are bound and nobody answers behind them, so the first request is one that is refused before it asks them.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundle } from "./bundle.mjs";
import { VARIABLES } from "./ours.mjs";
import { compatibility, workerdProgram } from "./tools.mjs";
import { http } from "./workerd.mjs";

const root = await mkdtemp(path.join(tmpdir(), "edge-auth-bench-"));

/** Says what `cargo xtask bench` needs to start one again and again. */
export async function configure({ name, entry, vars = {}, request = {}, status = 200 }) {
  const { manifest, gzip } = await bundle(entry);
  const folder = path.join(root, name.replaceAll(/\W+/g, "-"));
  await mkdir(folder);
  const { compatibilityDate, compatibilityFlags } = compatibility(entry);
  const modules = [];
  // The first module is the Worker's main one.
  for (const [file, { type, contents }] of Object.entries(manifest.modules).reverse()) {
    await writeFile(path.join(folder, file), contents);
    modules.push(`(name = ${text(file)}, ${type === "wasm" ? "wasm" : "esModule"} = embed ${text(file)})`);
  }
  const variables = Object.entries({ ...VARIABLES, ...vars }).map(([key, value]) => `(name = ${text(key)}, text = ${text(value)})`);
  const configuration = `using Workerd = import "/workerd/workerd.capnp";
const bench :Workerd.Config = (
  services = [(name = "worker", worker = .worker), (name = "nobody", external = (address = "127.0.0.1:9", http = ()))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
const worker :Workerd.Worker = (
  modules = [${modules.join(",\n    ")}],
  compatibilityDate = ${text(compatibilityDate)},
  compatibilityFlags = [${compatibilityFlags.map(text).join(", ")}],
  bindings = [
    (name = "SESSIONS", kvNamespace = "nobody"),
    (name = "DB", wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = [(name = "fetcher", service = "nobody")])),
    ${variables.join(",\n    ")}],
);
`;
  const file = path.join(folder, "config.capnp");
  await writeFile(file, configuration);
  return { name, program: workerdProgram, arguments: ["serve", "--experimental", "--control-fd=1", file], request: http("bench", request), status, gzip };
}

export const remove = () => rm(root, { recursive: true, force: true });

// JSON's text is Cap'n Proto's too.
const text = JSON.stringify;
