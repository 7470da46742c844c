// A Worker whose callers send a token of Edge Auth. Copy `authenticate` for users with a session, `authorize` for services with an
// access token, and the functions that they call.

/** The URI of this Worker in `OAUTH_RESOURCES` of Edge Auth. */
const RESOURCE = "https://api.example.com";

/** A revoked token is accepted for this much longer than by Edge Auth itself. */
const CACHE_TTL_MS = 10_000;
const MAX_CACHED_TOKENS = 1_000;

/** The users of tokens that were valid a moment ago, per isolate. A Map keeps the order of insertion. */
const cache = new Map();

/** Returns `{ user }` for a request with a valid token, otherwise `{ refusal }`, the response to send: fails closed. */
async function authenticate(request, env) {
  const token = bearer(request);
  if (!token) return { refusal: refuse(401, { "www-authenticate": "Bearer" }) };
  const cached = cache.get(token);
  if (cached?.until > Date.now()) return { user: cached.user };
  cache.delete(token);

  // A new request: the method, the path and the other headers of this Worker's request mean nothing to Edge Auth.
  const validate = new Request("https://auth/api/auth/validate", { headers: { authorization: `Bearer ${token}` } });
  const response = await callEdgeAuth(env, validate, clientIp(request));
  if (response.status === 200) {
    const { user } = await response.json();
    if (cache.size >= MAX_CACHED_TOKENS) cache.delete(cache.keys().next().value);
    cache.set(token, { user, until: Date.now() + CACHE_TTL_MS });
    return { user };
  }
  if (response.status === 401) return { refusal: refuse(401, { "www-authenticate": 'Bearer error="invalid_token"' }) };
  return { refusal: refuse(503, { "retry-after": response.headers.get("retry-after") ?? "1" }) };
}

/** Returns `{ client }`, the id of the OAuth client if its access token has these scopes, otherwise `{ refusal }`. Fails closed. */
async function authorize(request, env, scopes) {
  const token = bearer(request);
  if (!token) return { refusal: refuse(401, { "www-authenticate": "Bearer" }) };
  // Edge Auth caches the result for a few seconds, so this Worker need not cache it.
  const result = await validateToken(env, token, { audience: RESOURCE, scopes });
  if (result.valid) return { client: result.client_id };
  if (result.status === 401) return { refusal: refuse(401, { "www-authenticate": 'Bearer error="invalid_token"' }) };
  if (result.status === 403) {
    const challenge = `Bearer error="insufficient_scope", scope="${scopes.join(" ")}"`;
    return { refusal: refuse(403, { "www-authenticate": challenge }) };
  }
  return { refusal: refuse(503, { "retry-after": String(result.retry_after ?? 1) }) };
}

/** The result of Edge Auth, or one with 503 if the service binding fails. */
async function validateToken(env, token, options) {
  try {
    return await env.AUTH.validateToken(token, options);
  } catch (error) {
    console.error("Edge Auth cannot be called:", error);
    return { valid: false, status: 503, retry_after: 1 };
  }
}

/** The token in the header `Authorization`. */
const bearer = (request) => /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];

/** The response of Edge Auth, or 503 if the service binding fails. */
async function callEdgeAuth(env, request, clientIp, path) {
  try {
    return await env.AUTH.fetchWithClientIp(request, clientIp, path);
  } catch (error) {
    console.error("Edge Auth cannot be called:", error);
    return refuse(503, { "retry-after": "1" });
  }
}

function refuse(status, headers) {
  const messages = { 401: "Invalid or expired token", 403: "Insufficient scope", 503: "Authentication is unavailable" };
  return Response.json({ message: messages[status] }, { status, headers });
}

/** The address that Cloudflare saw; Edge Auth counts failed attempts and requests by it. */
const clientIp = (request) => request.headers.get("cf-connecting-ip");

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    // A request that is passed on: the path of Edge Auth that it is for is the last argument.
    if (pathname === "/login") return callEdgeAuth(env, request, clientIp(request), "/api/auth/login");
    if (pathname === "/reports") {
      const { client, refusal } = await authorize(request, env, ["reports:read"]);
      return refusal ?? Response.json({ reports: [], client });
    }
    if (pathname !== "/hello") return Response.json({ message: "Not found" }, { status: 404 });
    const { user, refusal } = await authenticate(request, env);
    return refusal ?? Response.json({ message: `Hello, ${user.username}`, role: user.role });
  },
};
