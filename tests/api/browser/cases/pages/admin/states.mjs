// The views of the console and their states, one after the other, for the check of accessibility and for pictures.
import { at, button, c as en, heading } from "./steps.mjs";
import { t as enTexts } from "../steps.mjs";

/** Calls `visit(name, page)` in each state. `texts` are the tables of the language of the browser. */
export async function visitAll({ context, control, users: [root, ada, locked], texts: { t, c } = { t: enTexts, c: en }, visit }) {
  const page = await signInIn(context, root, t);
  const open = async (fragment, title) => {
    await page.goto("about:blank");
    await page.goto(`/admin${fragment}`);
    await heading(page, title);
  };
  const section = (title) => page.getByRole("region", { name: title, exact: true });
  await heading(page, c.dashboard.title);
  await page.locator(".figure").first().waitFor();
  await visit("overview", page);

  await open("#/users", c.users.title);
  await page.getByRole("row").nth(3).waitFor();
  await visit("users", page);
  await page.getByRole("searchbox").fill("no user has this name");
  await page.getByText(c.users.empty).waitFor();
  await visit("users-none", page);

  await open("#/users/new", c.create.title);
  await visit("add", page);
  await button(page, c.create.submit).click();
  await page.getByRole("alert").waitFor();
  await visit("add-error", page);
  const form = section(c.create.title);
  const name = `new${ada.login.username.replace(/[^a-z]/g, "")}`;
  await form.getByLabel(t.account.username, { exact: true }).fill(name);
  await form.getByLabel(t.account.email).fill(`${name}@example.org`);
  await button(form, c.create.submit).click();
  await form.getByRole("textbox", { name: c.link.label }).waitFor();
  await visit("added", page);

  await open("#/users/import", c.import.title);
  await visit("import", page);
  const lines = [{ username: `${name}x`, email: `${name}x@example.org` }, { username: "y", email: "no address" }];
  const buffer = Buffer.from(lines.map((line) => JSON.stringify(line)).join("\n"));
  await page.getByLabel(c.import.file).setInputFiles({ name: "users.jsonl", mimeType: "application/x-ndjson", buffer });
  await button(page, c.import.check).click();
  await page.getByRole("table").nth(1).waitFor();
  await visit("import-checked", page);

  await open(`#/users/${locked.id}`, locked.login.username);
  await section(c.user.sessions.title).getByText(c.user.sessions.none).waitFor();
  await section(c.user.factors.title).getByText(c.user.factors.locked).waitFor();
  await section(t.applications.title).getByRole("listitem").first().waitFor();
  await visit("user-locked", page);
  await button(page, c.user.factors.reset).click();
  await page.getByRole("dialog").waitFor();
  await visit("reset-factors", page);
  await page.keyboard.press("Escape");
  await open(`#/users/${ada.id}`, ada.login.username);
  await section(c.user.sessions.title).getByRole("listitem").first().waitFor();
  await visit("user", page);
  const edit = section(c.user.editProfile);
  await control("sql", { sql: "UPDATE users SET organization = 'Changed by another' WHERE id = ?1", params: [ada.id] });
  await edit.getByLabel(t.account.fullName).fill("Ada King");
  await button(edit, c.save).click();
  await edit.locator(".conflict").waitFor();
  await visit("user-conflict", page);
  await button(edit, c.conflict.discard).click();
  // The page is loaded again, which moves the button.
  await button(page, c.user.erase.submit).press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await visit("erase", page);
  await page.keyboard.press("Escape");
  await button(page, c.user.disable.submit).click();
  await dialog.waitFor();
  await visit("disable", page);
  await page.keyboard.press("Escape");
  await open(`#/users/${root.id}`, root.login.username);
  await page.getByText(c.user.self).waitFor();
  await visit("user-self", page);

  const client = await visitClients({ page, control, open, section, c, visit });

  await open("#/audit", c.audit.title);
  await page.getByRole("row").nth(1).waitFor();
  await visit("audit", page);
  await button(page, c.audit.verify).click();
  await page.locator(".change").filter({ has: button(page, c.audit.verify) }).locator(".message").waitFor();
  await visit("audit-verified", page);
  await page.getByRole("searchbox").fill("ada");
  await page.locator(".offered").waitFor();
  await visit("audit-pick", page);
  await open(`#/audit/${ada.id}`, c.audit.title);
  await page.getByText(c.audit.chosen(ada.login.username)).waitFor();
  await visit("audit-user", page);
  await open(`#/audit/${client.id}`, c.audit.title);
  await page.getByText(c.audit.chosenClient(client.name)).waitFor();
  await page.getByRole("row").nth(1).waitFor();
  await visit("audit-client", page);

  await open("#/credentials", c.credentials.title);
  await visit("credentials", page);
  await button(page, c.credentials.show("AWS")).click();
  await page.getByText(c.credentials.program("curl")).click();
  await visit("credentials-aws", page);
  await open("#/configuration", c.configuration.title);
  await page.getByRole("row").nth(3).waitFor();
  await visit("configuration", page);
  await open("#/nothing", c.nav.label);
  await visit("not-found", page);

  await page.goto("/bootstrap#token=secret");
  await page.getByRole("textbox").first().waitFor();
  await visit("bootstrap", page);
  await page.goto("about:blank");
  await page.goto("/bootstrap");
  await page.getByRole("alert").waitFor();
  await visit("bootstrap-incomplete", page);
  await page.close();

  await context.clearCookies();
  const own = await signInIn(context, ada, t);
  await heading(own, c.noAccess.title);
  await visit("no-access", own);
}

