// OAuth clients: a super administrator registers, changes and deletes them, and sees each secret once. Other administrators only see them.
import assert from "node:assert/strict";
import { button, c, confirm, heading, isFocused, message, openConsole, section, t } from "./steps.mjs";

const texts = c.clients;
const KEY = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };

export async function run({ person, control, users: [root, other, admin, ada] }) {
  const browser = await person();
  const page = await openConsole(browser, root);
  await page.getByRole("navigation", { name: c.nav.label }).getByRole("link", { name: c.nav.clients }).click();
  await heading(page, texts.title);
  await message(page, "status", texts.empty);
  await page.getByRole("link", { name: texts.add }).click();
  await heading(page, texts.add);
  const form = section(page, texts.add);
  const submit = () => button(form, texts.add).click();
  const field = (scope, label) => scope.getByLabel(label, { exact: true });

  // The form shows the refusals of the service at its fields.
  await submit();
  await message(form, "alert", c.failure.missing);
  await field(form, texts.name).fill("Dashboards");
  await field(form, texts.redirectUris).fill("javascript:alert(1)");
  await submit();
  await message(form, "alert", texts.failure.redirectUri);
  assert.equal(await field(form, texts.redirectUris).getAttribute("aria-invalid"), "true");
  assert.equal(await field(form, texts.name).getAttribute("aria-invalid"), "false");
  // A public client cannot authenticate, so it has no access for itself.
  const method = field(form, texts.authentication);
  await method.selectOption("none");
  assert.equal(await field(form, texts.grants.client_credentials).count(), 0);
  await method.selectOption("client_secret_basic");
  await field(form, texts.grants.client_credentials).check();
  await field(form, texts.form.optional(texts.scope)).fill(" users:read   audit:read ");
  await field(form, texts.redirectUris).fill("https://dashboards.example.com/callback\n\nhttp://127.0.0.1/callback\n");
  await submit();
  await message(form, "status", texts.create.done("Dashboards"));

  // The secret is shown once, and can be copied.
  await message(form, "status", texts.secret.shown);
  const secret = await form.getByRole("textbox", { name: texts.secret.label }).inputValue();
  assert.match(secret, /^[\w-]{43}$/);
  await browser.grantPermissions(["clipboard-read", "clipboard-write"]);
  await button(form, `${c.copy}: ${texts.secret.label}`).click();
  await message(form, "status", t.copied);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
  await form.getByRole("link", { name: texts.create.open }).click();
  await heading(page, "Dashboards");
  assert.ok(!(await page.content()).includes(secret));
  const id = new URL(page.url()).hash.split("/")[2];
  const stored = async (columns) => (await control("sql", { sql: `SELECT ${columns} FROM oauth_clients WHERE id = ?1`, params: [id] }))[0];
  assert.deepEqual(await stored("scope, grant_types, redirect_uris"), {
    scope: "users:read audit:read",
    grant_types: '["authorization_code","refresh_token","client_credentials"]',
    redirect_uris: '["https://dashboards.example.com/callback","http://127.0.0.1/callback"]',
  });

  // Redirect URIs are changed. Properties that were not changed are not sent.
  const edit = section(page, texts.edit);
  const about = section(page, texts.about);
  const uris = (scope) => field(scope, texts.redirectUris);
  const save = (scope) => button(scope, c.save).click();
  await uris(edit).fill("https://dashboards.example.com/signed-in");
  await save(edit);
  await message(edit, "status", c.saved);
  await about.getByText("https://dashboards.example.com/signed-in").waitFor();
  const changed = await control("sql", { sql: "SELECT detail FROM audit WHERE kind = 'client_changed'", params: [] });
  assert.deepEqual(changed, [{ detail: `client ${id}: redirect_uris` }]);
  await field(edit, texts.grants.client_credentials).uncheck();
  await save(edit);
  await message(edit, "status", c.saved);
  assert.equal((await stored("scope")).scope, "");

  // Another administrator is faster: both states are shown, and nothing is overwritten before the decision.
  const elsewhere = await openConsole(await person(), other, `#/clients/${id}`);
  await heading(elsewhere, "Dashboards");
  const theirs = section(elsewhere, texts.edit);
  await field(theirs, texts.name).fill("Boards");
  await uris(theirs).fill("https://boards.example.com/callback");
  await save(theirs);
  await message(theirs, "status", c.saved);
  await uris(edit).fill("https://mine.example.com/callback");
  await save(edit);
  const conflict = edit.getByRole("alert").filter({ hasText: texts.conflict });
  await conflict.getByText("https://boards.example.com/callback").waitFor();
  await conflict.getByText("https://mine.example.com/callback").waitFor();
  await conflict.getByRole("row", { name: texts.name }).getByText(c.conflict.unchanged).waitFor();
  assert.deepEqual(await stored("redirect_uris"), { redirect_uris: '["https://boards.example.com/callback"]' });
  await button(conflict, c.conflict.overwrite).click();
  await message(edit, "status", c.saved);
  await heading(page, "Boards");
  assert.deepEqual(await stored("redirect_uris"), { redirect_uris: '["https://mine.example.com/callback"]' });
  await uris(theirs).fill("https://late.example.com/callback");
  await save(theirs);
  const late = theirs.getByRole("alert").filter({ hasText: texts.conflict });
  await button(late, c.conflict.discard).click();
  await late.waitFor({ state: "detached" });
  await section(elsewhere, texts.about).getByText("https://mine.example.com/callback").waitFor();
  assert.equal(await uris(theirs).inputValue(), "https://mine.example.com/callback");

  // All grants end, and the client stays. The dialog says so, and Escape changes nothing and returns the focus.
  const time = "2024-01-01T00:00:00Z";
  const sql = `INSERT INTO oauth_grants (id, user_id, client_id, session_id, redirect_uri, scope, code_challenge, authenticated_at, amr, created_at,
      redeemed_at, generation, rotated_at, expires_at, ends_at, client_version)
    SELECT '0d6c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10', ?1, ?2, 'none', 'https://mine.example.com/', 'openid offline_access', 'x', ?3, '[]', ?3, ?3, 1, ?3, ?4, ?4, version
    FROM oauth_clients WHERE id = ?2`;
  await control("sql", { sql, params: [ada.id, id, time, "2999-01-01T00:00:00Z"] });
  const applications = await openConsole(await person(), other, `#/users/${ada.id}`);
  await section(applications, t.applications.title).getByText("Boards").waitFor();
  const grants = section(page, texts.revoke.title);
  const revoke = button(grants, texts.revoke.submit);
  await revoke.click();
  const dialog = page.getByRole("dialog", { name: texts.revoke.confirm("Boards") });
  for (const consequence of texts.revoke.consequences) await dialog.getByText(consequence).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await isFocused(revoke);
  assert.deepEqual(await stored("grants_from_version"), { grants_from_version: 0 });
  await revoke.click();
  await confirm(page, texts.revoke.confirm("Boards"), texts.revoke.submit);
  await message(grants, "status", texts.revoke.done);
  await applications.reload();
  await section(applications, t.applications.title).getByText(c.user.applications.none).waitFor();

  // The entries about the client, which its page links to.
  await applications.goto(`/admin#/clients/${id}`);
  await section(applications, texts.about).getByRole("link", { name: texts.audit }).click();
  await heading(applications, c.audit.title);
  const log = section(applications, c.audit.title);
  await log.getByText(c.audit.chosenClient("Boards")).waitFor();
  for (const kind of [c.kinds.client_created, c.kinds.client_grants_revoked]) {
    await log.getByRole("row").filter({ hasText: kind }).getByText("Boards").waitFor();
  }
  assert.equal(await log.getByRole("row").filter({ hasText: c.kinds.sign_in }).count(), 0);

  // A new secret, after another authentication. The page has the version of the revocation, so there is no conflict.
  await control("clock", { seconds: 400 });
  const own = section(page, texts.secret.title);
  await button(own, texts.secret.submit).click();
  await confirm(page, texts.secret.confirm("Boards"), texts.secret.submit);
  const stepUp = page.getByRole("dialog", { name: t.stepUp.title });
  await stepUp.getByLabel(t.signIn.password, { exact: true }).fill(root.login.password);
  await button(stepUp, t.stepUp.submit).click();
  const second = await own.getByRole("textbox", { name: texts.secret.label }).inputValue();
  assert.match(second, /^[\w-]{43}$/);
  assert.notEqual(second, secret);

  // Disabled and enabled.
  const state = section(page, texts.access);
  await button(state, texts.disable.submit).click();
  await confirm(page, texts.disable.title("Boards"), texts.disable.submit);
  await message(state, "status", texts.disable.done);
  await page.getByText(c.users.disabled, { exact: true }).waitFor();
  await button(state, texts.enable.submit).click();
  await message(state, "status", texts.enable.done);
  await page.reload();
  await heading(page, "Boards");
  assert.ok(!(await page.content()).includes(second));

  await registersWithKeys(page, field);
  await onlySees(await openConsole(await person(), admin, "#/clients"), id);

  // It is deleted, after its name was typed. A page that shows it says so.
  await page.goto(`/admin#/clients/${id}`);
  await heading(page, "Boards");
  await button(page, texts.delete.submit).click();
  await confirm(page, texts.delete.confirm("Boards"), texts.delete.submit, "Boards");
  await message(page, "status", texts.delete.done);
  assert.notEqual((await stored("deleted_at")).deleted_at, null);
  await button(section(elsewhere, texts.access), texts.disable.submit).click();
  await confirm(elsewhere, texts.disable.title("Boards"), texts.disable.submit);
  const again = elsewhere.getByRole("dialog", { name: t.stepUp.title });
  await again.getByLabel(t.signIn.password, { exact: true }).fill(other.login.password);
  await button(again, t.stepUp.submit).click();
  await elsewhere.getByRole("alert").filter({ hasText: texts.failure.notFound }).first().waitFor();
}

