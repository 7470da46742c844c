// A user is changed: profile, role, state, password and lockout. Two administrators do not overwrite each other, and each action says
// beforehand what it ends.
import assert from "node:assert/strict";
import { at, button, c, confirm, heading, isFocused, message, openConsole, section, showsAccount, signIn, t } from "./steps.mjs";

export async function run({ person, control, mailedLink, users: [root, other, ada, locked] }) {
  const browser = await person();
  const page = await openConsole(browser, root, `#/users/${ada.id}`);
  await heading(page, ada.login.username);
  const edit = section(page, c.user.editProfile);
  const name = (scope) => scope.getByLabel(t.account.fullName);
  const save = (scope) => button(scope, c.save).click();

  await name(edit).fill("Ada King");
  await edit.getByLabel(t.account.organization).fill("Analytical Engines");
  await save(edit);
  await message(edit, "status", c.saved);
  const profile = section(page, t.account.profile);
  await profile.getByText("Ada King").waitFor();
  await edit.getByLabel(c.create.region).fill("no-region");
  await save(edit);
  await edit.getByRole("alert").waitFor();
  await edit.getByLabel(c.create.region).fill("");

  // Another administrator is faster: both states are shown, and nothing is overwritten before the decision.
  const second = await person();
  const elsewhere = await openConsole(second, other, `#/users/${ada.id}`);
  await heading(elsewhere, ada.login.username);
  const theirs = section(elsewhere, c.user.editProfile);
  await name(theirs).fill("Countess of Lovelace");
  await save(theirs);
  await message(theirs, "status", c.saved);
  await name(edit).fill("A. Lovelace");
  await save(edit);
  const conflict = edit.getByRole("alert").filter({ hasText: c.user.conflict });
  await conflict.getByText("Countess of Lovelace").waitFor();
  await conflict.getByText("A. Lovelace").waitFor();
  await button(conflict, c.conflict.discard).click();
  await conflict.waitFor({ state: "detached" });
  assert.equal(await edit.getByRole("alert").count(), 0);
  await profile.getByText("Countess of Lovelace").waitFor();
  assert.equal(await name(edit).inputValue(), "Countess of Lovelace");
  await name(theirs).fill("Ada Byron");
  await save(theirs);
  await message(theirs, "status", c.saved);
  await name(edit).fill("Ada again");
  await save(edit);
  await button(conflict, c.conflict.overwrite).click();
  await message(edit, "status", c.saved);
  await profile.getByText("Ada again").waitFor();

  // A new role ends the sessions of the user. The dialog says so, and Escape changes nothing and returns the focus.
  const own = await person();
  const account = await signIn(own, ada);
  await showsAccount(account, ada);
  const access = section(page, c.user.access);
  const changeRole = button(access, c.user.role.submit);
  assert.equal(await changeRole.getAttribute("aria-disabled"), "true");
  await access.getByLabel(t.account.role).selectOption("admin");
  await changeRole.click();
  const dialog = page.getByRole("dialog", { name: c.user.role.title(ada.login.username) });
  await dialog.getByText(c.user.sessions.ends(1)).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await isFocused(changeRole);
  await changeRole.press("Enter");
  await confirm(page, c.user.role.title(ada.login.username), c.user.role.submit);
  await message(access, "status", c.user.role.done(1));
  await account.getByRole("button", { name: t.sessions.revokeAll }).click();
  await at(account, "/sign-in");

  // Disabling and enabling. After five minutes, the administrator authenticates again, and the request is repeated.
  await control("clock", { seconds: 400 });
  await button(access, c.user.disable.submit).click();
  const said = await confirm(page, c.user.disable.title(ada.login.username), c.user.disable.submit);
  for (const consequence of c.user.disable.consequences) assert.ok(said.includes(consequence), said);
  const stepUp = page.getByRole("dialog", { name: t.stepUp.title });
  await stepUp.getByLabel(t.signIn.password, { exact: true }).fill(root.login.password);
  await button(stepUp, t.stepUp.submit).click();
  await message(access, "status", c.user.disable.done(0));
  await isFocused(button(access, c.user.enable.submit));
  await page.getByText(c.users.disabled, { exact: true }).waitFor();
  await button(access, c.user.enable.submit).click();
  await message(access, "status", c.user.enable.done);

  // A link for a new password, by message.
  const password = section(page, c.user.password);
  await button(password, c.user.reset.submit).click();
  await confirm(page, c.user.reset.title(ada.login.username), c.user.reset.submit);
  await message(password, "status", c.link.sent);
  await mailedLink(ada.email, "/set-password");
  await password.getByText(c.user.unlock.notLocked).waitFor();

  // A locked account.
  await page.goto(`/admin#/users/${locked.id}`);
  await heading(page, locked.login.username);
  await page.getByText(c.users.locked, { exact: true }).waitFor();
  await button(password, c.user.unlock.submit).click();
  await message(password, "status", c.user.unlock.done);
  await page.getByText(c.users.locked, { exact: true }).waitFor({ state: "detached" });

  // No administrator changes their own role, state, e-mail address or password here.
  await page.goto(`/admin#/users/${root.id}`);
  await page.getByText(c.user.self).waitFor();
  assert.equal(await section(page, c.user.access).count(), 0);
  assert.equal(await button(page, c.user.erase.submit).count(), 0);
  await name(edit).waitFor();
  assert.equal(await edit.getByLabel(t.account.email).count(), 0);
  await password.getByText(c.user.unlock.notLocked).waitFor();
  assert.equal(await button(page, c.user.reset.submit).count(), 0);
}
