// The list of sessions: where their clients are, another session is revoked, and this one expires in the middle of work.
import assert from "node:assert/strict";
import { de } from "../../../../../pages/src/texts/de.ts";
import { at, message, showsAccount, signIn, submitSignIn, t } from "./steps.mjs";

const DAY = 86_400;

export async function run({ person, control, users: [user] }) {
  await showsCountries(person, user);
  const [laptop, phone] = [await person(), await person({ userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" })];
  const onLaptop = await signIn(laptop, user);
  await showsAccount(onLaptop, user);
  const onPhone = await signIn(phone, user);
  await showsAccount(onPhone, user);

  await onLaptop.reload();
  const list = onLaptop.getByRole("region", { name: t.sessions.title });
  await list.getByText(t.sessions.current).waitFor();
  assert.equal(await list.getByRole("listitem").count(), 2);
  const firefox = t.sessions.device("Firefox", "Linux");
  await list.getByRole("button", { name: t.sessions.revokeLabel(firefox) }).click();
  await message(list, "status", t.sessions.revoked);
  await list.getByText(firefox).waitFor({ state: "detached" });
  assert.equal(await list.getByRole("listitem").count(), 1);

  // The other browser is signed out at its next click.
  await onPhone.getByRole("button", { name: t.sessions.revokeAll }).click();
  await at(onPhone, "/sign-in");
  await message(onPhone, "status", t.signIn.expired);

  // Signing in again leads back to where the work was.
  await submitSignIn(onPhone, user.login);
  await showsAccount(onPhone, user);

  // A session that is not used for a week expires. What the user does then leads to the sign-in page, and back.
  await control("clock", { seconds: 8 * DAY });
  const section = onPhone.getByRole("region", { name: t.changePassword.title });
  await section.getByLabel(t.changePassword.current).fill(user.login.password);
  await section.getByLabel(t.newPassword.label).fill("eleven quiet trains in the night");
  await section.getByRole("button", { name: t.changePassword.submit }).click();
  await at(onPhone, "/sign-in");
  await message(onPhone, "status", t.signIn.expired);
  await submitSignIn(onPhone, user.login);
  await showsAccount(onPhone, user);

  // Signing out everywhere ends the session of the other browser too.
  await onLaptop.goto("/sign-in");
  await submitSignIn(onLaptop, user.login);
  await showsAccount(onLaptop, user);
  await onLaptop.getByRole("button", { name: t.sessions.revokeAll }).click();
  await at(onLaptop, "/signed-out");
  await onPhone.reload();
  await at(onPhone, "/sign-in");
}

/** The country that Cloudflare reports has a name in the language of the page. */
async function showsCountries(person, user) {
  const browser = await person();
  for (const [header, english, german] of [
    ["DE", "Germany", "Deutschland"],
    ["T1", t.sessions.tor, de.sessions.tor],
    ["A1", "A1", "A1"],
    ["XX", t.account.unknown, de.account.unknown],
  ]) {
    await browser.setExtraHTTPHeaders({ "cf-ipcountry": header });
    const page = await signIn(browser, user);
    await showsAccount(page, user);
    for (const [texts, other, name] of [[t, "de", english], [de, "en", german]]) {
      const sessions = page.getByRole("region", { name: texts.sessions.title });
      const current = sessions.getByRole("listitem").filter({ hasText: texts.sessions.current });
      const fact = current.locator("dl > div").filter({ has: page.getByText(texts.sessions.location, { exact: true }) });
      await fact.getByText(name, { exact: true }).waitFor();
      await page.getByLabel(texts.language).selectOption(other);
    }
    await page.getByRole("button", { name: t.account.signOut, exact: true }).click();
    await at(page, "/signed-out");
    await page.close();
  }
  await browser.close();
}
