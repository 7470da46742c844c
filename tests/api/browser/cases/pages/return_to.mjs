// The address to return to after a sign-in: a page of the application is followed, and a page of a stranger is not.
import assert from "node:assert/strict";
import { at, heading, showsAccount, signIn, t } from "./steps.mjs";

export async function run({ person, application, stranger, service, users: [user] }) {
  const to = (address) => `/sign-in?${new URLSearchParams({ return_to: address })}`;

  const target = `${application}/projects?id=7&x=%2F#section`;
  const first = await person();
  const page = await signIn(first, user, to(target));
  await page.waitForURL(target);
  // A user who is signed in already continues with a click. The sign-in page is not in the history afterwards.
  await page.goto(`${application}/`);
  await page.goto(service + to(target));
  await page.getByRole("button", { name: t.signIn.proceed }).click();
  await page.waitForURL(target);
  await page.goBack();
  assert.equal(page.url(), `${application}/`);

  // A page of the service, with its query.
  await page.goto(service + to("/account?x=1"));
  await page.getByRole("button", { name: t.signIn.proceed }).click();
  await at(page, "/account");
  assert.equal(new URL(page.url()).search, "?x=1");

  // Everything else leads to the account.
  for (const address of [stranger, `${stranger}/account`, `//${new URL(stranger).host}`, "javascript:alert(1)", "/api/auth/me"]) {
    await page.goto(service + to(address));
    await page.getByRole("button", { name: t.signIn.proceed }).click();
    await page.waitForURL(`${service}/account`);
    await heading(page, t.account.title);
  }
  const second = await person();
  const refused = await signIn(second, user, to(`${stranger}/account`));
  await refused.waitForURL(`${service}/account`);
  await showsAccount(refused, user);
}
