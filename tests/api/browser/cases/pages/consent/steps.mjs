// The consent page with responses that the case chooses in place of the service.
import { t } from "../steps.mjs";

export { at, heading, message, showsAccount, signIn, submitSignIn, t } from "../steps.mjs";

export const button = (scope, name) => scope.getByRole("button", { name, exact: true });

/** The address of the page with a request. */
export const CONSENT = "/consent?request=sealed-request";

/** The response of the service about a request that the user has to answer. */
export const asked = (more) => ({
  next: "consent",
  location: null,
  client: { client_id: "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10", name: "Dashboards" },
  redirect_host: "dashboards.example.com",
  is_loopback: false,
  resource: { uri: "https://api.example.com/v1", name: "Reports" },
  scopes: ["openid", "profile", "email", "roles", "offline_access", "reports:read"],
  login_hint: null,
  user: { id: "1b4e28ba-2fa1-41d2-883f-0016d3cca427", username: "ada", name: "Ada Lovelace" },
  ...more,
});

export const refusal = (status, code) => ({ status, headers: { "edge-auth-error": code }, json: { success: false, message: code } });

/**
 * Responds to the calls of the page: each of `requests` and `decisions` is the response to one call, and the last one to all
 * further calls. A response is a value, a refusal, or `offline`. Returns the bodies that the page has sent.
 */
export async function respond(page, { requests, decisions = [] }) {
  const sent = { requests: [], decisions: [] };
  for (const [path, responses, bodies] of [
    ["authorization-request", requests, sent.requests],
    ["consent", decisions, sent.decisions],
  ]) {
    const address = `**/api/auth/${path}`;
    await page.unroute(address);
    await page.route(address, (route) => {
      const response = responses[Math.min(bodies.length, responses.length - 1)];
      bodies.push(route.request().postDataJSON());
      if (response === "offline") return route.abort();
      return route.fulfill("status" in response ? response : { json: response });
    });
  }
  return sent;
}

/** Waits until the question about this application is shown, and the page takes an answer. */
export async function question(page, name = "Dashboards", texts = t) {
  await page.getByRole("heading", { level: 1 }).filter({ hasText: name }).waitFor();
  await page.locator("button[aria-disabled=false]", { hasText: texts.consent.allow }).waitFor();
}
