// Signing in with a password: wrong passwords, back-off, the account page, signing out, and what the back button shows then.
import assert from "node:assert/strict";
import { at, heading, message, showsAccount, submitSignIn, t } from "./steps.mjs";

export async function run({ person, control, service, users: [user, locked] }) {
  const browser = await person();
  const page = await browser.newPage();
  // So that no back-off ends before the next attempt of a slow browser.
  await control("stop_server_clock");

  // The account page leads to the sign-in page, and from there back.
  await page.goto("/");
  await at(page, "/sign-in");
  assert.equal(new URL(page.url()).searchParams.get("return_to"), "/account");
  await heading(page, t.signIn.title);
  assert.equal(await page.title(), `${t.signIn.title} · Edge Auth`);

  // Empty fields are refused by the service, and said so.
  await page.getByRole("button", { name: t.signIn.submit, exact: true }).click();
  await message(page, "alert", t.failure.missing);

  const wrong = { ...user.login, password: "not the password" };
  await submitSignIn(page, wrong);
  await message(page, "alert", t.failure.credentials);
  const password = page.getByLabel(t.signIn.password, { exact: true });
  assert.equal(await password.getAttribute("aria-invalid"), "true");
  assert.ok(await password.evaluate((input) => input === document.activeElement));

  // The next attempt comes too early. The button counts the seconds down, and then works.
  await control("clock", { seconds: 2 });
  await submitSignIn(page, wrong);
  await message(page, "alert", t.failure.credentials);
  await submitSignIn(page, wrong);
  await message(page, "alert", "too many attempts");
  const counting = page.getByRole("button", { name: /^Sign in \(in \d+ s\)$/ });
  await counting.waitFor();
  assert.equal(await counting.getAttribute("aria-disabled"), "true");
  await control("clock", { seconds: 60 });
  await message(page, "status", t.signIn.mayRetry);

  // The third failure offers a new password.
  assert.equal(await page.getByText(t.signIn.forgottenHint).count(), 0);
  await submitSignIn(page, wrong);
  await message(page, "status", t.signIn.forgottenHint);

  await control("clock", { seconds: 200 });
  await submitSignIn(page, user.login);
  await at(page, "/account");
  await showsAccount(page, user);

  // The session is in a cookie that scripts cannot read, and nowhere else.
  const cookies = await browser.cookies();
  const session = cookies.find(({ name }) => name === `edge-auth-session-${new URL(service).port}`);
  assert.ok(session.httpOnly && session.sameSite === "Lax" && session.path === "/");
  const readable = await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.ok(!readable.includes(session.value) && !readable.includes(user.login.password));

  // A signed-in user who opens the sign-in page may continue.
  await page.goto("/sign-in");
  await page.getByRole("button", { name: t.signIn.proceed }).click();
  await at(page, "/account");

  // Another tab follows when the user signs out, and the back button does not bring the account back.
  const other = await browser.newPage();
  await other.goto("/account");
  await showsAccount(other, user);
  await page.getByRole("button", { name: t.account.signOut, exact: true }).click();
  await at(page, "/signed-out");
  await at(other, "/signed-out");
  await page.goBack();
  await at(page, "/sign-in");
  assert.ok(!(await page.content()).includes(user.login.username));
  assert.ok(!(await browser.cookies()).some(({ name }) => name === session.name));
  await page.goto("/account");
  await at(page, "/sign-in");

  // A locked account with the right password looks like a wrong password.
  const seen = [];
  for (const login of [locked.login, { username: "no such user", password: "wrong" }]) {
    const stranger = await person();
    const tried = await stranger.newPage();
    await tried.goto("/sign-in");
    await submitSignIn(tried, login);
    await message(tried, "alert", t.failure.credentials);
    seen.push((await tried.locator("main").innerText()).trim());
    await stranger.close();
  }
  assert.equal(seen[0], seen[1]);
}
