// The console is for administrators: without a session it leads to the sign-in page, and users without the role have no access. With it,
// the overview, the configuration, the keyboard, languages, and a session that ends.
import assert from "node:assert/strict";
import { de } from "../../../../../../pages/src/admin/texts/de.ts";
import { at, button, c, heading, isFocused, message, openConsole, section, showsAccount, signIn, submitSignIn, t } from "./steps.mjs";

export async function run({ person, control, users: [root, admin, ada] }) {
  const browser = await person();
  const page = await browser.newPage();
  await page.goto("/admin#/configuration");
  await at(page, "/sign-in");
  assert.equal(new URL(page.url()).searchParams.get("return_to"), "/admin");
  await submitSignIn(page, root.login);
  await at(page, "/admin");

  // The overview and the configuration.
  await heading(page, c.dashboard.title);
  const figure = (name) => page.locator("dl > div").filter({ has: page.getByText(name, { exact: true }) });
  for (const name of [c.dashboard.signIns, c.dashboard.failures, c.dashboard.locked, c.dashboard.storage, c.dashboard.oldest, c.dashboard.checkpoint]) {
    await figure(name).waitFor();
  }
  assert.match(await figure(c.dashboard.signIns).innerText(), /\b1\b/);
  const navigation = page.getByRole("navigation", { name: c.nav.label });
  await navigation.getByRole("link", { name: c.nav.configuration }).press("Enter");
  await heading(page, c.configuration.title);
  await isFocused(page.locator(".view"));
  assert.equal(await navigation.getByRole("link", { name: c.nav.configuration }).getAttribute("aria-current"), "page");
  const row = (name) => page.getByRole("row").filter({ has: page.getByText(name, { exact: true }) });
  await row("JWT_SECRET").getByText(c.configuration.set, { exact: true }).waitFor();
  await row("EMAIL_FROM").getByText(c.configuration.notSet, { exact: true }).waitFor();
  assert.ok(!(await page.content()).includes("a secret of the tests"));
  await page.getByLabel(c.configuration.filter).selectOption("set");
  await row("EMAIL_FROM").waitFor({ state: "detached" });

  // The language changes without a new start.
  await page.getByLabel(t.language).selectOption("de");
  await heading(page, de.configuration.title);
  assert.equal(await page.title(), `${de.configuration.title} · Edge Auth`);
  await page.locator("select.language").selectOption("en");
  await page.goto("/admin#/nothing");
  await message(page, "alert", c.notFound);

  // A user without the role.
  const user = await person();
  const own = await signIn(user, ada);
  await showsAccount(own, ada);
  assert.equal(await own.getByRole("link", { name: t.administration }).count(), 0);
  await own.goto("/admin");
  await heading(own, c.noAccess.title);
  assert.equal(await own.getByRole("navigation").count(), 0);

  // Administrators see all users, and change users only.
  const second = await person();
  const limited = await openConsole(second, admin, `#/users/${root.id}`);
  await limited.getByText(c.user.readOnly).waitFor();
  assert.equal(await limited.getByRole("main").getByRole("button").count(), 0);
  await limited.goto(`/admin#/users/${ada.id}`);
  await section(limited, c.user.editProfile).waitFor();
  assert.equal(await limited.getByLabel(t.account.role).count(), 0);

  // The role is taken away while the console is open.
  await control("sql", { sql: "UPDATE users SET role = 'user' WHERE id = ?1", params: [admin.id] });
  await control("sql", { sql: "UPDATE sessions SET revoked_at = '2024-01-10T12:00:00Z' WHERE user_id = ?1", params: [admin.id] });
  await button(limited, c.user.disable.submit).click();
  const dialog = limited.getByRole("dialog");
  if (await dialog.waitFor({ timeout: 2_000 }).then(() => true, () => false)) await button(dialog, c.user.disable.submit).click();
  await at(limited, "/sign-in");
}
