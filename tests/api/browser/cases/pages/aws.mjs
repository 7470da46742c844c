// Signing in with AWS: the code to compare, the approval in another tab, a denial, an expired code, and a step-up.
import assert from "node:assert/strict";
import { at, awsCode, decideInAws, heading, message, showsAccount, t } from "./steps.mjs";

export async function run({ person, control, more: { simulator, username } }) {
  const browser = await person();
  const page = await browser.newPage();
  const code = () => awsCode(page);
  const decide = (decision) => decideInAws(page, { simulator, username, decision });

  await page.goto("/account");
  await at(page, "/sign-in");
  const start = page.getByRole("button", { name: t.signIn.aws });

  // Going back and starting again gives another code.
  await start.click();
  await heading(page, t.aws.title);
  const first = await code().innerText();
  assert.ok(await page.getByText("edge-auth", { exact: true }).isVisible());
  await page.getByRole("button", { name: t.cancel }).click();
  await start.click();
  assert.notEqual(await code().innerText(), first);

  // Denied, and tried again.
  await decide("Deny");
  await message(page, "alert", t.failure.denied);
  await page.getByRole("button", { name: t.retry }).click();

  // Expired, and tried again.
  await code().waitFor();
  await control("clock", { seconds: 700 });
  const later = await fetch(`${simulator}/_simulator/clock`, { method: "POST", body: JSON.stringify({ advance_ms: 700_000 }) });
  assert.equal(later.status, 200);
  await message(page, "alert", t.failure.codeExpired);
  await page.getByRole("button", { name: t.retry }).click();

  // While the user decides, the page waits. A lost connection does not end that.
  await message(page, "status", t.aws.waiting);
  await browser.setOffline(true);
  await browser.setOffline(false);
  await decide("Approve");
  await at(page, "/account");
  const user = { login: { username } };
  await showsAccount(page, user);
  assert.ok(await page.getByText(t.account.fromDirectory).isVisible());
  assert.equal(await page.getByRole("region", { name: t.changePassword.title }).count(), 0);
  const sessions = page.getByRole("region", { name: t.sessions.title });
  await sessions.getByText(t.sessions.methods.aws_device, { exact: true }).waitFor();

  // A user without a password confirms a change with AWS. No change on this page asks for it today.
  let refusals = 0;
  await page.route("**/api/auth/logout-all", async (route) => {
    refusals += 1;
    if (refusals > 1) return route.continue();
    return route.fulfill({ status: 401, headers: { "edge-auth-error": "step_up_required" }, json: { success: false, message: "" } });
  });
  await page.getByRole("button", { name: t.sessions.revokeAll }).click();
  const dialog = page.getByRole("dialog", { name: t.stepUp.title });
  await dialog.waitFor();
  await decide("Approve");
  await at(page, "/signed-out");
}
