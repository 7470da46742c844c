// An API whose callers send access tokens of OAuth clients: a resource server.
import { createServer } from "node:http";
import { createIntrospector } from "./introspect.mjs";
import { createVerifier } from "./verify.mjs";

/** `JWT_ISSUER` of Edge Auth, and an entry of `OAUTH_RESOURCES` with one of its scopes. */
const ISSUER = process.env.ISSUER ?? "http://localhost:8787";
const RESOURCE = process.env.RESOURCE ?? "https://api.example.com";
const SCOPE = process.env.SCOPE ?? "reports:read";
/** The credentials of the client that is registered for this API. If they are set, the API introspects each token. */
const { CLIENT_ID, CLIENT_SECRET } = process.env;
const PORT = Number(process.env.PORT ?? 8080);

const claimsOf = CLIENT_ID
  ? createIntrospector({ issuer: ISSUER, resource: RESOURCE, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET })
  : createVerifier({ issuer: ISSUER, resource: RESOURCE });

/** The metadata of a resource is at this path, followed by the path of the resource (RFC 9728 section 3.1). */
const metadata = new URL(RESOURCE);
metadata.pathname = `/.well-known/oauth-protected-resource${metadata.pathname.replace(/^\/$/, "")}`;
const challenge = (error) => `Bearer ${error ? `error="${error}", ` : ""}resource_metadata="${metadata}", scope="${SCOPE}"`;

/** The response to a caller that may not use the API. */
class Refusal extends Error {
  constructor(status, message, headers) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Returns the claims of the access token that the header `Authorization` carries. Throws a Refusal if it is absent, invalid or cannot be
 * verified.
 */
async function authenticate(authorization) {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
  if (!token) throw new Refusal(401, "No token", { "www-authenticate": challenge() });
  const claims = await claimsOf(token).catch((error) => {
    console.error(`Tokens cannot be verified: ${error.message}`);
    throw new Refusal(503, "Authentication is unavailable", { "retry-after": "1" });
  });
  if (!claims) throw new Refusal(401, "Invalid or expired token", { "www-authenticate": challenge("invalid_token") });
  const scopes = claims.scope?.split(" ") ?? [];
  if (!scopes.includes(SCOPE)) throw new Refusal(403, "Not permitted", { "www-authenticate": challenge("insufficient_scope") });
  return claims;
}

const server = createServer(async (request, response) => {
  const respond = (status, body, headers) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
  try {
    if (request.url === metadata.pathname) {
      return respond(200, { resource: RESOURCE, authorization_servers: [ISSUER], scopes_supported: [SCOPE] });
    }
    if (request.url !== "/hello") return respond(404, { message: "Not found" });
    // `sub` is the id of the user, or of the client if it acts for no user.
    const { sub, client_id } = await authenticate(request.headers.authorization);
    respond(200, { message: `Hello, ${sub}`, client_id });
  } catch (error) {
    if (error instanceof Refusal) return respond(error.status, { message: error.message }, error.headers);
    console.error(error);
    respond(500, { message: "Internal error" });
  }
});

server.listen(PORT, "127.0.0.1", () => console.log(`Listening on http://localhost:${PORT}`));
