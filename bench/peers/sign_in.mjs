// A common design of a sign-in: Hono, a user in D1, a session in KV, a token by jose. The argument verifies a password.
// The other work of Edge Auth (back-off, audit log, session in D1, cookie of the recognised device) is left out.
import { Hono } from "hono";
import { SignJWT } from "jose";

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
const LIFETIME = 86_400;

export function signIn(verify) {
  const app = new Hono();
  app.post("/api/auth/login", async (c) => {
    const { username, password } = await c.req.json();
    const found = await c.env.DB.prepare("SELECT password_hash, profile FROM users WHERE username = ?1").bind(username).first();
    if (!found || !(await verify(password, found.password_hash))) {
      return c.json({ success: false, message: "Invalid credentials" }, 401, HEADERS);
    }
    const user = JSON.parse(found.profile);
    const sid = crypto.randomUUID();
    const session = JSON.stringify({ expires_at: Math.floor(Date.now() / 1000) + LIFETIME, user });
    await c.env.SESSIONS.put(`session:${sid}:0`, session, { expirationTtl: LIFETIME });
    const token = await new SignJWT({ sid, gen: 0 })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setIssuer(c.env.JWT_ISSUER)
      .setAudience(c.env.JWT_AUDIENCE)
      .setSubject(user.id)
      .setIssuedAt()
      .setExpirationTime("24h")
      .sign(new TextEncoder().encode(c.env.JWT_SECRET));
    return c.json({ success: true, message: "Login successful", token, user }, 200, HEADERS);
  });
  return app;
}
