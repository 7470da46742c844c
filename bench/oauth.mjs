// Edge Auth's OAuth clients and grants. A grant is stored before the measurement, as the consent page stores it, so the
// code or the refresh token of each request can be computed here.
import { createHash, createHmac, generateKeyPairSync, hkdfSync, randomBytes, randomUUID } from "node:crypto";
import { CURRENT } from "./builds.mjs";
import { ADDRESSES, createUser, digest, USER } from "./edge_auth.mjs";

/** The parameters of the requests to all authorization servers of the benchmark. The resource is the one in wrangler.toml. */
export const RESOURCE = "https://api.example.com";
export const SCOPE = "reports:read offline_access";
export const REDIRECT_URI = "https://app.example.com/callback";
export const VERIFIER = randomBytes(32).toString("base64url");
export const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");

/** A public client. */
export const CLIENT = "00000000-0000-4000-8000-0000000c11e7";
/** A confidential client, which asks about tokens. */
const SERVICE = { id: "00000000-0000-4000-8000-00000005e7ce", secret: randomBytes(32).toString("base64url") };

/** The key that signs access tokens, as `cargo xtask keys` prints it. */
function signingKey() {
  const { kty, crv, x, y, d } = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
  return JSON.stringify({ kty, crv, x, y, d, kid, alg: "ES256", use: "sig" });
}

/** The variables with which the OAuth server is on. */
export const OAUTH_VARIABLES = { OAUTH_KEY_1: signingKey() };

/** Leaves colons as they are. A token without escapes can be replaced in a request by another token of the same length. */
const escaped = (text) => encodeURIComponent(text).replaceAll("%3A", ":");

