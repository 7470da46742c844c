// An account with a passkey and without a password, and what a new password leaves to be checked.
import assert from "node:assert/strict";
import { addPasskey, answering, at, authenticator, button, codesDialog, declineOffer, enterPassword, f, heading, message, showsAccount, signOut, storeCodes, submitSignIn, t, ways } from "./steps.mjs";

const PASSWORD = "seven green bottles on the wall";

export async function run({ person, mailedLink, users: [user] }) {
  const browser = await person();
  await declineOffer(browser);
  const page = await browser.newPage();
  const device = await authenticator(page);
  await enterPassword(page, user);
  await showsAccount(page, user);
  assert.equal(await button(ways(page), f.ways.removePassword).count(), 0);
  await addPasskey(page, device);
  await storeCodes(codesDialog(page));

  // Without the password, the passkey is the only way to sign in, and cannot be deleted.
  await button(ways(page), f.ways.removePassword).click();
  const question = page.getByRole("dialog", { name: f.questions.removePassword.title });
  await button(question, f.questions.removePassword.confirm).click();
  await message(ways(page), "status", f.ways.passwordRemoved);
  await ways(page).getByText(f.ways.passwordNone).waitFor();
  assert.equal(await page.getByRole("region", { name: t.changePassword.title }).count(), 0);
  const name = t.sessions.device("Chrome", "Linux");
  await button(ways(page), f.ways.deleteLabel(name)).click();
  await button(page.getByRole("dialog"), f.questions.delete.confirm).click();
  await message(ways(page), "alert", f.failures.last_sign_in_method);
  await signOut(page);
  await enterPassword(page, user);
  await message(page, "alert", t.failure.credentials);
  await answering(device, async () => {
    await button(page, f.passkey.signIn).click().catch(() => {});
    await showsAccount(page, user);
  });
  await signOut(page);

  // A forgotten password: the link sets a new one, and the page leads to the passkeys, which it does not remove.
  await page.goto("/forgot-password");
  await page.getByLabel(t.signIn.username).fill(user.login.username);
  await button(page, t.forgotPassword.submit).click();
  await message(page, "status", t.forgotPassword.done);
  await page.goto(await mailedLink(user.email, "/set-password"));
  await page.getByLabel(t.newPassword.label).fill(PASSWORD);
  await button(page, t.setPassword.submit).click();
  await message(page, "status", t.setPassword.done);
  await page.getByRole("link", { name: t.toSignIn }).click();
  await submitSignIn(page, { ...user.login, password: PASSWORD });
  await heading(page, f.secondStep.title);
  await answering(device, async () => {
    await button(page, f.passkey.submit).click();
    await at(page, "/account");
  });
  const review = page.getByRole("region", { name: f.review.title });
  await review.getByText(f.review.lead).waitFor();
  await review.getByRole("heading", { name }).waitFor();
  for (const fact of [f.ways.created, f.ways.lastUsed]) await review.getByText(fact, { exact: true }).waitFor();
  assert.equal(await ways(page).getByRole("heading", { name }).count(), 0);
  await button(review, f.review.keep).click();
  await review.waitFor({ state: "detached" });
  await ways(page).getByRole("heading", { name }).waitFor();
  await page.reload();
  await showsAccount(page, user);
  await ways(page).getByRole("heading", { name }).waitFor();
  assert.equal(await review.count(), 0);

  // Removed instead of kept.
  await page.goto("/account?review=passkeys");
  await button(review, f.ways.deleteLabel(name)).click();
  await button(page.getByRole("dialog"), f.questions.delete.confirm).click();
  await review.waitFor({ state: "detached" });
  await ways(page).getByText(f.ways.noPasskeys).waitFor();
}
