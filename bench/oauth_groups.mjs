// The groups of the OAuth server. The codes and tokens of the requests are created before the measurement.
import { CURRENT, worker } from "./builds.mjs";
import { SESSIONS, SESSION_BURSTS } from "./edge_auth.mjs";
import {
  createAccessTokens,
  createCodes,
  createIntrospections,
  createManyGrants,
  createManyGrantsAndTokens,
  createRefreshTokens,
  OAUTH_VARIABLES,
} from "./oauth.mjs";
import * as peers from "./oauth_peers.mjs";
import { BETTER_AUTH_URL } from "./peer_stores.mjs";
import { options } from "./tools.mjs";

/** Seconds of load for which codes are created: the measurement, the warm-up and a reserve. */
const SECONDS = (options.seconds ?? 0) + 4;
/** Refresh tokens and access tokens, which are used again and again. */
const TOKENS = 1_000;

const BEARER = (token) => ({ headers: { authorization: `Bearer ${token}` } });

const edgeAuth = (more) => ({ ...worker(CURRENT), vars: OAUTH_VARIABLES, ...more });
const PROVIDER = { name: "workers-oauth-provider + KV", entry: "bench/peers/workers_oauth_provider.mjs", vars: { USER_ID: "ada" } };
const BETTER_AUTH = {
  name: "better-auth + D1",
  entry: "bench/peers/better_auth_oauth.mjs",
  vars: { BASE_URL: BETTER_AUTH_URL },
};
const betterAuthVariables = { ...CURRENT.variables, ...BETTER_AUTH.vars };

/** The build twice (A/A), without builds of other clones, which may have no OAuth server; then the peers. */
const group = (subject, base, ...context) => [
  { ...subject, role: "subject" },
  { ...subject, name: `${subject.name}, same build (A/A)`, role: "control" },
  ...(options.ours ? [] : [{ ...base, role: "base" }, ...context.map((other) => ({ ...other, role: "context" }))]),
];

/** More codes than a Worker redeems in a second. */
const CODES_PER_SECOND = { edgeAuth: 1_000, provider: 3_000, betterAuth: 300 };
const count = (of) => SECONDS * CODES_PER_SECOND[of];

/** The same requests with a thousand grants in the database, and with a million. */
const byGrants = (prepare, more) =>
  [
    ["subject", 1_000, ""],
    ["control", 1_000, " (A/A)"],
    ["context", 1_000_000, ""],
  ].map(([role, grants, suffix]) => ({
    ...edgeAuth(more),
    name: `${grants.toLocaleString("en")} grants${suffix}`,
    role,
    prepare: (miniflare, origin) => prepare(miniflare, origin, CURRENT.root, grants, TOKENS),
  }));

export const OAUTH = {
  "oauth-code": group(
    edgeAuth({ isSingleUse: true, prepare: (miniflare, origin) => createCodes(miniflare, origin, CURRENT.root, count("edgeAuth")) }),
    { ...PROVIDER, isSingleUse: true, prepare: (miniflare, origin) => peers.createProviderCodes(origin, count("provider")) },
    {
      ...BETTER_AUTH,
      isSingleUse: true,
      prepare: (miniflare, origin) => peers.createBetterAuthCodes(miniflare, origin, betterAuthVariables, count("betterAuth")),
    },
  ),
  "oauth-refresh": group(
    edgeAuth({ refreshes: "form", prepare: (miniflare, origin) => createRefreshTokens(miniflare, origin, CURRENT.root, TOKENS) }),
    { ...PROVIDER, refreshes: "form", prepare: (miniflare, origin) => peers.createProviderRefreshTokens(origin, TOKENS) },
    {
      ...BETTER_AUTH,
      refreshes: "form",
      prepare: (miniflare, origin) => peers.createBetterAuthRefreshTokens(miniflare, origin, betterAuthVariables, TOKENS),
    },
  ),
  "oauth-introspect": group(
    edgeAuth({
      prepare: (miniflare, origin) => createIntrospections(miniflare, origin, CURRENT.root, TOKENS),
    }),
    {
      ...BETTER_AUTH,
      prepare: (miniflare, origin) => peers.createBetterAuthIntrospections(miniflare, origin, betterAuthVariables, TOKENS),
    },
  ),
  "oauth-validate": group(
    edgeAuth({
      name: "Edge Auth, validateToken",
      caller: "bench/peers/caller.mjs",
      service: "AuthService",
      bursts: SESSION_BURSTS,
      prepare: async (miniflare, origin) => (await createAccessTokens(miniflare, origin, CURRENT.root, SESSIONS)).map(BEARER),
    }),
    {
      ...PROVIDER,
      caller: "bench/peers/workers_oauth_provider_caller.mjs",
      bursts: SESSION_BURSTS,
      prepare: (miniflare, origin) => peers.createProviderAccessTokens(origin, SESSIONS),
    },
  ),
  "grants-refresh": byGrants(createManyGrants, { refreshes: "form" }),
  "grants-introspect": byGrants(createManyGrantsAndTokens),
};
