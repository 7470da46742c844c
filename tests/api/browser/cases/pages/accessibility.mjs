// axe finds no violation on any page and in no state of it, in either colour scheme and either language. No page scrolls sideways at
// 320 px.
import { de } from "../../../../../pages/src/texts/de.ts";
import { checker, forms } from "./axe.mjs";
import { at, t as en } from "./steps.mjs";

export async function run({ person, control, require, users, more: { colorScheme } }) {
  const checkPage = await checker(require);
  let clock = 0;
  // So that no back-off ends before the next attempt of a slow browser.
  await control("stop_server_clock");
  for (const [locale, width] of forms(colorScheme)) {
    const t = locale === "de-DE" ? de : en;
    const user = users.shift();
    const browser = await person({ colorScheme, locale, viewport: { width, height: 900 } });
    const page = await browser.newPage();
    const check = (state) => checkPage(page, `${state}, ${colorScheme}, ${locale}, ${width}`);
    const open = async (address) => {
      await page.goto("about:blank");
      await page.goto(address);
      await page.locator("h1").waitFor();
    };
    for (const address of [
      "/sign-in",
      "/signed-out",
      "/set-password#secret",
      "/set-password",
      "/forgot-password",
      "/confirm-email#secret",
      "/confirm-email",
      "/revert-email#secret",
      "/revert-email",
      "/error",
      "/error?code=back_off",
      "/nothing",
    ]) {
      await open(address);
      await check(address);
    }

    await open("/set-password#secret");
    await page.getByRole("button", { name: t.setPassword.submit }).click();
    await page.getByRole("alert").waitFor();
    await check("/set-password with an error");
    await open("/forgot-password");
    await page.getByLabel(t.signIn.username).fill("no such user");
    await page.getByRole("button", { name: t.forgotPassword.submit }).click();
    await page.getByRole("status").filter({ hasText: t.forgotPassword.done }).waitFor();
    await check("/forgot-password with a result");

    await open("/sign-in");
    await page.getByRole("button", { name: t.signIn.aws }).click();
    await page.locator(".code").filter({ hasText: /\S/ }).waitFor();
    await check("/sign-in with the code of AWS");

    await open("/sign-in");
    await page.getByLabel(t.signIn.username).fill(user.login.username);
    const password = page.getByLabel(t.signIn.password, { exact: true });
    const submit = async (text) => {
      await password.fill(text);
      await page.getByRole("button", { name: t.signIn.submit, exact: true }).click();
    };
    for (let failure = 1; failure <= 3; failure += 1) {
      await submit("wrong");
      await page.getByRole("alert").filter({ hasText: t.failure.credentials }).waitFor();
      if (failure === 1) await check("/sign-in with an error");
      if (failure < 3) await control("clock", { seconds: (clock += 100) });
    }
    await page.getByText(t.signIn.forgottenHint).waitFor();
    await submit("wrong");
    await page.getByRole("button", { name: /\(in \d+ s\)/ }).waitFor();
    await check("/sign-in during a back-off");
    await control("clock", { seconds: (clock += 100) });
    await open("/sign-in");
    await page.getByLabel(t.signIn.username).fill(user.login.username);
    await submit(user.login.password);
    await at(page, "/account");
    await page.getByText(t.sessions.current).waitFor();
    await check("/account");

    await control("clock", { seconds: (clock += 400) });
    const section = page.getByRole("region", { name: t.changeEmail.title });
    await section.getByLabel(t.changeEmail.label).fill("new@example.org");
    await section.getByRole("button", { name: t.changeEmail.submit }).click();
    const dialog = page.getByRole("dialog", { name: t.stepUp.title });
    await dialog.waitFor();
    await check("the dialog");
    await dialog.getByRole("button", { name: t.stepUp.submit, exact: true }).click();
    await dialog.getByRole("alert").waitFor();
    await check("the dialog with an error");
    await page.keyboard.press("Escape");
    const change = page.getByRole("region", { name: t.changePassword.title });
    await change.getByRole("button", { name: t.changePassword.submit }).click();
    await change.getByRole("alert").waitFor();
    await check("/account with an error");
    await open("/sign-in");
    await page.getByRole("button", { name: t.signIn.proceed }).waitFor();
    await check("/sign-in of a signed-in user");
    await browser.close();
  }
}
