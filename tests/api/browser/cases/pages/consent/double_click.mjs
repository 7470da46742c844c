// Another site has the user double-click in a window that the first click closes, so that the second click meets the consent page below
// it. The page takes no answer until it has been in front for half a second.
import assert from "node:assert/strict";
import { CONSENT, asked, button, respond, showsAccount, signIn, t } from "./steps.mjs";

export async function run({ person, application, users: [ada] }) {
  const context = await person();
  // Playwright gives the focus to each page, so the case says which window is in front.
  await context.addInitScript(() => {
    // An empty page has no storage.
    window.isInFront = location.protocol === "about:" || sessionStorage.getItem("in-front") !== "no";
    document.hasFocus = () => window.isInFront;
  });
  const account = await signIn(context, ada);
  await showsAccount(account, ada);
  const page = await context.newPage();
  await page.goto("/signed-out");
  await page.evaluate(() => sessionStorage.setItem("in-front", "no"));
  const sent = await respond(page, { requests: [asked()], decisions: [{ location: `${application}/callback?code=x` }] });
  await page.goto(CONSENT);
  await page.getByRole("heading", { level: 1 }).filter({ hasText: "Dashboards" }).waitFor();
  const allow = button(page, t.consent.allow);
  const isIdle = () => allow.getAttribute("aria-disabled");

  // The page is behind another window for longer than half a second.
  await page.waitForTimeout(700);
  assert.equal(await isIdle(), "true");
  // The first click has closed that window. The second one follows at once.
  await page.evaluate(bringToFront);
  await allow.evaluate((element) => element.click());
  await page.evaluate(() => window.dispatchEvent(new Event("blur")));
  await allow.evaluate((element) => element.click());
  assert.deepEqual(sent.decisions, []);

  // After half a second in front, the page takes an answer, also from the keyboard.
  await page.evaluate(bringToFront);
  await page.locator("button[aria-disabled=false]", { hasText: t.consent.allow }).waitFor();
  await page.evaluate(leaveFront);
  await page.locator("button[aria-disabled=true]", { hasText: t.consent.allow }).waitFor();
  await page.evaluate(bringToFront);
  await allow.focus();
  await page.locator("button[aria-disabled=false]", { hasText: t.consent.allow }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${application}/callback?code=x`);
  assert.equal(sent.decisions.length, 1);
}

function bringToFront() {
  window.isInFront = true;
  window.dispatchEvent(new Event("focus"));
}

function leaveFront() {
  window.isInFront = false;
  window.dispatchEvent(new Event("blur"));
}
