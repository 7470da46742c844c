// The requests of OAuth clients and of the user's browser to an authorization server. The adapters of the servers extend this class.
import { createHash, randomBytes } from "node:crypto";
import { request as sendRaw } from "node:http";
import { ADDRESSES } from "../../../../bench/edge_auth.mjs";
import { basic } from "../../../../bench/oauth.mjs";

/** Both resources are registered, and the grant is for the first one unless a sequence says otherwise. */
export const RESOURCE = "https://api.example.com";
export const OTHER_RESOURCE = "https://mail.example.com";
export const REDIRECT_URI = "https://app.example.com/callback";
export const SCOPE = "reports:read offline_access";

const VERIFIER = randomBytes(32).toString("base64url");
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");

let sent = 0;

/** Pairs of a list of fields. A list has a pair for each of its values, and an undefined field has none. */
const pairs = (fields) =>
  Object.entries(fields).flatMap(([name, value]) => [value].flat().filter((one) => one !== undefined).map((one) => [name, one]));

/**
 * A server. An adapter has its `issuer`, its `paths` and, if requests need another header `Host`, its `host`, and these functions:
 *
 * - `open()` is called first.
 * - `register(method, { redirect_uris })` returns a client.
 * - `authorize(client, changes)` sends an authorization request, and allows it on the page. Returns what `answer` returns.
 * - `accepts(accessToken, resource, client)`: whether a resource accepts the token. The resource and the client that asks are optional.
 * - `disconnect(client)`: the user removes the application.
 */
export class AuthorizationServer {
  /** `miniflare` runs the Worker of the server, and `origin` is its address. */
  constructor({ name, miniflare, origin }) {
    Object.assign(this, { name, miniflare, origin });
  }

  /** Sends a request. The body of the response is parsed if it is JSON. */
  async send(path, { method = "GET", headers = {}, body } = {}) {
    const all = { "cf-connecting-ip": ADDRESSES[sent++ % ADDRESSES.length], ...(this.host && { host: this.host }), ...headers };
    const response = await new Promise((resolve, reject) => {
      sendRaw(this.origin + path, { method, headers: all, agent: false }, resolve).on("error", reject).end(body);
    });
    const { statusCode: status, headers: given } = response;
    const text = (await response.toArray()).join("");
    const isJson = text !== "" && (given["content-type"] ?? "").includes("json");
    const cookies = (given["set-cookie"] ?? []).map((cookie) => cookie.split(";")[0]);
    return { status, location: given.location, cookies, text, body: isJson ? JSON.parse(text) : {} };
  }

  /** Sends JSON, and fails unless the response is a success. */
  async sendJson(path, body, headers = {}) {
    const json = { "content-type": "application/json", ...headers };
    const response = await this.send(path, { method: "POST", headers: json, body: JSON.stringify(body) });
    if (response.status >= 300) throw Object.assign(new Error(`${this.name} ${path}: ${response.status} ${response.text}`), response);
    return response.body;
  }

  /** The query of an authorization request. An undefined change removes a parameter. */
  query(client, changes = {}) {
    const parameters = {
      response_type: "code",
      client_id: client.id,
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      state: "state",
      code_challenge: CHALLENGE,
      code_challenge_method: "S256",
      resource: RESOURCE,
    };
    return new URLSearchParams(pairs({ ...parameters, ...changes }));
  }

  /** A request of a client with its credentials. `as` replaces the client's id, secret or method. */
  post(path, client, fields, as = {}) {
    const { id, secret, method } = { ...client, ...as };
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const credentials = {};
    if (method === "client_secret_basic") Object.assign(headers, basic({ id: encodeURIComponent(id), secret: encodeURIComponent(secret) }));
    else credentials.client_id = id;
    if (method === "client_secret_post") credentials.client_secret = secret;
    const body = new URLSearchParams(pairs({ ...fields, ...credentials })).toString();
    return this.send(path, { method: "POST", headers, body });
  }

  redeem(client, code, changes = {}, as = {}) {
    const fields = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER };
    return this.post(this.paths.token, client, { ...fields, ...changes }, as);
  }

  refresh(client, token, changes = {}, as = {}) {
    return this.post(this.paths.token, client, { grant_type: "refresh_token", refresh_token: token, ...changes }, as);
  }

  revoke(client, token, hint) {
    return this.post(this.paths.revoke, client, { token, token_type_hint: hint });
  }

  async metadata() {
    const { status, body } = await this.send(this.paths.metadata);
    if (status !== 200) throw new Error(`${this.name}: metadata ${status}`);
    return body;
  }

  /** Fails unless the response is a success. */
  must(response, what) {
    if (response.status !== 200) throw new Error(`${this.name}: ${what} should succeed: ${response.status} ${response.text}`);
    return response.body;
  }

  /** The code of a legitimate request. */
  async code(client, changes) {
    const response = await this.authorize(client, changes);
    const code = response.to?.searchParams.get("code");
    if (!code) throw new Error(`${this.name}: an authorization should succeed: ${response.status} ${response.to ?? response.text}`);
    return code;
  }

  /** The tokens of a legitimate request. */
  async tokens(client, changes) {
    return this.pair(await this.redeem(client, await this.code(client, changes)), "a code");
  }

  /** The tokens of a legitimate refresh. */
  async next(client, token) {
    return this.pair(await this.refresh(client, token), "a refresh");
  }

  pair(response, what) {
    const { access_token: access, refresh_token: refresh } = this.must(response, what);
    if (!access || !refresh) throw new Error(`${this.name}: a token is missing`);
    return { access, refresh };
  }

  /** The response to the browser: `to` is the address outside the service that it is sent to, `text` its other content. */
  answer(status, location, text) {
    const isOutside = /^[a-z][a-z0-9+.-]*:/i.test(location ?? "") && !location.startsWith(this.issuer);
    return { status, to: isOutside ? new URL(location) : undefined, text: isOutside ? text : (location ?? text) };
  }
}
