// A common design: Hono, jose, a session in KV. It does the work of `/validate` in Edge Auth, as cheaply as these
// libraries can: the key is imported once, and the headers are set in the call that makes the response.
import { Hono } from "hono";
import { jwtVerify } from "jose";

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=63072000; includeSubDomains",
  vary: "Origin",
  "x-content-type-options": "nosniff",
};

const app = new Hono();
let key;

function secret(env) {
  const bytes = new TextEncoder().encode(env.JWT_SECRET);
  key ??= crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return key;
}

app.get("/api/auth/validate", async (c) => {
  const refused = () => c.json({ success: false, message: "Invalid or expired token" }, 401, HEADERS);
  const [scheme, token] = (c.req.header("authorization") ?? "").split(" ");
  if (scheme !== "Bearer" || !token) return refused();
  try {
    const { payload } = await jwtVerify(token, await secret(c.env), {
      algorithms: ["HS256"],
      issuer: c.env.JWT_ISSUER,
      audience: c.env.JWT_AUDIENCE,
    });
    const session = await c.env.SESSIONS.get(`session:${payload.sid}:${payload.gen}`, "json");
    if (!session || session.expires_at * 1000 < Date.now()) return refused();
    return c.json({ success: true, message: "Token is valid", user: session.user }, 200, HEADERS);
  } catch {
    return refused();
  }
});

export default app;
