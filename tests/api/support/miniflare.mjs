// Runs the Worker in workerd for the Rust tests: one process with any number of servers, which takes commands as lines
// of JSON on standard input and writes results as lines of JSON on standard output. Its input closes when the test
// process ends, in whatever way. It then stops every workerd and removes their storage.
//
// It uses Miniflare directly: wrangler's own test harness keeps storage in memory, which would not survive a kill, and it
// bundles the Worker again for each server.
//
//   node miniflare.mjs <repository> <node_modules> <scratch directory>
import { AsyncLocalStorage } from "node:async_hooks";
import childProcess from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const [repository, nodeModules, scratch] = process.argv.slice(2);
const fromWrangler = createRequire(path.join(nodeModules, "wrangler", "package.json"));
const { Miniflare } = fromWrangler("miniflare");

// Ctrl-C in a terminal reaches the whole process group. This process ends when its input closes, after cleaning up.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});

// Miniflare does not expose its workerd process, which the durability test has to kill. Servers start concurrently, so the
// context of the call tells whose process it is.
const spawned = [];
const startingServer = new AsyncLocalStorage();
const spawn = childProcess.spawn;
childProcess.spawn = (...args) => {
  const child = spawn(...args);
  spawned.push(child);
  const server = startingServer.getStore();
  if (server && path.basename(child.spawnfile).startsWith("workerd")) server.process = child;
  return child;
};

const servers = new Map();
let lastServer = 0;
const workerFiles = new Map();
let platform;
let migratedStorage;

/** The statements of src/entry.mjs that make redirects of outbound requests manual. */
const MANUAL_REDIRECTS = /^const platformFetch = .*;\nglobalThis\.fetch = .*;\n/m;

/** Removes these statements, for the test that shows their effect. */
const followingRedirects = {
  name: "following-redirects",
  setup(it) {
    it.onLoad({ filter: /src[\\/]entry\.mjs$/ }, async ({ path: file }) => {
      const text = await readFile(file, "utf8");
      const contents = text.replace(MANUAL_REDIRECTS, "");
      if (contents === text) throw new Error("src/entry.mjs does not replace the global fetch as expected");
      return { contents };
    });
  },
};

/** The test entry and its imports, in one module as wrangler builds it for production, and the wasm module. */
async function bundle(followsRedirects) {
  const { build } = fromWrangler("esbuild");
  const modules = {};
  const wasm = {
    name: "wasm",
    setup(build) {
      build.onResolve({ filter: /\.wasm$/ }, async ({ path: specifier, resolveDir }) => {
        const name = path.basename(specifier);
        modules[name] = { type: "wasm", contents: await readFile(path.resolve(resolveDir, specifier)) };
        return { path: `./${name}`, external: true };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, "worker", "entry.mjs")],
    alias: { "edge-auth-entry": path.join(repository, "src", "entry.mjs") },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    plugins: followsRedirects ? [followingRedirects, wasm] : [wasm],
    logLevel: "silent",
  });
  return { mainModule: "worker.mjs", modulesRoot: "/", modules: { "worker.mjs": { type: "esm", contents: outputFiles[0].text }, ...modules } };
}

/** The deployed Worker's configuration in wrangler.toml, without its vars, because each test server has its own. */
function readPlatform() {
  const { unstable_readConfig: readConfig } = fromWrangler("wrangler");
  const config = readConfig({ config: path.join(repository, "wrangler.toml") }, { hideWarnings: true });
  const env = {};
  for (const { binding } of config.d1_databases) env[binding] = { type: "d1", id: binding };
  for (const { binding } of config.kv_namespaces) env[binding] = { type: "kv", id: binding };
  for (const { binding } of config.r2_buckets ?? []) env[binding] = { type: "r2", name: binding };
  for (const { name } of config.send_email ?? []) env[name] = { type: "send-email" };
  for (const { name, namespace_id: namespace, simple } of config.ratelimits ?? []) env[name] = { type: "rate-limit", namespace, simple };
  env[config.assets.binding] = { type: "assets" };
  const assets = {
    directory: path.resolve(repository, config.assets.directory),
    hasUserWorker: true,
    htmlHandling: config.assets.html_handling,
    notFoundHandling: config.assets.not_found_handling,
    runWorkerFirst: config.assets.run_worker_first,
  };
  return { compatibilityDate: config.compatibility_date, compatibilityFlags: config.compatibility_flags, env, assets };
}

