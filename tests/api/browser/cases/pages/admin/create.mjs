// New users: by message, and by a link that is shown once. The user then sets a password and signs in.
import assert from "node:assert/strict";
import { button, c, heading, message, openConsole, section, showsAccount, submitSignIn, t } from "./steps.mjs";

const PASSWORD = "seven green bottles on the wall";

export async function run({ person, mailedLink, users: [root, admin], more: { hasMail } }) {
  const browser = await person();
  const page = await openConsole(browser, root, "#/users");
  await page.getByRole("link", { name: c.users.add }).click();
  await heading(page, c.create.title);
  const form = section(page, c.create.title);
  const fill = async (username, email) => {
    await form.getByLabel(t.account.username, { exact: true }).fill(username);
    await form.getByLabel(t.account.email).fill(email);
  };

  // The form shows the refusals of the service.
  await button(form, c.create.submit).click();
  await message(form, "alert", c.failure.missing);
  await fill("hopper", "not an address");
  await button(form, c.create.submit).click();
  await message(form, "alert", t.failure.email);
  assert.equal(await form.getByLabel(t.account.email).getAttribute("aria-invalid"), "true");
  await fill(root.login.username, "hopper@example.org");
  await button(form, c.create.submit).click();
  await message(form, "alert", c.failure.usernameTaken);
  await fill("hopper", root.email);
  await button(form, c.create.submit).click();
  await message(form, "alert", c.failure.emailTaken);

  await fill("hopper", "hopper@example.org");
  await form.getByLabel(`${t.account.fullName} ${c.create.optional}`, { exact: true }).fill("Grace Hopper");
  await form.getByLabel(`${t.account.organization} ${c.create.optional}`).fill("Navy");
  await form.getByLabel(t.account.role).selectOption("admin");
  await button(form, c.create.submit).click();
  await message(form, "status", c.create.done("hopper"));
  const link = hasMail ? await mailed(form, mailedLink) : await shown(browser, page, form);

  const hopper = await person();
  const own = await hopper.newPage();
  await own.goto(link);
  await own.getByLabel(t.newPassword.label).fill(PASSWORD);
  await own.getByRole("button", { name: t.setPassword.submit }).click();
  await message(own, "status", t.setPassword.done);
  await own.getByRole("link", { name: t.toSignIn }).click();
  await submitSignIn(own, { username: "hopper", password: PASSWORD });
  await showsAccount(own, { login: { username: "hopper" } });

  // The link is not shown again.
  await form.getByRole("link", { name: c.create.open }).click();
  await heading(page, "hopper");
  assert.ok(!(await page.content()).includes(link.split("#")[1]));
  await section(page, t.account.profile).getByText("Navy").waitFor();

  // An administrator can give no other role than `user`.
  const other = await person();
  const limited = await openConsole(other, admin, "#/users/new");
  await heading(limited, c.create.title);
  assert.equal(await limited.getByLabel(t.account.role).count(), 0);
}

async function mailed(form, mailedLink) {
  await message(form, "status", c.link.sent);
  assert.equal(await form.getByRole("textbox", { name: c.link.label }).count(), 0);
  return mailedLink("hopper@example.org", "/set-password");
}

async function shown(browser, page, form) {
  await message(form, "status", c.link.shown);
  const link = await form.getByRole("textbox", { name: c.link.label }).inputValue();
  await browser.grantPermissions(["clipboard-read", "clipboard-write"]);
  await form.getByRole("button", { name: `${c.copy}: ${c.link.label}` }).click();
  await message(form, "status", t.copied);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
  return link;
}
