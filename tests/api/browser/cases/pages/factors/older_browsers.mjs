// Browsers without the JSON forms, the suggestions and the signals of WebAuthn level 3, and browsers without passkeys.
import assert from "node:assert/strict";
import { Clock, addPasskey, answering, authenticator, button, codesDialog, declineOffer, enterPassword, f, heading, message, setUpTotp, showsAccount, signOut, storeCodes, t, ways } from "./steps.mjs";

export async function run({ person, control, users: [user] }) {
  const older = await person();
  await declineOffer(older);
  await older.addInitScript(() => {
    // An empty page is no secure context.
    if (!isSecureContext) return;
    for (const name of ["parseCreationOptionsFromJSON", "parseRequestOptionsFromJSON", "isConditionalMediationAvailable"]) delete PublicKeyCredential[name];
    for (const name of ["signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails"]) delete PublicKeyCredential[name];
    delete PublicKeyCredential.prototype.toJSON;
  });
  const page = await older.newPage();
  assert.equal(await page.goto("/sign-in").then(() => page.evaluate(() => typeof PublicKeyCredential.parseRequestOptionsFromJSON)), "undefined");
  const device = await authenticator(page);
  await enterPassword(page, user);
  await showsAccount(page, user);
  await addPasskey(page, device);
  await storeCodes(codesDialog(page));
  await answering(device, async () => {
    await button(ways(page), f.passkey.add).click();
    await message(ways(page), "alert", f.failures.passkey_exists);
  });
  const { secret } = await setUpTotp(page, new Clock(control));
  assert.ok(secret);
  await signOut(page);
  await page.goto("/sign-in");
  await heading(page, t.signIn.title);
  await answering(device, async () => {
    await button(page, f.passkey.signIn).click();
    await showsAccount(page, user);
  });
  await signOut(page);
  await enterPassword(page, user);
  await answering(device, async () => {
    await button(page, f.passkey.submit).click();
    await showsAccount(page, user);
  });

  // Without passkeys, the page offers the other ways.
  const none = await person();
  await none.addInitScript(() => delete window.PublicKeyCredential);
  const plain = await none.newPage();
  await enterPassword(plain, user);
  await heading(plain, f.secondStep.title);
  await plain.getByLabel(f.totp.label).waitFor();
  assert.equal(await button(plain, f.use.passkey).count(), 0);
  await button(plain, f.secondStep.startAgain).click();
  await heading(plain, t.signIn.title);
  assert.equal(await button(plain, f.passkey.signIn).count(), 0);
}
