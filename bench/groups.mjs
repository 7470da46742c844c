// The Workers that are measured together, each with the options of `start` in workerd.mjs and a role:
// - `subject`: this repository's build.
// - `control`: the same build again. Its ratio to the subject shows how exact the ratios of the group are.
// - `base`: the Worker that the subject is compared with for a budget (xtask/src/bench/budgets.rs).
// - `before`: the build of another clone (`--against`).
// - `context`: anything else.
import { CURRENT, OTHERS, worker } from "./builds.mjs";
import { ADDRESSES, createCookieSessions, createSessions, createUser, createUsers, PASSWORD, SESSION_BURSTS, sign, USER } from "./edge_auth.mjs";
import { OAUTH } from "./oauth_groups.mjs";
import { createPasskeySignIns } from "./passkeys.mjs";
import * as peers from "./peer_stores.mjs";
import { SCALE } from "./scale.mjs";
import { options } from "./tools.mjs";

/** With more Workers at a time, the turns of each are too far apart for exact ratios. */
const MAX_WORKERS = 5;

/** A group. `subject` returns the measured Worker of a build. Context is left out if the group would have too many Workers. */
function group({ subject, base, context = [], maxWorkers = MAX_WORKERS }) {
  const current = subject(CURRENT);
  const builds = [
    { ...current, role: "subject" },
    { ...current, name: `${current.name}, same build (A/A)`, role: "control" },
    ...OTHERS.map((build) => ({ ...subject(build), role: "before" })),
  ];
  const others = [base && { ...base, role: "base" }, ...context.map((other) => ({ ...other, role: "context" }))].filter(Boolean);
  return [...builds, ...others.filter(({ build }) => build || !options.ours)].slice(0, maxWorkers);
}

const withAddress = (request) => (address) => ({ ...request, headers: { ...request.headers, "cf-connecting-ip": address } });
const bearer = (token) => ({ path: "/api/auth/validate", headers: { authorization: `Bearer ${token}` } });
const validate = (settings) => (build) => ({
  ...worker(build, settings),
  bursts: SESSION_BURSTS,
  prepare: async (miniflare, origin) => (await createSessions(miniflare, origin, build.root)).map(bearer),
});

/** The session check of a page. A browser states with each request that it comes from the service's own origin. */
const fromPage = (headers) => ({ path: "/api/auth/validate", headers: { ...headers, "sec-fetch-site": "same-origin" } });
const BY_COOKIE = {
  ...validate({})(CURRENT),
  name: "Edge Auth, cookie",
  prepare: async (miniflare, origin) => {
    const cookies = await createCookieSessions(miniflare, origin, CURRENT.root);
    return cookies.map((cookie) => fromPage({ cookie }));
  },
};
const BY_TOKEN_OF_A_PAGE = {
  ...validate({})(CURRENT),
  name: "Edge Auth, token",
  prepare: async (miniflare, origin) => {
    const tokens = await createSessions(miniflare, origin, CURRENT.root);
    return tokens.map((token) => fromPage({ authorization: `Bearer ${token}` }));
  },
};

const EMPTY = { name: "empty JS Worker", entry: "bench/peers/empty.mjs" };
const ONE_KV_READ = {
  name: "JS Worker, one KV read",
  entry: "bench/peers/kv.mjs",
  vars: { KEY: "session" },
  prepare: async (miniflare) => {
    const kv = await miniflare.getKVNamespace("SESSIONS");
    await kv.put("session", JSON.stringify({ expires_at: 0, user: USER }));
  },
};
const ONE_D1_READ = {
  name: "JS Worker, one D1 read",
  entry: "bench/peers/d1.mjs",
  vars: { USERNAME: USER.username },
  prepare: peers.createUserWithoutPassword,
};
const HONO = {
  name: "Hono + jose + KV",
  entry: "bench/peers/hono.mjs",
  bursts: SESSION_BURSTS,
  prepare: async (miniflare) => (await peers.createKvSessions(miniflare)).map(bearer),
};
const OPENAUTH = {
  name: "OpenAuth",
  settings: "looks up no session",
  entry: "bench/peers/openauth.mjs",
  vars: { ISSUER: peers.OPENAUTH_ISSUER },
  prepare: async (miniflare) => [bearer(await peers.createOpenAuthToken(miniflare))],
};
const betterAuth = { name: "better-auth + D1", entry: "bench/peers/better_auth.mjs", vars: { BASE_URL: peers.BETTER_AUTH_URL } };
const BETTER_AUTH = {
  ...betterAuth,
  prepare: async (...args) => [{ path: "/api/auth/get-session", headers: { cookie: await peers.signUpAtBetterAuth(...args) } }],
};
const BETTER_AUTH_COOKIE_CACHE = { ...BETTER_AUTH, name: "better-auth", settings: "cookie cache", vars: { ...BETTER_AUTH.vars, COOKIE_CACHE: "yes" } };

