// Edge Auth's database with one user and the user's sessions.
import { createHash, hkdfSync, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { CURRENT } from "./builds.mjs";
import { options } from "./tools.mjs";

export const PASSWORD = "a long enough password for a bench";
export const USER = {
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

/** Client addresses: enough that none of them sends more sign-ins per minute than an isolate admits without the rate limiter. */
export const ADDRESSES = Array.from({ length: 5_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
/** Sessions: enough that none of them is used more than about forty times per minute, below its rate limit. */
export const SESSIONS = 3_000;
/**
 * `size` sessions are used at a time, `repeats` times each, before the next ones. A burst is over before the isolate's
 * cache expires, so that the share of KV reads hardly depends on the speed of the machine.
 */
export const SESSION_BURSTS = { size: 100, repeats: 20 };

export const digest = (text) => createHash("sha256").update(text).digest("hex");

/** Applies the migrations of the clone in this folder. */
export async function migrate(database, root) {
  const folder = path.join(root, "migrations");
  // The local D1 runs all statements of a file at once.
  for (const file of (await readdir(folder)).sort()) await database.prepare(await readFile(path.join(folder, file), "utf8")).run();
}

/** Creates the tables and the user, and sets the password of the user with a one-time link, as in production. */
export async function createUser(miniflare, origin, root) {
  const database = await miniflare.getD1Database("DB");
  await migrate(database, root);
  const { id, username, email, name, organization, aws_region, role, created_at, updated_at } = USER;
  await database
    .prepare(
      `INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, aws_region, role, is_active, created_at, updated_at)
       VALUES (?1, 'password', ?2, ?2, ?3, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9)`,
    )
    .bind(id, username, email, name, organization, aws_region, role, created_at, updated_at)
    .run();
  await setPassword(database, origin, id);
  return database;
}

/** Sets a user's password with a one-time link. Each user needs a hash of their own: a hash is bound to its user. */
export async function setPassword(database, origin, userId, address) {
  const link = randomBytes(32).toString("base64url");
  await database
    .prepare("INSERT INTO password_links (id, user_id, created_at, expires_at) VALUES (?1, ?2, '2000-01-01T00:00:00Z', '2999-01-01T00:00:00Z')")
    .bind(digest(link), userId)
    .run();
  await post(origin, "set-password", { token: link, password: PASSWORD }, address && { "cf-connecting-ip": address });
}

/** Creates more users with the same password, and returns their names. With one user, each sign-in would soon evict that user's oldest session. */
export async function createUsers(miniflare, origin, count, root) {
  const database = await createUser(miniflare, origin, root);
  const names = Array.from({ length: count }, (_, number) => `${USER.username}${number}`);
  const { results } = await database
    .prepare(
      `INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, aws_region, role, is_active,
                          created_at, updated_at)
       SELECT format('00000000-0000-4000-9000-%012d', key), source, value, value, value || '@example.com', value || '@example.com', name,
              organization, aws_region, role, is_active, created_at, updated_at
       FROM users, json_each(?1) RETURNING id`,
    )
    .bind(JSON.stringify(names))
    .all();
  // The requests come from different addresses, because of the rate limit.
  for (const [index, { id }] of results.entries()) await setPassword(database, origin, id, ADDRESSES[index % ADDRESSES.length]);
  return names;
}

/** Returns session tokens of the user's sessions. A sign-in creates the first one. The others are copies of its row and claims with other ids. */
export async function createSessions(miniflare, origin, root) {
  const database = await createUser(miniflare, origin, root);
  const { token } = await post(origin, "login", { username: USER.username, password: PASSWORD });
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  const sids = await copySession(database);
  return [token, ...(await Promise.all(sids.map((sid) => sign({ ...claims, sid }))))];
}

/**
 * Returns the `Cookie` headers of the user's cookie sessions. A sign-in creates the first one. The others are copies of its row with
 * other ids, and their cookies are sealed here.
 */
export async function createCookieSessions(miniflare, origin, root) {
  const database = await createUser(miniflare, origin, root);
  const fields = { method: "password", session: "cookie", username: USER.username, password: PASSWORD };
  const { user } = await post(origin, "sign-in", fields, { "sec-fetch-site": "same-origin" });
  const now = Math.floor(Date.now() / 1_000);
  const sids = await copySession(database);
  const content = (sid) => ({ user: user.id, sid, gen: 0, iat: now, exp: now + 30 * 86_400 });
  const port = new URL(CURRENT.variables.JWT_ISSUER).port;
  return Promise.all(sids.map(async (sid) => `edge-auth-session-${port}=${await seal(content(sid))}`));
}

/** Copies the row of the only session, and returns the `sid`s of the copies. */
async function copySession(database) {
  const sids = Array.from({ length: SESSIONS - 1 }, () => randomBytes(16).toString("base64url"));
  const { results } = await database.prepare("SELECT name FROM pragma_table_info('sessions') WHERE name <> 'id'").all();
  const columns = results.map(({ name }) => name).join(", ");
  await database
    .prepare(`INSERT INTO sessions (id, ${columns}) SELECT value, ${columns} FROM sessions, json_each(?1)`)
    .bind(JSON.stringify(sids.map(digest)))
    .run();
  return sids;
}

/** A session cookie with this content (src/crypto/sealed.rs). */
async function seal(content) {
  const { xchacha20poly1305 } = await import(path.join(options.peers, "@noble/ciphers/chacha.js"));
  const key = hkdfSync("sha256", CURRENT.variables.HANDLE_KEY, "", "Edge Auth handle 1: session", 32);
  const expiry = Buffer.alloc(8);
  expiry.writeBigInt64BE(BigInt(content.exp));
  const nonce = randomBytes(24);
  const cipher = xchacha20poly1305(new Uint8Array(key), nonce, Uint8Array.of(1));
  const sealed = cipher.encrypt(Buffer.concat([expiry, Buffer.from(JSON.stringify(content))]));
  return Buffer.concat([Uint8Array.of(1), nonce, sealed]).toString("base64url");
}

/** A session token with these claims. */
export async function sign(claims) {
  const { SignJWT } = await import(path.join(options.peers, "jose/dist/webapi/index.js"));
  const key = new TextEncoder().encode(CURRENT.variables.JWT_SECRET);
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(key);
}

export async function post(origin, route, body, headers = {}) {
  const response = await fetch(`${origin}/api/auth/${route}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${route}: ${response.status} ${text}`);
  return JSON.parse(text);
}
