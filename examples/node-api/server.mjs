// An API whose callers send a token of Edge Auth. Copy `authenticate` and what it uses.
import { createServer } from "node:http";

const EDGE_AUTH_URL = process.env.EDGE_AUTH_URL ?? "http://localhost:8787";
const PORT = Number(process.env.PORT ?? 8080);
const TIMEOUT_MS = 3_000;
/** A revoked token is accepted for this much longer than by Edge Auth itself. */
const CACHE_TTL_MS = 10_000;
const MAX_CACHED_TOKENS = 10_000;

/** The users of tokens that were valid a moment ago. A Map keeps the order of insertion, so the first entry is the oldest. */
const cache = new Map();

/** The response to a caller that is not authenticated. */
class Refusal extends Error {
  constructor(status, headers) {
    super(status === 401 ? "Invalid or expired token" : "Authentication is unavailable");
    this.status = status;
    this.headers = headers;
  }
}

/** Returns the user whose token the header `Authorization` carries. Throws a Refusal if there is none: fails closed. */
async function authenticate(authorization) {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (!token) throw new Refusal(401, { "www-authenticate": "Bearer" });
  const cached = cache.get(token);
  if (cached?.until > Date.now()) return cached.user;
  cache.delete(token);

  const user = await validate(token);
  if (cache.size >= MAX_CACHED_TOKENS) cache.delete(cache.keys().next().value);
  cache.set(token, { user, until: Date.now() + CACHE_TTL_MS });
  return user;
}

async function validate(token) {
  let response;
  try {
    response = await fetch(`${EDGE_AUTH_URL}/api/auth/validate`, {
      headers: { authorization: `Bearer ${token}` },
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === 200) return (await response.json()).user;
  } catch {
    throw new Refusal(503, { "retry-after": "1" });
  }
  if (response.status === 401) throw new Refusal(401, { "www-authenticate": 'Bearer error="invalid_token"' });
  // 429 and 503 say when to try again. Any other status means that EDGE_AUTH_URL is wrong.
  throw new Refusal(503, { "retry-after": response.headers.get("retry-after") ?? "1" });
}

const server = createServer(async (request, response) => {
  const respond = (status, body, headers) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
  if (request.method !== "GET" || request.url !== "/hello") return respond(404, { message: "Not found" });
  try {
    const user = await authenticate(request.headers.authorization);
    respond(200, { message: `Hello, ${user.username}`, role: user.role });
  } catch (error) {
    if (error instanceof Refusal) return respond(error.status, { message: error.message }, error.headers);
    console.error(error);
    respond(500, { message: "Internal error" });
  }
});

server.listen(PORT, "127.0.0.1", () => console.log(`Listening on http://localhost:${PORT}`));
