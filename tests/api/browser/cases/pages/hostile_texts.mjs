// Hostile texts in everything that a page shows: names, organizations, devices, the name of the service, parameters and error codes.
// Each is shown as text.
import assert from "node:assert/strict";
import { CONSENT, asked, question, respond } from "./consent/steps.mjs";
import { heading, showsAccount, signIn, t } from "./steps.mjs";

export async function run({ person, control, browser, service, users: [user], more: { hostile } }) {
  const userAgent = `"><script>hacked=1</script><img src=x onerror=hacked=1>`;
  const context = await person({ userAgent });
  const clean = async (page, what) => {
    assert.equal(await page.evaluate(() => "hacked" in window), false, what);
    // Neither an element of the texts nor an attribute that runs code.
    const found = await page.evaluate(() => [...document.querySelectorAll("body *")]
      .filter((element) => /^(script|img|iframe|object|embed|style|base|meta|link)$/i.test(element.localName) || element.getAttributeNames().some((name) => /^on|^style$|^srcdoc$/.test(name)))
      .map((element) => element.outerHTML));
    assert.deepEqual(found, [], what);
  };
  const page = await context.newPage();
  const addresses = ["/sign-in", "/consent", "/signed-out", "/set-password", "/forgot-password", "/confirm-email", "/revert-email", "/error", "/nothing"];
  for (const text of hostile) {
    for (const address of addresses) {
      await page.goto("about:blank");
      await page.goto(`${address}?${new URLSearchParams({ return_to: text, code: text, error: text })}#${encodeURIComponent(text)}`);
      await page.locator("h1").waitFor();
      await clean(page, `${address} ${text}`);
      assert.ok(!(await page.locator("main").innerText()).includes(text), address);
    }
    await page.goto(`/${encodeURIComponent(text)}`);
    await heading(page, t.notFound.title);
    await clean(page, text);
  }
  for (const text of hostile) {
    const client = { client_id: text, name: text };
    const user = { id: text, username: text, name: text };
    await respond(page, { requests: [asked({ client, user, redirect_host: text, resource: { uri: text, name: text }, scopes: [text] })] });
    await page.goto(CONSENT);
    await question(page, text.trim());
    await clean(page, `/consent ${text}`);
    const signOut = "**/api/auth/sign-out-request";
    await page.route(signOut, (route) => route.fulfill({ json: { next: "ask", location: "/signed-out", client, user } }));
    await page.goto(`/sign-out?${new URLSearchParams({ request: text, ui_locales: text })}`);
    await page.getByText(text.trim()).first().waitFor();
    await clean(page, `/sign-out ${text}`);
    await page.unroute(signOut);
  }
  await page.close();

  const account = await signIn(context, user);
  await showsAccount(account, user);
  await account.getByText(t.sessions.current).waitFor();
  for (const text of hostile) {
    const sql = "UPDATE users SET name = ?1, organization = ?1 WHERE id = ?2";
    await control("sql", { sql, params: [text, user.id] });
    const sessions = "UPDATE sessions SET device = ?1, address = ?1 WHERE user_id = ?2";
    await control("sql", { sql: sessions, params: [text, user.id] });
    await account.goto("/account");
    await account.getByText(t.sessions.current).waitFor();
    const shown = await account.locator("main").innerText();
    assert.equal(shown.split(text.trim()).length - 1 >= 3, true, `${text} in ${shown}`);
    await clean(account, text);
    await account.goto("/sign-in");
    await account.getByText(text.trim()).last().waitFor();
    await clean(account, text);
  }

  // The name of the service is one of these texts too (see the test).
  assert.ok((await account.title()).includes(hostile[0]));

  // A service that is compromised cannot make a page run its texts.
  const forged = await context.newPage();
  await forged.route("**/api/auth/sign-in", (route) => route.fulfill({ status: 400, headers: { "edge-auth-error": hostile[0] }, json: { success: false, message: hostile[0] } }));
  await forged.goto("/sign-in");
  await forged.getByRole("button", { name: t.signIn.asOther }).click();
  await forged.getByRole("button", { name: t.signIn.submit, exact: true }).click();
  await forged.getByRole("alert").filter({ hasText: t.failure.unknown }).waitFor();
  await clean(forged, "an error text");
  for (const url of ["javascript:hacked=1", "data:text/html,<script>hacked=1</script>", "vbscript:x", "//evil.example"]) {
    await forged.route("**/api/auth/sign-in-options*", async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      await route.fulfill({ json: { ...json, branding: { ...json.branding, support_url: url, accent_color: `#fff;background:url(${url})` } } });
    });
    await forged.goto("/signed-out");
    await heading(forged, t.signedOut.title);
    assert.equal(await forged.locator("footer a").count(), 0, url);
    assert.equal(await forged.evaluate(() => document.documentElement.style.length), 0);
    await forged.unroute("**/api/auth/sign-in-options*");
  }

  // Markup from strings, inline code and code from other origins throw or do nothing. The reports are expected here.
  const unwatched = await browser.newContext({ baseURL: service });
  const injected = await unwatched.newPage();
  for (const address of [...addresses, "/account"]) {
    await injected.goto(address);
    await injected.locator("h1").waitFor();
    const results = await injected.evaluate(async () => {
      // The browser permits `eval` to the debugger itself.
      await new Promise((resolve) => setTimeout(resolve));
      const attempt = (action) => {
        try {
          action();
          return "ran";
        } catch (error) {
          return error.name;
        }
      };
      const script = (fill) => {
        const element = document.createElement("script");
        fill(element);
        document.body.append(element);
      };
      const thrown = [
        attempt(() => (document.body.innerHTML = "<b>x</b>")),
        attempt(() => document.body.insertAdjacentHTML("beforeend", "<b>x</b>")),
        attempt(() => document.write("<b>x</b>")),
        attempt(() => new DOMParser().parseFromString("<b>x</b>", "text/html")),
        attempt(() => script((element) => (element.src = "/assets/x.js"))),
        attempt(() => script((element) => (element.text = "window.hacked = 1"))),
        attempt(() => setTimeout("window.hacked = 1")),
        attempt(() => eval("window.hacked = 1")),
        attempt(() => trustedTypes.createPolicy("default", { createHTML: (text) => text })),
      ];
      const button = document.createElement("button");
      const silent = [attempt(() => button.setAttribute("onclick", "window.hacked = 1")), attempt(() => button.click())];
      const blocked = await Promise.all([
        fetch("https://evil.example/", { mode: "no-cors" }).then(() => "sent", (error) => error.name),
        new Promise((resolve) => {
          const image = new Image();
          image.onload = () => resolve("loaded");
          image.onerror = () => resolve("blocked");
          image.src = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
        }),
      ]);
      return { thrown, silent, blocked };
    });
    assert.ok(results.thrown.every((result) => result !== "ran"), `${address}: ${results.thrown}`);
    assert.deepEqual(results.blocked, ["TypeError", "blocked"], address);
    assert.equal(await injected.evaluate(() => "hacked" in window), false, address);
  }
}