const LOGIN = { method: "POST", path: "/api/auth/login", body: JSON.stringify({ username: USER.username, password: PASSWORD }) };
/** One request at a time: a password is hashed on the isolate's only thread. */
const signIn = (build) => ({
  ...worker(build),
  connections: 1,
  prepare: async (miniflare, origin) => {
    const names = await createUsers(miniflare, origin, 100, build.root);
    const login = (username) => ({ ...LOGIN, body: JSON.stringify({ username, password: PASSWORD }) });
    return names.map((username, index) => withAddress(login(username))(ADDRESSES[index]));
  },
});
const BY_PASSKEY = {
  ...worker(CURRENT),
  name: "Edge Auth, passkey",
  connections: 1,
  isSingleUse: true,
  prepare: (miniflare, origin) => createPasskeySignIns(miniflare, origin, CURRENT.root),
};
const honoSignIn = (hash, name, createUser) => ({
  name,
  entry: `bench/peers/sign_in_${hash}.mjs`,
  connections: 1,
  prepare: async (miniflare) => {
    await createUser(miniflare);
    return [LOGIN];
  },
});
const BETTER_AUTH_SIGN_IN = {
  ...betterAuth,
  name: "better-auth + D1, scrypt",
  connections: 1,
  prepare: async (...args) => {
    await peers.signUpAtBetterAuth(...args);
    const body = JSON.stringify({ email: USER.email, password: PASSWORD });
    return [{ method: "POST", path: "/api/auth/sign-in/email", headers: { origin: peers.BETTER_AUTH_URL }, body }];
  },
};

const named = (name, more) => ({ ...worker(CURRENT), name, ...more });
const FORGED_TOKEN = named("forged token, 401", {
  status: 401,
  prepare: async (miniflare, origin) => {
    const [token] = await createSessions(miniflare, origin, CURRENT.root);
    return ADDRESSES.map(withAddress(bearer(`${token.slice(0, -4)}AAAA`)));
  },
});
const UNKNOWN_PATH = named("unknown path, 404", { status: 404, prepare: () => [{ path: "/api/auth/nothing-here" }] });
/** A client site over its rate limit. An isolate admits some requests, at least at the start, before it calls the rate limiter. */
const RATE_LIMITED = named("login, network over its limit, 429", {
  limits: { SIGN_IN_LIMIT: 0 },
  status: 429,
  toleratedStatus: 200,
  connections: 3,
  prepare: async (miniflare, origin) => {
    await createUser(miniflare, origin, CURRENT.root);
    return [LOGIN];
  },
});
/** A name in back-off. The number of requests in flight is at most the number that an isolate refuses at the same time. */
const BACK_OFF = named("login, name backing off, 429", {
  status: 429,
  connections: 3,
  prepare: async (miniflare, origin) => {
    const database = await createUser(miniflare, origin, CURRENT.root);
    await send(origin, { ...LOGIN, body: JSON.stringify({ username: USER.username, password: "wrong" }) });
    await database
      .prepare("UPDATE sign_in_attempts SET failures = 9, open_at_ms = ?1 WHERE key >= 'typed:' AND key < 'typed;'")
      .bind(Date.now() + 3_600_000)
      .run();
    return ADDRESSES.map(withAddress(LOGIN));
  },
});

