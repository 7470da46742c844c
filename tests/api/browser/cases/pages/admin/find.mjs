// The list of users: it leads there from the account, searches while the administrator types, filters, sorts, and loads more.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { at, button, c, heading, message, openConsole, section, showsAccount, signIn, t } from "./steps.mjs";

const OTHERS = 60;

export async function run({ person, control, users: [root, ada, grace] }) {
  const browser = await person();
  const page = await signIn(browser, root);
  await showsAccount(page, root);
  await page.getByRole("link", { name: t.administration }).click();
  await at(page, "/admin");
  await heading(page, c.dashboard.title);
  assert.equal(await page.title(), `${c.dashboard.title} · Edge Auth`);
  await page.getByRole("navigation", { name: c.nav.label }).getByRole("link", { name: c.nav.users }).click();
  await heading(page, c.users.title);

  // No name, no address and no term gets into a URL.
  const urls = [];
  page.on("request", (request) => urls.push(request.url()));
  const list = section(page, c.users.title);
  const row = (user) => list.getByRole("row").filter({ hasText: user.login.username });
  await row(ada).waitFor();

  // Typing sends a request only when it stops, and a slow response never replaces a newer one.
  let searches = 0;
  await page.route("**/api/auth/users/search", async (route) => {
    searches += 1;
    if (route.request().postDataJSON().term === "ada") await delay(1_500);
    await route.continue().catch(() => {});
  });
  const search = list.getByRole("searchbox", { name: c.users.search });
  await search.pressSequentially("ada", { delay: 20 });
  await delay(600);
  assert.equal(searches, 1);
  await search.fill(grace.login.username.toUpperCase());
  await row(grace).waitFor();
  await delay(1_500);
  assert.equal(await row(ada).count(), 0);
  await search.fill(ada.email);
  await row(ada).waitFor();
  assert.equal(await row(grace).count(), 0);
  await search.fill("no user has this name");
  await message(list, "status", c.users.empty);

  // The search is still there after a look at a user.
  await search.fill("grace");
  await row(grace).getByRole("link").click();
  await heading(page, grace.login.username);
  assert.ok(!(await page.url()).includes("grace"));
  await page.goBack();
  await row(grace).waitFor();
  assert.equal(await search.inputValue(), "grace");
  await search.fill("");
  await row(ada).waitFor();

  // Names are shown as texts.
  const hostile = "<img src=x onerror=hacked=1>";
  await control("sql", { sql: "UPDATE users SET name = ?2, organization = ?2 WHERE id = ?1", params: [ada.id, hostile] });
  await search.fill("ada");
  await row(ada).getByText(hostile, { exact: true }).waitFor();
  await search.fill("");
  await row(grace).waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);

  // Filters.
  await list.getByLabel(c.users.role).selectOption("super_admin");
  await row(root).waitFor();
  await row(ada).waitFor({ state: "detached" });
  await list.getByLabel(c.users.role).selectOption("");
  await control("sql", { sql: "UPDATE users SET is_active = 0 WHERE id = ?1", params: [ada.id] });
  await list.getByLabel(c.users.state).selectOption("disabled");
  await row(grace).waitFor({ state: "detached" });
  await row(ada).getByText(c.users.disabled, { exact: true }).waitFor();
  await list.getByLabel(c.users.state).selectOption("");
  const source = list.getByLabel(c.users.source);
  await source.fill("https://sso.example");
  await message(list, "status", c.users.empty);
  await source.fill("password");
  await row(grace).waitFor();
  // The service has no index for both filters, so the later one replaces the earlier one.
  await list.getByLabel(c.users.role).selectOption("user");
  assert.equal(await source.inputValue(), "");
  await row(root).waitFor({ state: "detached" });
  await list.getByLabel(c.users.sort).selectOption("sign_in_desc");
  await row(root).waitFor();
  assert.equal(await list.getByLabel(c.users.role).inputValue(), "");

  // More users than a page holds, in each order.
  await control("sql", { sql: MANY, params: [OTHERS] });
  for (const sort of Object.keys(c.users.sorts)) {
    await list.getByLabel(c.users.sort).selectOption(sort);
    await message(list, "status", c.users.shown(50, true));
    await button(list, c.more).click();
    await message(list, "status", c.users.shown(OTHERS + 3, false));
    assert.equal(await list.getByRole("row").count(), OTHERS + 4, sort);
    assert.equal(await button(list, c.more).count(), 0);
  }
  for (const url of urls) assert.ok(!/grace|ada|example/i.test(new URL(url).pathname + new URL(url).search), url);
}

/** Users without a password. */
const MANY = `WITH RECURSIVE counted (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counted WHERE number < ?1)
INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, role, is_active, created_at, updated_at)
SELECT printf('00000000-0000-4000-8000-%012x', number), 'password', printf('many%03d', number), printf('many%03d', number),
  printf('many%03d@example.org', number), printf('many%03d@example.org', number), 'Many', 'user', 1,
  '2024-01-10T12:00:00Z', '2024-01-10T12:00:00Z' FROM counted`;
