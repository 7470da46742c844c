// Edge Auth's configuration, its database with one person, and her sessions.
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { config, peerModules, repository } from "./tools.mjs";

const secret = () => randomBytes(32).toString("base64");
const secrets = { JWT_SECRET: secret(), PASSWORD_PEPPER: secret(), HANDLE_KEY: secret(), AUDIT_KEY: secret() };

/** What every Worker is given. */
export const VARIABLES = { ...config.vars, ...secrets };

export const PASSWORD = "a long enough password for a bench";
export const PERSON = {
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

/** Clients' addresses: enough that none of them sends ten sign-ins a minute, from which on the coarse shield is asked. */
export const ADDRESSES = Array.from({ length: 5_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
/** Sessions: enough that none of them exceeds its limit. */
export const SESSIONS = 500;

export const digest = (text) => createHash("sha256").update(text).digest("hex");

/** Makes the tables of the Edge Auth in this folder. */
export async function migrate(database, root = repository) {
  const folder = path.join(root, "migrations");
  for (const file of (await readdir(folder)).sort()) {
    const statements = (await readFile(path.join(folder, file), "utf8")).replaceAll(/--.*$/gm, "");
    // A trigger holds semicolons of its own.
    for (const statement of statements.split(/;\s*\n(?=\s*(?:CREATE\b|DROP\b|$))/)) if (statement.trim()) await database.prepare(statement).run();
  }
}

/** Makes the database, and the person; a one-time link sets her password, as the administrator's command does it. */
export async function makePerson(miniflare, origin, root = repository) {
  const database = await miniflare.getD1Database("DB");
  await migrate(database, root);
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
    .bind(digest(link), id)
    .run();
  await post(origin, "set-password", { token: link, password: PASSWORD });
  return database;
}

/**
 * As many people with her password as sign-ins are sent in turn, and the names of all: of one person's sessions a sign-in
 * would soon end the oldest each time.
 */
export async function makePeople(miniflare, origin, count, root = repository) {
  const database = await makePerson(miniflare, origin, root);
  const names = Array.from({ length: count }, (_, number) => `${PERSON.username}${number}`);
  await database
    .prepare(
      `INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, aws_region, role, is_active,
                          password_hash, created_at, updated_at)
       SELECT format('00000000-0000-4000-9000-%012d', key), source, value, value, value || '@example.com', value || '@example.com', name,
              organization, aws_region, role, is_active, password_hash, created_at, updated_at
       FROM users, json_each(?1)`,
    )
    .bind(JSON.stringify(names))
    .run();
  return names;
}

/** The person signs in once; her other sessions are that one's rows and claims under other ids. */
export async function tokens(miniflare, origin, root = repository) {
  const database = await makePerson(miniflare, origin, root);
  const { token } = await post(origin, "login", { username: PERSON.username, password: PASSWORD });
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  const sids = Array.from({ length: SESSIONS - 1 }, () => randomBytes(16).toString("base64url"));
  await database
    .prepare(
      `INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at, device, address)
       SELECT value, user_id, generation, created_at, rotated_at, token_expires_at, ends_at, device, address
       FROM sessions, json_each(?1)`,
    )
    .bind(JSON.stringify(sids.map(digest)))
    .run();
  return [token, ...(await Promise.all(sids.map((sid) => sign({ ...claims, sid }))))];
}

export async function sign(claims) {
  const { SignJWT } = await import(path.join(peerModules, "jose/dist/webapi/index.js"));
  const key = new TextEncoder().encode(VARIABLES.JWT_SECRET);
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(key);
}

export async function post(origin, route, body) {
  const reply = await fetch(`${origin}/api/auth/${route}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${route}: ${reply.status} ${text}`);
  return JSON.parse(text);
}