/** The body of a form and its headers. */
export const form = (fields, headers = {}) => ({
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  body: Object.entries(fields).map((field) => field.map(escaped).join("=")).join("&"),
});
export const basic = ({ id, secret }) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` });

const address = (index) => ({ "cf-connecting-ip": ADDRESSES[index % ADDRESSES.length] });
const timestamp = (milliseconds) => new Date(milliseconds).toISOString().replace(/\.\d+Z/, "Z");

/** The requests of the public client and of the confidential one. */
const codeRequest = (code, index) => ({
  path: "/oauth/token",
  ...form({ grant_type: "authorization_code", code, code_verifier: VERIFIER, redirect_uri: REDIRECT_URI, resource: RESOURCE, client_id: CLIENT }, address(index)),
});
const refreshRequest = (token, index) => ({
  path: "/oauth/token",
  ...form({ grant_type: "refresh_token", client_id: CLIENT, refresh_token: token }, address(index)),
});
const introspectionRequest = (token, index) => ({
  path: "/oauth/introspect",
  ...form({ token }, { ...address(index), ...basic(SERVICE) }),
});

/** Sends a request before the measurement. Returns the JSON of the response. */
export async function send(origin, { path, ...request }) {
  const response = await fetch(origin + path, { ...request, redirect: "manual" });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/**
 * Returns these introspection requests after a check that the first token is active. The status of the response is the same for a
 * token that is not active.
 */
export async function checked(origin, requests) {
  const { active } = await send(origin, requests[0]);
  if (!active) throw new Error("the token is not active");
  return requests;
}

/** Calls the function for each number below `count`, at most 16 at a time. Returns the results. */
export async function many(count, run) {
  const results = [];
  let next = 0;
  const repeat = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await run(index);
    }
  };
  await Promise.all(Array.from({ length: 16 }, repeat));
  return results;
}

/** Creates the clients. */
export async function createClients(database) {
  const insert = database.prepare(
    `INSERT INTO oauth_clients (id, name, name_search, kind, token_endpoint_auth_method, secret_hash, secret_created_at, redirect_uris,
                                post_logout_redirect_uris, grant_types, scope, is_active, created_at, updated_at)
     VALUES (?1, 'Bench', 'bench', ?2, ?3, ?4, ?5, ?6, '[]', ?7, '', 1, ?8, ?8)
     ON CONFLICT (id) DO NOTHING`,
  );
  const now = timestamp(Date.now());
  const uris = JSON.stringify([REDIRECT_URI]);
  await insert.bind(CLIENT, "public", "none", null, null, uris, '["authorization_code","refresh_token"]', now).run();
  await insert.bind(SERVICE.id, "confidential", "client_secret_basic", digest(SERVICE.secret), now, "[]", '["client_credentials"]', now).run();
}

const label = "Edge Auth grant 1: code and refresh token";
const grantKey = Buffer.from(hkdfSync("sha256", CURRENT.variables.HANDLE_KEY, "", label, 32));

/** The code (generation 0) or a refresh token of a grant (src/crypto/grant_tokens.rs). */
export function grantToken(grant, generation) {
  const content = Buffer.alloc(20);
  Buffer.from(grant.replaceAll("-", ""), "hex").copy(content);
  content.writeUInt32BE(generation, 16);
  return Buffer.concat([content, createHmac("sha256", grantKey).update(content).digest()]).toString("base64url");
}

/** Rows in one statement, below the maximum size of a parameter. */
const ROWS = 5_000;

/** Stores grants of the user whose code was sent just now, or was redeemed just now. Returns the codes or the first refresh tokens. */
async function createGrants(database, count, { isRedeemed }) {
  const now = Date.now();
  const grants = Array.from({ length: count }, () => randomUUID());
  // The codes are valid for longer than a minute, so that they can be stored before the measurement begins.
  const expiresAt = timestamp(now + 3_600_000);
  const insert = database.prepare(
    `INSERT INTO oauth_grants (id, user_id, client_id, session_id, redirect_uri, resource, scope, code_challenge, authenticated_at, amr,
                               created_at, redeemed_at, generation, rotated_at, expires_at, ends_at)
     SELECT value, ?2, ?3, 'none', ?4, ?5, ?6, ?7, ?8, '["pwd"]', ?8, iif(?9, ?8, NULL), ?9, iif(?9, ?8, NULL), ?10, ?11
     FROM json_each(?1)`,
  );
  for (let start = 0; start < count; start += ROWS) {
    const ids = JSON.stringify(grants.slice(start, start + ROWS));
    const values = [USER.id, CLIENT, REDIRECT_URI, RESOURCE, SCOPE, CHALLENGE, timestamp(now), isRedeemed ? 1 : 0];
    await insert.bind(ids, ...values, expiresAt, timestamp(now + 90 * 86_400_000)).run();
  }
  return grants.map((grant) => grantToken(grant, isRedeemed ? 1 : 0));
}

async function open(miniflare, origin, root) {
  const database = await createUser(miniflare, origin, root);
  await createClients(database);
  return database;
}

/** Returns requests with a code each. */
export async function createCodes(miniflare, origin, root, count) {
  const codes = await createGrants(await open(miniflare, origin, root), count, { isRedeemed: false });
  return codes.map(codeRequest);
}

/** Returns requests with a refresh token each. */
export async function createRefreshTokens(miniflare, origin, root, count) {
  const tokens = await createGrants(await open(miniflare, origin, root), count, { isRedeemed: true });
  return tokens.map(refreshRequest);
}

/** Returns access tokens, each of another grant. */
export async function createAccessTokens(miniflare, origin, root, count) {
  const requests = await createRefreshTokens(miniflare, origin, root, count);
  return many(count, async (index) => (await send(origin, requests[index])).access_token);
}

/** Returns requests that ask about an access token each. */
export async function createIntrospections(miniflare, origin, root, count) {
  const tokens = await createAccessTokens(miniflare, origin, root, count);
  return checked(origin, tokens.map(introspectionRequest));
}

/** Grants in one statement. */
const GRANTS_AT_ONCE = 100_000;

/**
 * Stores this many grants of a thousand users, with refresh tokens. Returns requests with the refresh tokens of some of them, from
 * all parts of the table.
 */
export async function createManyGrants(miniflare, origin, root, grants, count) {
  const database = await open(miniflare, origin, root);
  await database
    .prepare(
      `INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, aws_region, role, is_active,
                          created_at, updated_at)
       WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 999)
       SELECT format('00000000-0000-4000-9000-%012d', n), source, username || n, username || n, n || email, n || email, name,
              organization, aws_region, role, is_active, created_at, updated_at
       FROM users, numbers WHERE id = ?1`,
    )
    .bind(USER.id)
    .run();
  const now = Date.now();
  const insert = database.prepare(
    `INSERT INTO oauth_grants (id, user_id, client_id, session_id, redirect_uri, resource, scope, code_challenge, authenticated_at, amr,
                               created_at, redeemed_at, generation, rotated_at, expires_at, ends_at)
     WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
     SELECT lower(format('%s-%s-4%s-8%s-%s', hex(randomblob(4)), hex(randomblob(2)), substr(hex(randomblob(2)), 2),
                         substr(hex(randomblob(2)), 2), hex(randomblob(6)))),
            format('00000000-0000-4000-9000-%012d', n % 1000), ?2, lower(hex(randomblob(32))), ?3, ?4, ?5, ?6, ?7, '["pwd"]', ?7, ?7, 1,
            ?7, ?8, ?9
     FROM numbers`,
  );
  const values = [CLIENT, REDIRECT_URI, RESOURCE, SCOPE, CHALLENGE, timestamp(now)];
  const ends = [timestamp(now + 30 * 86_400_000), timestamp(now + 90 * 86_400_000)];
  for (let stored = 0; stored < grants; stored += GRANTS_AT_ONCE) {
    await insert.bind(Math.min(GRANTS_AT_ONCE, grants - stored), ...values, ...ends).run();
  }
  const rows = Array.from({ length: count }, (_, index) => 1 + Math.floor((index * grants) / count));
  const { results } = await database
    .prepare("SELECT id FROM oauth_grants WHERE rowid IN (SELECT value FROM json_each(?1)) ORDER BY random()")
    .bind(JSON.stringify(rows))
    .all();
  return results.map(({ id }, index) => refreshRequest(grantToken(id, 1), index));
}

/** Returns requests that ask about an access token of some of these grants. */
export async function createManyGrantsAndTokens(miniflare, origin, root, grants, count) {
  const requests = await createManyGrants(miniflare, origin, root, grants, count);
  const tokens = await many(count, async (index) => (await send(origin, requests[index])).access_token);
  return checked(origin, tokens.map(introspectionRequest));
}
