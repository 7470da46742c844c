// OpenAuth's check of an access token with the issuer's key, which is kept after the first request. It looks up no session, so
// a token cannot be revoked.
import { createClient } from "@openauthjs/openauth/client";

const subjects = { user: { "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value }) } } };
let client;

function open(env) {
  // The metadata and keys of the issuer, which are in KV here.
  const fetch = async (url) => new Response(await env.SESSIONS.get(url));
  client ??= createClient({ clientID: "bench", issuer: env.ISSUER, fetch });
  return client;
}

export default {
  async fetch(request, env) {
    const [scheme, token] = (request.headers.get("authorization") ?? "").split(" ");
    const verified = scheme === "Bearer" && token ? await open(env).verify(subjects, token) : { err: true };
    if (verified.err) return Response.json({ success: false, message: "Invalid or expired token" }, { status: 401 });
    return Response.json({ success: true, message: "Token is valid", user: verified.subject.properties });
  },
};
