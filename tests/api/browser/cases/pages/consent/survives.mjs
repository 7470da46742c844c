// An authorization request survives every kind of sign-in, reloads, a change of the language, and a request of another tab.
import assert from "node:assert/strict";
import { de } from "../../../../../../pages/src/texts/de.ts";
import { Clock, addPasskey, answering, authenticator, codesDialog, declineOffer, f, setUpTotp, signOut, storeCodes } from "../factors/steps.mjs";
import { decideInAws } from "../steps.mjs";
import { authorization, newBrowser, redeem, responseTo } from "./requests.mjs";
import { at, button, heading, question, showsAccount, signIn, submitSignIn, t } from "./steps.mjs";

export async function run(world) {
  await withPassword(world);
  await withPasskey(world);
  await withCode(world);
  await withAws(world);
  await inTwoTabs(world);
}

/** Allows the request of the application, which then gets tokens of this user. */
async function allows(page, sent, name = "App") {
  await at(page, "/consent");
  await question(page, name);
  await button(page, t.consent.allow).click();
  const tokens = await redeem(sent, await responseTo(sent, page));
  return JSON.parse(Buffer.from(tokens.id_token.split(".")[1], "base64url").toString());
}

/** Reloads, and chooses German and then English again. */
async function reloadsAndChoosesLanguages(page, title) {
  await page.reload();
  await heading(page, title(t));
  const address = page.url();
  await page.getByLabel(t.language).selectOption("de");
  await heading(page, title(de));
  await page.reload();
  await heading(page, title(de));
  await page.getByLabel(de.language).selectOption("en");
  await heading(page, title(t));
  assert.equal(page.url(), address);
}

async function withPassword({ person, service, users: [ada], more: { web } }) {
  const page = await (await newBrowser(person)).newPage();
  const sent = authorization(service, web);
  await page.goto(sent.url);
  await at(page, "/sign-in");
  await reloadsAndChoosesLanguages(page, (texts) => texts.signIn.title);
  await submitSignIn(page, ada.login);
  await at(page, "/consent");
  await reloadsAndChoosesLanguages(page, (texts) => texts.consent.question("\u2068App\u2069"));
  const claims = await allows(page, sent);
  assert.deepEqual([claims.sub, claims.amr], [ada.id, ["pwd"]]);
}

async function withPasskey({ person, service, users: [, bob], more: { web } }) {
  const context = await newBrowser(person);
  await declineOffer(context);
  const page = await signIn(context, bob);
  await showsAccount(page, bob);
  const device = await authenticator(page);
  await addPasskey(page, device);
  await storeCodes(codesDialog(page));
  await signOut(page);
  const sent = authorization(service, web);
  await page.goto(sent.url);
  await at(page, "/sign-in");
  await page.reload();
  // The virtual authenticator chooses the suggestion of the name field.
  await answering(device, () => at(page, "/consent"));
  const claims = await allows(page, sent);
  assert.deepEqual([claims.sub, claims.amr], [bob.id, ["pop", "user", "mfa"]]);
}

async function withCode({ person, control, service, users: [, , eve], more: { web } }) {
  const clock = new Clock(control);
  const context = await newBrowser(person);
  await declineOffer(context);
  const page = await signIn(context, eve);
  await showsAccount(page, eve);
  const { secret } = await setUpTotp(page, clock);
  await storeCodes(codesDialog(page));
  await signOut(page);
  const sent = authorization(service, web);
  await page.goto(sent.url);
  await at(page, "/sign-in");
  await submitSignIn(page, eve.login);
  await heading(page, f.secondStep.title);
  await page.getByLabel(f.totp.label).fill(await clock.nextCode(secret));
  await button(page, f.confirm).click();
  const claims = await allows(page, sent);
  assert.deepEqual([claims.sub, claims.amr], [eve.id, ["pwd", "mfa"]]);
}

async function withAws({ person, service, more: { web, simulator, username } }) {
  const page = await (await newBrowser(person)).newPage();
  const sent = authorization(service, web);
  await page.goto(sent.url);
  await at(page, "/sign-in");
  await button(page, t.signIn.aws).click();
  await decideInAws(page, { simulator, username });
  await allows(page, sent);
}

/** Each request ends at its own address with its own state, also if the browser began the other one later. */
async function inTwoTabs({ person, service, application, users: [ada], more: { web, local } }) {
  const context = await newBrowser(person);
  const [one, other] = [await context.newPage(), await context.newPage()];
  const uri = `${application.replace("localhost", "127.0.0.1")}/callback`;
  const first = authorization(service, web, { prompt: "consent" });
  const second = authorization(service, local, { redirect_uri: uri });
  await one.goto(first.url);
  await at(one, "/sign-in");
  await other.goto(second.url);
  await at(other, "/sign-in");
  await submitSignIn(one, ada.login);
  await at(one, "/consent");
  await question(one, "App");
  // The other tab continues in the session that now exists.
  await other.reload();
  await button(other, t.signIn.proceed).click();
  const claims = await allows(other, second, "Local");
  assert.equal(claims.aud, local);
  assert.equal((await allows(one, first)).aud, web);
}
