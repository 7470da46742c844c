// Creates clients, codes and tokens of the peers with the peers' own endpoints, before the measurement.
import { request as sendRaw } from "node:http";
import path from "node:path";
import { USER } from "./edge_auth.mjs";
import { basic, CHALLENGE, checked, form, many, REDIRECT_URI, RESOURCE, SCOPE, send, VERIFIER } from "./oauth.mjs";
import { signUpAtBetterAuth } from "./peer_stores.mjs";
import { settings } from "./peers/better_auth_oauth_settings.mjs";
import { options } from "./tools.mjs";

const peer = (file) => import(path.join(options.peers, file));

/** The parameters of an authorization request. */
const query = (client_id, resource) =>
  new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    resource,
    state: "state",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
  });
const codeOf = (location) => new URL(location).searchParams.get("code");

/** workers-oauth-provider compares the origin of a request with its issuer or resource, which may be http on a loopback host. */
const ISSUER_HOST = { host: "localhost:8787" };
const RESOURCE_HOST = { host: "localhost:8788" };
const PROVIDER_RESOURCE = `http://${RESOURCE_HOST.host}`;

/** Sends a request with any header `Host`. Returns the location of a redirect, or the JSON of the response. */
function sendToHost(origin, { path, method, headers, body }) {
  return new Promise((resolve, reject) => {
    const sent = sendRaw(origin + path, { method, headers: { ...headers, ...ISSUER_HOST } }, async (response) => {
      const text = (await response.toArray()).join("");
      if (response.statusCode >= 400) reject(new Error(`${path}: ${response.statusCode} ${text}`));
      else resolve(response.headers.location ?? JSON.parse(text));
    });
    sent.on("error", reject).end(body);
  });
}

/** A request for the first tokens, or the next ones, of a public client at this path. */
const tokenRequest = (path, fields, headers) => ({ path, ...form(fields, headers) });
const codeFields = (client_id, code, resource) => ({
  grant_type: "authorization_code",
  code,
  code_verifier: VERIFIER,
  redirect_uri: REDIRECT_URI,
  resource,
  client_id,
});
const refreshFields = (client_id, refresh_token) => ({ grant_type: "refresh_token", client_id, refresh_token });

const PROVIDER_TOKEN = "/oauth/token";

async function authorizeAtProvider(origin, count) {
  const client = { redirectUris: [REDIRECT_URI], clientName: "Bench", tokenEndpointAuthMethod: "none" };
  const { clientId } = await sendToHost(origin, { path: "/clients", method: "POST", body: JSON.stringify(client) });
  const codes = await many(count, async () => codeOf(await sendToHost(origin, { path: `/authorize?${query(clientId, PROVIDER_RESOURCE)}` })));
  return { clientId, codes };
}

/** Requests with a code of workers-oauth-provider each. */
export async function createProviderCodes(origin, count) {
  const { clientId, codes } = await authorizeAtProvider(origin, count);
  return codes.map((code) => tokenRequest(PROVIDER_TOKEN, codeFields(clientId, code, PROVIDER_RESOURCE), ISSUER_HOST));
}

/** The responses of workers-oauth-provider to codes. */
async function createProviderTokens(origin, count) {
  const { clientId, codes } = await authorizeAtProvider(origin, count);
  const tokens = await many(count, (index) => sendToHost(origin, tokenRequest(PROVIDER_TOKEN, codeFields(clientId, codes[index], PROVIDER_RESOURCE))));
  return { clientId, tokens };
}

export async function createProviderRefreshTokens(origin, count) {
  const { clientId, tokens } = await createProviderTokens(origin, count);
  return tokens.map(({ refresh_token }) => tokenRequest(PROVIDER_TOKEN, refreshFields(clientId, refresh_token), ISSUER_HOST));
}

/** Requests to the service that uses workers-oauth-provider, with an access token each. */
export async function createProviderAccessTokens(origin, count) {
  const { tokens } = await createProviderTokens(origin, count);
  return tokens.map(({ access_token }) => ({ headers: { ...RESOURCE_HOST, authorization: `Bearer ${access_token}` } }));
}

const BETTER_AUTH_TOKEN = "/api/auth/oauth2/token";

/** Creates better-auth's tables, a user, and two clients: a public client without a consent page, and a confidential client. */
async function openBetterAuth(miniflare, origin, variables) {
  const { betterAuth } = await peer("better-auth/dist/index.mjs");
  const { jwt } = await peer("better-auth/dist/plugins/index.mjs");
  const { oauthProvider } = await peer("@better-auth/oauth-provider/dist/index.mjs");
  const { getMigrations } = await peer("better-auth/dist/db/get-migration.mjs");
  const given = settings({ jwt, oauthProvider }, { ...variables, DB: await miniflare.getD1Database("DB") });
  await (await getMigrations(given)).runMigrations();
  const cookie = await signUpAtBetterAuth(miniflare, origin);
  const { api } = betterAuth(given);
  const create = (body) => api.adminCreateOAuthClient({ headers: new Headers({ cookie }), body: { redirect_uris: [REDIRECT_URI], ...body } });
  const client = await create({ client_name: "Bench", token_endpoint_auth_method: "none", skip_consent: true, scope: SCOPE });
  const service = await create({ client_name: "Service", token_endpoint_auth_method: "client_secret_basic", skip_consent: true, scope: SCOPE });
  // A client gets tokens for the resources that it is linked to, and a service may ask about tokens for those.
  for (const { client_id } of [client, service]) {
    await api.adminLinkClientResource({ headers: new Headers({ cookie }), params: { identifier: RESOURCE, client_id } });
  }
  return { cookie, client: client.client_id, service: { id: service.client_id, secret: service.client_secret } };
}

async function authorizeAtBetterAuth(miniflare, origin, variables, count) {
  const opened = await openBetterAuth(miniflare, origin, variables);
  const path = `/api/auth/oauth2/authorize?${query(opened.client, RESOURCE)}`;
  const codes = await many(count, async () => {
    const { url } = await send(origin, { path, headers: { cookie: opened.cookie } });
    const code = codeOf(url);
    if (!code) throw new Error(`authorize: ${url}`);
    return code;
  });
  return { ...opened, codes };
}

/** Requests with a code of better-auth each. */
export async function createBetterAuthCodes(miniflare, origin, variables, count) {
  const { client, codes } = await authorizeAtBetterAuth(miniflare, origin, variables, count);
  return codes.map((code) => tokenRequest(BETTER_AUTH_TOKEN, codeFields(client, code, RESOURCE)));
}

async function createBetterAuthTokens(miniflare, origin, variables, count) {
  const authorized = await authorizeAtBetterAuth(miniflare, origin, variables, count);
  const { client, codes } = authorized;
  const tokens = await many(count, (index) => send(origin, tokenRequest(BETTER_AUTH_TOKEN, codeFields(client, codes[index], RESOURCE))));
  return { ...authorized, tokens };
}

export async function createBetterAuthRefreshTokens(miniflare, origin, variables, count) {
  const { client, tokens } = await createBetterAuthTokens(miniflare, origin, variables, count);
  return tokens.map(({ refresh_token }) => tokenRequest(BETTER_AUTH_TOKEN, refreshFields(client, refresh_token)));
}

/** Requests of a service that asks better-auth about access tokens. */
export async function createBetterAuthIntrospections(miniflare, origin, variables, count) {
  const { service, tokens } = await createBetterAuthTokens(miniflare, origin, variables, count);
  const requests = tokens.map(({ access_token }) => ({ path: "/api/auth/oauth2/introspect", ...form({ token: access_token }, basic(service)) }));
  return checked(origin, requests);
}
