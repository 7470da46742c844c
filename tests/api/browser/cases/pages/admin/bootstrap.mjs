// The first administrator: the secret of the link, the form, and the first sign-in.
import assert from "node:assert/strict";
import { at, button, heading, message, showsAccount, submitSignIn, t } from "./steps.mjs";

const PASSWORD = "seven green bottles on the wall";

export async function run({ person, service, more: { secret } }) {
  const browser = await person();
  const page = await browser.newPage();
  await page.goto("/bootstrap");
  await message(page, "alert", t.bootstrap.noSecret);

  // The secret leaves the address bar at once.
  await page.goto(`/bootstrap#token=${secret}`);
  await heading(page, t.bootstrap.title);
  await page.getByLabel(t.account.username).waitFor();
  assert.equal(page.url(), `${service}/bootstrap`);
  const submit = button(page, t.bootstrap.submit);
  await submit.click();
  await message(page, "alert", t.failure.missing);
  await page.getByLabel(t.account.username).fill("root");
  await page.getByLabel(t.account.email).fill("root@example.org");
  await page.getByLabel(t.bootstrap.name).fill("Grace Hopper");
  await page.getByLabel(t.signIn.password, { exact: true }).fill("short");
  await submit.click();
  await message(page, "alert", t.failure.passwordTooShort(15));
  await page.getByLabel(t.signIn.password, { exact: true }).fill(PASSWORD);
  await submit.click();
  await message(page, "status", t.bootstrap.done);
  await page.getByRole("link", { name: t.toSignIn }).click();
  await submitSignIn(page, { username: "root", password: PASSWORD });
  await showsAccount(page, { login: { username: "root" } });
  await page.getByRole("link", { name: t.administration }).click();
  await at(page, "/admin");

  // The link works once.
  const again = await (await person()).newPage();
  await again.goto(`/bootstrap#token=${secret}`);
  await again.getByLabel(t.account.username).fill("second");
  await again.getByLabel(t.account.email).fill("second@example.org");
  await again.getByLabel(t.signIn.password, { exact: true }).fill(PASSWORD);
  await button(again, t.bootstrap.submit).click();
  await message(again, "alert", t.bootstrap.invalid);
}
