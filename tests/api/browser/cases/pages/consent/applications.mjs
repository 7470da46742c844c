// The connected applications of a user: on the account page and in the console.
import assert from "node:assert/strict";
import { c, confirm, openConsole, section } from "../admin/steps.mjs";
import { at, button, heading, message, showsAccount, signIn, t } from "./steps.mjs";

const a = t.applications;

export async function run({ person, control, users: [root, ada], more: { grants } }) {
  const isRevoked = async (grant) => {
    const sql = "SELECT revoked_at IS NOT NULL AS is_revoked FROM oauth_grants WHERE id = ?1";
    return (await control("sql", { sql, params: [grant] }))[0].is_revoked === 1;
  };
  const consents = async () => (await control("sql", { sql: "SELECT client_id FROM oauth_consents WHERE user_id = ?1", params: [ada.id] })).length;

  const page = await signIn(await person(), ada);
  await showsAccount(page, ada);
  const card = section(page, a.title);
  const entry = (name) => card.getByRole("listitem").filter({ has: page.getByRole("heading", { name, exact: true }) });
  await entry("Dashboards").waitFor();
  const fact = (name, title) => entry(name).locator("dl > div").filter({ has: page.getByText(title, { exact: true }) }).locator("dd");
  assert.equal(await fact("Dashboards", a.returnsTo).innerText(), "app.example.com");
  assert.equal(await fact("Dashboards", a.service).innerText(), "https://api.example.com/v1");
  assert.deepEqual(await fact("Dashboards", a.access).getByRole("listitem").allInnerTexts(), [a.scopes.openid, a.scopes.profile, a.scopes.offline_access, "reports:read"]);
  assert.equal(await fact("Dashboards", a.lastUsed).innerText(), await fact("Dashboards", a.allowed).innerText());
  assert.equal(await fact("Notebook", a.returnsTo).innerText(), "127.0.0.1");
  assert.equal(await fact("Notebook", a.service).count(), 0);
  assert.equal(await fact("Notebook", a.lastUsed).innerText(), a.neverUsed);

  // Nothing is removed without a confirmation, which states the consequences.
  const title = a.removeTitle("Dashboards");
  await button(card, a.removeLabel("Dashboards")).click();
  const dialog = page.getByRole("dialog", { name: title });
  for (const consequence of a.consequences) await dialog.getByText(consequence).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await isRevoked(grants[0]), false);
  assert.equal(await consents(), 4);
  await button(card, a.removeLabel("Dashboards")).click();
  await confirm(page, title, a.remove);
  await message(card, "status", a.removed);
  await entry("Dashboards").waitFor({ state: "detached" });
  assert.ok(await isRevoked(grants[0]));
  assert.equal(await consents(), 3);
  assert.ok(await card.getByRole("heading", { name: a.title }).evaluate((element) => element === document.activeElement));

  // An application that no longer exists.
  await control("sql", { sql: "DELETE FROM oauth_grants WHERE id = ?1", params: [grants[2]] });
  await button(card, a.removeLabel("Gone")).click();
  await confirm(page, a.removeTitle("Gone"), a.remove);
  await message(card, "alert", a.notFound);
  await entry("Gone").waitFor({ state: "detached" });

  // The administrator sees the same, and removes one.
  const admin = await openConsole(await person(), root, `#/users/${ada.id}`);
  await heading(admin, ada.login.username);
  const part = section(admin, a.title);
  await part.getByRole("listitem").filter({ hasText: "Notebook" }).getByText("127.0.0.1").waitFor();
  await button(part, a.removeLabel("Notebook")).click();
  const said = await confirm(admin, a.removeTitle("Notebook"), a.remove);
  for (const consequence of c.user.applications.consequences) assert.ok(said.includes(consequence), said);
  await message(part, "status", a.removed);
  await part.getByText("127.0.0.1").waitFor({ state: "detached" });
  assert.ok(await isRevoked(grants[1]));

  // After five minutes, the administrator has to confirm.
  await control("clock", { seconds: 600 });
  await button(part, a.removeLabel("Last")).click();
  await confirm(admin, a.removeTitle("Last"), a.remove);
  const stepUp = admin.getByRole("dialog", { name: t.stepUp.title });
  await stepUp.getByLabel(t.signIn.password, { exact: true }).fill(root.login.password);
  await button(stepUp, t.stepUp.submit).click();
  await part.getByText(c.user.applications.none).waitFor();
  assert.ok(await isRevoked(grants[3]));
  await admin.goto("/admin#/audit");
  await admin.getByRole("row").filter({ hasText: c.kinds.grant_revoked }).nth(2).waitFor();

  // The card of the user is up to date after a reload. After the session has ended, it leads to the sign-in page.
  await page.reload();
  await card.getByText(a.none).waitFor();
  await control("sql", { sql: "UPDATE oauth_grants SET revoked_at = NULL WHERE id = ?1", params: [grants[3]] });
  await page.reload();
  await button(card, a.removeLabel("Last")).waitFor();
  await control("sql", { sql: "UPDATE sessions SET revoked_at = created_at WHERE user_id = ?1", params: [ada.id] });
  await button(card, a.removeLabel("Last")).click();
  await confirm(page, a.removeTitle("Last"), a.remove);
  await at(page, "/sign-in");
  assert.equal(await isRevoked(grants[3]), false);
}
