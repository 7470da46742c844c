// The sessions of a user are ended, the data is exported, and the user is erased.
import assert from "node:assert/strict";
import { at, button, c, confirm, heading, message, openConsole, saved, section, showsAccount, signIn, submitSignIn, t } from "./steps.mjs";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

export async function run({ person, users: [root, ada] }) {
  const [phone, laptop] = [await person({ userAgent: FIREFOX }), await person()];
  const onPhone = await signIn(phone, ada);
  await showsAccount(onPhone, ada);
  const onLaptop = await signIn(laptop, ada);
  await showsAccount(onLaptop, ada);

  const browser = await person();
  const page = await openConsole(browser, root, `#/users/${ada.id}`);
  await heading(page, ada.login.username);
  const sessions = section(page, c.user.sessions.title);
  await sessions.getByRole("listitem").nth(1).waitFor();
  const firefox = t.sessions.device("Firefox", "Linux");
  await button(sessions, t.sessions.revokeLabel(firefox)).click();
  await confirm(page, c.user.sessions.revokeTitle(firefox), t.sessions.revoke);
  await message(sessions, "status", t.sessions.revoked);
  await sessions.getByText(firefox).waitFor({ state: "detached" });
  await onPhone.getByRole("button", { name: t.sessions.revokeAll }).click();
  await at(onPhone, "/sign-in");
  await button(sessions, c.user.sessions.all).click();
  const said = await confirm(page, c.user.sessions.allTitle(ada.login.username), c.user.sessions.all);
  assert.ok(said.includes(c.user.sessions.ends(1)), said);
  await message(sessions, "status", c.user.sessions.allDone(1));
  await sessions.getByText(c.user.sessions.none).waitFor();
  await onLaptop.getByRole("button", { name: t.sessions.revokeAll }).click();
  await at(onLaptop, "/sign-in");

  const data = section(page, c.user.data);
  const file = await saved(page, () => button(data, c.user.export.submit).click());
  assert.match(file.name, new RegExp(`^user-${ada.id}-.*\\.json$`));
  assert.ok(JSON.stringify(JSON.parse(file.text)).includes(ada.email));

  // The name has to be typed before a user is erased.
  await button(data, c.user.erase.submit).click();
  const title = c.user.erase.title(ada.login.username);
  const dialog = page.getByRole("dialog", { name: title });
  const erase = button(dialog, c.user.erase.submit);
  for (const consequence of c.user.erase.consequences) await dialog.getByText(consequence).waitFor();
  assert.equal(await erase.getAttribute("aria-disabled"), "true");
  await dialog.getByRole("textbox").fill("another name");
  await page.keyboard.press("Enter");
  assert.equal(await erase.getAttribute("aria-disabled"), "true");
  await confirm(page, title, c.user.erase.submit, ada.login.username);
  await message(page, "status", c.user.erase.done);
  assert.ok(!(await page.locator("main").innerText()).includes(ada.email));
  await submitSignIn(onLaptop, ada.login);
  await message(onLaptop, "alert", t.failure.credentials);

  // The audit log has the id only.
  await page.goto("/admin#/audit");
  const entry = page.getByRole("row").filter({ hasText: c.kinds.user_erased });
  await entry.getByText(c.audit.erased).waitFor();
  await page.goto(`/admin#/users/${ada.id}`);
  await message(page, "alert", c.failure.noUser);
}
