// The Workers that are measured side by side, each as `start` in workerd.mjs takes it.
import path from "node:path";
import { ADDRESSES, makePeople, makePerson, PASSWORD, PERSON, sign, tokens } from "./ours.mjs";
import { SCALE } from "./scale.mjs";
import * as theirs from "./theirs.mjs";
import { against, emptyRust, OURS, repository } from "./tools.mjs";

// The database of each has the tables of its own migrations.
const OURS_AND_OTHERS = [
  { name: "Edge Auth", entry: OURS, root: repository },
  ...against.map((root) => ({ name: `Edge Auth of ${path.basename(root)}`, entry: path.join(root, OURS), root })),
];
// The TTL is longer than the benchmark takes, so that D1 is not asked again meanwhile.
const LONG_TTL = { SESSION_EDGE_TRUST: "3600" };
const ONE_READ = { ...LONG_TTL, SESSION_ISOLATE_TRUST: "0" };
// The isolate's cache outlives the pause until a Worker's next turn, so that no request reads KV.
const NO_READ = { ...LONG_TTL, SESSION_ISOLATE_TRUST: "30" };

const withAddress = (request) => (address) => ({ ...request, headers: { ...request.headers, "cf-connecting-ip": address } });
const bearer = (token) => ({ path: "/api/auth/validate", headers: { authorization: `Bearer ${token}` } });
const validate = (root) => async (miniflare, origin) => (await tokens(miniflare, origin, root)).map(bearer);

const BETTER_AUTH = { entry: "bench/peers/better_auth.mjs", vars: { BASE_URL: theirs.BETTER_AUTH_URL } };
const getSession = async (...given) => [{ path: "/api/auth/get-session", headers: { cookie: await theirs.signUpAtBetterAuth(...given) } }];

const VALIDATE = [
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
  {
    name: "JS Worker, one D1 read",
    entry: "bench/peers/d1.mjs",
    vars: { USERNAME: PERSON.username },
    prepare: async (...given) => {
      await theirs.personUnhashed(...given);
      return [{}];
    },
  },
  { name: "Hono + jose + KV", entry: "bench/peers/hono.mjs", prepare: async (miniflare) => (await theirs.tokensOfKv(miniflare)).map(bearer) },
  {
    name: "OpenAuth, no session",
    entry: "bench/peers/openauth.mjs",
    vars: { ISSUER: theirs.OPENAUTH_ISSUER },
    prepare: async (miniflare) => [bearer(await theirs.tokenOfOpenAuth(miniflare))],
  },
  { ...BETTER_AUTH, name: "better-auth + D1", prepare: getSession },
  { ...BETTER_AUTH, name: "better-auth, cookie cache", vars: { ...BETTER_AUTH.vars, COOKIE_CACHE: "yes" }, prepare: getSession },
  // The first row has the default settings: an isolate reads each session again after five seconds.
  ...OURS_AND_OTHERS.flatMap(({ name, entry, root }) => [
    { name, entry, prepare: validate(root) },
    { name: `${name}, no KV read`, entry, vars: NO_READ, prepare: validate(root) },
    { name: `${name}, one KV read`, entry, vars: ONE_READ, prepare: validate(root) },
    { name: `${name}, strict (D1)`, entry, vars: { SESSION_CONSISTENCY: "strict" }, prepare: validate(root) },
  ]),
];

const LOGIN = { method: "POST", path: "/api/auth/login", body: JSON.stringify({ username: PERSON.username, password: PASSWORD }) };
const hono = (hash, name, prepare) => ({
  name,
  entry: `bench/peers/sign_in_${hash}.mjs`,
  prepare: async (...given) => {
    await prepare(...given);
    return [LOGIN];
  },
});

