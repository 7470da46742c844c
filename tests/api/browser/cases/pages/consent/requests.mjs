// Authorization requests of applications, as the applications send them, and what they do with the responses.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";

export const WEB = "https://app.example.com/callback";

/** A request of an application, and the values that it keeps for the response. */
export function authorization(service, client, more = {}) {
  const verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(8).toString("hex");
  const query = new URLSearchParams({
    response_type: "code",
    client_id: client,
    redirect_uri: WEB,
    scope: "openid profile offline_access",
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...more,
  });
  return { service, url: `${service}/oauth/authorize?${query}`, verifier, state, client: query.get("client_id"), uri: query.get("redirect_uri") };
}

/** The parameters of the response, once the page is back at the application. */
export async function responseTo({ service, uri, state }, page) {
  await page.waitForURL((url) => url.href.startsWith(`${uri}?`));
  const found = new URL(page.url()).searchParams;
  assert.equal(found.get("state"), state);
  assert.equal(found.get("iss"), service);
  return found;
}

/** Calls the token endpoint. */
export async function token(service, fields) {
  const answer = await fetch(`${service}/oauth/token`, { method: "POST", body: new URLSearchParams(fields) });
  return { status: answer.status, body: await answer.json() };
}

/** Redeems the code of a response, and returns the tokens. */
export async function redeem({ service, client, uri, verifier }, response) {
  const code = response.get("code");
  assert.ok(code, String(response));
  const { status, body } = await token(service, { grant_type: "authorization_code", code, redirect_uri: uri, client_id: client, code_verifier: verifier });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** A browser in which the website of the application exists. */
export async function newBrowser(person, options) {
  const context = await person(options);
  await context.route("https://app.example.com/**", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  return context;
}
