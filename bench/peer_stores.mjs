// Fills the stores of the peers with the peers' own functions, and returns their tokens and cookies.
import { pbkdf2Sync, randomBytes } from "node:crypto";
import path from "node:path";
import { CURRENT } from "./builds.mjs";
import { PASSWORD, SESSIONS, sign, USER } from "./edge_auth.mjs";
import { options } from "./tools.mjs";

const peer = (file) => import(path.join(options.peers, file));
const now = Math.floor(Date.now() / 1000);

/** Creates sessions in KV with the same claims and records as those of Edge Auth. Returns their tokens. */
export async function createKvSessions(miniflare) {
  const kv = await miniflare.getKVNamespace("SESSIONS");
  const { JWT_ISSUER: iss, JWT_AUDIENCE: aud } = CURRENT.variables;
  const session = async () => {
    const sid = randomBytes(16).toString("base64url");
    await kv.put(`session:${sid}:0`, JSON.stringify({ expires_at: now + 86_400, user: USER }));
    return sign({ iss, aud, sub: USER.id, sid, gen: 0, iat: now, exp: now + 86_400 });
  };
  return Promise.all(Array.from({ length: SESSIONS }, session));
}

export const OPENAUTH_ISSUER = "https://issuer.example.com";

/** Returns a token of OpenAuth's own issuer. The metadata and keys of the issuer are stored in KV. */
export async function createOpenAuthToken(miniflare) {
  const { issuer } = await peer("@openauthjs/openauth/dist/esm/index.js");
  const { MemoryStorage } = await peer("@openauthjs/openauth/dist/esm/storage/memory.js");
  const validate = (value) => ({ value });
  const app = issuer({
    subjects: { user: { "~standard": { version: 1, vendor: "bench", validate } } },
    storage: MemoryStorage(),
    providers: { bench: { type: "bench", init: () => {}, client: async () => ({}) } },
    success: (ctx) => ctx.subject("user", USER),
  });
  const kv = await miniflare.getKVNamespace("SESSIONS");
  for (const file of ["oauth-authorization-server", "jwks.json"]) {
    const url = `${OPENAUTH_ISSUER}/.well-known/${file}`;
    await kv.put(url, await (await app.request(url)).text());
  }
  const body = new URLSearchParams({ grant_type: "client_credentials", provider: "bench", client_id: "bench", client_secret: "bench" });
  const response = await app.request(`${OPENAUTH_ISSUER}/token`, { method: "POST", body });
  return (await response.json()).access_token;
}

export const BETTER_AUTH_URL = "https://auth.example.com";

/** Creates better-auth's tables and signs a user up. Returns the cookies of the session. */
export async function signUpAtBetterAuth(miniflare, origin) {
  const { getMigrations } = await peer("better-auth/dist/db/get-migration.mjs");
  const database = await miniflare.getD1Database("DB");
  const { runMigrations } = await getMigrations({ database, emailAndPassword: { enabled: true } });
  await runMigrations();
  const { name, email } = USER;
  const response = await fetch(`${origin}/api/auth/sign-up/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: BETTER_AUTH_URL },
    body: JSON.stringify({ name, email, password: PASSWORD }),
  });
  if (!response.ok) throw new Error(`better-auth: ${response.status} ${await response.text()}`);
  return response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
}

/** Creates a table with one user, whose password hash is `hash`. */
async function createUser(miniflare, hash) {
  const database = await miniflare.getD1Database("DB");
  await database.prepare("CREATE TABLE users (username TEXT NOT NULL PRIMARY KEY, password_hash TEXT NOT NULL, profile TEXT NOT NULL) STRICT").run();
  await database.prepare("INSERT INTO users VALUES (?1, ?2, ?3)").bind(USER.username, hash, JSON.stringify(USER)).run();
}

export async function createUserWithArgon2(miniflare) {
  const { argon2id } = (await peer("argon2-wasm-edge/dist/index.umd.js")).default;
  const parameters = { iterations: 2, parallelism: 1, memorySize: 19 * 1024, hashLength: 32, outputType: "encoded" };
  await createUser(miniflare, await argon2id({ ...parameters, password: PASSWORD, salt: randomBytes(16) }));
}

export async function createUserWithPbkdf2(miniflare) {
  const salt = randomBytes(16);
  const parts = [salt, pbkdf2Sync(PASSWORD, salt, 100_000, 32, "sha256")];
  await createUser(miniflare, parts.map((part) => part.toString("base64")).join(":"));
}

export const createUserWithoutPassword = (miniflare) => createUser(miniflare, "");