// One at a time: a password is checked on the isolate's one thread, and at Edge Auth one account signs in once at a time.
const SIGN_IN = [
  { ...hono("unhashed", "Hono, password not hashed", theirs.personUnhashed), atLeast: 1_000 },
  hono("pbkdf2", "Hono + PBKDF2, 100,000 rounds", theirs.personOfPbkdf2),
  hono("argon2", "Hono + argon2-wasm-edge", theirs.personOfArgon2),
  {
    ...BETTER_AUTH,
    name: "better-auth + D1, scrypt",
    prepare: async (...given) => {
      await theirs.signUpAtBetterAuth(...given);
      const body = JSON.stringify({ email: PERSON.email, password: PASSWORD });
      return [{ method: "POST", path: "/api/auth/sign-in/email", headers: { origin: theirs.BETTER_AUTH_URL }, body }];
    },
  },
  ...OURS_AND_OTHERS.map(({ name, entry, root }) => ({
    name,
    entry,
    atLeast: 1_000,
    prepare: async (miniflare, origin) => {
      const names = await makePeople(miniflare, origin, 100, root);
      const login = (username) => ({ ...LOGIN, body: JSON.stringify({ username, password: PASSWORD }) });
      return names.map((username, index) => withAddress(login(username))(ADDRESSES[index]));
    },
  })),
].map((worker) => ({ ...worker, connections: 1 }));

const forged = async (...given) => {
  const [token] = await tokens(...given);
  return ADDRESSES.map(withAddress(bearer(`${token.slice(0, -4)}AAAA`)));
};

const REFUSED = [
  { name: "validate, 200", entry: OURS, vars: NO_READ, prepare: validate(repository) },
  { name: "validate, one KV read, 200", entry: OURS, vars: ONE_READ, prepare: validate(repository) },
  { name: "validate, forged token, 401", entry: OURS, status: 401, prepare: forged },
  { name: "unknown path, 404", entry: OURS, status: 404, prepare: () => [{ path: "/api/auth/nothing-here" }] },
  {
    // The coarse shield: a network that has used up what wrangler.toml allows, and what passes unasked.
    name: "login, network over limit, 429",
    entry: OURS,
    limits: { SIGN_IN_LIMIT: 0 },
    status: 429,
    prepare: async (...given) => {
      await makePerson(...given);
      const { path, ...request } = LOGIN;
      const send = () => fetch(given[1] + path, { ...request, headers: { "content-type": "application/json" } });
      for (let sent = 0; sent <= 10; sent += 1) await (await send()).text();
      return [LOGIN];
    },
  },
  {
    // The back-off of what was typed, which D1 keeps and an isolate remembers for ten seconds; when they are over, no more are
    // asked about at once than there are slots.
    name: "login, back-off, 429",
    entry: OURS,
    status: 429,
    connections: 3,
    prepare: async (...given) => {
      const database = await makePerson(...given);
      const { path, ...request } = LOGIN;
      const body = JSON.stringify({ username: PERSON.username, password: "wrong" });
      await (await fetch(given[1] + path, { ...request, body, headers: { "content-type": "application/json" } })).text();
      await database
        .prepare("UPDATE sign_in_attempts SET failures = 9, open_at_ms = ?1 WHERE key >= 'typed:' AND key < 'typed;'")
        .bind(Date.now() + 3_600_000)
        .run();
      return ADDRESSES.map(withAddress(LOGIN));
    },
  },
];

// Well made but for the signature.
const FOREIGN = bearer(`${(await sign({ sid: "bench" })).slice(0, -4)}AAAA`);
const START = [
  { name: "empty JS Worker", entry: "bench/peers/empty.mjs" },
  { name: "Hono + jose + KV", entry: "bench/peers/hono.mjs", request: FOREIGN, status: 401 },
  { name: "empty Worker in Rust", entry: emptyRust },
  { ...BETTER_AUTH, name: "better-auth + D1", request: { path: "/api/auth/get-session" } },
  ...OURS_AND_OTHERS.map((worker) => ({ ...worker, request: FOREIGN, status: 401 })),
];

export const GROUPS = { validate: VALIDATE, "sign-in": SIGN_IN, refused: REFUSED, start: START, ...SCALE };
