// oidc-client-ts in web pages of another site: sign-in by redirect and in a pop-up, silent renewal and revocation.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { addsPasskey, allows, newVisitor, register, signsIn } from "./steps.mjs";

const SCOPE = "openid profile email offline_access";

export async function run({ person, service, users, more }) {
  const site = await serve(await readFile(path.join(more.packages, "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js")));
  const flows = { redirect, popup, renewal };
  try {
    const client = await register(service, more.admin, {
      client_name: "Web pages",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      redirect_uris: ["http://127.0.0.1/callback", "http://127.0.0.1/silent"],
    });
    const failures = [];
    for (const [index, cell] of more.cells.entries()) {
      const visitor = await newVisitor(person, users[index]);
      await visitor.context.addInitScript(settings, { authority: service, client_id: client.id, scope: SCOPE });
      try {
        if (cell.sign_in === "passkey") await addsPasskey(visitor);
        for (const policy of cell.flow === "popup" ? ["", "same-origin-allow-popups"] : [""]) {
          await flows[cell.flow]({ ...visitor, visitor, cell, site, service, client, policy });
          // The user is asked to sign in only the first time.
          cell.sign_in = "session";
        }
        console.log(`oidc-client-ts, ${cell.flow}: passed`);
      } catch (error) {
        failures.push(`oidc-client-ts, ${cell.flow}: ${error.stack}`);
      }
    }
    assert.deepEqual(failures, []);
  } finally {
    site.close();
  }
}

/** Runs in the pages of the application. */
function settings({ authority, client_id, scope }) {
  window.settings = {
    authority,
    client_id,
    scope,
    redirect_uri: `${location.origin}/callback`,
    silent_redirect_uri: `${location.origin}/silent`,
    loadUserInfo: true,
    automaticSilentRenew: false,
    // The pop-up would also end the sign-in if the page of the service could not be reached from its opener.
    popupAbortOnClose: true,
    popupWindowFeatures: { closePopupWindowAfterInSeconds: -1 },
  };
}

/** The pages of the application, on a loopback address, which is another site than `localhost`. */
async function serve(library) {
  const page = `<!doctype html><title>Application</title><script src="/library.js"></script><script>
    window.manager = new oidc.UserManager(window.settings);
    const work = {
      "/callback": () => manager.signinCallback(),
      "/silent": () => manager.signinSilentCallback(),
    }[location.pathname];
    window.done = Promise.resolve(work?.());
  </script>`;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://127.0.0.1");
    const isLibrary = pathname === "/library.js";
    const policy = searchParams.get("policy");
    if (policy) response.setHeader("cross-origin-opener-policy", policy);
    response.setHeader("content-type", isLibrary ? "text/javascript" : "text/html");
    response.end(isLibrary ? library : page);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() && server.closeAllConnections() };
}

/** The user of the application is the user of the service. */
function isUser({ profile, scope }, { user }) {
  const { sub, preferred_username, email } = profile;
  assert.deepEqual({ sub, preferred_username, email }, { sub: user.id, preferred_username: user.login.username, email: user.email });
  assert.equal(scope, SCOPE);
}

/** Signs in by redirect; the page then has the user. */
async function signInByRedirect({ page, visitor, cell, site }) {
  await page.goto(`${site.origin}/`);
  await page.evaluate(() => void manager.signinRedirect());
  await signsIn(page, visitor, cell.sign_in);
  await allows(page);
  await page.waitForURL((url) => url.origin === site.origin && url.pathname === "/callback");
  const user = await page.evaluate(async () => ({ ...(await done) }));
  isUser(user, visitor);
  return user;
}

async function redirect(world) {
  const { page, service, client } = world;
  const { refresh_token: token } = await signInByRedirect(world);
  const renewed = await page.evaluate(async () => ({ ...(await manager.signinSilent()) }));
  assert.notEqual(renewed.refresh_token, token);
  await page.evaluate(() => manager.revokeTokens());
  assert.equal(await refusal(service, client, renewed.refresh_token), "invalid_grant");
}

/** In a pop-up, which a click opens, and which closes at the end. */
async function popup({ page, visitor, cell, site, policy }) {
  await page.goto(`${site.origin}/?policy=${policy}`);
  await page.evaluate(() => {
    document.body.innerHTML = "<button>Sign in</button>";
    document.querySelector("button").onclick = () => (window.result = manager.signinPopup());
  });
  const opened = page.waitForEvent("popup");
  await page.getByRole("button").click();
  const window = await opened;
  const closed = window.waitForEvent("close");
  await signsIn(window, visitor, cell.sign_in);
  await window.waitForURL((url) => url.pathname === "/consent");
  // The application can reach the window, and the window the application.
  assert.equal(await window.evaluate(() => window.opener !== null), true);
  await allows(window);
  isUser(await page.evaluate(async () => ({ ...(await result) })), visitor);
  await closed;
}

/** Renewal without the user: by the refresh token before the access token expires, and not in a frame of another site. */
async function renewal(world) {
  const { page } = world;
  const before = await signInByRedirect(world);
  const renewed = await page.evaluate(async () => {
    // Access tokens are valid for ten minutes, so the renewal begins after some seconds.
    const automatic = new oidc.UserManager({ ...settings, automaticSilentRenew: true, accessTokenExpiringNotificationTimeInSeconds: 597 });
    const user = await new Promise((resolve, reject) => {
      automatic.events.addUserLoaded(resolve);
      automatic.events.addSilentRenewError(reject);
    });
    automatic.stopSilentRenew();
    return { ...user };
  });
  isUser(renewed, world.visitor);
  assert.notEqual(renewed.refresh_token, before.refresh_token);
  assert.notEqual(renewed.access_token, before.access_token);
  // The browser sends no cookie of the service in a frame of another site.
  const error = await page.evaluate(() => manager.signinSilent({ forceIframeAuth: true }).then(String, (error) => error.error));
  assert.equal(error, "login_required");
}

/** Why the token endpoint refuses this refresh token. */
async function refusal(service, client, token) {
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token, client_id: client.id });
  const response = await fetch(`${service}/oauth/token`, { method: "POST", body });
  return (await response.json()).error;
}