/**
 * A free port on loopback. It is chosen before the server starts, because JWT_ISSUER contains it. Ports from 32,768 are assigned to
 * outgoing connections, one of which could take the port before the server listens.
 */
async function freePort() {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const listener = createServer();
    const isFree = await new Promise((resolve) => {
      listener.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    if (isFree) {
      await new Promise((resolve) => listener.close(resolve));
      return port;
    }
  }
}

/**
 * A folder of storage in which the migrations have been applied. Servers start with a copy of it, because applying them takes
 * as long as starting workerd.
 */
async function migrate(schema) {
  const storage = path.join(scratch, "migrated");
  platform ??= readPlatform();
  const { compatibilityDate, env } = platform;
  const script = "export default { fetch: () => new Response() }";
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    cf: false,
    telemetry: { enabled: false },
    resourcePersistencePath: storage,
    workers: [
      {
        config: {
          name: "migrations",
          compatibilityDate,
          compatibilityFlags: [],
          manifest: { mainModule: "worker.mjs", modulesRoot: "/", modules: { "worker.mjs": { type: "esm", contents: script } } },
          env: { DB: env.DB },
        },
      },
    ],
  });
  try {
    const database = await miniflare.getD1Database("DB");
    for (const migration of schema) await database.prepare(migration).run();
  } finally {
    await miniflare.dispose();
  }
  return storage;
}

async function run(server) {
  if (!workerFiles.has(server.followsRedirects)) workerFiles.set(server.followsRedirects, bundle(server.followsRedirects));
  platform ??= readPlatform();
  const manifest = await workerFiles.get(server.followsRedirects);
  const { compatibilityDate, compatibilityFlags, env, assets } = platform;
  const text = (value) => ({ type: "text", value });
  const vars = Object.fromEntries(Object.entries({ ...server.vars, TEST_CONTROL_KEY: server.key }).map(([name, value]) => [name, text(value)]));
  server.miniflare = startingServer.run(server, () => new Miniflare({
    host: "127.0.0.1",
    port: server.port,
    cf: false,
    telemetry: { enabled: false },
    resourcePersistencePath: server.storage,
    resourceTmpPath: server.files,
    handleStructuredLogs: (line) => server.logs.push(line),
    handleUncaughtError: (error) => server.logs.push({ level: "uncaught", message: String(error?.stack ?? error) }),
    workers: [
      {
        config: {
          name: "edge-auth",
          compatibilityDate,
          compatibilityFlags: [...compatibilityFlags, "nodejs_als"],
          manifest,
          env: { ...env, ...vars },
          assets,
        },
      },
    ],
  }));
  const url = await server.miniflare.ready;
  return { server: server.id, url: url.origin, key: server.key, vars: server.vars, files: server.files };
}

/** Replaces `{PORT}` in variables by the port of the server. */
const withPort = (vars, port) => Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, value.replace("{PORT}", port)]));

/** Starts a server with these variables on a free port. */
async function runOnFreePort(server, vars) {
  for (let attempt = 1; ; attempt += 1) {
    server.port = await freePort();
    server.vars = withPort(vars, server.port);
    try {
      return await run(server);
    } catch (error) {
      // Another process may have taken the port in the meantime.
      await server.miniflare.dispose().catch(() => {});
      if (attempt === 3) throw error;
    }
  }
}

