// What makes the pages pleasant: one request per click, progress, languages, the keyboard, lost connections, and no JavaScript.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { de } from "../../../../../pages/src/texts/de.ts";
import { at, heading, message, showsAccount, t } from "./steps.mjs";

export async function run({ person, control, mailedLink, users: [user], more: { link } }) {
  const browser = await person();
  const page = await browser.newPage();
  await page.goto("/sign-in");
  await heading(page, t.signIn.title);

  // The keyboard suffices, and the focus is visible.
  const username = page.getByLabel(t.signIn.username);
  const password = page.getByLabel(t.signIn.password, { exact: true });
  await username.focus();
  await page.keyboard.type(user.login.username);
  await page.keyboard.press("Tab");
  await page.keyboard.type(user.login.password);
  assert.equal(await password.evaluate((input) => getComputedStyle(input).outlineStyle), "solid");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  assert.equal(await password.getAttribute("type"), "text");
  await page.getByRole("button", { name: t.showPassword, pressed: true }).click();
  assert.equal(await password.getAttribute("type"), "password");

  // Password managers find what they look for.
  assert.equal(await username.getAttribute("autocomplete"), "username webauthn");
  assert.equal(await password.getAttribute("autocomplete"), "current-password");

  // Without a connection, the page says so and keeps what was typed.
  await browser.setOffline(true);
  await password.press("Enter");
  await message(page, "alert", t.failure.network);
  await browser.setOffline(false);

  // Several clicks send one request. If that takes long, the page says that it is working on it.
  let requests = 0;
  page.on("request", (request) => {
    if (request.method() === "POST") requests += 1;
  });
  await page.route("**/api/auth/sign-in", async (route) => {
    await delay(4_000);
    await route.continue();
  });
  const button = page.getByRole("button", { name: t.signIn.submit, exact: true });
  await button.dblclick();
  await button.click({ force: true });
  assert.equal(await button.getAttribute("aria-disabled"), "true");
  await message(page, "status", t.slow);
  await at(page, "/account");
  assert.equal(requests, 1);
  await showsAccount(page, user);

  // Another user who signs in in another tab: this tab shows that user too.
  const tab = await browser.newPage();
  await tab.goto("/sign-in");
  const reloaded = page.waitForEvent("load");
  await tab.getByRole("button", { name: t.signIn.asOther }).click();
  await tab.getByLabel(t.signIn.username).fill(user.login.username);
  await tab.getByLabel(t.signIn.password, { exact: true }).fill(user.login.password);
  await tab.getByRole("button", { name: t.signIn.submit, exact: true }).click();
  await at(tab, "/account");
  await reloaded;
  await tab.close();

  // A page from the back-forward cache is loaded again.
  await showsAccount(page, user);
  const loaded = page.waitForEvent("load");
  await page.evaluate(() => void dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await loaded;

  // The service fails while the page is being loaded.
  const failing = await browser.newPage();
  await failing.route("**/api/auth/session", (route) => route.fulfill({ status: 503, headers: { "edge-auth-error": "storage_unavailable" }, body: "{}" }));
  await failing.goto("/account");
  await message(failing, "alert", t.failure.temporary);
  await failing.unroute("**/api/auth/session");
  await failing.getByRole("button", { name: t.retry }).click();
  await showsAccount(failing, user);

  // The browser's language, and the choice of another one, which lasts and loses nothing.
  const german = await person({ locale: "de-AT" });
  const seite = await german.newPage();
  await seite.goto(`/set-password#${link}`);
  await heading(seite, de.setPassword.title);
  assert.equal(await seite.evaluate(() => document.documentElement.lang), "de");
  await seite.getByLabel(de.newPassword.label).fill("short");
  await seite.getByLabel(de.language).selectOption("en");
  await heading(seite, t.setPassword.title);
  assert.equal(await seite.title(), `${t.setPassword.title} · Edge Auth`);
  await seite.getByLabel(t.newPassword.label).fill("seven green bottles on the wall");
  await seite.getByRole("button", { name: t.setPassword.submit }).click();
  await message(seite, "status", t.setPassword.done);
  await seite.goto("/signed-out");
  await heading(seite, t.signedOut.title);
  await seite.getByLabel(t.language).selectOption("de");
  await heading(seite, de.signedOut.title);

  // Messages come in the language of the page.
  await seite.goto("/forgot-password");
  await seite.getByLabel(de.signIn.username).fill(user.login.username);
  await seite.getByRole("button", { name: de.forgotPassword.submit }).click();
  await message(seite, "status", de.forgotPassword.done);
  await mailedLink(user.email, "/set-password");
  const subjects = (await control("sent", { to: user.email })).map(({ subject }) => subject);
  assert.ok(subjects.some((subject) => /Passwort/.test(subject)), `${subjects}`);

  // Without JavaScript, every page explains itself.
  const plain = await person({ javaScriptEnabled: false });
  const text = await plain.newPage();
  for (const path of ["/sign-in", "/account", "/nothing"]) {
    await text.goto(path);
    const [english, translated] = await text.locator("noscript p").allInnerTexts();
    assert.match(english, /^This page needs JavaScript\./);
    assert.match(translated, /^Diese Seite benötigt JavaScript\./);
    assert.ok(await text.locator("noscript p").first().isVisible());
    assert.equal(await text.locator(".loading").isVisible(), false);
  }
}
