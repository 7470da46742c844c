// An application on another origin, whose HTTP client sends credentials with every request.
import assert from "node:assert/strict";

export async function run({ open, stranger, users: [user] }) {
  const page = await open();
  const call = (...given) => page.evaluate((given) => window.call(...given), given);

  const login = await call("POST", "/api/auth/login", { body: user.login });
  assert.equal(login.status, 200);
  let { token } = login.body;
  assert.equal((await call("GET", "/api/auth/validate", { token })).body.user.id, user.id);
  assert.equal((await call("GET", "/api/auth/me", { token })).body.id, user.id);
  const refresh = await call("POST", "/api/auth/refresh", { token });
  assert.equal(refresh.status, 200);
  token = refresh.body.access_token;
  const sessions = await call("GET", "/api/auth/sessions", { token });
  assert.equal(sessions.body.sessions.length, 1);

  // Headers that tracing libraries add to every request.
  const headers = {
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "vendor=1",
    baggage: "key=value",
    "sentry-trace": "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
    "x-requested-with": "XMLHttpRequest",
    prefer: "wait=1",
  };
  assert.equal((await call("GET", "/api/auth/me", { token, headers })).status, 200);

  // Errors can be read, including that of an unknown path, which has a preflight.
  const unknown = await call("DELETE", "/api/auth/no/such/path", { token, headers });
  assert.deepEqual([unknown.status, unknown.error], [404, "not_found"]);
  assert.equal(unknown.body.message, "Not found");
  const method = await call("PUT", "/api/auth/login", { body: user.login });
  assert.deepEqual([method.status, method.error], [405, "method_not_allowed"]);
  const invalid = await call("GET", "/api/auth/me", { token: "no.such.token" });
  assert.deepEqual([invalid.status, invalid.error], [401, "invalid_token"]);

  // The same applies to `Retry-After`.
  const wrong = { ...user.login, password: "not the password" };
  assert.equal((await call("POST", "/api/auth/login", { body: wrong })).status, 401);
  const early = await call("POST", "/api/auth/login", { body: wrong });
  assert.equal(early.status, 429);
  assert.match(early.retryAfter, /^[1-9][0-9]*$/);

  assert.equal((await call("POST", "/api/auth/logout", { token })).status, 200);
  assert.equal((await call("GET", "/api/auth/me", { token })).status, 401);

  // An origin that is not in the list can neither call nor read, with or without a preflight.
  const other = await open(stranger);
  for (const given of [
    ["GET", "/api/auth/health", {}],
    ["POST", "/api/auth/login", { body: user.login }],
    ["GET", "/api/auth/me", { token }],
    ["GET", "/api/auth/no/such/path", {}],
  ]) {
    const refused = await other.evaluate((given) => window.call(...given).then(() => null, (error) => error.name), given);
    assert.equal(refused, "TypeError", JSON.stringify(given));
  }
}
