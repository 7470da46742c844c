// Edge Auth among so many people, each with ten sessions: the same requests, of people and sessions from everywhere in
// the database.
import { randomBytes, randomInt } from "node:crypto";
import { ADDRESSES, digest, PASSWORD, post, sign, VARIABLES } from "./ours.mjs";

/** Folders of people.mjs, by the number of people in them. */
const STORAGE = JSON.parse(process.env.EDGE_AUTH_BENCH_PEOPLE || "{}");

const DAY = 86_400;
const at = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
/** When the first entry of people.sql was made; the others follow, one a second. */
const FIRST_ENTRY = Date.parse("2026-01-01T00:00:00Z") / 1000;
/** From here on the hour before an entry has a page of every kind. */
const ENOUGH = 300;

/** Some of the rows from 1 to `last`. */
function some(count, last) {
  const rows = new Set();
  while (rows.size < Math.min(count, last)) rows.add(randomInt(last) + 1);
  return [...rows];
}

/** Gives sessions of the database ids that we know the tokens of, and begins them now; their tokens. */
async function tokens(database, count, people) {
  const now = Math.floor(Date.now() / 1000);
  const sids = new Map();
  const given = some(count, 10 * people).map((row) => {
    const sid = randomBytes(16).toString("base64url");
    sids.set(digest(sid), sid);
    return [row, digest(sid)];
  });
  const { results } = await database
    .prepare(
      `UPDATE sessions SET id = given.id, generation = 0, rotated_at = ?2, token_expires_at = ?3, ends_at = ?3, revoked_at = NULL
       FROM (SELECT value ->> 0 AS number, value ->> 1 AS id FROM json_each(?1)) AS given
       WHERE sessions.rowid = given.number RETURNING sessions.id, user_id`,
    )
    .bind(JSON.stringify(given), at(now), at(now + DAY))
    .all();
  const claims = { iss: VARIABLES.JWT_ISSUER, aud: VARIABLES.JWT_AUDIENCE, gen: 0, iat: now, exp: now + DAY };
  return Promise.all(results.map(({ id, user_id }) => sign({ ...claims, sub: user_id, sid: sids.get(id) })));
}

const bearer = (method, path) => (token) => ({ method, path: `/api/auth/${path}`, headers: { authorization: `Bearer ${token}` } });

/** By so many sessions. */
const validate = (count) => async (database, people) => (await tokens(database, count, people)).map(bearer("GET", "validate"));

const refresh = async (database, people) => (await tokens(database, 2_000, people)).map(bearer("POST", "refresh"));

/** One sets a password by a one-time link, as the administrator's command makes it; the others get the same hash. */
async function signIn(database, people, origin) {
  const chosen = JSON.stringify(some(100, people));
  const { results } = await database
    .prepare("SELECT id, username FROM users WHERE rowid IN (SELECT value FROM json_each(?1)) ORDER BY random()")
    .bind(chosen)
    .all();
  const link = randomBytes(32).toString("base64url");
  await database
    .prepare("INSERT INTO password_links (id, user_id, created_at, expires_at) VALUES (?1, ?2, '2000-01-01T00:00:00Z', '2999-01-01T00:00:00Z')")
    .bind(digest(link), results[0].id)
    .run();
  await post(origin, "set-password", { token: link, password: PASSWORD });
  await database
    .prepare(
      `UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE id = ?2)
       WHERE rowid IN (SELECT value FROM json_each(?1))`,
    )
    .bind(chosen, results[0].id)
    .run();
  return results.map(({ username }, index) => ({
    method: "POST",
    path: "/api/auth/login",
    headers: { "cf-connecting-ip": ADDRESSES[index] },
    body: JSON.stringify({ username, password: PASSWORD }),
  }));
}

/** Searches of administrators, each for something else; everywhere there is as much to be found. */
const audit = (query) => async (database, people) => {
  const shown = await tokens(database, 500, people);
  const ids = shown.map((token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url")).sub);
  await database.prepare("UPDATE users SET role = 'admin' WHERE id IN (SELECT value FROM json_each(?1))").bind(JSON.stringify(ids)).run();
  const { results } = await database
    .prepare("SELECT rowid AS number, id FROM users WHERE rowid >= ?2 AND rowid IN (SELECT value FROM json_each(?1)) ORDER BY random()")
    .bind(JSON.stringify(some(1_000, people)), ENOUGH)
    .all();
  return results.map((user, index) => bearer("GET", `audit?${new URLSearchParams(query(user))}`)(shown[index % shown.length]));
};
/** The hour that ends with a person's entry. */
const hour = ({ number }) => ({ from: at(FIRST_ENTRY + number - 3_600), to: at(FIRST_ENTRY + number) });

const among = (prepare, options) =>
  Object.entries(STORAGE).map(([people, storage]) => ({
    name: `${Number(people).toLocaleString("en")} people`,
    entry: "src/entry.mjs",
    storage,
    prepare: async (miniflare, origin) => prepare(await miniflare.getD1Database("DB"), Number(people), origin),
    ...options,
  }));

export const SCALE = {
  "scale-sign-in": among(signIn, { connections: 1 }),
  "scale-validate": among(validate(500), { vars: { SESSION_EDGE_TRUST: "3600", SESSION_ISOLATE_TRUST: "30" } }),
  "scale-validate-strict": among(validate(5_000), { vars: { SESSION_CONSISTENCY: "strict" } }),
  "scale-refresh": among(refresh, { renews: true }),
  "scale-audit-user": among(audit(({ id }) => ({ user: id }))),
  "scale-audit-kind": among(audit((user) => ({ kind: "sign_in_failed", ...hour(user) }))),
  "scale-audit-time": among(audit(hour)),
};