const operations = {
  async start({ vars, schema, follows_redirects: followsRedirects }) {
    lastServer += 1;
    const server = {
      id: lastServer,
      key: randomBytes(16).toString("hex"),
      storage: path.join(scratch, `storage-${lastServer}`),
      files: path.join(scratch, `files-${lastServer}`),
      logs: [],
      followsRedirects,
    };
    servers.set(server.id, server);
    migratedStorage ??= migrate(schema);
    await cp(await migratedStorage, server.storage, { recursive: true });
    return runOnFreePort(server, vars);
  },
  kill({ server }) {
    const { process: workerd } = servers.get(server);
    const exited = new Promise((resolve) => workerd.once("exit", resolve));
    workerd.kill("SIGKILL");
    return exited.then(() => null);
  },
  async restart({ server, vars }) {
    const restarted = servers.get(server);
    if (vars) restarted.vars = withPort(vars, restarted.port);
    await restarted.miniflare.dispose();
    return run(restarted);
  },
  async stop({ server }) {
    const stopped = servers.get(server);
    servers.delete(server);
    await stopped.miniflare.dispose();
    await rm(stopped.storage, { recursive: true, force: true });
    await rm(stopped.files, { recursive: true, force: true });
  },
  async scheduled({ server, cron }) {
    const worker = await servers.get(server).miniflare.getWorker("edge-auth");
    return worker.scheduled({ cron });
  },
  logs: ({ server }) => completeLogs(servers.get(server)),
  mail: ({ server, message }) => mailFiles(servers.get(server), message),
};

/** The plain text and the HTML of a message, which Miniflare writes to files soon after the message was sent. */
async function mailFiles({ files }, id) {
  for (let turn = 0; turn < 1_000; turn += 1) {
    const names = await readdir(files, { recursive: true }).catch(() => []);
    const file = (ending) => names.find((name) => path.basename(name) === `${id}.${ending}`);
    const [text, html] = ["txt", "html"].map(file);
    if (text && html) {
      const [read, readHtml] = await Promise.all([text, html].map((name) => readFile(path.join(files, name), "utf8")));
      if (read && readHtml) return { text: read, html: readHtml };
    }
    await delay(5);
  }
  throw new Error(`no files of the message ${id}`);
}

let lastMark = 0;

/** The log up to now. Lines arrive in order, so all lines are there once a line that is written now has arrived. */
async function completeLogs({ port, key, logs }) {
  lastMark += 1;
  const mark = `mark ${lastMark} of the log`;
  const body = JSON.stringify({ op: "log", text: mark });
  const response = await fetch(`http://127.0.0.1:${port}`, { method: "POST", headers: { "x-test-control": key }, body }).catch(() => undefined);
  // A server that was killed writes nothing.
  for (let turn = 0; response?.ok && turn < 2_000 && !logs.some(({ message }) => message === mark); turn += 1) await delay(5);
  return logs.filter(({ message }) => !/^mark \d+ of the log$/.test(message));
}

const running = new Set();

async function execute(line) {
  const { id, op, ...fields } = JSON.parse(line);
  try {
    const value = await operations[op](fields);
    process.stdout.write(`${JSON.stringify({ id, ok: value ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ id, error: String(error?.stack ?? error) })}\n`);
  }
}

process.stdout.on("error", () => {});
// A process with the same id may have been killed before it removed its storage.
await rm(scratch, { recursive: true, force: true });
for await (const line of createInterface({ input: process.stdin })) {
  const work = execute(line).finally(() => running.delete(work));
  running.add(work);
}
// A server that is still starting could not be stopped. Other work may not end, because its server has been killed.
await Promise.race([Promise.allSettled(running), delay(5_000)]);
await Promise.allSettled([...servers.values()].map(({ miniflare }) => miniflare?.dispose()));
for (const child of spawned) child.kill("SIGKILL");
await rm(scratch, { recursive: true, force: true });
process.exit(0);
