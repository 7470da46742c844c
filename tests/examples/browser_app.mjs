// Uses examples/react-spa in Chromium, as a user with several tabs.
//
//   node browser_app.mjs <JSON: packages, chromium, app, service, username, password>
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

const given = JSON.parse(process.argv[2]);
const { chromium } = createRequire(path.join(given.packages, "package.json"))("playwright-core");

const HOUR = 3_600_000;
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: given.chromium, args });
try {
  const context = await browser.newContext();
  context.setDefaultTimeout(15_000);
  // The clock and the timers of the pages can be moved. The clock of the service cannot.
  await context.clock.install();
  const requests = [];
  context.on("request", (request) => {
    if (request.method() === "POST") requests.push(new URL(request.url()).pathname);
  });
  await run(context, requests);
} finally {
  await browser.close();
}

async function run(context, requests) {
  const first = await open(context);

  // Errors are identified by their code.
  await signIn(first, `nobody-${process.pid}`, "not a password of anyone");
  await alert(first, "The username or the password is wrong.");
  await signIn(first, `nobody-${process.pid}`, "not a password of anyone");
  await alert(first, /^Too many attempts\. Try again in [1-9][0-9]* s\.$/);
  await context.setOffline(true);
  await signIn(first);
  await alert(first, "The service cannot be reached. Check your connection.");
  await context.setOffline(false);

  await signedIn(first);
  // Another tab is signed in by the first, and a reload keeps the session.
  const second = await open(context);
  await isSignedIn(second);
  await first.reload();
  await isSignedIn(first);
  await first.getByRole("button", { name: "List sessions" }).click();
  await first.getByText("(this session)").waitFor();

  // The tabs refresh once and have the same new token: after half of the lifetime, after half of the lifetime that the
  // pages assume is left, and once on a clock that is days ahead.
  for (const hours of [13, 7, 48]) {
    const old = await token(first);
    const before = refreshes(requests);
    await nextSecond();
    await context.clock.fastForward(hours * HOUR);
    await tokenChanges(first, old);
    await first.waitForTimeout(500);
    // The second tab may not see the token that the first tab has stored. Then both get the same token.
    const count = refreshes(requests) - before;
    assert(count === 1 || count === 2, `${count} refreshes`);
    const current = await token(second);
    assert.notEqual(current, old);
    assert.equal(await token(first), current);
    assert.equal(await call("GET", "validate", current), 200);
  }

  // A refresh that fails because the service is unavailable keeps the session, and is tried again.
  const old = await token(first);
  await nextSecond();
  await context.route("**/api/auth/refresh", (route) => route.abort());
  await context.clock.fastForward(HOUR);
  await isSignedIn(first);
  assert.equal(await token(first), old);
  await context.unroute("**/api/auth/refresh");
  await context.clock.fastForward(10_000);
  await tokenChanges(first, old);

  // Signing out in one tab signs out in all of them, and revokes the session.
  const last = await token(first);
  await second.getByRole("button", { name: "Sign out" }).click();
  await isSignedOut(first);
  await isSignedOut(second);
  // The tabs show that they are signed out before the response to the sign-out arrives.
  for (let attempt = 0; (await call("POST", "refresh", last)) !== 401; attempt += 1) {
    assert(attempt < 100, "the session is not revoked");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  // A session that was revoked elsewhere ends at the next call.
  await signedIn(first);
  await isSignedIn(second);
  const revoked = await token(first);
  assert.equal(await call("POST", "logout", revoked), 200);
  await first.getByRole("button", { name: "List sessions" }).click();
  await alert(first, "Your session has ended. Sign in again.");
  await isSignedOut(first);
  await isSignedOut(second);
}

async function open(context) {
  const page = await context.newPage();
  page.on("pageerror", (error) => {
    throw error;
  });
  await page.goto(given.app);
  return page;
}

async function signIn(page, username = given.username, password = given.password) {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign in", disabled: false }).or(page.getByText("Signed in as")).waitFor();
}

/** Signs in. Waits if earlier failures have caused a back-off. */
async function signedIn(page) {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    await signIn(page);
    if (await page.getByText("Signed in as").isVisible()) return;
    const text = await page.getByRole("alert").textContent();
    const seconds = /Try again in ([0-9]+) s/.exec(text)?.[1];
    assert(seconds, text);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  }
  assert.fail("it is not possible to sign in");
}

function isSignedIn(page) {
  return page.getByText(`Signed in as ${given.username}`).waitFor();
}

function isSignedOut(page) {
  return page.getByRole("button", { name: "Sign in" }).waitFor();
}

function alert(page, text) {
  return page.getByRole("alert").filter({ hasText: text }).waitFor();
}

function token(page) {
  return page.evaluate(() => JSON.parse(localStorage["edge-auth-session"]).token);
}

function tokenChanges(page, old) {
  return page.waitForFunction((old) => JSON.parse(localStorage["edge-auth-session"]).token !== old, old);
}

/**
 * Waits until the clock of the service, which cannot be moved, is a second later. A token that is refreshed within the second of
 * its issue has the expiry of the earlier one, like a token at the maximum age of its session, and the application then waits.
 */
function nextSecond() {
  return new Promise((resolve) => setTimeout(resolve, 1_100));
}

function refreshes(requests) {
  return requests.filter((path) => path === "/api/auth/refresh").length;
}

/** The status of a request that no tab makes. */
async function call(method, route, token) {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${given.service}/api/auth/${route}`, { method, headers })).status;
}
