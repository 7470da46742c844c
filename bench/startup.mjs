// Configurations with which workerd starts a Worker without Miniflare and its own Workers. The stores are bound to a
// port that no program listens on, so the first request must be refused before the Worker calls a store. Every binding that the
// Worker looks for is present, because a warning in the log would cost 2 ms of its first request.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { CURRENT } from "./builds.mjs";
import { bundle } from "./bundle.mjs";
import { workerdProgram } from "./tools.mjs";
import { http } from "./workerd.mjs";

/** Cap'n Proto writes strings as JSON does. */
const text = JSON.stringify;

/** A binding that does nothing. The Worker recognises a binding by the name of its class. */
const BINDINGS = { Ratelimit: "bench:ratelimit", SendEmail: "bench:send-email" };
const moduleOf = ([type, name]) =>
  `(name = ${text(name)}, esModule = ${text(`class ${type} {}\nexport default () => new ${type}();`)}, internal = true)`;
const wrapped = (name, type) => `(name = ${text(name)}, wrapped = (moduleName = ${text(BINDINGS[type])}, innerBindings = []))`;

const root = await mkdtemp(path.join(tmpdir(), "edge-auth-bench-"));

/** Writes a configuration. Returns the parameters with which `cargo xtask bench` starts the Worker repeatedly. */
export async function configure({ name, role, settings = "", entry, build, vars = {}, request = {}, status = 200 }) {
  const { manifest, gzip } = await bundle(entry);
  const folder = path.join(root, name.replaceAll(/\W+/g, "-"));
  await mkdir(folder);
  const modules = [];
  // workerd treats the first module as the main module of the Worker.
  for (const [file, { type, contents }] of Object.entries(manifest.modules).reverse()) {
    await writeFile(path.join(folder, file), contents);
    modules.push(`(name = ${text(file)}, ${type === "wasm" ? "wasm" : "esModule"} = embed ${text(file)})`);
  }
  const { variables, rateLimits, compatibilityDate } = build ?? CURRENT;
  const bindings = [
    ...Object.entries({ ...variables, ...vars }).map(([key, value]) => `(name = ${text(key)}, text = ${text(value)})`),
    ...rateLimits.map(({ name }) => wrapped(name, "Ratelimit")),
    wrapped("EMAIL", "SendEmail"),
  ];
  const configuration = `using Workerd = import "/workerd/workerd.capnp";
const bench :Workerd.Config = (
  services = [(name = "worker", worker = .worker), (name = "unreachable", external = (address = "127.0.0.1:9", http = ()))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
  extensions = [(modules = [${Object.entries(BINDINGS).map(moduleOf).join(", ")}])],
);
const worker :Workerd.Worker = (
  modules = [${modules.join(",\n    ")}],
  compatibilityDate = ${text(compatibilityDate)},
  compatibilityFlags = [${(build?.compatibilityFlags ?? []).map(text).join(", ")}],
  bindings = [
    (name = "SESSIONS", kvNamespace = "unreachable"),
    (name = "DB", wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = [(name = "fetcher", service = "unreachable")])),
    ${bindings.join(",\n    ")}],
);
`;
  const source = path.join(folder, "config.capnp");
  await writeFile(source, configuration);
  // workerd copies the modules several times while it parses the text. That is not part of the start of an isolate.
  const { stdout } = await promisify(execFile)(workerdProgram, ["compile", "--config-only", source], { encoding: "buffer", maxBuffer: Infinity });
  const compiled = path.join(folder, "config.bin");
  await writeFile(compiled, stdout);
  const args = ["serve", "--experimental", "--binary", "--control-fd=1", compiled];
  return { name, role, settings, program: workerdProgram, arguments: args, request: http("bench", request), status, gzip };
}

export const remove = () => rm(root, { recursive: true, force: true });
