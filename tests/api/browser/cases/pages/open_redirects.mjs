// Spellings of addresses that would lead to another site, or to the API: each leads to the account instead.
import assert from "node:assert/strict";
import { heading, showsAccount, signIn, submitSignIn, t } from "./steps.mjs";

export async function run({ person, service, stranger, users: [user], more: { spellings } }) {
  const host = new URL(stranger).host;
  const browser = await person();
  const page = await signIn(browser, user);
  await showsAccount(page, user);
  // Requests to other origins, of whatever kind.
  const left = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(`${service}/`)) left.push(request.url());
  });
  const queries = spellings
    .map((spelling) => spelling.replaceAll("evil.example", host))
    .flatMap((spelling) => [`return_to=${encodeURIComponent(spelling)}`, `return_to=${spelling.replace(/[#&+]/g, encodeURIComponent)}`]);
  queries.push(
    `return_to=/account&return_to=${stranger}`,
    `return_to=&return_to=${stranger}`,
    `return_to[]=${stranger}`,
    `Return_To=${stranger}`,
    `redirect=${stranger}&next=${stranger}&url=${stranger}`,
    `x=1#return_to=${stranger}`,
  );
  assert.ok(queries.length > 150, `${queries.length}`);
  for (const query of queries) {
    await page.goto(`/sign-in?${query}`);
    await page.getByRole("button", { name: t.signIn.proceed }).click();
    await page.waitForURL((url) => url.pathname === "/account");
    assert.equal(new URL(page.url()).origin, service, query);
  }
  assert.deepEqual(left, []);

  // The same after a sign-in with a password.
  for (const spelling of [stranger, `//${host}`, `/\\${host}`, `javascript:location='${stranger}'`]) {
    await browser.clearCookies();
    await page.goto(`/sign-in?${new URLSearchParams({ return_to: spelling })}`);
    await submitSignIn(page, user.login);
    await page.waitForURL(`${service}/account`);
    await heading(page, t.account.title);
    // Without the cookie, a request that is still on its way would lead to the sign-in page at the same time as the next turn.
    await page.getByText(t.sessions.current).waitFor();
  }
  assert.deepEqual(left, []);
}
