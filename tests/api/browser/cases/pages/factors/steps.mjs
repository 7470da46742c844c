// What users do with passkeys and codes, in the words of the pages. The authenticators are those of Chromium's DevTools protocol.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { submitSignIn, t } from "../steps.mjs";

export { at, decideInAws, heading, message, showsAccount, signIn, submitSignIn, t } from "../steps.mjs";

export const f = t.factors;

export const button = (scope, name) => scope.getByRole("button", { name, exact: true });

/** The card with the ways to sign in. */
export const ways = (page, texts = f) => page.getByRole("region", { name: texts.ways.title });

/** An authenticator in this page that can check its user, such as a laptop with a fingerprint reader. It answers no prompt yet. */
export async function authenticator(page, options) {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: false,
      ...options,
    },
  });
  const send = (command, more) => session.send(`WebAuthn.${command}`, { authenticatorId, ...more });
  return {
    /** Whether the user touches it, so that it answers prompts and suggestions. */
    answers: (enabled) => send("setAutomaticPresenceSimulation", { enabled }),
    /** Whether it recognises the user. */
    recognises: (isUserVerified) => send("setUserVerified", { isUserVerified }),
    credentials: async () => (await send("getCredentials")).credentials,
    add: (credential) => send("addCredential", { credential }),
    remove: () => session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId }),
  };
}

/**
 * Removes passkeys from the suggestions. The virtual authenticator would choose one at once, and again after each refusal. Users do
 * not do this.
 */
export const withoutSuggestions = (context) =>
  context.addInitScript(() => {
    delete globalThis.PublicKeyCredential?.isConditionalMediationAvailable;
  });

/** Runs the action while the authenticator answers. */
export async function answering(device, action) {
  await device.answers(true);
  await action();
  await device.answers(false);
}

/** The clock of the server, and codes by it. */
export class Clock {
  #control;
  #seconds = 0;

  constructor(control) {
    this.#control = control;
  }

  async advance(seconds) {
    this.#seconds += seconds;
    await this.#control("clock", { seconds: this.#seconds });
  }

  /** The code that an app shows now. */
  code(secret) {
    return totp(secret, Math.floor((Date.now() / 1000 + this.#seconds) / 30));
  }

  /** A code that was not used yet. */
  async nextCode(secret) {
    await this.advance(30);
    return this.code(secret);
  }
}

/** RFC 6238 and RFC 4226, section 5.3. */
function totp(secret, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", base32(secret)).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** RFC 4648, section 6. */
function base32(text) {
  const bits = [...text].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** Reads the new recovery codes, and says that they are stored. */
export async function storeCodes(scope, texts = f) {
  const items = scope.getByRole("list", { name: texts.recovery.list }).getByRole("listitem");
  await items.first().waitFor();
  const codes = await items.allInnerTexts();
  assert.equal(codes.length, 10);
  for (const code of codes) assert.match(code, /^[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]$/);
  await scope.getByLabel(texts.recovery.stored).check();
  await button(scope, texts.recovery.finish).click();
  return codes;
}

/** The dialog with new recovery codes on the account page. */
export const codesDialog = (page, texts = f) => page.getByRole("dialog", { name: texts.recovery.title });

/** Sets up one-time codes on the account page. Returns the secret and the code that confirmed it. */
export async function setUpTotp(page, clock) {
  await button(ways(page), f.ways.setUpTotp).click();
  const dialog = page.getByRole("dialog", { name: f.ways.setUpTotp });
  const secret = await shownSecret(dialog);
  const used = clock.code(secret);
  await dialog.getByLabel(f.totp.label).fill(used);
  await button(dialog, f.confirm).click();
  await dialog.waitFor({ state: "detached" });
  return { secret, used };
}

/** The secret that a dialog or a page shows as an image, a text and a link. */
export async function shownSecret(scope, texts = f) {
  await scope.getByRole("img", { name: texts.totp.image }).waitFor();
  const secret = (await scope.locator(".key").innerText()).replaceAll(/\s/g, "");
  assert.match(secret, /^[A-Z2-7]{32,}$/);
  const uri = new URL(await scope.getByRole("link", { name: texts.totp.open }).getAttribute("href"));
  assert.equal(uri.protocol, "otpauth:");
  assert.equal(uri.searchParams.get("secret"), secret);
  return secret;
}

/** Adds a passkey on the account page. */
export async function addPasskey(page, device) {
  await answering(device, async () => {
    await button(ways(page), f.passkey.add).click();
    await ways(page).getByRole("status").filter({ hasText: f.added.passkey }).waitFor();
  });
}

export async function signOut(page) {
  await button(page, t.account.signOut).click();
  await page.waitForURL("**/signed-out");
}

/** Opens the sign-in page, and sends name and password. */
export async function enterPassword(page, { login }) {
  await page.goto("/sign-in");
  await submitSignIn(page, login);
}

/** Declines the offer of a passkey in this browser, so that a sign-in with a password leads on at once. */
export const declineOffer = (context) =>
  context.addInitScript(() => {
    // An empty page has no storage.
    if (location.protocol !== "about:") localStorage.setItem("edge-auth-no-passkey", "");
  });
