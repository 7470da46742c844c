// A Worker's modules as wrangler bundles them for a deployment: one minified module, and the wasm beside it.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { esbuild, options } from "./tools.mjs";

/** The bundle for Miniflare, and the sum of the gzipped sizes of its modules in bytes. */
export async function bundle(entry) {
  const modules = {};
  const wasm = {
    name: "wasm",
    setup(build) {
      build.onResolve({ filter: /\.wasm$/ }, async ({ path: specifier, resolveDir }) => {
        const name = path.basename(specifier);
        modules[name] = { type: "wasm", contents: await readFile(locate(specifier, resolveDir)) };
        return { path: `./${name}`, external: true };
      });
    },
  };
  const { outputFiles } = await esbuild({
    entryPoints: [path.resolve(options.repository, entry)],
    nodePaths: [options.peers],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    plugins: [wasm],
    logLevel: "silent",
  });
  modules["worker.mjs"] = { type: "esm", contents: outputFiles[0].text };
  const gzip = Object.values(modules).reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
  return { manifest: { mainModule: "worker.mjs", modulesRoot: "/", modules }, gzip };
}

function locate(specifier, resolveDir) {
  return specifier.startsWith(".") ? path.resolve(resolveDir, specifier) : path.join(options.peers, specifier);
}
