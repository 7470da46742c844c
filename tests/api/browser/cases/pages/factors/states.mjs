// The views with passkeys and codes, and their states, for the check of accessibility and for pictures.
import { Clock, authenticator, shownSecret, ways } from "./steps.mjs";

/** Calls `visit(name, page)` in each state. `t` is the table of the language of the browser. The user is demanded to have a factor. */
export async function visitAll({ context, clock, user, t, visit }) {
  const f = t.factors;
  const page = await context.newPage();
  const device = await authenticator(page);
  const button = (scope, name) => scope.getByRole("button", { name, exact: true });
  const heading = (name) => page.getByRole("heading", { name, exact: true }).waitFor();
  const card = ways(page, f);
  const dialog = page.getByRole("dialog");
  const signIn = async () => {
    await page.goto("/sign-in");
    await page.getByLabel(t.signIn.username).fill(user.login.username);
    await page.getByLabel(t.signIn.password, { exact: true }).fill(user.login.password);
    await button(page, t.signIn.submit).click();
  };

  await signIn();
  await heading(f.enrol.title);
  await visit("enrolment", page);
  await device.recognises(false);
  await device.answers(true);
  await button(page, f.passkey.create).click();
  await page.getByRole("alert").waitFor();
  await visit("enrolment-error", page);
  await device.answers(false);
  await device.recognises(true);
  await button(page, f.ways.setUpTotp).click();
  const secret = await shownSecret(page, f);
  await visit("enrolment-codes", page);
  await page.getByLabel(f.totp.label).fill(clock.code(secret));
  await button(page, f.confirm).click();
  await heading(f.recovery.title);
  await button(page, f.recovery.finish).click();
  await page.getByRole("alert").waitFor();
  await visit("recovery-codes", page);
  await page.getByLabel(f.recovery.stored).check();
  await button(page, f.recovery.finish).click();
  await button(card, f.ways.removeTotp).waitFor();
  await button(page, t.account.signOut).click();
  await page.waitForURL("**/signed-out");
  await signIn();
  await page.getByLabel(f.totp.label).fill(await clock.nextCode(secret));
  await button(page, f.confirm).click();
  await heading(f.offer.title);
  await visit("offer", page);
  await button(page, f.offer.later).click();

  await button(card, f.ways.removeTotp).waitFor();
  await visit("account-codes", page);
  await device.answers(true);
  await button(card, f.passkey.add).click();
  await card.getByText(f.added.passkey).waitFor();
  await device.answers(false);
  await visit("account-passkey", page);
  await card.getByRole("listitem").getByRole("button").first().click();
  await card.getByLabel(f.ways.newName).fill("");
  await page.keyboard.press("Enter");
  await card.getByRole("alert").waitFor();
  await visit("rename-error", page);
  await button(card, t.cancel).click();
  await card.getByRole("listitem").getByRole("button").nth(1).click();
  await dialog.waitFor();
  await visit("delete", page);
  await page.keyboard.press("Escape");
  await button(card, f.ways.removePassword).click();
  await dialog.waitFor();
  await visit("remove-password", page);
  await page.keyboard.press("Escape");

  await clock.advance(400);
  await button(card, f.ways.newCodes).click();
  await button(dialog, f.questions.newCodes.confirm).click();
  await button(dialog, f.passkey.submit).waitFor();
  await visit("step-up-passkey", page);
  await button(dialog, f.use.totp).click();
  await button(dialog, f.confirm).click();
  await dialog.getByRole("alert").waitFor();
  await visit("step-up-code", page);
  await dialog.getByLabel(f.totp.label).fill(await clock.nextCode(secret));
  await button(dialog, f.confirm).click();
  await dialog.getByRole("list", { name: f.recovery.list }).waitFor();
  await visit("account-recovery-codes", page);
  await dialog.getByLabel(f.recovery.stored).check();
  await button(dialog, f.recovery.finish).click();
  await page.goto("/account?review=passkeys");
  await page.getByRole("region", { name: f.review.title }).waitFor();
  await visit("review", page);
  await button(page, t.account.signOut).click();
  await page.waitForURL("**/signed-out");

  await signIn();
  await heading(f.secondStep.title);
  await visit("second-step-passkey", page);
  await button(page, f.use.recovery_code).click();
  await visit("second-step-recovery", page);
  await button(page, f.use.totp).click();
  for (let attempt = 0; !(await page.getByRole("button", { name: /\(\d+\)$/ }).isVisible()); attempt += 1) {
    if (attempt === 4) throw new Error("no back-off");
    await page.getByLabel(f.totp.label).fill("1");
    await button(page, f.confirm).click();
    await page.getByRole("alert").waitFor();
    if (attempt === 0) await visit("second-step-error", page);
  }
  await visit("second-step-back-off", page);
  await clock.advance(301);
  await page.getByRole("button", { name: /\(\d+\)$/ }).waitFor({ state: "detached" });
  await button(page, f.confirm).click();
  await page.getByText(f.secondStep.expired).waitFor();
  await visit("expired", page);
}

export { Clock };
