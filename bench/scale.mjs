// Edge Auth with many users, each with ten sessions: the same requests, by users and sessions from all parts of the
// database.
import { randomBytes, randomInt } from "node:crypto";
import { CURRENT, worker } from "./builds.mjs";
import { ADDRESSES, digest, PASSWORD, setPassword, sign } from "./edge_auth.mjs";
import { options } from "./tools.mjs";

const DAY = 86_400;
const timestamp = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
/** When the first audit event of many_users.sql was recorded; the others follow, one per second. */
const FIRST_EVENT = Date.parse("2026-01-01T00:00:00Z") / 1000;
/** From this event on, the hour that ends with an event contains at least one page of entries of each kind. */
const FIRST_WITH_A_PAGE = 300;

/** Some of the row numbers from 1 to `last`. */
function someRows(count, last) {
  const rows = new Set();
  while (rows.size < Math.min(count, last)) rows.add(randomInt(last) + 1);
  return [...rows];
}

/** Gives ids with known tokens to sessions of the database, and starts these sessions now. Returns the tokens. */
async function createTokens(database, count, users) {
  const now = Math.floor(Date.now() / 1000);
  const sids = new Map();
  const ids = someRows(count, 10 * users).map((row) => {
    const sid = randomBytes(16).toString("base64url");
    sids.set(digest(sid), sid);
    return [row, digest(sid)];
  });
  const { results } = await database
    .prepare(
      `UPDATE sessions SET id = new.id, generation = 0, rotated_at = ?2, token_expires_at = ?3, ends_at = ?3, revoked_at = NULL
       FROM (SELECT value ->> 0 AS number, value ->> 1 AS id FROM json_each(?1)) AS new
       WHERE sessions.rowid = new.number RETURNING sessions.id, user_id`,
    )
    .bind(JSON.stringify(ids), timestamp(now), timestamp(now + DAY))
    .all();
  const { JWT_ISSUER: iss, JWT_AUDIENCE: aud } = CURRENT.variables;
  // In the order in which the Worker writes them, because it accepts no other order.
  const claims = { exp: now + DAY, iat: now, iss, aud };
  return Promise.all(results.map(({ id, user_id }) => sign({ ...claims, sub: user_id, sid: sids.get(id), gen: 0 })));
}

const bearer = (method, path) => (token) => ({ method, path: `/api/auth/${path}`, headers: { authorization: `Bearer ${token}` } });

const validate = (sessions) => async (database, users) => (await createTokens(database, sessions, users)).map(bearer("GET", "validate"));

const refresh = async (database, users) => (await createTokens(database, 2_000, users)).map(bearer("POST", "refresh"));

/** Sets the passwords of some users. Returns their sign-in requests. */
async function signIn(database, users, origin) {
  const rows = JSON.stringify(someRows(100, users));
  const { results } = await database
    .prepare("SELECT id, username FROM users WHERE rowid IN (SELECT value FROM json_each(?1)) ORDER BY random()")
    .bind(rows)
    .all();
  for (const [index, { id }] of results.entries()) await setPassword(database, origin, id, ADDRESSES[index]);
  return results.map(({ username }, index) => ({
    method: "POST",
    path: "/api/auth/login",
    headers: { "cf-connecting-ip": ADDRESSES[index] },
    body: JSON.stringify({ username, password: PASSWORD }),
  }));
}

/** Searches by administrators. Each search has other criteria, and all find the same number of entries. */
const audit = (query) => async (database, users) => {
  const tokens = await createTokens(database, 500, users);
  const ids = tokens.map((token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url")).sub);
  await database.prepare("UPDATE users SET role = 'admin' WHERE id IN (SELECT value FROM json_each(?1))").bind(JSON.stringify(ids)).run();
  const { results } = await database
    .prepare("SELECT rowid AS number, id FROM users WHERE rowid >= ?2 AND rowid IN (SELECT value FROM json_each(?1)) ORDER BY random()")
    .bind(JSON.stringify(someRows(1_000, users)), FIRST_WITH_A_PAGE)
    .all();
  return results.map((user, index) => bearer("GET", `audit?${new URLSearchParams(query(user))}`)(tokens[index % tokens.length]));
};
/** The hour that ends with a user's event. */
const hour = ({ number }) => ({ from: timestamp(FIRST_EVENT + number - 3_600), to: timestamp(FIRST_EVENT + number) });

/** The smallest database is the subject, and a second copy of it the control. */
const byUsers = (prepare, { settings, ...more } = {}) =>
  (options.databases ?? []).map(({ users, role, folder }) => ({
    ...worker(CURRENT, settings),
    name: `${users.toLocaleString("en")} users${role === "control" ? " (A/A)" : ""}`,
    role,
    storage: folder,
    prepare: async (miniflare, origin) => prepare(await miniflare.getD1Database("DB"), users, origin),
    ...more,
  }));

export const SCALE = {
  "scale-sign-in": byUsers(signIn, { connections: 1 }),
  "scale-validate": byUsers(validate(500)),
  "scale-validate-strict": byUsers(validate(5_000), { settings: { SESSION_CONSISTENCY: "strict" } }),
  "scale-refresh": byUsers(refresh, { refreshes: "bearer" }),
  "scale-audit-user": byUsers(audit(({ id }) => ({ user: id }))),
  "scale-audit-kind": byUsers(audit((user) => ({ kind: "sign_in_failed", ...hour(user) }))),
  "scale-audit-time": byUsers(audit(hour)),
};
