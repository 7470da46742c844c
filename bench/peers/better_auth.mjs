// better-auth as its documentation (https://better-auth.com) sets it up for D1, e-mail and password. Its rate limits are off: in
// memory they would refuse the benchmark, in the database they would cost another query. The check of the database's schema is
// off too; it would be the first thing that an isolate does.
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
    // An hour, so that the same cookie is valid to the end.
    session: { cookieCache: { enabled: env.COOKIE_CACHE === "yes", maxAge: 3600 } },
  });
  return auth;
}

export default { fetch: (request, env) => open(env).handler(request) };
