// workers-oauth-provider with its default settings and the pages that its documentation leaves to the application: /authorize
// allows every valid request, and an error is sent to the client only if the library says where. /clients, /validate and
// /disconnect call functions of the library.
import { AuthorizationError, OAuthAuthorizationServer } from "@cloudflare/workers-oauth-provider";

const USER = "ada";

const server = new OAuthAuthorizationServer({
  issuer: "http://localhost:8787",
  resources: ["https://api.example.com", "https://mail.example.com"],
  scopesSupported: ["reports:read", "reports:write", "mail:send", "offline_access"],
});

async function authorize(request, oauth) {
  try {
    const parsed = await oauth.parseAuthRequest(request);
    const props = { userId: USER };
    const { redirectTo } = await oauth.completeAuthorization({ request: parsed, userId: USER, metadata: {}, scope: parsed.scope, props });
    return Response.redirect(redirectTo);
  } catch (error) {
    if (!(error instanceof AuthorizationError)) throw error;
    if (error.redirectTo) return Response.redirect(error.redirectTo);
    return Response.json({ error: error.code }, { status: 400 });
  }
}

/** Revokes all grants of the user for a client, as a page that lists connected applications does. */
async function disconnect({ clientId }, oauth) {
  const { items } = await oauth.listUserGrants(USER);
  const own = items.filter((grant) => grant.clientId === clientId);
  for (const { id } of own) await oauth.revokeGrant(id, USER);
  return { revoked: own.length };
}

export default {
  async fetch(request, given, context) {
    // The harness has one namespace.
    const env = { ...given, OAUTH_KV: given.SESSIONS };
    const oauth = server.getOAuthApi(env);
    switch (new URL(request.url).pathname) {
      case "/authorize":
        return authorize(request, oauth);
      case "/clients":
        return Response.json(await oauth.createClient(await request.json()));
      case "/validate": {
        const { resource, token } = await request.json();
        return Response.json({ isValid: (await server.validateToken(resource, token, env)) !== null });
      }
      case "/disconnect":
        return Response.json(await disconnect(await request.json(), oauth));
      default:
        return server.fetch(request, env, context);
    }
  },
};
