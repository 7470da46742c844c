// workers-oauth-provider, with the Worker in workers/. Signing in and consent belong to that Worker, which allows every valid request.
import { AuthorizationServer, REDIRECT_URI, RESOURCE } from "./client.mjs";

export const WORKER = {
  name: "workers-oauth-provider",
  entry: "tests/api/interop/peers/workers/workers_oauth_provider.mjs",
  // Miniflare's own KV. That of the benchmark cannot list keys, which the library does to end grants.
  bindings: { SESSIONS: { type: "kv", id: "SESSIONS" } },
};

export class WorkersOauthProvider extends AuthorizationServer {
  issuer = "http://localhost:8787";
  host = "localhost:8787";
  paths = { token: "/oauth/token", revoke: "/oauth/token", metadata: "/.well-known/oauth-authorization-server" };

  async open() {}

  async register(method, { redirect_uris = [REDIRECT_URI] } = {}) {
    const fields = { clientName: "Client", redirectUris: redirect_uris, tokenEndpointAuthMethod: method };
    const { clientId, clientSecret } = await this.sendJson("/clients", fields);
    return { id: clientId, secret: clientSecret, method };
  }

  async authorize(client, changes) {
    const { status, location, text } = await this.send(`/authorize?${this.query(client, changes)}`);
    return this.answer(status, location, text);
  }

  async accepts(token, resource = RESOURCE) {
    const { isValid } = await this.sendJson("/validate", { token, resource });
    return isValid;
  }

  async disconnect(client) {
    const { revoked } = await this.sendJson("/disconnect", { clientId: client.id });
    if (revoked === 0) throw new Error("the application is not listed");
  }
}
