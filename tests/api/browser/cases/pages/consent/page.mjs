// The consent page in every state: the question, both answers, confirmations, failures, and changes by other tabs.
import assert from "node:assert/strict";
import { CONSENT, asked, at, button, heading, message, question, refusal, respond, showsAccount, signIn, submitSignIn, t } from "./steps.mjs";

const c = t.consent;

/** What the page shows by default, which it sends with the decision. */
const SHOWN = { user: asked().user.id, scopes: asked().scopes };

/** A name in a sentence, as the page isolates it. */
const isolated = (name) => `\u2068${name}\u2069`;

export async function run({ person, control, application, users: [ada] }) {
  const location = `${application}/callback?code=x&state=y`;
  await leadsToTheSignInPage(await person(), ada);

  const browser = await person();
  const account = await signIn(browser, ada);
  await showsAccount(account, ada);
  const page = await browser.newPage();
  await leadsToANewSignIn(page);
  await saysThatTheRequestIsNotValid(page);
  await shows(page);
  await answers(page, location);
  await asksNothing(page, location);
  await reportsFailures(page, location);
  await confirms(page, control, ada, location);
  await staysForProgram(page);
  await followsOtherTabs(page, account);
}

async function leadsToTheSignInPage(context, ada) {
  const page = await context.newPage();
  const sent = await respond(page, { requests: [asked({ next: "sign_in", user: null, login_hint: ada.login.username })] });
  await page.goto(CONSENT);
  await at(page, "/sign-in");
  assert.equal(new URL(page.url()).searchParams.get("return_to"), CONSENT);
  assert.deepEqual(sent.requests, [{ request: "sealed-request" }]);
  await heading(page, t.signIn.title);
  // The user name that the application expects, once.
  const username = page.getByLabel(t.signIn.username);
  assert.equal(await username.inputValue(), ada.login.username);
  await page.reload();
  await heading(page, t.signIn.title);
  assert.equal(await username.inputValue(), "");
  await context.close();
}

/** The session is not enough, so the sign-in page does not offer to continue with it. */
async function leadsToANewSignIn(page) {
  await respond(page, { requests: [asked({ next: "sign_in" })] });
  await page.goto(CONSENT);
  await at(page, "/sign-in");
  await page.getByLabel(t.signIn.username).waitFor();
  assert.equal(await button(page, t.signIn.proceed).count(), 0);
  await page.reload();
  await button(page, t.signIn.proceed).waitFor();
}

async function saysThatTheRequestIsNotValid(page) {
  await respond(page, { requests: [refusal(400, "authorization_request_invalid")] });
  for (const address of ["/consent", CONSENT]) {
    await page.goto("about:blank");
    await page.goto(address);
    await message(page, "alert", c.expired);
    assert.equal(await page.title(), `${c.title} · Edge Auth`);
  }
  await page.getByRole("link", { name: t.toAccount }).click();
  await at(page, "/account");
}

/** The question names the application, the addresses, the account and the permissions of the application. */
async function shows(page) {
  await respond(page, { requests: [asked()] });
  await page.goto(CONSENT);
  await question(page);
  const main = page.locator("main");
  const fact = (name) => main.locator("dl > div").filter({ has: page.getByText(name, { exact: true }) }).locator("dd");
  assert.equal(await fact(c.returnsTo).innerText(), "dashboards.example.com");
  assert.match(await fact(c.service).innerText(), /^Reports\s+api\.example\.com$/);
  assert.match(await fact(c.account).innerText(), /^Ada Lovelace\s+ada\s+Use another account$/);
  const scopes = await main.getByRole("list", { name: c.scopes }).getByRole("listitem").allInnerTexts();
  const { openid, profile, email, roles, offline_access } = t.applications.scopes;
  assert.deepEqual(scopes, [openid, profile, email, roles, offline_access, "reports:read"]);
  await main.getByText(c.checkAddress).waitFor();
  assert.equal(await main.getByText(c.loopback).count(), 0);
  assert.ok(await page.getByRole("heading", { level: 1 }).evaluate((element) => element === document.activeElement));

  // Neither answer is suggested.
  const looks = [];
  for (const name of [c.allow, c.deny]) {
    const style = (element) => {
      const { color, backgroundColor, borderColor, fontSize, fontWeight } = getComputedStyle(element);
      const { width, height } = element.getBoundingClientRect();
      return { color, backgroundColor, borderColor, fontSize, fontWeight, width, height };
    };
    looks.push(await button(page, name).evaluate(style));
  }
  assert.deepEqual(looks[0], looks[1]);

  // The link leads to the sign-in page, which offers another account and leads back.
  await page.getByRole("link", { name: c.otherAccount }).click();
  await at(page, "/sign-in");
  assert.equal(new URL(page.url()).searchParams.get("return_to"), CONSENT);
  await button(page, t.signIn.asOther).waitFor();

  await respond(page, { requests: [asked({ is_loopback: true, redirect_host: "127.0.0.1", resource: null, scopes: ["__proto__", "constructor"] })] });
  await page.goto(CONSENT);
  await question(page);
  await main.getByText(c.loopback).waitFor();
  assert.deepEqual(await main.getByRole("list").getByRole("listitem").allInnerTexts(), ["__proto__", "constructor"]);
  assert.equal(await page.getByText(c.service, { exact: true }).count(), 0);
  await respond(page, { requests: [asked({ scopes: [], user: { id: "x", username: "ada", name: null } })] });
  await page.goto(CONSENT);
  await main.getByText(c.noScopes).waitFor();
  assert.match(await fact(c.account).innerText(), /^ada\s+Use another account$/);
}

