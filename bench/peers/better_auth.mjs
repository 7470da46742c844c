// better-auth as its documentation sets it up for D1, e-mail and password: https://better-auth.com. Its rate limits are
// off: in memory they would refuse the bench, in the database they would cost it a query more. So is the check of the
// database's schema, which would be the first thing that an isolate does.
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
    // An hour, so that the bench sends the same cookie to its end.
    session: { cookieCache: { enabled: env.COOKIE_CACHE === "yes", maxAge: 3600 } },
  });
  return auth;
}

export default { fetch: (request, env) => open(env).handler(request) };
