// Tabs that share one session's token.
import assert from "node:assert/strict";

const DAY = 86_400;

export async function run({ open, control, users }) {
  const tabs = [await open(), await open(), await open()];
  const [first] = tabs;
  const at = (seconds) => control("clock", { seconds });
  const signIn = async ({ login }) => {
    const { status, body } = await call(first, "POST", "/api/auth/login", { body: login });
    assert.equal(status, 200);
    return body.token;
  };
  const refresh = (tab, token) => call(tab, "POST", "/api/auth/refresh", { token });
  const refreshed = async (tab, token) => {
    const { status, body } = await refresh(tab, token);
    assert.equal(status, 200, JSON.stringify(body));
    return body.access_token;
  };
  const isValid = async (token) => (await call(first, "GET", "/api/auth/validate", { token })).status === 200;
  const isRevoked = async ({ id }) => {
    const sql = "SELECT revoked_at FROM sessions WHERE user_id = ?1";
    const sessions = await control("sql", { sql, params: [id] });
    assert.equal(sessions.length, 1);
    return sessions[0].revoked_at !== null;
  };
  const [together, inTurn, lost, asleep, reused] = users;

  // All tabs wake up with the same token at the same time.
  let token = await signIn(together);
  const tokens = await Promise.all(tabs.map((tab) => refreshed(tab, token)));
  assert.deepEqual(new Set(tokens).size, 1);
  assert.notEqual(tokens[0], token);
  assert(await isValid(tokens[0]));
  assert.equal(await isRevoked(together), false);

  // One after another: the first tab rotates twice before the others use the token that they remember.
  token = await signIn(inTurn);
  await first.evaluate((token) => localStorage.setItem("token", token), token);
  const shared = () => first.evaluate(() => localStorage.getItem("token"));
  assert.equal(await tabs[2].evaluate(() => localStorage.getItem("token")), token);
  const second = await refreshed(first, token);
  const third = await refreshed(first, second);
  await first.evaluate((token) => localStorage.setItem("token", token), third);
  assert.equal(await refreshed(tabs[1], token), third);
  assert.equal(await refreshed(tabs[2], second), third);
  // Still within the replay window of 30 s.
  await at(25);
  assert.equal(await refreshed(tabs[1], token), third);
  assert.equal(await refreshed(tabs[2], second), third);
  assert(await isValid(await shared()));
  assert.equal(await isRevoked(inTurn), false);
  await at(0);

  // The response is lost: the client received its head, but not its body.
  token = await signIn(lost);
  await first.evaluate(async ([service, token]) => {
    const controller = new AbortController();
    const headers = { authorization: `Bearer ${token}` };
    await fetch(`${service}/api/auth/refresh`, { method: "POST", headers, credentials: "include", signal: controller.signal });
    controller.abort();
  }, [await serviceOf(first), token]);
  const next = await refreshed(first, token);
  assert.notEqual(next, token);
  assert(await isValid(next));
  // The request is aborted, so the client does not know whether it arrived.
  for (const milliseconds of [0, 1, 2, 4, 8]) {
    await first.evaluate(async ([service, token, milliseconds]) => {
      const signal = AbortSignal.timeout(milliseconds);
      const headers = { authorization: `Bearer ${token}` };
      await fetch(`${service}/api/auth/refresh`, { method: "POST", headers, credentials: "include", signal }).catch(() => {});
    }, [await serviceOf(first), next, milliseconds]);
  }
  const afterwards = await refreshed(first, next);
  assert(await isValid(afterwards));
  assert.equal(await isRevoked(lost), false);

  // A tab that slept for three days with the current token must sign in again. Nothing else happens.
  token = await signIn(asleep);
  await at(3 * DAY);
  const late = await refresh(tabs[1], token);
  assert.deepEqual([late.status, late.body], [401, { detail: "Could not validate credentials" }]);
  assert.notEqual(late.error, null);
  assert.equal(await isRevoked(asleep), false);
  await at(0);

  // A tab that slept while another tab kept the session alive sends an old token. This counts as reuse, so the session
  // is revoked.
  const slept = await signIn(reused);
  let current = slept;
  for (let hours = 20; hours <= 80; hours += 20) {
    await at(hours * 3_600);
    current = await refreshed(first, current);
  }
  assert.equal(await isRevoked(reused), false);
  assert.equal((await refresh(tabs[1], slept)).status, 401);
  assert.equal(await isRevoked(reused), true);
  assert.equal((await refresh(first, current)).status, 401);
  await at(0);
}

const call = (tab, ...given) => tab.evaluate((given) => window.call(...given), given);
const serviceOf = (tab) => tab.evaluate(() => window.service);
