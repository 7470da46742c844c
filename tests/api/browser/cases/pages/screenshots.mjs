// Pictures of all pages and of their states, for a review by eye: in both colour schemes and at three widths, the middle one in German.
import path from "node:path";
import { de } from "../../../../../pages/src/texts/de.ts";
import { at, t as en } from "./steps.mjs";

const WIDTHS = [320, 768, 1280];

export async function run({ person, control, users, more: { folder } }) {
  let clock = 0;
  for (const colorScheme of ["light", "dark"]) {
    for (const width of WIDTHS) {
      const [locale, t] = width === 768 ? ["de-DE", de] : ["en-US", en];
      // A user of its own, because failures are counted.
      const user = users.shift();
      const browser = await person({ colorScheme, viewport: { width, height: 900 }, locale });
      const page = await browser.newPage();
      const shoot = async (name) => {
        await page.screenshot({ path: path.join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true, animations: "disabled" });
      };
      for (const [name, address] of [
        ["sign-in", "/sign-in"],
        ["signed-out", "/signed-out"],
        ["set-password", "/set-password#secret"],
        ["set-password-incomplete", "/set-password"],
        ["forgot-password", "/forgot-password"],
        ["confirm-email", "/confirm-email#secret"],
        ["revert-email", "/revert-email#secret"],
        ["error", "/error"],
        ["404", "/nothing"],
      ]) {
        await page.goto("about:blank");
        await page.goto(address);
        await page.locator("h1").waitFor();
        await shoot(name);
      }
      await page.goto("/forgot-password");
      await page.getByLabel(t.signIn.username).fill("no such user");
      await page.getByRole("button", { name: t.forgotPassword.submit }).click();
      await page.getByRole("status").filter({ hasText: t.forgotPassword.done }).waitFor();
      await shoot("forgot-password-sent");

      await page.goto("/sign-in");
      await page.getByRole("button", { name: t.signIn.aws }).click();
      await page.locator(".code").filter({ hasText: /\S/ }).waitFor();
      await shoot("sign-in-aws");

      await page.goto("/sign-in");
      const submit = async (password) => {
        await page.getByLabel(t.signIn.username).fill(user.login.username);
        await page.getByLabel(t.signIn.password, { exact: true }).fill(password);
        await page.getByRole("button", { name: t.signIn.submit, exact: true }).click();
      };
      // So that the back-off does not end before the next attempt.
      await control("stop_server_clock");
      await submit("wrong");
      await page.getByRole("alert").waitFor();
      await shoot("sign-in-wrong");
      await submit("wrong");
      await page.getByRole("button", { name: /\(in \d+ s\)/ }).waitFor();
      await shoot("sign-in-back-off");
      for (let failure = 2; failure <= 3; failure += 1) {
        await control("clock", { seconds: (clock += 100) });
        await page.getByRole("status").filter({ hasText: t.signIn.mayRetry }).waitFor().catch(() => {});
        await submit("wrong");
        await page.getByRole("alert").filter({ hasText: t.failure.credentials }).waitFor();
      }
      await page.getByText(t.signIn.forgottenHint).waitFor();
      await shoot("sign-in-third-failure");
      await control("clock", { seconds: (clock += 100) });
      await submit(user.login.password);
      await at(page, "/account");
      await page.getByText(t.sessions.current).waitFor();
      await shoot("account");
      const change = page.getByRole("region", { name: t.changePassword.title });
      await change.getByLabel(t.changePassword.current).fill("wrong");
      await change.getByLabel(t.newPassword.label).fill("short");
      await change.getByRole("button", { name: t.changePassword.submit }).click();
      await change.getByRole("alert").waitFor();
      await control("clock", { seconds: (clock += 400) });
      const email = page.getByRole("region", { name: t.changeEmail.title });
      await email.getByLabel(t.changeEmail.label).fill("new@example.org");
      await email.getByRole("button", { name: t.changeEmail.submit }).click();
      await page.getByRole("dialog").waitFor();
      await shoot("account-step-up");
      await page.getByRole("dialog").getByLabel(t.signIn.password, { exact: true }).fill(user.login.password);
      await page.getByRole("button", { name: t.stepUp.submit, exact: true }).click();
      await email.getByRole("status").filter({ hasText: "new@example.org" }).waitFor();
      await shoot("account-messages");
      await page.goto("/sign-in");
      await page.getByRole("button", { name: t.signIn.proceed }).waitFor();
      await shoot("sign-in-continue");
      await browser.close();
    }
  }
}
