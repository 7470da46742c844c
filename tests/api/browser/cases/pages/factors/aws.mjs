// A user of AWS adds one-time codes at the first sign-in, because the policy demands a factor, and enters a code at the next one.
import assert from "node:assert/strict";
import { Clock, answering, authenticator, addPasskey, button, decideInAws, f, heading, message, shownSecret, showsAccount, signOut, storeCodes, t, ways, withoutSuggestions } from "./steps.mjs";

export async function run({ person, control, more: { simulator, username } }) {
  const clock = new Clock(control);
  const context = await person();
  await withoutSuggestions(context);
  const page = await context.newPage();
  const user = { login: { username } };
  const approve = async () => {
    await page.goto("/sign-in");
    await button(page, t.signIn.aws).click();
    await decideInAws(page, { simulator, username });
  };

  await approve();
  await heading(page, f.enrol.title);
  assert.equal((await (await page.request.get("/api/auth/session")).json()).user, null);
  await button(page, f.ways.setUpTotp).click();
  const secret = await shownSecret(page);
  await page.getByLabel(f.totp.label).fill(clock.code(secret));
  await button(page, f.confirm).click();
  await storeCodes(page);
  await showsAccount(page, user);
  // Such a user has no password.
  assert.equal(await ways(page).getByText(f.ways.removePassword).count(), 0);
  const device = await authenticator(page);
  await addPasskey(page, device);
  await signOut(page);

  await approve();
  await heading(page, f.secondStep.title);
  assert.equal((await (await page.request.get("/api/auth/session")).json()).user, null);
  await button(page, f.use.totp).click();
  await page.getByLabel(f.totp.label).fill(await clock.nextCode(secret));
  await button(page, f.confirm).click();
  await showsAccount(page, user);
  await signOut(page);

  // The passkey alone does not sign in, because Identity Center decides at each sign-in.
  await page.goto("/sign-in");
  await answering(device, async () => {
    await button(page, f.passkey.signIn).click();
    await message(page, "alert", f.failures.aws_sign_in_required);
  });
  await approve();
  await heading(page, f.secondStep.title);
  await answering(device, async () => {
    await button(page, f.passkey.submit).click();
    await showsAccount(page, user);
  });
}
