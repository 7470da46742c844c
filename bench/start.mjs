// Starts the Workers that `cargo xtask bench` measures, each in a workerd of its own with the real bindings of D1 (over
// Miniflare's local database) and KV (over kv.mjs), and
// prints one line of JSON: where each listens (workerd's own socket, no proxy before it), its process, and the request
// to send. When its input ends it stops them all.
//
//   node start.mjs <repository> <node_modules of the tools> <node_modules of the peers> <group, or "all"> <other clones>…
import childProcess from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { gzipSync } from "node:zlib";

const [repository, tools, peers, only, ...against] = process.argv.slice(2);
const fromWrangler = createRequire(path.join(tools, "wrangler", "package.json"));
const { Miniflare, KV_PLUGIN } = fromWrangler("miniflare");
const { build } = fromWrangler("esbuild");
const { unstable_readConfig: readConfig } = fromWrangler("wrangler");
const config = readConfig({ config: path.join(repository, "wrangler.toml") }, { hideWarnings: true });

// A terminal's Ctrl-C reaches the whole group; the end of input is what ends this process, after it has ended the rest.
process.on("SIGINT", () => {});

// Miniflare does not tell which process it started.
const spawned = [];
const spawn = childProcess.spawn;
childProcess.spawn = (...given) => {
  const child = spawn(...given);
  spawned.push(child);
  return child;
};

// The service that KV's binding calls, by the name that Miniflare gives it.
const miniflaresServices = KV_PLUGIN.getServices;
const kvInMemory = await readFile(path.join(repository, "bench", "kv.mjs"), "utf8");
KV_PLUGIN.getServices = async (options) => {
  const [{ name }] = await miniflaresServices(options);
  const modules = [{ name: "kv.mjs", esModule: kvInMemory }];
  return [{ name, worker: { modules, compatibilityDate: config.compatibility_date } }];
};

const running = [];
const secret = () => randomBytes(32).toString("base64");
const secrets = { JWT_SECRET: secret(), PASSWORD_PEPPER: secret(), HANDLE_KEY: secret(), AUDIT_KEY: secret() };

const PERSON = {
  id: "00000000-0000-4000-8000-000000000001",
  username: "ada",
  email: "ada@example.com",
  name: "Ada Lovelace",
  organization: "Analytical Engines",
  aws_region: "eu-west-1",
  role: "user",
  is_active: true,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  last_login: "2026-01-02T00:00:00Z",
};
const PASSWORD = "a long enough password for a bench";