/** A client with a key has no secret. */
async function registersWithKeys(page, field) {
  await page.goto("/admin#/clients/new");
  await heading(page, texts.add);
  const form = section(page, texts.add);
  await field(form, texts.name).fill("Nightly report");
  await field(form, texts.authentication).selectOption("private_key_jwt");
  await field(form, texts.grants.authorization_code).uncheck();
  await field(form, texts.grants.client_credentials).check();
  assert.equal(await field(form, texts.redirectUris).count(), 0);
  const keys = field(form, texts.keys);
  for (const wrong of ["{", JSON.stringify({ keys: [{ ...KEY, d: KEY.x }] })]) {
    await keys.fill(wrong);
    await button(form, texts.add).click();
    await message(form, "alert", texts.failure.keys);
    assert.equal(await keys.getAttribute("aria-invalid"), "true");
    await keys.fill("");
    await button(form, texts.add).click();
    await message(form, "alert", c.failure.missing);
  }
  await keys.fill(JSON.stringify({ keys: [KEY] }));
  await button(form, texts.add).click();
  await message(form, "status", texts.create.done("Nightly report"));
  assert.equal(await form.getByRole("textbox").count(), 0);
  await form.getByRole("link", { name: texts.create.open }).click();
  await section(page, texts.about).getByText(/^(EdDSA|Ed25519) ·/).waitFor();
  assert.equal(await section(page, texts.secret.title).count(), 0);
}

/** An administrator without the right sees all clients, and no action. */
async function onlySees(page, id) {
  await heading(page, texts.title);
  await page.getByText(texts.readOnly).waitFor();
  assert.equal(await page.getByRole("link", { name: texts.add }).count(), 0);
  await page.getByRole("searchbox").fill("boa");
  await message(page, "status", texts.shown(1, false));
  await page.getByRole("link", { name: "Boards", exact: true }).waitFor();
  await page.getByLabel(c.users.state).selectOption("disabled");
  await message(page, "status", texts.empty);
  await page.goto(`/admin#/clients/${id}`);
  await heading(page, "Boards");
  await page.getByText(texts.readOnly).waitFor();
  const buttons = await page.getByRole("main").getByRole("button").allInnerTexts();
  assert.deepEqual(buttons, [texts.copyId]);
  await page.goto("/admin#/clients/new");
  await page.getByText(texts.readOnly).waitFor();
  assert.equal(await page.getByRole("main").getByRole("button").count(), 0);
  assert.equal(await page.getByRole("main").getByRole("textbox").count(), 0);
}
