// Passwords: set by the link of an administrator, forgotten and set by the mailed link, and changed on the account page.
import assert from "node:assert/strict";
import { at, heading, message, showsAccount, signIn, submitSignIn, t } from "./steps.mjs";

const FIRST = "seven green bottles on the wall";
const SECOND = "nine purple kites above the sea";
const THIRD = "eleven quiet trains in the night";

export async function run({ person, control, mailedLink, service, users: [user], more: { link } }) {
  const browser = await person();
  const page = await browser.newPage();

  // The secret leaves the address bar at once, and stays out of the history.
  await page.goto(`/set-password#${link}`);
  await heading(page, t.setPassword.title);
  assert.equal(page.url(), `${service}/set-password`);
  await page.getByLabel(t.newPassword.label).fill("too short");
  await page.getByRole("button", { name: t.setPassword.submit }).click();
  await message(page, "alert", t.failure.passwordTooShort(15));
  await page.getByLabel(t.newPassword.label).fill(`${user.login.username} ${user.login.username}`);
  await page.getByRole("button", { name: t.setPassword.submit }).click();
  await message(page, "alert", t.failure.passwordContainsName);
  await page.getByLabel(t.newPassword.label).fill(FIRST);
  await page.getByRole("button", { name: t.setPassword.submit }).click();
  await message(page, "status", t.setPassword.done);
  await page.getByRole("link", { name: t.toSignIn }).click();
  await submitSignIn(page, { ...user.login, password: FIRST });
  await showsAccount(page, user);

  // The link works once. A link that is opened in the same tab replaces the earlier one.
  const again = await browser.newPage();
  await again.goto("/set-password");
  await message(again, "alert", t.setPassword.noSecret);
  await again.goto(`/set-password#${link}`);
  await again.getByLabel(t.newPassword.label).fill(SECOND);
  await again.getByRole("button", { name: t.setPassword.submit }).click();
  await message(again, "alert", t.failure.link);

  // Forgotten: the same words for a name that no user has, and a message for one that a user has.
  const forgetful = await person();
  const forgot = await forgetful.newPage();
  for (const username of ["no such user", user.login.username]) {
    await forgot.goto("/sign-in");
    await forgot.getByRole("link", { name: t.signIn.forgotten }).click();
    await at(forgot, "/forgot-password");
    await forgot.getByLabel(t.signIn.username).fill(username);
    await forgot.getByRole("button", { name: t.forgotPassword.submit }).click();
    await message(forgot, "status", t.forgotPassword.done);
  }
  await forgot.goto(await mailedLink(user.email, "/set-password"));
  await forgot.getByLabel(t.newPassword.label).fill(SECOND);
  await forgot.getByRole("button", { name: t.setPassword.submit }).click();
  await message(forgot, "status", t.setPassword.done);

  // That has ended the session of the first browser, which notices at its next click.
  await page.getByRole("button", { name: t.sessions.revokeAll }).click();
  await at(page, "/sign-in");
  await message(page, "status", t.signIn.expired);
  await submitSignIn(page, { ...user.login, password: SECOND });
  await showsAccount(page, user);

  // Changed: a wrong current password, a common one, and then the change, which ends all other sessions.
  const other = await person();
  const elsewhere = await signIn(other, { ...user, login: { ...user.login, password: SECOND } });
  await showsAccount(elsewhere, user);
  const section = page.getByRole("region", { name: t.changePassword.title });
  const change = async (current, next) => {
    await section.getByLabel(t.changePassword.current).fill(current);
    await section.getByLabel(t.newPassword.label).fill(next);
    await section.getByRole("button", { name: t.changePassword.submit }).click();
  };
  await change("wrong", THIRD);
  await message(section, "alert", t.failure.currentPassword);
  await control("clock", { seconds: 10 });
  await change(SECOND, "a".repeat(20));
  await message(section, "alert", t.failure.passwordTooCommon);
  await change(SECOND, THIRD);
  await message(section, "status", t.changePassword.done);
  assert.equal(await section.getByLabel(t.newPassword.label).inputValue(), "");
  await elsewhere.getByRole("button", { name: t.sessions.revokeAll }).click();
  await at(elsewhere, "/sign-in");

  // This session goes on.
  await page.reload();
  await showsAccount(page, user);
}
