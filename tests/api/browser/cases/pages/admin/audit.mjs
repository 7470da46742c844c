// The audit log: names, filters, more pages, export, and a verification that detects an alteration.
import assert from "node:assert/strict";
import { button, c, heading, message, openConsole, saved, section, showsAccount, signIn, t } from "./steps.mjs";

export async function run({ person, control, users: [root, admin, ada] }) {
  const own = await person();
  await showsAccount(await signIn(own, ada), ada);
  const browser = await person();
  const page = await openConsole(browser, root, "#/audit");
  await heading(page, c.audit.title);
  const log = section(page, c.audit.title);
  const rows = log.getByRole("row");
  const signIns = rows.filter({ hasText: c.kinds.sign_in });
  await signIns.filter({ hasText: ada.login.username }).waitFor();
  await signIns.filter({ hasText: root.login.username }).waitFor();

  // By user: found by a part of the name, and left again.
  await log.getByRole("searchbox", { name: c.audit.about }).fill("ada");
  await log.getByRole("link", { name: new RegExp(`^${ada.login.username} `) }).click();
  await log.getByText(c.audit.chosen(ada.login.username)).waitFor();
  await rows.filter({ hasText: root.login.username }).first().waitFor({ state: "detached" });
  await signIns.filter({ hasText: ada.login.username }).waitFor();
  assert.ok(!page.url().includes("ada"));
  await log.getByRole("link", { name: c.audit.removeChosen }).click();
  await signIns.filter({ hasText: root.login.username }).waitFor();

  // By kind and time.
  await log.getByLabel(c.audit.kind).selectOption("role_changed");
  await message(log, "status", c.audit.empty);
  await log.getByLabel(c.audit.kind).selectOption("sign_in");
  await signIns.first().waitFor();
  await log.getByLabel(c.audit.to).fill("2020-01-01T00:00");
  await message(log, "status", c.audit.empty);
  await log.getByLabel(c.audit.to).fill("");
  await log.getByLabel(c.audit.kind).selectOption("");
  await signIns.first().waitFor();

  const file = await saved(page, () => button(page, c.audit.export).click());
  assert.match(file.name, /^audit-.*\.jsonl$/);
  const lines = file.text.trim().split("\n").map((line) => JSON.parse(line));
  assert.ok(lines.some(({ type, kind }) => type === "entry" && kind === "sign_in"), file.text);

  await button(page, c.audit.verify).click();
  const verification = page.locator(".change").filter({ has: button(page, c.audit.verify) });
  await verification.locator(".message").waitFor();
  assert.match(await verification.innerText(), /intact/);
  await control("sql", { sql: "DROP TRIGGER audit_update", params: [] });
  await control("sql", { sql: "UPDATE audit SET detail = 'altered' WHERE number = 1", params: [] });
  await button(page, c.audit.verify).click();
  await message(page, "alert", c.audit.violations);
  const found = await page.locator(".violations").innerText();
  assert.match(found, /1/);
  assert.match(found, /audit_update/);

  // Only super administrators verify.
  const other = await person();
  const limited = await openConsole(other, admin, "#/audit");
  await heading(limited, c.audit.title);
  await section(limited, c.audit.title).getByText(ada.login.username).first().waitFor();
  assert.equal(await button(limited, c.audit.verify).count(), 0);

  // An OAuth client may have the name of a user. It is shown as a client, without a link.
  const client = "00000000-0000-4000-a000-000000000001";
  const registration = `INSERT INTO oauth_clients
    (id, name, name_search, kind, token_endpoint_auth_method, redirect_uris, post_logout_redirect_uris, grant_types, scope, is_active,
     created_at, updated_at)
    VALUES (?1, ?2, ?2, 'public', 'none', '[]', '[]', '[]', '', 1, '2024-01-01T00:00:00Z', '2024-01-01T00:00:00Z')`;
  await control("sql", { sql: registration, params: [client, root.login.username] });
  const entry = `INSERT INTO audit (number, id, at, kind, outcome, actor, subject, request)
    SELECT max(number) + 1, ?1, '2999-01-01T00:00:00Z', 'user_changed', 'success', ?1, ?2, 'x' FROM audit`;
  await control("sql", { sql: entry, params: [client, ada.id] });
  await limited.reload();
  const byClient = section(limited, c.audit.title).getByRole("row").filter({ hasText: c.kinds.user_changed });
  await byClient.getByText(c.audit.oauthClient).waitFor();
  await byClient.getByText(root.login.username).waitFor();
  assert.equal(await byClient.getByRole("link", { name: root.login.username }).count(), 0);
  await byClient.getByRole("link", { name: ada.login.username }).waitFor();

  // User and client are offered by this name, and their entries are those of the one that was chosen.
  const shown = section(limited, c.audit.title);
  const search = shown.getByRole("searchbox", { name: c.audit.about });
  await search.fill(root.login.username);
  const offered = shown.getByRole("listitem");
  await offered.filter({ hasText: root.email }).waitFor();
  await offered.filter({ hasText: c.audit.oauthClient }).getByRole("link").click();
  await shown.getByText(c.audit.chosenClient(root.login.username)).waitFor();
  await shown.getByText(c.audit.chosenClientHint).waitFor();
  await message(shown, "status", c.audit.shown(1, false));
  await byClient.waitFor();

  // The client is found by its id too, also after it was deleted.
  await control("sql", { sql: "DELETE FROM oauth_clients WHERE id = ?1", params: [client] });
  await shown.getByRole("link", { name: c.audit.removeChosen }).click();
  await search.fill("no user and no client has this name");
  await message(shown, "status", c.audit.noneOffered);
  await search.fill(` ${client.toUpperCase()} `);
  await shown.getByRole("link", { name: client }).click();
  await shown.getByText(c.audit.chosen(client)).waitFor();
  await message(shown, "status", c.audit.shown(1, false));

  // A user who allows a client is the subject of the entry.
  const allowed = `INSERT INTO audit (number, id, at, kind, outcome, actor, subject, request)
    SELECT max(number) + 1, '00000000-0000-4000-a000-000000000002', '2999-01-01T00:00:00Z', 'client_authorized', 'success', ?1, ?1, 'x' FROM audit`;
  await control("sql", { sql: allowed, params: [ada.id] });
  await limited.goto(`/admin#/audit/${ada.id}`);
  await shown.getByRole("row").filter({ hasText: c.kinds.client_authorized }).getByText(c.audit.same).waitFor();
}