/** Sends a request and returns its response, which is read to the end. */
async function send(origin, { path, ...request }) {
  const response = await fetch(origin + path, { ...request, headers: { "content-type": "application/json" } });
  await response.text();
  return response;
}

/** All of them return the first four bytes of the same tag, little-endian. The program argon2 prints `645871da…`. */
const hash = (name, role, more) => ({ name, role, entry: "bench/peers/argon2.mjs", connections: 1, prepare: respondsWith(String(0xda715864)), ...more });
const respondsWith = (text) => async (miniflare, origin) => {
  const body = await (await fetch(origin)).text();
  if (body !== text) throw new Error(`the tag begins with ${body}`);
  return [{}];
};

/** A token that is well-formed except for its signature. */
const FOREIGN = bearer(`${(await sign({ sid: "bench" })).slice(0, -4)}AAAA`);
const refusedFirst = (other) => ({ ...other, prepare: undefined, request: FOREIGN, status: 401 });

export const GROUPS = {
  validate: group({ subject: validate({}), base: HONO, context: [OPENAUTH, EMPTY] }),
  "validate-kv": group({ subject: validate({ SESSION_LOCAL_CACHE_TTL: "0" }), base: HONO, context: [ONE_KV_READ] }),
  "validate-strict": group({ subject: validate({ SESSION_CONSISTENCY: "strict" }), base: BETTER_AUTH, context: [ONE_D1_READ, BETTER_AUTH_COOKIE_CACHE] }),
  // Without builds of other clones, which may have no cookie sessions.
  "validate-cookie": [
    { ...BY_COOKIE, role: "subject" },
    { ...BY_COOKIE, name: `${BY_COOKIE.name}, same build (A/A)`, role: "control" },
    { ...BY_TOKEN_OF_A_PAGE, role: "base" },
  ],
  "sign-in": group({
    subject: signIn,
    base: honoSignIn("argon2", "Hono + argon2-wasm-edge", peers.createUserWithArgon2),
    context: [BETTER_AUTH_SIGN_IN, honoSignIn("pbkdf2", "Hono + PBKDF2, 100,000 iterations", peers.createUserWithPbkdf2)],
  }),
  // Without builds of other clones, which may have no passkeys.
  "sign-in-passkey": [
    { ...BY_PASSKEY, role: "subject" },
    { ...BY_PASSKEY, name: `${BY_PASSKEY.name}, same build (A/A)`, role: "control" },
    { ...signIn(CURRENT), name: "Edge Auth, password", role: "base" },
  ],
  refused: group({ subject: validate({}), context: [FORGED_TOKEN, UNKNOWN_PATH] }),
  "refused-login": group({ subject: validate({}), context: [RATE_LIMITED, BACK_OFF] }),
  // The Workers run one at a time. The others are compared with the first one, which shows the cost of workerd itself.
  start: [
    { ...EMPTY, role: "empty" },
    ...group({
      subject: (build) => refusedFirst(worker(build)),
      base: { ...betterAuth, request: { path: "/api/auth/get-session" } },
      context: [refusedFirst(HONO), ...(options.emptyRust ? [{ name: "empty Worker in Rust", entry: options.emptyRust }] : [])],
      maxWorkers: Infinity,
    }),
  ],
  memory: [CURRENT, ...OTHERS].map((build) => ({ ...signIn(build), isInspected: true, role: "context" })),
  argon2id: [
    hash("crates/argon2id", "subject", { vars: { EXPORT: "this_crate" } }),
    hash("crates/argon2id (A/A)", "control", { vars: { EXPORT: "this_crate" } }),
    hash("crate argon2", "context", { vars: { EXPORT: "crate_argon2" } }),
    hash("argon2-wasm-edge", "context", { entry: "bench/peers/argon2_wasm_edge.mjs" }),
  ],
  ...OAUTH,
  ...SCALE,
};
