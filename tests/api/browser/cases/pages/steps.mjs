// What users do on the pages, in the words of the pages.
import assert from "node:assert/strict";
import { en } from "../../../../../pages/src/texts/en.ts";

export const t = en;

/** Waits until a path is open. */
export const at = (page, path) => page.waitForURL((url) => url.pathname === path);

/** Fills in the form of /sign-in, and sends it. */
export async function submitSignIn(page, { username, password }) {
  await page.getByLabel(t.signIn.username).fill(username);
  await page.getByLabel(t.signIn.password, { exact: true }).fill(password);
  await page.getByRole("button", { name: t.signIn.submit, exact: true }).click();
}

/** Opens the sign-in page in this browser, and signs in. Returns the page. */
export async function signIn(context, { login }, address = "/sign-in") {
  const page = await context.newPage();
  await page.goto(address);
  await submitSignIn(page, login);
  return page;
}

/** Waits until the heading of the page is this text. */
export const heading = (page, text) => page.getByRole("heading", { level: 1, name: text, exact: true }).waitFor();

/** Waits until a message with this role and text appears. */
export async function message(page, role, text) {
  await page.getByRole(role).filter({ hasText: text }).first().waitFor();
}

/** Fails unless the account page shows this user. */
export async function showsAccount(page, { login }) {
  await heading(page, t.account.title);
  const profile = page.getByRole("region", { name: t.account.profile });
  assert.ok(await profile.getByText(login.username, { exact: true }).isVisible());
}
