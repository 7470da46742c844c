// An application gets a code with the consent of the user: the complete flow from the authorization endpoint through the pages and
// back.
import assert from "node:assert/strict";
import { confirm, section } from "../admin/steps.mjs";
import { WEB, newBrowser, redeem, authorization as request, responseTo, token } from "./requests.mjs";
import { at, button, message, question, showsAccount, submitSignIn, t } from "./steps.mjs";

const c = t.consent;

export async function run({ person, control, service, application, users: [ada, bob], more: { web, local } }) {
  const loopback = application.replace("localhost", "127.0.0.1") + "/callback";
  const authorization = (more) => request(service, web, more);
  const context = await newBrowser(person);
  const page = await context.newPage();
  const response = (sent) => responseTo(sent, page);

  // A user who is not signed in signs in, and comes back to the question.
  const first = authorization();
  await page.goto(first.url);
  await at(page, "/sign-in");
  await submitSignIn(page, ada.login);
  await at(page, "/consent");
  await question(page, "App");
  const consentUrl = page.url();
  await page.getByText("app.example.com", { exact: true }).waitFor();
  await page.getByText(ada.login.username, { exact: true }).waitFor();
  assert.equal(await page.getByText(c.loopback).count(), 0);
  await button(page, c.allow).click();
  const redeemed = await redeem(first, await response(first));

  // The request was used, and is not valid in another browser.
  await page.goto(consentUrl);
  await message(page, "alert", c.expired);
  const stranger = await (await newBrowser(person)).newPage();
  await stranger.goto(consentUrl);
  await message(stranger, "alert", c.expired);

  // The consent is remembered, unless the application demands a new one.
  const again = authorization();
  const tab = await context.newPage();
  const redirect = tab.waitForRequest((request) => request.url().startsWith(`${WEB}?`));
  // Routes of Playwright do not intercept redirects, so the website does not exist for them.
  await tab.goto(again.url).catch(() => {});
  const direct = new URL((await redirect).url()).searchParams;
  assert.ok(direct.get("code"));
  assert.deepEqual([direct.get("state"), direct.get("iss")], [again.state, service]);
  await tab.close();
  const denied = authorization({ prompt: "consent" });
  await page.goto(denied.url);
  await question(page, "App");
  await button(page, c.deny).click();
  const refusal = await response(denied);
  assert.equal(refusal.get("error"), "access_denied");
  assert.equal(refusal.get("code"), null);

  // A program on this computer: the page warns, and asks each time.
  for (let turn = 0; turn < 2; turn += 1) {
    const sent = authorization({ client_id: local, redirect_uri: loopback });
    await page.goto(sent.url);
    await question(page, "Local");
    await page.getByText(c.loopback).waitFor();
    await button(page, c.allow).click();
    assert.ok((await response(sent)).get("code"));
  }

  // An application that demands a recent authentication.
  await control("clock", { seconds: 600 });
  const recent = authorization({ max_age: "60", prompt: "consent" });
  await page.goto(recent.url);
  const dialog = page.getByRole("dialog", { name: t.stepUp.title });
  await dialog.getByLabel(t.signIn.password, { exact: true }).fill(ada.login.password);
  await button(dialog, t.stepUp.submit).click();
  await question(page, "App");
  await button(page, c.allow).click();
  assert.ok((await response(recent)).get("code"));

  // The service compares times in seconds.
  await control("clock", { seconds: 610 });
  const confirmed = authorization({ prompt: "login consent" });
  await page.goto(confirmed.url);
  await dialog.getByLabel(t.signIn.password, { exact: true }).fill(ada.login.password);
  await button(dialog, t.stepUp.submit).click();
  await question(page, "App");

  // An application that asks the user to choose the account. The consent is still remembered.
  const chosen = authorization({ prompt: "select_account", login_hint: ada.login.username });
  await page.goto(chosen.url);
  await at(page, "/sign-in");
  assert.equal(await page.getByLabel(t.signIn.username).inputValue(), ada.login.username);
  await submitSignIn(page, ada.login);
  assert.ok((await response(chosen)).get("code"));

  // Errors that do not lead back to the application.
  for (const [more, code] of [
    [{ client_id: "00000000-0000-4000-8000-000000000000" }, "unknown_client"],
    [{ redirect_uri: "https://app.example.com/other" }, "invalid_redirect_uri"],
  ]) {
    await page.goto(authorization(more).url);
    await at(page, "/error");
    await message(page, "alert", t.error.codes[code]);
  }

  // The user removes the application, which has to ask again.
  await page.goto("/account");
  await showsAccount(page, ada);
  const card = section(page, t.applications.title);
  const entry = card.getByRole("listitem").filter({ hasText: "app.example.com" });
  await entry.first().waitFor();
  await button(entry.last(), t.applications.removeLabel("App")).click();
  await confirm(page, t.applications.removeTitle("App"), t.applications.remove);
  await message(card, "status", t.applications.removed);
  const refreshed = await token(service, { grant_type: "refresh_token", refresh_token: redeemed.refresh_token, client_id: web });
  assert.deepEqual([refreshed.status, refreshed.body.error], [400, "invalid_grant"]);
  const asksAgain = authorization();
  await page.goto(asksAgain.url);
  await question(page, "App");

  // Another user answers in place of the first one.
  await page.getByRole("link", { name: c.otherAccount }).click();
  await button(page, t.signIn.asOther).click();
  await submitSignIn(page, bob.login);
  await at(page, "/consent");
  await page.getByText(bob.login.username, { exact: true }).waitFor();
  await button(page, c.allow).click();
  assert.ok((await response(asksAgain)).get("code"));
}
