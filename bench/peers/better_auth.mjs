// better-auth as its documentation (https://better-auth.com) sets it up for D1, e-mail and password. Its rate limits
// are off: in memory they would refuse the benchmark, and in the database they would cost another query. The check of
// the database's schema is off too, because an isolate would run it before its first response.
import { betterAuth } from "better-auth";

let auth;

function open(env) {
  auth ??= betterAuth({
    database: env.DB,
    baseURL: env.BASE_URL,
    secret: env.JWT_SECRET,
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    advanced: { database: { validateSchema: false } },
    // One hour, so that the same cookie is valid until the end.
    session: { cookieCache: { enabled: env.COOKIE_CACHE === "yes", maxAge: 3600 } },
  });
  return auth;
}

export default { fetch: (request, env) => open(env).handler(request) };
