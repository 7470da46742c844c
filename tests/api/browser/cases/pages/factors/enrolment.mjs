// The policy of the service demands a second factor: users without one choose it while they sign in.
import assert from "node:assert/strict";
import { Clock, answering, authenticator, button, enterPassword, f, heading, message, showsAccount, shownSecret, signOut, storeCodes, ways } from "./steps.mjs";

export async function run({ person, control, users: [ada, bea] }) {
  const clock = new Clock(control);
  await enrolsWithCodes(await person(), { user: ada, clock });
  await enrolsWithAPasskey(await person(), bea);
}

async function enrolsWithCodes(browser, { user, clock }) {
  const page = await browser.newPage();
  await enterPassword(page, user);
  await heading(page, f.enrol.title);
  assert.equal((await (await page.request.get("/api/auth/session")).json()).user, null);
  await button(page, f.ways.setUpTotp).click();
  const secret = await shownSecret(page);
  await page.getByLabel(f.totp.label).fill("1");
  await button(page, f.confirm).click();
  await page.getByRole("alert").waitFor();
  await clock.advance(15);
  await page.getByLabel(f.totp.label).fill(clock.code(secret));
  await button(page, f.confirm).click();
  await heading(page, f.recovery.title);
  await storeCodes(page);
  await showsAccount(page, user);
  await ways(page).getByText(f.ways.demanded).waitFor();

  // The last factor cannot be removed.
  await button(ways(page), f.ways.removeTotp).click();
  await button(page.getByRole("dialog"), f.questions.removeTotp.confirm).click();
  await message(ways(page), "alert", f.failures.factor_required);
  await signOut(page);
  await enterPassword(page, user);
  await heading(page, f.secondStep.title);
}

async function enrolsWithAPasskey(browser, user) {
  const page = await browser.newPage();
  const device = await authenticator(page);
  await enterPassword(page, user);
  await heading(page, f.enrol.title);
  await device.recognises(false);
  await answering(device, async () => {
    await button(page, f.passkey.create).click();
    await page.getByRole("alert").waitFor();
  });
  await device.recognises(true);
  await answering(device, async () => {
    await button(page, f.passkey.create).click();
    await heading(page, f.recovery.title);
  });
  await storeCodes(page);
  await showsAccount(page, user);
  await signOut(page);

  // From now on the passkey is the second step.
  await enterPassword(page, user);
  await heading(page, f.secondStep.title);
  await answering(device, async () => {
    await button(page, f.passkey.submit).click();
    await showsAccount(page, user);
  });
}
