// Requests from the pages of another origin, with the session cookie of an administrator: on another port of the same host, to which
// browsers send the cookie, and on another site. They try each route in every way that a page has, and none has an effect.
import assert from "node:assert/strict";
import { button, showsAccount, signIn, t } from "./consent/steps.mjs";

export async function run({ browser, control, service, stranger, users: [victim, attacker], more: { grant } }) {
  const context = await browser.newContext({ baseURL: service });
  context.setDefaultTimeout(60_000);
  const own = await signIn(context, victim);
  await showsAccount(own, victim);
  const { session_id: session, user } = await own.evaluate(() => fetch("/api/auth/session").then((response) => response.json()));
  await own.close();

  const document = await (await fetch(`${service}/api/auth/openapi.json`)).json();
  const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => ["get", "post", "put", "patch", "delete"].includes(method))
      .map((method) => ({ method: method.toUpperCase(), url: service + addressOf(path), body: JSON.stringify(bodyOf(path)) })),
  );

  /** The path with the victim's own ids. */
  function addressOf(path) {
    if (path.startsWith("/api/auth/grants/")) return path.replace("{id}", grant);
    const id = path.startsWith("/api/auth/users/") ? user.id : session;
    return path.replace("{id}", id).replace("{session}", session).replace("{grant}", grant);
  }
  assert.ok(routes.length >= 25, `${routes.length}`);

  function bodyOf(path) {
    // A sign-in of the attacker in the victim's browser would make the victim work in the attacker's account.
    if (path.endsWith("/login")) return attacker.login;
    if (path.endsWith("/sign-in")) return { method: "password", session: "cookie", ...attacker.login };
    if (path.endsWith("/step-up")) return { method: "password", password: victim.login.password };
    if (path.endsWith("/change-password")) return { current_password: victim.login.password, new_password: "a password of the attacker" };
    if (path.endsWith("/change-email")) return { email: "attacker@example.org" };
    if (path.endsWith("/forgot-password")) return { username: victim.login.username };
    return {};
  }

  /** Everything that a request could change. The time of the last use is not an effect. */
  async function state() {
    const read = (sql) => control("sql", { sql, params: [] });
    return {
      audit: await read("SELECT kind, detail FROM audit ORDER BY id"),
      sessions: await read("SELECT id, generation, revoked_at, authenticated_at FROM sessions ORDER BY id"),
      users: await read("SELECT id, email, password_hash, updated_at FROM users ORDER BY id"),
      attempts: await read("SELECT * FROM sign_in_attempts ORDER BY key"),
      grants: await read("SELECT id, revoked_at FROM oauth_grants ORDER BY id"),
      links: await read("SELECT id FROM password_links UNION ALL SELECT id FROM email_links ORDER BY id"),
      messages: await control("sent", { to: victim.email }),
    };
  }
  const before = await state();
  const unchanged = async (what) => assert.deepEqual(await state(), before, what);

  for (const origin of [stranger, stranger.replace("localhost", "127.0.0.1")]) {
    const page = await context.newPage();
    await page.goto(`${origin}/`);
    for (const route of routes) {
      await page.evaluate(inThePage, route);
      await unchanged(`${route.method} ${route.url} from ${origin}`);
    }
    // Navigations of the whole window: links, and forms whose body is almost JSON.
    for (const { method, url, body } of routes) {
      for (const navigate of [byLink, byForm]) {
        await page.goto(`${origin}/`);
        await page.evaluate(navigate, { url, body });
        // The endpoints of the browser refuse the body of a form that is not encoded as one. A link, which names no client, leads to
        // the error page, or to the page that asks whether to sign out.
        const pages = { "/oauth/authorize": "/error", "/oauth/logout": "/sign-out" };
        const target = (navigate === byLink && pages[new URL(url).pathname]) || new URL(url).pathname;
        await page.waitForURL((at) => at.origin === service && at.pathname === target);
        if (target === "/sign-out") await button(page, t.signOut.submit).waitFor();
      }
      await unchanged(`navigation to ${method} ${url} from ${origin}`);
    }
    await page.close();
  }

  // An address that is typed, or a link in a message: no page has caused the request.
  const typed = await context.newPage();
  for (const path of ["aws-credentials", "nvidia-credentials", "sessions", "me"]) {
    const response = await typed.goto(`${service}/api/auth/${path}`);
    assert.equal(response.status(), 403, path);
    assert.equal(response.headers()["edge-auth-error"], "cross_site_request", path);
  }
  await unchanged("typed addresses");
  await typed.close();

  // The same requests have an effect if a page of the service sends them.
  const again = await context.newPage();
  await again.goto("/account");
  await showsAccount(again, victim);
  const credentials = await again.evaluate(() => fetch("/api/auth/aws-credentials").then(({ status }) => status));
  assert.equal(credentials, 200);
  assert.equal((await state()).audit.length, before.audit.length + 1);
  const out = await again.evaluate(() => fetch("/api/auth/logout", { method: "POST" }).then(({ status }) => status));
  assert.equal(out, 200);
}

/** Sends a request in every way that does not leave the page, and waits until all of them have ended. */
async function inThePage({ method, url, body }) {
  const json = { "content-type": "application/json" };
  const element = (name, attributes) =>
    new Promise((resolve) => {
      const created = document.createElement(name);
      created.onload = created.onerror = resolve;
      Object.assign(created, attributes);
      document.body.append(created);
      setTimeout(resolve, 2_000);
    });
  const sent = [
    fetch(url, { method, credentials: "include" }),
    fetch(url, { method, credentials: "include", headers: { ...json, "x-requested-with": "XMLHttpRequest" }, ...(method !== "GET" && { body }) }),
    fetch(url, { mode: "no-cors", credentials: "include" }),
    fetch(url, { method: "POST", mode: "no-cors", credentials: "include", body }),
    fetch(url, { method: "POST", mode: "no-cors", credentials: "include", headers: { "content-type": "text/plain;application/json" }, body }),
    fetch(url, { method: "POST", mode: "no-cors", credentials: "include", body: new Blob([body]) }),
    element("img", { src: url }),
    element("script", { src: url }),
    element("link", { rel: "stylesheet", href: url }),
    element("iframe", { src: url }),
  ];
  navigator.sendBeacon(url, new Blob([body], { type: "text/plain" }));
  await Promise.allSettled(sent);
  document.body.replaceChildren();
}

/** Runs in the page. */
function byLink({ url }) {
  const link = document.createElement("a");
  link.href = url;
  document.body.append(link);
  link.click();
}

/** Runs in the page. */
function byForm({ url, body }) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = url;
  form.enctype = "text/plain";
  const input = document.createElement("input");
  // With the equals sign that the browser adds, the body is the JSON object with one more member.
  input.name = `${body.slice(0, -1)}${body.length > 2 ? "," : ""}"x":"`;
  input.value = '"}';
  form.append(input);
  document.body.append(form);
  form.submit();
}
