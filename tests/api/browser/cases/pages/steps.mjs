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

/** The code of a device flow on the page. */
export const awsCode = (page) => page.locator(".code").filter({ hasText: /\S/ });

/** Opens AWS from the page of a device flow, compares what both show, and decides: `Approve` or `Deny`. */
export async function decideInAws(page, { simulator, username, decision = "Approve" }) {
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: t.aws.open }).click();
  const aws = await opened;
  await aws.waitForLoadState();
  assert.equal(new URL(aws.url()).origin, simulator);
  assert.equal(await aws.locator("code").innerText(), await awsCode(page).innerText());
  assert.ok(await aws.getByText("edge-auth", { exact: true }).isVisible());
  assert.equal(await aws.evaluate(() => window.opener), null);
  await aws.getByLabel("Sign in as").selectOption(username);
  await aws.getByRole("button", { name: decision }).click();
  // Chromium can hang if a page closes while it loads.
  await aws.getByText("You can close this page").waitFor();
  await aws.close();
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
