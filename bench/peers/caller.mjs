// A service that checks the access token of each request with the authorization server, over a service binding.
const AUDIENCE = "https://api.example.com";

export default {
  async fetch(request, env) {
    const token = (request.headers.get("authorization") ?? "").slice("Bearer ".length);
    const result = await env.AUTH.validateToken(token, { audience: AUDIENCE, scopes: ["reports:read"] });
    if (!result.valid) return new Response(null, { status: 401 });
    return Response.json({ user: result.subject });
  },
};
