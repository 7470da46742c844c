// workers-oauth-provider as its README sets it up: an authorization server, and a service that checks tokens over a service
// binding (workers_oauth_provider_caller.mjs). Signing in and consent are the application's, so its page allows everything.
import { WorkerEntrypoint } from "cloudflare:workers";
import { OAuthAuthorizationServer } from "@cloudflare/workers-oauth-provider";

const server = new OAuthAuthorizationServer({
  issuer: "http://localhost:8787",
  resources: ["http://localhost:8788"],
  scopesSupported: ["reports:read", "offline_access"],
  // As Edge Auth. Refresh tokens live as long as a grant, 30 days.
  accessTokenTTL: 600,
});

/** The benchmark has one namespace. */
const bound = (env) => ({ ...env, OAUTH_KV: env.SESSIONS });

async function authorize(request, env) {
  const oauth = server.getOAuthApi(env);
  const authorization = await oauth.parseAuthRequest(request);
  const { redirectTo } = await oauth.completeAuthorization({
    request: authorization,
    userId: env.USER_ID,
    metadata: {},
    scope: authorization.scope,
    props: { userId: env.USER_ID },
    revokeExistingGrants: false,
  });
  return Response.redirect(redirectTo);
}

/** Registers a client, as an application does for its administrators. */
const register = async (request, env) => Response.json(await server.getOAuthApi(env).createClient(await request.json()));

export default class extends WorkerEntrypoint {
  fetch(request) {
    const env = bound(this.env);
    const { pathname } = new URL(request.url);
    if (pathname === "/authorize") return authorize(request, env);
    if (pathname === "/clients") return register(request, env);
    return server.fetch(request, env, this.ctx);
  }

  validateToken(resource, token) {
    return server.validateToken(resource, token, bound(this.env));
  }
}