/** Each answer is sent once and leads to the application. The page is not in the history afterwards. */
async function answers(page, location) {
  for (const [decision, name] of [["allow", c.allow], ["deny", c.deny]]) {
    await page.goto("about:blank");
    const sent = await respond(page, { requests: [asked()], decisions: [{ location }] });
    await page.goto(CONSENT);
    await question(page);
    await page.keyboard.press("Escape");
    await button(page, name).click();
    await page.waitForURL(location);
    assert.deepEqual(sent.decisions, [{ request: "sealed-request", decision, ...SHOWN }]);
    await page.goBack();
    assert.equal(page.url(), "about:blank", decision);
  }

  // Neither a double click nor the other answer is sent while an answer is on its way.
  const sent = await respond(page, { requests: [asked()], decisions: [{ location }] });
  await page.goto(CONSENT);
  await question(page);
  let proceed;
  const waiting = new Promise((resolve) => (proceed = resolve));
  const late = [];
  await page.route("**/api/auth/consent", async (route) => {
    late.push(route.request().postDataJSON().decision);
    await waiting;
    await route.fallback();
  });
  await button(page, c.deny).dblclick();
  await page.evaluate(() => document.querySelectorAll("main .actions button").forEach((element) => element.click()));
  assert.deepEqual(await page.locator("main .actions button").evaluateAll((all) => all.map((element) => element.ariaDisabled)), ["true", "true"]);
  proceed();
  await page.waitForURL(location);
  assert.deepEqual(late, ["deny"]);
  assert.equal(sent.decisions.length, 1);
  await page.unroute("**/api/auth/consent");

  // With the keyboard.
  const typed = await respond(page, { requests: [asked()], decisions: [{ location }] });
  await page.goto(CONSENT);
  await question(page);
  await button(page, c.allow).focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(location);
  assert.equal(typed.decisions[0].decision, "deny");
}

/** A consent that is remembered. */
async function asksNothing(page, location) {
  const sent = await respond(page, { requests: [asked({ next: "redirect", location })], decisions: [refusal(500, "unknown")] });
  await page.goto(CONSENT);
  await page.waitForURL(location);
  assert.deepEqual(sent.decisions, []);
}

