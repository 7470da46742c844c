// The peers' stores, filled by the means that each has for it, and the requests that go with them.
import { pbkdf2Sync, randomBytes } from "node:crypto";
import path from "node:path";
import { PASSWORD, PERSON, SESSIONS, sign, VARIABLES } from "./ours.mjs";
import { peerModules } from "./tools.mjs";

const peer = (file) => import(path.join(peerModules, file));
const now = Math.floor(Date.now() / 1000);

/** Tokens with the same claims and records as ours, for a peer that keeps its sessions in KV. */
export async function tokensOfKv(miniflare) {
  const kv = await miniflare.getKVNamespace("SESSIONS");
  const { JWT_ISSUER: iss, JWT_AUDIENCE: aud } = VARIABLES;
  const session = async () => {
    const sid = randomBytes(16).toString("base64url");
    await kv.put(`session:${sid}:0`, JSON.stringify({ believe_until: now + 86_400, user: PERSON }));
    return sign({ iss, aud, sub: PERSON.id, sid, gen: 0, iat: now, exp: now + 86_400 });
  };
  return Promise.all(Array.from({ length: SESSIONS }, session));
}

export const OPENAUTH_ISSUER = "https://issuer.example.com";

/** A token of OpenAuth's own issuer, and what it publishes. */
export async function tokenOfOpenAuth(miniflare) {
  const { issuer } = await peer("@openauthjs/openauth/dist/esm/index.js");
  const { MemoryStorage } = await peer("@openauthjs/openauth/dist/esm/storage/memory.js");
  const validate = (value) => ({ value });
  const app = issuer({
    subjects: { user: { "~standard": { version: 1, vendor: "bench", validate } } },
    storage: MemoryStorage(),
    providers: { bench: { type: "bench", init: () => {}, client: async () => ({}) } },
    success: (ctx) => ctx.subject("user", PERSON),
  });
  const kv = await miniflare.getKVNamespace("SESSIONS");
  for (const file of ["oauth-authorization-server", "jwks.json"]) {
    const url = `${OPENAUTH_ISSUER}/.well-known/${file}`;
    await kv.put(url, await (await app.request(url)).text());
  }
  const body = new URLSearchParams({ grant_type: "client_credentials", provider: "bench", client_id: "bench", client_secret: "bench" });
  const reply = await app.request(`${OPENAUTH_ISSUER}/token`, { method: "POST", body });
  return (await reply.json()).access_token;
}

export const BETTER_AUTH_URL = "https://auth.example.com";

/** Makes better-auth's tables and a person who signs up; the cookies that say so. */
export async function signUpAtBetterAuth(miniflare, origin) {
  const { getMigrations } = await peer("better-auth/dist/db/get-migration.mjs");
  const database = await miniflare.getD1Database("DB");
  const { runMigrations } = await getMigrations({ database, emailAndPassword: { enabled: true } });
  await runMigrations();
  const { name, email } = PERSON;
  const reply = await fetch(`${origin}/api/auth/sign-up/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: BETTER_AUTH_URL },
    body: JSON.stringify({ name, email, password: PASSWORD }),
  });
  if (!reply.ok) throw new Error(`better-auth: ${reply.status} ${await reply.text()}`);
  return reply.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
}

/** A table of people with one in it, whose password is stored like this. */
const person = (hash) => async (miniflare) => {
  const database = await miniflare.getD1Database("DB");
  await database.prepare("CREATE TABLE people (username TEXT NOT NULL PRIMARY KEY, password_hash TEXT NOT NULL, profile TEXT NOT NULL) STRICT").run();
  await database.prepare("INSERT INTO people VALUES (?1, ?2, ?3)").bind(PERSON.username, await hash(), JSON.stringify(PERSON)).run();
};

export const personOfArgon2 = person(async () => {
  const { argon2id } = (await peer("argon2-wasm-edge/dist/index.umd.js")).default;
  const parameters = { iterations: 2, parallelism: 1, memorySize: 19 * 1024, hashLength: 32, outputType: "encoded" };
  return argon2id({ ...parameters, password: PASSWORD, salt: randomBytes(16) });
});
export const personOfPbkdf2 = person(() => {
  const salt = randomBytes(16);
  return [salt, pbkdf2Sync(PASSWORD, salt, 100_000, 32, "sha256")].map((part) => part.toString("base64")).join(":");
});
export const personUnhashed = person(() => PASSWORD);
