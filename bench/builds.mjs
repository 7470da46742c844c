// Builds of Edge Auth: this repository's, and those of other clones (`--against`). The wrangler.toml of its own clone
// describes each build, so builds with other entry points, variables or migrations can be compared.
import { randomBytes } from "node:crypto";
import path from "node:path";
import { options, readWranglerToml } from "./tools.mjs";

/** Names that variables had in builds before November 2026. */
const FORMER_NAMES = { SESSION_CACHE_TTL: "SESSION_EDGE_TRUST", SESSION_LOCAL_CACHE_TTL: "SESSION_ISOLATE_TRUST" };

function read(root, name) {
  const config = readWranglerToml(root);
  const secrets = Object.fromEntries(readWranglerToml(root, "production").secrets.required.map((name) => [name, secret(name)]));
  return {
    name,
    root,
    entry: path.resolve(root, config.main),
    variables: { ...config.vars, ...secrets },
    rateLimits: config.ratelimits,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
  };
}

const secrets = new Map();

/** The same secret for all builds. */
function secret(name) {
  if (!secrets.has(name)) secrets.set(name, randomBytes(32).toString("base64"));
  return secrets.get(name);
}

/** This repository's build. */
export const CURRENT = read(options.repository, "Edge Auth");
/** The builds of other clones. */
export const OTHERS = (options.against ?? []).map((root) => read(root, `Edge Auth of ${path.basename(root)}`));

/** Settings by the names that they have in this build. */
export function settingsFor(build, settings) {
  const nameFor = (name) => (name in build.variables ? name : FORMER_NAMES[name] ?? name);
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [nameFor(name), value]));
}

/** The options that start a Worker of this build. `settings` are variables that differ from wrangler.toml. */
export const worker = (build, settings = {}) => ({
  name: build.name,
  build,
  entry: build.entry,
  vars: settingsFor(build, settings),
  settings: Object.entries(settings).map(([name, value]) => `${name}=${value}`).join(", ") || "default",
});
