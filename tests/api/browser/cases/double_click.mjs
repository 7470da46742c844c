// A double click on "Sign in" sends two correct sign-ins at the same moment.
import assert from "node:assert/strict";

export async function run({ open, users }) {
  const page = await open();
  for (const { id, login } of users) {
    await page.setContent("<button>Sign in</button>");
    await page.evaluate((login) => {
      window.results = [];
      document.querySelector("button").addEventListener("click", () => {
        window.results.push(window.call("POST", "/api/auth/login", { body: login }));
      });
    }, login);
    await page.dblclick("button");
    const results = await page.evaluate(() => Promise.all(window.results));
    assert.deepEqual(results.map(({ status, error }) => error ?? status), [200, 200]);
    for (const { body } of results) {
      const me = await page.evaluate((token) => window.call("GET", "/api/auth/me", { token }), body.token);
      assert.equal(me.body.id, id);
    }
    assert.notEqual(results[0].body.token, results[1].body.token);
  }
}
