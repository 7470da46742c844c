// better-auth with its OAuth provider, with the Worker in workers/. Its API registers the clients.
import path from "node:path";
import { CURRENT } from "../../../../bench/builds.mjs";
import { BETTER_AUTH_URL, signUpAtBetterAuth } from "../../../../bench/peer_stores.mjs";
import { options } from "../../../../bench/tools.mjs";
import { AuthorizationServer, OTHER_RESOURCE, REDIRECT_URI, RESOURCE } from "./client.mjs";
import { withTwoResources } from "./workers/better_auth_settings.mjs";

const peer = (file) => import(path.join(options.peers, file));

export const WORKER = {
  name: "better-auth",
  entry: "tests/api/interop/peers/workers/better_auth.mjs",
  vars: { BASE_URL: BETTER_AUTH_URL },
};

export class BetterAuth extends AuthorizationServer {
  issuer = `${BETTER_AUTH_URL}/api/auth`;
  paths = {
    token: "/api/auth/oauth2/token",
    revoke: "/api/auth/oauth2/revoke",
    metadata: "/api/auth/.well-known/openid-configuration",
  };

  async open() {
    const { betterAuth } = await peer("better-auth/dist/index.mjs");
    const { jwt } = await peer("better-auth/dist/plugins/index.mjs");
    const { oauthProvider } = await peer("@better-auth/oauth-provider/dist/index.mjs");
    const { getMigrations } = await peer("better-auth/dist/db/get-migration.mjs");
    const env = { ...CURRENT.variables, ...WORKER.vars, DB: await this.miniflare.getD1Database("DB") };
    const given = withTwoResources({ jwt, oauthProvider }, env);
    await (await getMigrations(given)).runMigrations();
    this.cookie = await signUpAtBetterAuth(this.miniflare, this.origin);
    this.api = betterAuth(given).api;
    this.service = await this.register("client_secret_basic");
  }

  /** Registers a client, and links it to both resources, which it may then ask for. */
  async register(method, { redirect_uris = [REDIRECT_URI] } = {}) {
    const headers = new Headers({ cookie: this.cookie });
    const scope = "openid reports:read reports:write mail:send offline_access";
    const body = { client_name: "Client", redirect_uris, token_endpoint_auth_method: method, scope };
    const { client_id, client_secret } = await this.api.adminCreateOAuthClient({ headers, body });
    for (const identifier of [RESOURCE, OTHER_RESOURCE]) {
      await this.api.adminLinkClientResource({ headers, params: { identifier, client_id } });
    }
    return { id: client_id, secret: client_secret, method };
  }

  browser(path, body) {
    return this.sendJson(`/api/auth${path}`, body, { cookie: this.cookie, origin: BETTER_AUTH_URL });
  }

  /** Follows a link of the client, and allows the request on the consent page. */
  async authorize(client, changes) {
    const headers = { cookie: this.cookie, accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site" };
    const response = await this.send(`/api/auth/oauth2/authorize?${this.query(client, changes)}`, { headers });
    const location = response.location ?? response.body.url;
    const consent = location && new URL(location, BETTER_AUTH_URL);
    if (consent?.pathname !== "/consent") return this.answer(response.status, location, response.text);
    const { url } = await this.browser("/oauth2/consent", { accept: true, oauth_query: consent.search.slice(1) });
    return this.answer(200, url);
  }

  /** Only the client that got a token without a resource may introspect it. */
  async accepts(token, resource, client = this.service) {
    const { active, aud } = this.must(await this.post("/api/auth/oauth2/introspect", client, { token }), "introspection");
    return active && (resource === undefined || [aud].flat().includes(resource));
  }

  /** Deletes the consent. */
  async disconnect(client) {
    const { body } = await this.send("/api/auth/oauth2/get-consents", { headers: { cookie: this.cookie } });
    const own = body.filter(({ clientId }) => clientId === client.id);
    if (own.length === 0) throw new Error("the consent is not listed");
    for (const { id } of own) await this.browser("/oauth2/delete-consent", { id });
  }
}
