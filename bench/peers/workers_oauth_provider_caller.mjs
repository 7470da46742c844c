// A service that checks the access token of each request with workers_oauth_provider.mjs.
import { insufficientScope, OAuthResourceServer } from "@cloudflare/workers-oauth-provider";

export default new OAuthResourceServer({
  resourceMetadata: { resource: "http://localhost:8788", authorization_servers: ["http://localhost:8787"] },
  requiredScopes: ["reports:read"],
  validateToken: (env) => env.AUTH.validateToken,
  handler: {
    fetch(request, env, ctx) {
      if (!ctx.auth.scope.includes("reports:read")) return insufficientScope(ctx.auth, ["reports:read"]);
      return Response.json({ user: ctx.props.userId });
    },
  },
});
