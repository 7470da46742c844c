// Passkeys between Chromium's virtual authenticator and the API, from a page of the service that has no script.
import assert from "node:assert/strict";

const USER_VERIFIED = 4;

/** An authenticator of the device that verifies the user. */
const OPTIONS = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
};

export async function run(world) {
  const { users, person } = world;
  const context = await person();
  const page = await context.newPage();
  // The page of an unknown path has no script, which could ask for a passkey as well.
  await page.goto(`${world.service}/unknown`);
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable", { enableUI: false });
  const authenticator = (options) =>
    devtools.send("WebAuthn.addVirtualAuthenticator", { options: { ...OPTIONS, ...options } });
  await page.evaluate(client);
  const call = (method, path, body) => page.evaluate(([method, path, body]) => window.api(method, path, body), [method, path, body]);
  const create = (options) => within(page.evaluate((options) => window.create(options), options));
  const created = async (options) => {
    const credential = await create(options);
    assert.equal(credential.type, "public-key", credential);
    return credential;
  };
  const get = (options) => within(page.evaluate((options) => window.get(options), options));
  const expect = async (promise, status, code = null) => {
    const response = await promise;
    assert.deepEqual([response.status, response.error], [status, code], JSON.stringify(response.body));
    return response.body;
  };
  const passwordSignIn = { method: "password", session: "cookie", ...users[0].login };

  // Registration.
  const { authenticatorId } = await authenticator();
  await expect(call("POST", "/api/auth/sign-in", passwordSignIn), 200);
  let begun = await expect(call("POST", "/api/auth/passkeys/options"), 200);
  let credential = await created(begun.options);
  const added = await expect(call("POST", "/api/auth/passkeys", { state: begun.state, credential, name: "Chromium" }), 200);
  assert.equal(added.recovery_codes.length, 10);
  assert.deepEqual(added.passkey.transports, ["internal"]);
  // The same authenticator gets no second passkey.
  begun = await expect(call("POST", "/api/auth/passkeys/options"), 200);
  assert.equal(await create({ ...begun.options, timeout: 2_000 }), "InvalidStateError");

  // Step-up with the passkey, and never with the password.
  const stepUp = await expect(call("POST", "/api/auth/step-up/options"), 200);
  assert.deepEqual(stepUp.methods, ["passkey", "recovery_code"]);
  credential = await get(stepUp.passkey.options);
  await expect(call("POST", "/api/auth/step-up", { method: "passkey", state: stepUp.passkey.state, credential }), 200);
  await expect(call("POST", "/api/auth/step-up", { method: "password", password: users[0].login.password }), 403, "factor_required_for_step_up");
  await call("POST", "/api/auth/logout");

  // Second factor.
  const pending = await expect(call("POST", "/api/auth/sign-in", passwordSignIn), 200);
  assert.equal(pending.status, "second_factor_required");
  begun = await expect(call("POST", "/api/auth/sign-in/passkey-options", { pending: pending.pending }), 200);
  assert.equal(begun.options.allowCredentials.length, 1);
  credential = await get(begun.options);
  await expect(call("POST", "/api/auth/sign-in/verify", { pending: pending.pending, method: "passkey", state: begun.state, credential }), 200);
  await call("POST", "/api/auth/logout");

  // A sign-in without a name, by the conditional prompt and by a button.
  const prompt = () => expect(call("POST", "/api/auth/sign-in/passkey-options", {}), 200);
  const signIn = (state, credential) => call("POST", "/api/auth/sign-in", { method: "passkey", session: "cookie", state, credential });
  begun = await prompt();
  assert.deepEqual(begun.options.allowCredentials, []);
  credential = await within(page.evaluate((options) => window.get(options, "conditional"), begun.options));
  await expect(signIn(begun.state, credential), 200);
  // The response is accepted once.
  await expect(signIn(begun.state, credential), 401, "invalid_credentials");
  await call("POST", "/api/auth/logout");

  // The user is not verified: the browser refuses what the service asks for, and the service what a browser would send.
  await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  begun = await prompt();
  assert.equal(await get({ ...begun.options, timeout: 1_000 }), "NotAllowedError");
  credential = await get({ ...begun.options, userVerification: "discouraged" });
  assert.equal(flags(credential) & USER_VERIFIED, 0);
  await expect(signIn(begun.state, credential), 401, "invalid_credentials");
  await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });

  // Another RP ID is refused by the browser. A page of another port of this host has the same RP ID, so the browser lets it ask, and
  // the service refuses its origin. The virtual authenticator belongs to a page, so that page gets one with the same passkey.
  begun = await prompt();
  assert.equal(await get({ ...begun.options, rpId: "example.com" }), "SecurityError");
  const stranger = await context.newPage();
  await stranger.goto(world.stranger);
  await stranger.evaluate(client);
  const strange = await context.newCDPSession(stranger);
  await strange.send("WebAuthn.enable", { enableUI: false });
  const copy = await strange.send("WebAuthn.addVirtualAuthenticator", { options: OPTIONS });
  const held = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
  await strange.send("WebAuthn.addCredential", { authenticatorId: copy.authenticatorId, credential: held.credentials[0] });
  const asked = await within(stranger.evaluate((options) => window.get(options), begun.options));
  assert.equal(asked.type, "public-key", asked);
  assert.equal(JSON.parse(Buffer.from(asked.response.clientDataJSON, "base64url")).origin, new URL(world.stranger).origin);
  await expect(signIn(begun.state, asked), 401, "invalid_credentials");
  await stranger.close();
  await page.bringToFront();

  // A user cancels the prompt: an error in the page, nothing at the service, and the next prompt works.
  await devtools.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: false });
  begun = await prompt();
  assert.equal(await page.evaluate((options) => window.cancelled(options), begun.options), "AbortError");
  await devtools.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: true });
  credential = await get(begun.options);
  await expect(signIn(begun.state, credential), 200);
  await call("POST", "/api/auth/logout");

  // A copy of the passkey that has counted less.
  const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
  assert.equal(credentials.length, 1);
  const [original] = credentials;
  await devtools.send("WebAuthn.removeCredential", { authenticatorId, credentialId: original.credentialId });
  await devtools.send("WebAuthn.addCredential", { authenticatorId, credential: { ...original, signCount: 0 } });
  begun = await prompt();
  credential = await get(begun.options);
  await expect(signIn(begun.state, credential), 401, "invalid_credentials");
  await devtools.send("WebAuthn.removeCredential", { authenticatorId, credentialId: original.credentialId });
  await devtools.send("WebAuthn.addCredential", { authenticatorId, credential: { ...original, signCount: original.signCount + 100 } });
  begun = await prompt();
  credential = await get(begun.options);
  await expect(signIn(begun.state, credential), 200);

  // A second authenticator.
  const second = await authenticator({ transport: "usb" });
  begun = await expect(call("POST", "/api/auth/passkeys/options"), 200);
  assert.equal(begun.options.excludeCredentials.length, 1);
  credential = await created({ ...begun.options, authenticatorSelection: { ...begun.options.authenticatorSelection, authenticatorAttachment: "cross-platform" } });
  const other = await expect(call("POST", "/api/auth/passkeys", { state: begun.state, credential, name: "Key" }), 200);
  assert.equal(other.recovery_codes, null);

  // Deletion: the first passkey signs in no more, the second one does.
  await expect(call("DELETE", `/api/auth/passkeys/${added.passkey.id}`), 200);
  await call("POST", "/api/auth/logout");
  const touches = (enabled) =>
    devtools.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: second.authenticatorId, enabled });
  // Otherwise the second authenticator would answer that it has no such passkey.
  await touches(false);
  begun = await prompt();
  credential = await get({ ...begun.options, allowCredentials: [{ type: "public-key", id: added.passkey.credential_id }] });
  await expect(signIn(begun.state, credential), 401, "unknown_passkey");
  await devtools.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
  await touches(true);
  begun = await prompt();
  credential = await get(begun.options);
  await expect(signIn(begun.state, credential), 200);
  const { passkeys } = await expect(call("GET", "/api/auth/passkeys"), 200);
  assert.deepEqual(passkeys.map(({ name }) => name), ["Key"]);
  await context.close();
}

/** Rejects after 20 seconds, so that a prompt without an answer fails the test where it waits. */
function within(promise) {
  const error = new Error("the authenticator did not answer");
  return Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(error), 20_000).unref())]);
}

/** The flags of authenticator data. */
function flags(credential) {
  return Buffer.from(credential.response.authenticatorData, "base64url")[32];
}

/** Runs in the page. Responses of the authenticator are JSON; errors are their name. */
function client() {
  window.api = async (method, path, body) => {
    const response = await fetch(path, {
      method,
      headers: body && { "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, error: response.headers.get("edge-auth-error"), body: await response.json() };
  };
  const json = (promise) => promise.then((credential) => credential.toJSON(), (error) => error.name);
  window.create = (options) => json(navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }));
  window.get = (options, mediation) =>
    json(navigator.credentials.get({ mediation, publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }));
  window.cancelled = (options) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    return json(navigator.credentials.get({ signal: controller.signal, publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }));
  };
}