/** The views of OAuth clients. Returns the client that it registers. */
async function visitClients({ page, control, open, section, c: { clients, conflict, save, users }, visit }) {
  await open("#/clients", clients.title);
  await page.getByRole("row").nth(1).waitFor();
  await visit("clients", page);
  await open("#/clients/new", clients.add);
  const form = section(clients.add);
  const field = (scope, label) => scope.getByLabel(label, { exact: true });
  await visit("client-add", page);
  await button(form, clients.add).click();
  await form.getByRole("alert").waitFor();
  await visit("client-add-error", page);
  await field(form, clients.authentication).selectOption("private_key_jwt");
  await field(form, clients.grants.client_credentials).check();
  await visit("client-add-keys", page);
  await field(form, clients.authentication).selectOption("client_secret_basic");
  const name = "Monthly reports of all departments";
  await field(form, clients.name).fill(name);
  await field(form, clients.redirectUris).fill("https://reports.example.com/sign-in/callback/of-a-long-path/that-has-no-spaces\nhttp://127.0.0.1/callback");
  await button(form, clients.add).click();
  await form.getByRole("textbox", { name: clients.secret.label }).waitFor();
  await visit("client-added", page);
  await form.getByRole("link", { name: clients.create.open }).click();
  await section(clients.about).waitFor();
  await visit("client", page);
  const id = new URL(page.url()).hash.split("/")[2];
  const edit = section(clients.edit);
  await control("sql", { sql: "UPDATE oauth_clients SET redirect_uris = '[\"https://other.example.com/\"]', version = version + 1 WHERE id = ?1", params: [id] });
  await field(edit, clients.name).fill("Reports");
  await button(edit, save).click();
  await edit.locator(".conflict").waitFor();
  await visit("client-conflict", page);
  await button(edit, conflict.discard).click();
  await section(clients.about).getByText("https://other.example.com/").waitFor();
  const dialog = page.getByRole("dialog");
  for (const [name, submit] of [["client-revoke", clients.revoke.submit], ["client-delete", clients.delete.submit], ["client-disable", clients.disable.submit]]) {
    await button(page, submit).click();
    await dialog.waitFor();
    await visit(name, page);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  }
  await button(page, clients.secret.submit).click();
  await button(dialog, clients.secret.submit).click();
  await section(clients.secret.title).getByRole("textbox").waitFor();
  await page.getByText(users.active, { exact: true }).waitFor();
  await visit("client-secret", page);
  return { id, name };
}

async function signInIn(context, { login }, t) {
  const page = await context.newPage();
  await page.goto("/sign-in?return_to=%2Fadmin");
  await page.getByLabel(t.signIn.username).fill(login.username);
  await page.getByLabel(t.signIn.password, { exact: true }).fill(login.password);
  await page.getByRole("button", { name: t.signIn.submit, exact: true }).click();
  await at(page, "/admin");
  return page;
}
