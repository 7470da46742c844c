// What the bench stands on: the pinned wrangler with its Miniflare and esbuild, and wrangler.toml.
import childProcess from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

export const [repository, toolModules, peerModules, emptyRust, group, ...against] = process.argv.slice(2);
const fromWrangler = createRequire(path.join(toolModules, "wrangler", "package.json"));
export const { Miniflare, KV_PLUGIN, D1_PLUGIN, RATELIMIT_PLUGIN } = fromWrangler("miniflare");
export const { default: workerdProgram } = createRequire(fromWrangler.resolve("miniflare"))("workerd");
export const { build } = fromWrangler("esbuild");
export const config = fromWrangler("wrangler").unstable_readConfig(
  { config: path.join(repository, "wrangler.toml") },
  { hideWarnings: true },
);

/** Edge Auth's source, in this repository and in others. */
export const OURS = "src/entry.mjs";

/** What wrangler.toml asks of the platform for a Worker of ours; others get its defaults. */
export const compatibility = (entry) => ({
  compatibilityDate: config.compatibility_date,
  compatibilityFlags: entry.endsWith(OURS) ? config.compatibility_flags : [],
});

/** Processes started so far: Miniflare does not tell which is its workerd. */
export const spawned = [];
const spawn = childProcess.spawn;
childProcess.spawn = (...given) => {
  const child = spawn(...given);
  spawned.push(child);
  return child;
};
