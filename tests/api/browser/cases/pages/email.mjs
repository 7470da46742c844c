// A change of the e-mail address: step-up, the link to the new address, and its reversal from the old one.
import assert from "node:assert/strict";
import { at, heading, message, showsAccount, signIn, submitSignIn, t } from "./steps.mjs";

const NEW = "new-address@example.org";
const PASSWORD = "seven green bottles on the wall";

export async function run({ person, control, mailedLink, service, users: [user] }) {
  const browser = await person();
  const page = await signIn(browser, user);
  await showsAccount(page, user);
  const section = page.getByRole("region", { name: t.changeEmail.title });
  const ask = async (address) => {
    await section.getByLabel(t.changeEmail.label).fill(address);
    await section.getByRole("button", { name: t.changeEmail.submit }).click();
  };
  await ask("not an address");
  await message(section, "alert", t.failure.email);

  // After five minutes, the user has to authenticate again. Closing the dialog changes nothing.
  await control("clock", { seconds: 400 });
  await ask(NEW);
  const dialog = page.getByRole("dialog", { name: t.stepUp.title });
  await dialog.waitFor();
  assert.ok(await dialog.getByLabel(t.signIn.password, { exact: true }).evaluate((input) => input === document.activeElement));
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await section.getByRole("status").filter({ hasText: NEW }).count(), 0);
  await ask(NEW);
  await dialog.getByLabel(t.signIn.password, { exact: true }).fill("wrong");
  await dialog.getByRole("button", { name: t.stepUp.submit, exact: true }).click();
  await message(dialog, "alert", t.failure.currentPassword);
  await control("clock", { seconds: 410 });
  await dialog.getByLabel(t.signIn.password, { exact: true }).fill(user.login.password);
  await dialog.getByRole("button", { name: t.stepUp.submit, exact: true }).click();
  await message(section, "status", t.changeEmail.done(NEW));

  const confirm = await mailedLink(NEW, "/confirm-email");

  // The link counts only in the session that asked.
  const stranger = await person();
  const elsewhere = await stranger.newPage();
  await elsewhere.goto(confirm);
  await message(elsewhere, "alert", t.confirmEmail.otherSession);
  const tab = await browser.newPage();
  await tab.goto(confirm);
  await message(tab, "status", t.confirmEmail.done(NEW));
  assert.equal(tab.url(), `${service}/confirm-email`);
  await tab.getByRole("link", { name: t.toAccount }).click();
  await tab.getByText(NEW).waitFor();

  // The owner of the old address takes it back. That ends all sessions, and the old password is gone.
  const revert = await mailedLink(user.email, "/revert-email");
  await elsewhere.goto(revert);
  await heading(elsewhere, t.revertEmail.title);
  assert.equal(elsewhere.url(), `${service}/revert-email`);
  await elsewhere.getByRole("button", { name: t.revertEmail.submit }).click();
  await message(elsewhere, "status", t.revertEmail.done);
  await tab.reload();
  await at(tab, "/sign-in");
  await submitSignIn(tab, user.login);
  await message(tab, "alert", t.failure.credentials);
  const link = await mailedLink(user.email, "/set-password");
  await elsewhere.goto(link);
  await elsewhere.getByLabel(t.newPassword.label).fill(PASSWORD);
  await elsewhere.getByRole("button", { name: t.setPassword.submit }).click();
  await message(elsewhere, "status", t.setPassword.done);
  await control("clock", { seconds: 600 });
  await elsewhere.getByRole("link", { name: t.toSignIn }).click();
  await submitSignIn(elsewhere, { ...user.login, password: PASSWORD });
  await showsAccount(elsewhere, user);
  await elsewhere.getByText(user.email, { exact: true }).waitFor();
}
