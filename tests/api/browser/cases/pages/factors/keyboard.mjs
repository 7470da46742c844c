// With the keyboard alone, in German and on a narrow screen: one-time codes are set up, and used at the next sign-in.
import assert from "node:assert/strict";
import { de as t } from "../../../../../../pages/src/texts/de.ts";
import { Clock, codesDialog, shownSecret, ways } from "./steps.mjs";

const f = t.factors;

/** More would mean that the focus does not get there. */
const MAX_STOPS = 60;

export async function run({ person, control, users: [user] }) {
  const clock = new Clock(control);
  const browser = await person({ locale: "de-DE", viewport: { width: 320, height: 640 } });
  const page = await browser.newPage();
  await page.goto("/sign-in");
  const signIn = async () => {
    await tabTo(page, page.getByLabel(t.signIn.username));
    await page.keyboard.type(user.login.username);
    await tabTo(page, page.getByLabel(t.signIn.password, { exact: true }));
    await page.keyboard.type(user.login.password);
    await page.keyboard.press("Enter");
  };
  await page.getByRole("heading", { name: t.signIn.title }).waitFor();
  await signIn();
  const setUp = button(ways(page, f), f.ways.setUpTotp);
  await setUp.waitFor();
  await tabTo(page, setUp);
  await page.keyboard.press("Enter");

  // The dialog keeps the focus, and gives it back.
  const dialog = page.getByRole("dialog", { name: f.ways.setUpTotp });
  const secret = await shownSecret(dialog, f);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.ok(await hasFocus(setUp));
  await page.keyboard.press("Enter");
  const next = await waitForOther(dialog, secret);
  await tabTo(page, dialog.getByLabel(f.totp.label));
  await page.keyboard.type(clock.code(next));
  await page.keyboard.press("Enter");
  const codes = codesDialog(page, f);
  await codes.waitFor();
  assert.ok(await hasFocus(codes.getByRole("heading")));
  await tabTo(page, codes.getByLabel(f.recovery.stored));
  await page.keyboard.press("Space");
  await tabTo(page, button(codes, f.recovery.finish));
  await page.keyboard.press("Enter");
  await codes.waitFor({ state: "detached" });

  await tabTo(page, button(page, t.account.signOut));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/signed-out");
  await page.goto("/sign-in");
  await page.getByRole("heading", { name: t.signIn.title }).waitFor();
  await signIn();
  // The field has the focus.
  const field = page.getByLabel(f.totp.label);
  await field.waitFor();
  assert.ok(await hasFocus(field));
  await page.keyboard.type(await clock.nextCode(next));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: t.account.title }).waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0);
}

const button = (scope, name) => scope.getByRole("button", { name, exact: true });

const hasFocus = (locator) => locator.evaluate((element) => element === document.activeElement);

/** Presses Tab until this element has the focus, which is visible then. */
async function tabTo(page, locator) {
  for (let stop = 0; !(await hasFocus(locator)); stop += 1) {
    assert.ok(stop < MAX_STOPS, `the focus does not reach ${locator}`);
    await page.keyboard.press("Tab");
  }
  assert.notEqual(await locator.evaluate((element) => getComputedStyle(element).outlineStyle), "none");
}

/** The secret, once it is another one. */
async function waitForOther(dialog, earlier) {
  const secret = await shownSecret(dialog, f);
  assert.notEqual(secret, earlier);
  return secret;
}
