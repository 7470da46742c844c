// Passkeys: offered after a sign-in with a password, added, used from the suggestions and by the button, renamed and deleted.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { addPasskey, answering, at, authenticator, button, codesDialog, enterPassword, f, heading, message, showsAccount, signOut, storeCodes, t, ways } from "./steps.mjs";

export async function run({ person, users: [user, other] }) {
  const browser = await person();
  await browser.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await browser.newPage();
  const device = await authenticator(page);
  await declinesOffer(page, user);

  // The first passkey brings recovery codes, which the user has to store.
  await addPasskey(page, device);
  const dialog = codesDialog(page);
  await button(dialog, f.recovery.finish).click();
  await message(dialog, "alert", f.recovery.storeFirst);
  await page.keyboard.press("Escape");
  await button(dialog, f.recovery.copy).click();
  await message(dialog, "status", t.copied);
  const [download] = await Promise.all([page.waitForEvent("download"), button(dialog, f.recovery.download).click()]);
  const codes = await storeCodes(dialog);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), codes.join("\n"));
  const file = await readFile(await download.path(), "utf8");
  for (const code of codes) assert.ok(file.includes(`${code}\r\n`));
  await dialog.waitFor({ state: "detached" });
  await page.reload();
  await ways(page).getByText(/^10 recovery codes left/).waitFor();
  assert.ok(!(await page.content()).includes(codes[0]));

  // The same device is not added twice.
  await answering(device, async () => {
    await button(ways(page), f.passkey.add).click();
    await message(ways(page), "alert", f.failures.passkey_exists);
  });

  const name = await isRenamed(page);
  await isSuggested(page, device, user);
  await isUsedByTheButton(page, device, user);
  await isUnknown(await person(), other, await device.credentials());

  // It is deleted here, and the password manager is told.
  await button(ways(page), f.ways.deleteLabel(name)).click();
  const question = page.getByRole("dialog", { name: f.questions.delete.title(name) });
  for (const consequence of [...f.questions.delete.consequences, f.questions.last]) await question.getByText(consequence).waitFor();
  await button(question, t.cancel).click();
  assert.equal(await ways(page).getByText(name, { exact: true }).count(), 1);
  await button(ways(page), f.ways.deleteLabel(name)).click();
  await button(question, f.questions.delete.confirm).click();
  await message(ways(page), "status", f.ways.deleted);
  await ways(page).getByText(f.ways.noPasskeys).waitFor();
  await ways(page).getByText(f.ways.codesNone).waitFor();
  for (let turn = 0; (await device.credentials()).length > 0; turn += 1) {
    assert.ok(turn < 50, "the authenticator still has the passkey");
    await page.waitForTimeout(100);
  }
  await signOut(page);
  await enterPassword(page, user);
  await showsAccount(page, user);
}

/** The offer comes after a sign-in with a password, until it is declined once. */
async function declinesOffer(page, user) {
  await enterPassword(page, user);
  await heading(page, f.offer.title);
  await button(page, f.offer.later).click();
  await showsAccount(page, user);
  await signOut(page);
  await enterPassword(page, user);
  await showsAccount(page, user);
  await ways(page).getByText(f.ways.noPasskeys).waitFor();
}

async function isRenamed(page) {
  const automatic = t.sessions.device("Chrome", "Linux");
  const rename = (name) => button(ways(page), f.ways.renameLabel(name));
  await rename(automatic).click();
  const field = ways(page).getByLabel(f.ways.newName);
  await field.fill(" ");
  await page.keyboard.press("Enter");
  await message(ways(page), "alert", f.failures.invalid_name);
  await button(ways(page), t.cancel).click();
  await rename(automatic).click();
  const name = "<b>My laptop</b>";
  await field.fill(name);
  await page.keyboard.press("Enter");
  await message(ways(page), "status", f.ways.renamed);
  await ways(page).getByRole("heading", { name, exact: true }).waitFor();
  return name;
}

/** The page asks for one challenge, offers passkeys in the name field, and the chosen one signs in. */
async function isSuggested(page, device, user) {
  const requests = [];
  page.on("request", (request) => requests.push(new URL(request.url()).pathname));
  await signOut(page);
  const options = "/api/auth/sign-in/passkey-options";
  const answered = page.waitForResponse((response) => response.url().endsWith(options));
  await page.goto("/sign-in");
  await heading(page, t.signIn.title);
  await answered;
  assert.equal(await page.getByLabel(t.signIn.username).getAttribute("autocomplete"), "username webauthn");
  assert.equal(requests.filter((path) => path === options).length, 1);
  await answering(device, async () => {
    await page.reload();
    await showsAccount(page, user);
  });
  assert.equal(requests.filter((path) => path === options).length, 2);
  const sessions = page.getByRole("region", { name: t.sessions.title });
  await sessions.getByRole("listitem").filter({ hasText: t.sessions.current }).getByText(t.sessions.methods.passkey, { exact: true }).waitFor();
  // It is no user of a directory, so the password can be changed.
  await page.getByRole("region", { name: t.changePassword.title }).waitFor();
}

/** The prompt of the button ends the suggestions, and a failed prompt begins them again. */
async function isUsedByTheButton(page, device, user) {
  await signOut(page);
  await page.goto("/sign-in?return_to=%2Fadmin");
  await heading(page, t.signIn.title);
  await device.recognises(false);
  await answering(device, async () => {
    await button(page, f.passkey.signIn).click();
    await message(page, "alert", f.failures.passkey_cancelled);
  });
  // Another way still works after that.
  await page.getByLabel(t.signIn.username).fill(user.login.username);
  await page.getByLabel(t.signIn.password, { exact: true }).fill("wrong");
  await button(page, t.signIn.submit).click();
  await message(page, "alert", t.failure.credentials);
  await device.recognises(true);
  await device.answers(true);
  await button(page, f.passkey.signIn).click().catch(() => {});
  await at(page, "/admin");
  await device.answers(false);
  await page.goto("/account");
  await showsAccount(page, user);
}

/** A passkey that the service does not know: the page says so, and the password manager is told. */
async function isUnknown(context, user, [credential]) {
  const page = await context.newPage();
  const device = await authenticator(page);
  await enterPassword(page, user);
  await heading(page, f.offer.title);
  await answering(device, async () => {
    await button(page, f.passkey.add).click();
    await heading(page, f.recovery.title);
  });
  await storeCodes(page);
  await showsAccount(page, user);
  const name = t.sessions.device("Chrome", "Linux");
  const [own] = await device.credentials();
  assert.notEqual(own.credentialId, credential.credentialId);
  await button(ways(page), f.ways.deleteLabel(name)).click();
  await button(page.getByRole("dialog"), f.questions.delete.confirm).click();
  await message(ways(page), "status", f.ways.deleted);
  await signOut(page);
  if ((await device.credentials()).length === 0) await device.add(own);
  // The browser suggests it, and the authenticator answers at once.
  await answering(device, async () => {
    await page.goto("/sign-in");
    await message(page, "alert", f.failures.unknown_passkey);
  });
  for (let turn = 0; (await device.credentials()).length > 0; turn += 1) {
    assert.ok(turn < 50, "the authenticator still has the passkey");
    await page.waitForTimeout(100);
  }
  await context.close();
}
