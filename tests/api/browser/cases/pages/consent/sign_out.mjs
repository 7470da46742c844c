// An application asks to sign the user out (RP-Initiated Logout): with the ID token of the user, without one, and of another user.
import assert from "node:assert/strict";
import { de } from "../../../../../../pages/src/texts/de.ts";
import { authorization, newBrowser, redeem, responseTo } from "./requests.mjs";
import { at, button, heading, message, question, refusal, showsAccount, signIn, t } from "./steps.mjs";

const s = t.signOut;
const AFTER = "https://app.example.com/signed-out";

export async function run({ person, service, stranger, users: [ada, bob], more: { web } }) {
  const address = (parameters) => `${service}/oauth/logout?${new URLSearchParams(parameters)}`;
  const context = await newBrowser(person);
  const page = await signIn(context, ada);
  await showsAccount(page, ada);
  const sent = authorization(service, web);
  await page.goto(sent.url);
  await question(page, "App");
  await button(page, t.consent.allow).click();
  const { id_token: idToken, refresh_token: refreshToken } = await redeem(sent, await responseTo(sent, page));
  assert.ok(refreshToken);
  // A request with the cookie has to say that it is not of another site.
  const headers = { "sec-fetch-site": "same-origin" };
  const user = async () => (await (await context.request.get("/api/auth/session", { headers })).json()).user;

  // Another site, which has no ID token, leads to a question. The user declines it.
  await page.goto(`${stranger}/`);
  await page.evaluate((url) => location.assign(url), address({ client_id: web, post_logout_redirect_uri: AFTER }));
  await at(page, "/sign-out");
  await heading(page, s.question);
  await page.getByText("App", { exact: false }).first().waitFor();
  await page.getByText(ada.login.username, { exact: true }).waitFor();
  assert.equal((await user()).username, ada.login.username);
  await page.getByRole("link", { name: s.stay }).click();
  await showsAccount(page, ada);

  // The same question in the language of the application, with a failure, and an answer.
  await page.goto(address({ client_id: web, post_logout_redirect_uri: AFTER, state: "s 1", ui_locales: "xx de-AT en" }));
  await heading(page, de.signOut.question);
  await page.route("**/api/auth/logout", (route) => route.fulfill(refusal(503, "storage_unavailable")));
  await button(page, de.signOut.submit).click();
  await page.getByRole("alert").waitFor();
  assert.equal((await user()).username, ada.login.username);
  await page.unroute("**/api/auth/logout");
  await button(page, de.signOut.submit).click();
  await page.waitForURL(`${AFTER}?state=s+1`);
  assert.equal(await user(), null);

  // The ID token of the user: no question. The other tab notices the sign-out.
  const account = await signIn(context, ada);
  await showsAccount(account, ada);
  await page.goto(`${stranger}/`);
  await page.evaluate((url) => location.assign(url), address({ id_token_hint: idToken, post_logout_redirect_uri: AFTER, state: "2" }));
  await page.waitForURL(`${AFTER}?state=2`);
  assert.equal(await user(), null);
  await at(account, "/signed-out");

  // A form of another site, with which browsers send no cookie.
  await account.close();
  const again = await signIn(context, ada);
  await showsAccount(again, ada);
  await page.goto(`${stranger}/`);
  await page.evaluate(submitForm, { action: `${service}/oauth/logout`, fields: { id_token_hint: idToken } });
  await at(page, "/signed-out");
  await heading(page, t.signedOut.title);
  assert.equal(await user(), null);
  await at(again, "/signed-out");
  await again.close();

  // The ID token of another user: a question, and no sign-out without an answer. A changed token does not lead back.
  const other = await signIn(context, bob);
  await showsAccount(other, bob);
  await page.goto(address({ id_token_hint: idToken, post_logout_redirect_uri: AFTER }));
  await heading(page, s.question);
  await page.getByText(bob.login.username, { exact: true }).waitFor();
  await page.reload();
  await heading(page, s.question);
  await page.goto(address({ id_token_hint: `${idToken}x`, client_id: web, post_logout_redirect_uri: AFTER }));
  await heading(page, s.question);
  assert.equal((await user()).username, bob.login.username);
  await button(page, s.submit).click();
  await at(page, "/signed-out");
  await at(other, "/signed-out");
  assert.equal(await user(), null);

  // Without a session, the browser returns at once. An address that is not registered is never opened.
  await page.goto(address({ client_id: web, post_logout_redirect_uri: AFTER, state: "3" }));
  await page.waitForURL(`${AFTER}?state=3`);
  await page.goto(address({ client_id: web, post_logout_redirect_uri: `${AFTER}/x` }));
  await at(page, "/error");
  await message(page, "alert", t.error.codes.invalid_redirect_uri);
  await page.goto("/sign-out");
  await at(page, "/signed-out");
}

function submitForm({ action, fields }) {
  const form = document.createElement("form");
  Object.assign(form, { action, method: "POST" });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("input"), { name, value, type: "hidden" }));
  }
  document.body.append(form);
  form.submit();
}
