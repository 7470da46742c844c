// The states of the consent page, of the page that signs out and of the connected applications, one after the other, for the check of
// accessibility and for pictures.
import { CONSENT, asked, at, button, refusal, respond } from "./steps.mjs";

const LONG = {
  client: { client_id: "x", name: "Supercalifragilisticexpialidocious Workflow Editor of the Department" },
  redirect_host: "supercalifragilisticexpialidocious.workflow-editor.departments.example.com:8443",
  resource: { uri: "https://reports-and-forecasts.internal.departments.example.com:9443/v1", name: "Reports and forecasts of all departments" },
  scopes: ["openid", "offline_access", "reports-and-forecasts-of-all-departments:read-and-write-everything", "roles"],
};

/** Calls `visit(name, page)` in each state. `t` is the table of the language of the browser. */
export async function visitAll({ context, clock, user, t, visit }) {
  const page = await context.newPage();
  await page.goto("/sign-in");
  await page.getByLabel(t.signIn.username).fill(user.login.username);
  await page.getByLabel(t.signIn.password, { exact: true }).fill(user.login.password);
  await button(page, t.signIn.submit).click();
  await at(page, "/account");
  const card = page.getByRole("region", { name: t.applications.title, exact: true });
  await card.getByRole("listitem").first().waitFor();
  await visit("account", page);
  await button(card, t.applications.removeLabel("Dashboards")).click();
  await page.getByRole("dialog").waitFor();
  await visit("account-remove", page);
  await button(page.getByRole("dialog"), t.applications.remove).click();
  await card.getByText(t.applications.removed).waitFor();
  await visit("account-removed", page);

  const open = async (responses) => {
    await respond(page, responses);
    await page.goto("about:blank");
    await page.goto(CONSENT);
  };
  for (const [name, more] of [
    ["question", {}],
    ["loopback", { is_loopback: true, redirect_host: "127.0.0.1", resource: null, scopes: ["openid", "profile"] }],
    ["long", LONG],
  ]) {
    await open({ requests: [asked(more)], decisions: [refusal(503, "storage_unavailable")] });
    await button(page, t.consent.allow).waitFor();
    await visit(name, page);
  }
  await button(page, t.consent.allow).click();
  await page.getByRole("alert").waitFor();
  await visit("failed", page);
  await open({ requests: [refusal(400, "authorization_request_invalid")] });
  await page.getByRole("alert").waitFor();
  await visit("expired", page);
  await clock.advance(600);
  await open({ requests: [asked({ next: "step_up" })], decisions: [{ location: "com.example.app:/callback" }] });
  await page.getByRole("dialog").getByLabel(t.signIn.password, { exact: true }).waitFor();
  await visit("step-up", page);
  await page.keyboard.press("Escape");
  await button(page, t.consent.confirm).waitFor();
  await visit("unconfirmed", page);
  await button(page, t.consent.deny).click();
  await button(page, t.consent.deny).waitFor({ state: "detached" });
  await visit("returning", page);
  for (const [name, client] of [
    ["sign-out", LONG.client],
    ["sign-out-alone", null],
  ]) {
    await page.unroute("**/api/auth/sign-out-request");
    await page.route("**/api/auth/sign-out-request", (route) => route.fulfill({ json: { next: "ask", location: "/signed-out", client, user: asked().user } }));
    await page.goto("/sign-out");
    await button(page, t.signOut.submit).waitFor();
    await visit(name, page);
  }
  for (const code of Object.keys(t.error.codes)) {
    await page.goto(`/error?code=${code}`);
    await page.getByRole("alert").filter({ hasText: t.error.codes[code] }).waitFor();
    await visit(`error-${code}`, page);
  }
}