/** Bundles as wrangler does for a deployment: one minified module, and the wasm beside it. */
async function bundle(entry) {
  const modules = {};
  const wasm = {
    name: "wasm",
    setup(it) {
      it.onResolve({ filter: /\.wasm$/ }, async ({ path: specifier, resolveDir }) => {
        const name = path.basename(specifier);
        modules[name] = { type: "wasm", contents: await readFile(path.resolve(resolveDir, specifier)) };
        return { path: `./${name}`, external: true };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [entry],
    nodePaths: [peers],
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

/** One Worker: its source, what it is given, and how its stores are filled; `prepare` returns the request's token. */
async function start({ name, entry, vars = {}, prepare, path: target = "/", status = 200 }) {
  const { manifest, gzip } = await bundle(path.resolve(repository, entry));
  const env = { DB: { type: "d1", id: "DB" }, SESSIONS: { type: "kv", id: "SESSIONS" } };
  for (const [key, value] of Object.entries({ ...config.vars, ...secrets, ...vars })) env[key] = { type: "text", value };
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    handleStructuredLogs: ({ message }) => process.stderr.write(`${name}: ${message}\n`),
    workers: [
      {
        config: { name: "bench", compatibilityDate: config.compatibility_date, compatibilityFlags: config.compatibility_flags, manifest, env },
        // Miniflare's own address leads through a Worker of its own, which would be measured too.
        dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
      },
    ],
  });
  running.push(miniflare);
  await miniflare.ready;
  const { host, origin } = await miniflare.unsafeGetDirectURL("bench");
  const process_ = spawned.findLast(({ spawnfile }) => path.basename(spawnfile).startsWith("workerd"));
  const token = await prepare?.(miniflare, origin);
  return { name, address: host, process: process_.pid, path: target, token: token ?? null, status, gzip };
}

async function post(origin, route, body) {
  const reply = await fetch(`${origin}/api/auth/${route}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${route}: ${reply.status} ${text}`);
  return JSON.parse(text);
}

/** A person signs in to Edge Auth: the password is set by a one-time link, as the administrator's command does it. */
async function signIn(miniflare, origin) {
  const database = await miniflare.getD1Database("DB");
  const folder = path.join(repository, "migrations");
  for (const file of (await readdir(folder)).sort()) {
    const statements = (await readFile(path.join(folder, file), "utf8")).replaceAll(/--.*$/gm, "");
    // A trigger holds semicolons of its own.
    for (const statement of statements.split(/;\s*\n(?=\s*(?:CREATE\b|$))/)) if (statement.trim()) await database.prepare(statement).run();
  }
  const { id, username, email, name, organization, aws_region, role, created_at, updated_at } = PERSON;
  await database
    .prepare(
      `INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, aws_region, role, is_active, created_at, updated_at)
       VALUES (?1, 'password', ?2, ?2, ?3, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9)`,
    )
    .bind(id, username, email, name, organization, aws_region, role, created_at, updated_at)
    .run();
  const link = randomBytes(32).toString("base64url");
  await database
    .prepare("INSERT INTO password_links (id, user_id, created_at, expires_at) VALUES (?1, ?2, '2000-01-01T00:00:00Z', '2999-01-01T00:00:00Z')")
    .bind(createHash("sha256").update(link).digest("hex"), id)
    .run();
  await post(origin, "set-password", { token: link, password: PASSWORD });
  return (await post(origin, "login", { username, password: PASSWORD })).token;
}

/** The same claims and the same record as Edge Auth's, under the peer's own key. */
async function session(miniflare) {
  const { SignJWT } = await import(path.join(peers, "jose/dist/webapi/index.js"));
  const sid = randomBytes(16).toString("base64url");
  const kv = await miniflare.getKVNamespace("SESSIONS");
  const believeUntil = Math.floor(Date.now() / 1000) + 86_400;
  await kv.put(`session:${sid}:0`, JSON.stringify({ believe_until: believeUntil, user: PERSON }));
  return new SignJWT({ sid, gen: 0 })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer(config.vars.JWT_ISSUER)
    .setAudience(config.vars.JWT_AUDIENCE)
    .setSubject(PERSON.id)
    .setIssuedAt()
    .setExpirationTime("24h")
    .sign(new TextEncoder().encode(secrets.JWT_SECRET));
}

const OURS = "src/entry.mjs";
const VALIDATE = "/api/auth/validate";
const LONG_TRUST = { SESSION_EDGE_TRUST: "3600" };
const ONE_READ = { ...LONG_TRUST, SESSION_ISOLATE_TRUST: "0" };

const GROUPS = {
  validate: [
    { name: "empty JS Worker", entry: "bench/peers/empty.mjs" },
    {
      name: "JS Worker, one KV read",
      entry: "bench/peers/kv.mjs",
      vars: { KEY: "session" },
      prepare: async (miniflare) => {
        const kv = await miniflare.getKVNamespace("SESSIONS");
        await kv.put("session", JSON.stringify({ believe_until: 0, user: PERSON }));
      },
    },
    { name: "Hono + jose + KV", entry: "bench/peers/hono.mjs", path: VALIDATE, prepare: session },
    ...[{ name: "Edge Auth", root: repository }, ...against.map((root) => ({ name: `Edge Auth of ${path.basename(root)}`, root }))].flatMap(
      ({ name, root }) => [
        { name: `${name}, one KV read`, entry: path.join(root, OURS), vars: ONE_READ, path: VALIDATE, prepare: signIn },
        { name, entry: path.join(root, OURS), vars: LONG_TRUST, path: VALIDATE, prepare: signIn },
      ],
    ),
    { name: "Edge Auth, strict (D1)", entry: OURS, vars: { SESSION_CONSISTENCY: "strict" }, path: VALIDATE, prepare: signIn },
    { name: "Edge Auth, refused", entry: OURS, path: VALIDATE, status: 401, prepare: async (...given) => `${(await signIn(...given)).slice(0, -4)}AAAA` },
  ],
};

try {
  const groups = {};
  for (const [group, workers] of Object.entries(GROUPS)) {
    if (only !== "all" && only !== group) continue;
    groups[group] = [];
    for (const worker of workers) groups[group].push(await start(worker));
  }
  process.stdout.write(`${JSON.stringify({ groups })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: String(error?.stack ?? error) })}\n`);
}
process.stdin.resume();
await new Promise((resolve) => process.stdin.once("end", resolve));
await Promise.allSettled(running.map((miniflare) => miniflare.dispose()));
for (const child of spawned) child.kill("SIGKILL");
process.exit(0);
