// Edge Auth: this repository's build. A super administrator registers the clients and is the user who allows them.
import { CURRENT, worker } from "../../../../bench/builds.mjs";
import { createUser, PASSWORD, USER } from "../../../../bench/edge_auth.mjs";
import { OAUTH_VARIABLES } from "../../../../bench/oauth.mjs";
import { AuthorizationServer, OTHER_RESOURCE, REDIRECT_URI, RESOURCE } from "./client.mjs";

const roles = ["super_admin"];
const RESOURCES = [
  { resource: RESOURCE, name: "Reports", scopes: { "reports:read": roles, "reports:write": roles } },
  { resource: OTHER_RESOURCE, name: "Mail", scopes: { "mail:send": roles } },
];
const SAME_ORIGIN = { "sec-fetch-site": "same-origin" };
/** All sequences come from one machine. */
const limits = { SIGN_IN_LIMIT: 1e6, SESSION_LIMIT: 1e6 };

/** The registration of clients needs a sign-in of the last five minutes. */
const SIGN_IN_MS = 4 * 60_000;

export const WORKER = { ...worker(CURRENT), vars: { ...OAUTH_VARIABLES, OAUTH_RESOURCES: JSON.stringify(RESOURCES) }, limits };

export class EdgeAuth extends AuthorizationServer {
  issuer = CURRENT.variables.JWT_ISSUER;
  paths = { token: "/oauth/token", revoke: "/oauth/revoke", metadata: "/.well-known/oauth-authorization-server" };

  async open() {
    const database = await createUser(this.miniflare, this.origin, CURRENT.root);
    await database.prepare("UPDATE users SET role = 'super_admin' WHERE id = ?1").bind(USER.id).run();
    await this.signIn();
    this.service = await this.register("client_secret_basic", { redirect_uris: undefined, grant_types: ["client_credentials"], scope: "users:read" });
  }

  async signIn() {
    const fields = { method: "password", username: USER.username, password: PASSWORD, session: "cookie" };
    const headers = { "content-type": "application/json", ...SAME_ORIGIN };
    const response = await this.send("/api/auth/sign-in", { method: "POST", headers, body: JSON.stringify(fields) });
    this.must(response, "a sign-in");
    this.cookie = response.cookies.join("; ");
    this.signedInAt = Date.now();
  }

  browser(path, body, cookies = []) {
    return this.sendJson(path, body, { ...SAME_ORIGIN, cookie: [this.cookie, ...cookies].join("; ") });
  }

  async register(method, more = {}) {
    if (Date.now() - this.signedInAt > SIGN_IN_MS) await this.signIn();
    const metadata = {
      client_name: "Client",
      token_endpoint_auth_method: method,
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
      ...more,
    };
    const { client, client_secret } = await this.browser("/api/auth/clients", metadata);
    return { id: client.client_id, secret: client_secret, method };
  }

  /** Follows a link of the client, and allows the request on the page that asks. */
  async authorize(client, changes) {
    const headers = { cookie: this.cookie, "sec-fetch-site": "cross-site" };
    const response = await this.send(`/oauth/authorize?${this.query(client, changes)}`, { headers });
    const request = response.location?.match(/^\/consent\?request=(.+)$/)?.[1];
    if (!request) return this.answer(response.status, response.location, response.text);
    const { user, scopes } = await this.browser("/api/auth/authorization-request", { request }, response.cookies);
    const decision = { request, decision: "allow", user: user.id, scopes };
    const { location } = await this.browser("/api/auth/consent", decision, response.cookies);
    return this.answer(200, location);
  }

  /** Whether a resource server accepts the access token. */
  async accepts(token, resource) {
    const { active, aud } = this.must(await this.post("/oauth/introspect", this.service, { token }), "introspection");
    return active && (resource === undefined || aud === resource);
  }

  /** Removes the connected application. */
  async disconnect(client) {
    const headers = { cookie: this.cookie, ...SAME_ORIGIN };
    const { grants } = this.must(await this.send("/api/auth/grants", { headers }), "the list of applications");
    const own = grants.filter(({ client: { client_id } }) => client_id === client.id);
    if (own.length === 0) throw new Error("the application is not listed");
    for (const { id } of own) this.must(await this.send(`/api/auth/grants/${id}`, { method: "DELETE", headers }), "a removal");
  }
}
