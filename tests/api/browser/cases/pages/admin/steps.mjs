// The steps of administrators in the console, with the texts of the console.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { en } from "../../../../../../pages/src/admin/texts/en.ts";
import { at, heading, signIn } from "../steps.mjs";

export { at, heading, message, showsAccount, signIn, submitSignIn, t } from "../steps.mjs";

export const c = en;

/** Signs in, and opens a view of the console. Returns the page. */
export async function openConsole(context, user, fragment = "#/") {
  const page = await signIn(context, user, "/sign-in?return_to=%2Fadmin");
  await at(page, "/admin");
  await heading(page, c.dashboard.title);
  if (fragment !== "#/") await page.goto(`/admin${fragment}`);
  return page;
}

/** Opens a view in a page of the console. */
export async function view(page, fragment, title) {
  await page.evaluate((fragment) => (location.hash = fragment), fragment);
  await heading(page, title);
}

/** Answers the question with this title. Returns its text. */
export async function confirm(page, title, button, typed) {
  const dialog = page.getByRole("dialog", { name: title, exact: true });
  await dialog.waitFor();
  const text = await dialog.innerText();
  if (typed !== undefined) await dialog.getByRole("textbox").fill(typed);
  await dialog.getByRole("button", { name: button, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  return text;
}

/** The section of a view with this title. */
export const section = (page, title) => page.getByRole("region", { name: title, exact: true });

export const button = (scope, name) => scope.getByRole("button", { name, exact: true });

/** The text of the file that the action saves, and its name. */
export async function saved(page, action) {
  const [download] = await Promise.all([page.waitForEvent("download"), action()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
}

/** Fails unless this element has the focus. */
export async function isFocused(locator) {
  await locator.waitFor();
  assert.ok(await locator.evaluate((element) => element === document.activeElement), `${locator} does not have the focus`);
}
