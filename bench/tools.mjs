// The tools of the benchmark: the pinned wrangler with its Miniflare, workerd and esbuild.
import childProcess from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

/**
 * The options that `cargo xtask bench` passes as JSON: `repository`, `tools` and `peers` (two `node_modules`), and for
 * start.mjs also `group`, `against` (other clones), `ours` (whether peers are left out), `emptyRust` (an entry point),
 * `databases` (folders by number of users) and `seconds` (of load for each Worker).
 */
export const options = JSON.parse(process.argv[2]);

const fromWrangler = createRequire(path.join(options.tools, "wrangler", "package.json"));
export const { Miniflare, KV_PLUGIN, D1_PLUGIN, RATELIMIT_PLUGIN } = fromWrangler("miniflare");
export const { default: workerdProgram } = createRequire(fromWrangler.resolve("miniflare"))("workerd");
export const { build: esbuild } = fromWrangler("esbuild");
const { unstable_readConfig: readConfig } = fromWrangler("wrangler");

/** wrangler.toml of a clone, as wrangler reads it. */
export const readWranglerToml = (root, env) => readConfig({ config: path.join(root, "wrangler.toml"), env }, { hideWarnings: true });

/** Processes started so far, because Miniflare does not expose its workerd. */
export const spawned = [];
const spawn = childProcess.spawn;
childProcess.spawn = (...args) => {
  const child = spawn(...args);
  spawned.push(child);
  return child;
};
