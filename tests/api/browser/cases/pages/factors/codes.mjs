// One-time codes and recovery codes: set up, asked for at the sign-in and before a change, renewed and removed.
import assert from "node:assert/strict";
import { Clock, at, button, codesDialog, enterPassword, f, heading, message, setUpTotp, showsAccount, shownSecret, signOut, storeCodes, t, ways } from "./steps.mjs";

export async function run({ person, control, users: [user] }) {
  const clock = new Clock(control);
  const browser = await person();
  const page = await browser.newPage();
  await enterPassword(page, user);
  await showsAccount(page, user);

  // Closing the dialog leaves nothing behind, and a wrong code confirms nothing.
  await button(ways(page), f.ways.setUpTotp).click();
  const dialog = page.getByRole("dialog", { name: f.ways.setUpTotp });
  const first = await shownSecret(dialog);
  await dialog.getByLabel(f.totp.label).fill("12345");
  await button(dialog, f.confirm).click();
  await message(dialog, "alert", f.failures.invalid_code);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await ways(page).getByText(f.ways.totpNone).waitFor();
  await clock.advance(60);
  const { secret, used } = await setUpTotp(page, clock);
  assert.notEqual(secret, first);
  const codes = await storeCodes(codesDialog(page));
  await message(ways(page), "status", f.added.totp);

  await asksForACode(page, { user, clock, secret, used });
  await takesARecoveryCode(page, { user, codes });
  await backsOff(page, { user, clock, secret });
  await expires(page, { person, user, clock, secret, codes });
  await confirmsChanges(page, { user, clock, secret, codes });
}

/** After the password, the page asks for a code. A used one is refused. */
async function asksForACode(page, { user, clock, secret, used }) {
  await signOut(page);
  await enterPassword(page, user);
  await heading(page, f.secondStep.title);
  const field = page.getByLabel(f.totp.label);
  assert.equal(await field.getAttribute("autocomplete"), "one-time-code");
  assert.equal(await field.getAttribute("inputmode"), "numeric");
  assert.ok(await field.evaluate((input) => input === document.activeElement));
  // The sign-in is not complete.
  assert.equal((await (await page.request.get("/api/auth/session")).json()).user, null);
  await button(page, f.confirm).click();
  await message(page, "alert", t.failure.missing);
  await field.fill(used);
  await button(page, f.confirm).click();
  await message(page, "alert", f.failures.invalid_second_factor);
  // Apps show groups of three digits.
  await field.fill((await clock.nextCode(secret)).replace(/^.../, "$& "));
  await button(page, f.confirm).click();
  await showsAccount(page, user);
}

async function takesARecoveryCode(page, { user, codes }) {
  const enter = async () => {
    await enterPassword(page, user);
    await button(page, f.use.recovery_code).click();
    await page.getByLabel(f.recovery.label).fill(` ${codes[0].toUpperCase().replaceAll("-", " ")}`);
    await button(page, f.confirm).click();
  };
  await signOut(page);
  await enter();
  await showsAccount(page, user);
  await ways(page).getByText(/^9 recovery codes left/).waitFor();
  await signOut(page);
  // It works once.
  await enter();
  await message(page, "alert", f.failures.invalid_second_factor);
  await button(page, f.secondStep.startAgain).click();
  await heading(page, t.signIn.title);
}

/** Wrong codes lead to a countdown, and five of them to the beginning. A sign-in that was given up counts as a failed attempt. */
async function backsOff(page, { user, clock, secret }) {
  await clock.advance(15);
  await enterPassword(page, user);
  const field = page.getByLabel(f.totp.label);
  for (let attempt = 1; ; attempt += 1) {
    await field.waitFor();
    await field.fill("1");
    await button(page, f.confirm).click();
    await page.getByRole("alert").or(page.getByText(f.secondStep.expired)).first().waitFor();
    if (await page.getByText(f.secondStep.expired).isVisible()) break;
    assert.ok(attempt < 12, "the sign-in does not end");
    if (await page.getByRole("button", { name: /\(\d+\)$/ }).isVisible()) assert.equal(await button(page, f.confirm).count(), 0);
    await clock.advance(15);
    await page.getByRole("button", { name: /\(\d+\)$/ }).waitFor({ state: "detached" });
  }
  await button(page, f.secondStep.startAgain).click();
  await heading(page, t.signIn.title);
  await clock.advance(15);
  await enterPassword(page, user);
  await field.fill(await clock.nextCode(secret));
  await button(page, f.confirm).click();
  await showsAccount(page, user);
  await signOut(page);
}

/** A pending sign-in is valid for five minutes. */
async function expires(page, { person, user, clock, secret }) {
  await enterPassword(page, user);
  await heading(page, f.secondStep.title);
  await clock.advance(301);
  await page.getByLabel(f.totp.label).fill(clock.code(secret));
  await button(page, f.confirm).click();
  await message(page, "alert", f.secondStep.expired);

  // The page notices that by itself too.
  await clock.advance(15);
  const patient = await (await person()).newPage();
  await patient.clock.install();
  await enterPassword(patient, user);
  await heading(patient, f.secondStep.title);
  await patient.clock.fastForward(301_000);
  await message(patient, "alert", f.secondStep.expired);
}

/** A change needs a code some minutes after the sign-in, and not the password. */
async function confirmsChanges(page, { user, clock, secret, codes }) {
  await clock.advance(15);
  await enterPassword(page, user);
  await page.getByLabel(f.totp.label).fill(await clock.nextCode(secret));
  await button(page, f.confirm).click();
  await showsAccount(page, user);
  await ways(page).getByText(/^9 recovery codes left/).waitFor();
  await clock.advance(400);
  await button(ways(page), f.ways.newCodes).click();
  await button(page.getByRole("dialog", { name: f.questions.newCodes.title }), f.questions.newCodes.confirm).click();
  const stepUp = page.getByRole("dialog", { name: t.stepUp.title });
  const field = stepUp.getByLabel(f.totp.label);
  await field.waitFor();
  assert.equal(await stepUp.getByLabel(t.signIn.password, { exact: true }).count(), 0);
  await field.fill("1");
  await button(stepUp, f.confirm).click();
  await stepUp.getByRole("alert").waitFor();
  await clock.advance(15);
  await field.fill(await clock.nextCode(secret));
  await button(stepUp, f.confirm).click();
  const renewed = await storeCodes(codesDialog(page));
  assert.ok(renewed.every((code) => !codes.includes(code)));
  await ways(page).getByText(/^10 recovery codes left/).waitFor();

  // A recovery code confirms a change too.
  await clock.advance(400);
  await button(ways(page), f.ways.removeTotp).click();
  const question = page.getByRole("dialog", { name: f.questions.removeTotp.title });
  await question.getByText(f.questions.removeTotp.last).waitFor();
  await button(question, f.questions.removeTotp.confirm).click();
  await button(stepUp, f.use.recovery_code).click();
  await stepUp.getByLabel(f.recovery.label).fill(renewed[0]);
  await button(stepUp, f.confirm).click();
  await message(ways(page), "status", f.ways.totpRemoved);
  await ways(page).getByText(f.ways.totpNone).waitFor();
  await signOut(page);
  await enterPassword(page, user);
  await at(page, "/account");
}