async function reportsFailures(page, location) {
  // Before the question.
  for (const [response, text] of [
    ["offline", t.failure.network],
    [refusal(503, "storage_unavailable"), t.failure.temporary],
    [refusal(500, "runtime_failed"), t.failure.unknown],
  ]) {
    await respond(page, { requests: [response, asked()] });
    await page.goto(CONSENT);
    await message(page, "alert", text);
    await button(page, t.retry).click();
    await question(page);
  }

  // After an answer. The user can answer again.
  for (const [response, text] of [
    ["offline", t.failure.network],
    [refusal(503, "storage_unavailable"), t.failure.temporary],
    [refusal(403, "not_permitted"), c.forbidden],
    [refusal(403, "cross_site_request"), t.failure.crossSite],
    [refusal(429, "rate_limited"), t.failure.tooMany(60)],
  ]) {
    const sent = await respond(page, { requests: [asked()], decisions: [response, { location }] });
    await page.goto(CONSENT);
    await question(page);
    await button(page, c.allow).click();
    await message(page, "alert", text);
    assert.equal(new URL(page.url()).pathname, "/consent");
    await button(page, c.allow).click();
    await page.waitForURL(location);
    assert.equal(sent.decisions.length, 2);
  }

  // What was shown has changed. The page shows the request again, and the next answer is about that.
  const user = { id: "9c5b94b1-35ad-49bb-b118-8e8fc24abf80", username: "bob", name: "Bob" };
  const changed = asked({ user, scopes: ["reports:read"] });
  const again = await respond(page, { requests: [asked(), changed], decisions: [refusal(409, "consent_changed"), { location }] });
  await page.goto(CONSENT);
  await question(page);
  await button(page, c.allow).click();
  await message(page, "alert", c.changed);
  await page.getByText("Bob", { exact: true }).waitFor();
  await button(page, c.allow).click();
  await page.waitForURL(location);
  assert.deepEqual(again.decisions.map(({ user, scopes }) => ({ user, scopes })), [SHOWN, { user: user.id, scopes: ["reports:read"] }]);

  await respond(page, { requests: [asked()], decisions: [refusal(400, "authorization_request_invalid")] });
  await page.goto(CONSENT);
  await question(page);
  await button(page, c.allow).click();
  await message(page, "alert", c.expired);
  assert.equal(await button(page, c.allow).count(), 0);

  await respond(page, { requests: [asked()], decisions: [refusal(401, "token_expired")] });
  await page.goto(CONSENT);
  await question(page);
  await button(page, c.allow).click();
  await at(page, "/sign-in");
  assert.equal(new URL(page.url()).searchParams.get("return_to"), CONSENT);
}

/** An application that demands a recent authentication. The step-up is that of the service. */
async function confirms(page, control, ada, location) {
  await control("clock", { seconds: 600 });
  const dialog = page.getByRole("dialog", { name: t.stepUp.title });
  const stepUp = asked({ next: "step_up" });
  const sent = await respond(page, { requests: [stepUp, stepUp, asked()], decisions: [refusal(401, "step_up_required"), { location }] });
  await page.goto(CONSENT);
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await heading(page, c.title);
  await page.getByText(c.confirmation(isolated("Dashboards"))).waitFor();
  await button(page, c.confirm).click();
  const confirm = async () => {
    await dialog.getByLabel(t.signIn.password, { exact: true }).fill(ada.login.password);
    await button(dialog, t.stepUp.submit).click();
    await dialog.waitFor({ state: "detached" });
  };
  await confirm();
  await question(page);
  assert.equal(sent.requests.length, 3);

  // The service may also ask for it after the answer, which is then sent again.
  await button(page, c.deny).click();
  await confirm();
  await page.waitForURL(location);
  assert.deepEqual(sent.decisions.map(({ decision }) => decision), ["deny", "deny"]);

  // A user who does not want to confirm can deny.
  const denied = await respond(page, { requests: [stepUp], decisions: [{ location }] });
  await page.goto(CONSENT);
  await dialog.waitFor();
  await button(dialog, t.cancel).click();
  await button(page, c.deny).click();
  await page.waitForURL(location);
  assert.deepEqual(denied.decisions, [{ request: "sealed-request", decision: "deny", ...SHOWN }]);
}

/** The page stays open if the address opens no website. */
async function staysForProgram(page) {
  await respond(page, { requests: [asked()], decisions: [{ location: "com.example.dashboards:/callback?code=x" }] });
  await page.goto(CONSENT);
  await question(page);
  await button(page, c.allow).click();
  await page.getByRole("status").filter({ hasText: c.returning(isolated("Dashboards")) }).waitFor();
  assert.equal(await button(page, c.allow).count(), 0);
}

/** The question of one user is never answered by another. */
async function followsOtherTabs(page, account) {
  const sent = await respond(page, { requests: [asked(), asked({ next: "sign_in", user: null })] });
  await page.goto(CONSENT);
  await question(page);
  await account.reload();
  await button(account, t.account.signOut).click();
  await at(account, "/signed-out");
  await at(page, "/sign-in");
  assert.equal(sent.requests.length, 2);
}
