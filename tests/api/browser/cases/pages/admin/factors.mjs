// An administrator removes the factors of a user who has lost them. The user then signs in with the password alone. The configuration
// says whether factors are demanded, and how many one-time codes are encrypted with another key.
import assert from "node:assert/strict";
import { button, c, confirm, heading, message, openConsole, section, showsAccount, signIn, t, view } from "./steps.mjs";

export async function run({ person, users: [root, ada] }) {
  const page = await openConsole(await person(), root, `#/users/${ada.id}`);
  await heading(page, ada.login.username);
  const factors = section(page, c.user.factors.title);
  await factors.getByText(`${t.factors.passkey.name}: Key`).waitFor();
  await factors.getByText(t.factors.totp.plural).waitFor();
  await factors.getByText(c.user.factors.unused(3)).waitFor();
  await factors.getByText(c.user.factors.locked).waitFor();
  const about = section(page, t.account.profile);
  const fact = about.locator("div").filter({ has: page.getByText(c.user.hasFactor, { exact: true }) });
  await fact.getByText(c.yes, { exact: true }).waitFor();

  await view(page, "#/configuration", c.configuration.title);
  await page.getByText(c.configuration.policyNotSet).waitFor();
  await page.getByText(c.configuration.reseal("1")).waitFor();
  assert.equal(await page.getByText(c.configuration.noFactorKey).count(), 0);

  await view(page, `#/users/${ada.id}`, ada.login.username);
  await button(factors, c.user.factors.reset).click();
  const said = await confirm(page, c.user.factors.resetTitle(ada.login.username), c.user.factors.reset);
  for (const consequence of [...c.user.factors.consequences, c.user.sessions.ends(0)]) assert.ok(said.includes(consequence), said);
  await message(factors, "status", c.user.factors.done(0));
  await factors.getByText(c.user.factors.none).waitFor();
  assert.equal(await button(factors, c.user.factors.reset).getAttribute("aria-disabled"), "true");
  await fact.getByText(c.no, { exact: true }).waitFor();
  await showsAccount(await signIn(await person(), ada), ada);

  // Administrators remove their own factors on the account page.
  await view(page, `#/users/${root.id}`, root.login.username);
  await factors.getByText(c.user.factors.none).waitFor();
  assert.equal(await button(factors, c.user.factors.reset).count(), 0);
}
