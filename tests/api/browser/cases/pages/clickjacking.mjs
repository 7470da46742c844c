// Pages of other origins can neither frame a page of the service nor keep a reference to the account page.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { showsAccount, signIn } from "./steps.mjs";

const PAGES = ["/sign-in", "/sign-out", "/signed-out", "/account", "/admin", "/bootstrap", "/consent", "/set-password", "/forgot-password", "/confirm-email", "/revert-email", "/error", "/nothing", "/api/auth/health"];

export async function run({ browser, service, application, stranger, users: [user] }) {
  // Violations are not watched for here, because every attempt is one.
  const context = await browser.newContext({ baseURL: service });
  const account = await signIn(context, user);
  await showsAccount(account, user);
  await account.close();

  for (const origin of [application, stranger, stranger.replace("localhost", "127.0.0.1")]) {
    const page = await context.newPage();
    await page.goto(`${origin}/`);
    for (const path of PAGES) {
      for (const name of ["iframe", "object", "embed"]) {
        const framed = await frame(page, name, service + path);
        assert.ok(framed.every((url) => !url.startsWith(service)), `${name} of ${path} in ${origin}: ${framed}`);
      }
    }

    // Other pages can be framed like this.
    for (const name of ["iframe", "object", "embed"]) {
      assert.deepEqual(await frame(page, name, `${application}/framed`), [`${application}/framed`], name);
    }

    // A pop-up with the account page is cut off. One with the sign-in page is not, so that applications can wait for its end.
    for (const [path, isCutOff] of [["/account", true], ["/admin", true], ["/sign-in", false]]) {
      const opened = context.waitForEvent("page");
      await page.evaluate((url) => void (window.opened = window.open(url)), service + path);
      const popup = await opened;
      await popup.locator("h1").waitFor();
      assert.equal(await page.evaluate(() => window.opened.closed), isCutOff, path);
      assert.equal(await popup.evaluate(() => window.opener === null), isCutOff, path);
      await popup.close();
    }
    await page.close();
  }

  // Pages of the service do not frame each other either.
  const own = await context.newPage();
  await own.goto("/account");
  await showsAccount(own, user);
  const framed = await frame(own, "iframe", `${service}/sign-in`);
  assert.ok(framed.every((url) => !url.startsWith(service)), `${framed}`);
}

/** Frames an address in the page. Returns the addresses of the frames that there are once it has been loaded or refused. */
async function frame(page, name, url) {
  const ended = page.waitForEvent("requestfinished", { predicate: (request) => request.url() === url, timeout: 1_000 });
  const failed = page.waitForEvent("requestfailed", { predicate: (request) => request.url() === url, timeout: 1_000 });
  for (const promise of [ended, failed]) promise.catch(() => {});
  await page.evaluate(([name, url]) => {
    const element = document.createElement(name);
    element[name === "object" ? "data" : "src"] = url;
    document.body.replaceChildren(element);
  }, [name, url]);
  // Without a request, the content security policy of the page itself has refused it.
  await Promise.any([ended, failed]).catch(() => {});
  await delay(150);
  return page.frames().slice(1).map((frame) => frame.url());
}
