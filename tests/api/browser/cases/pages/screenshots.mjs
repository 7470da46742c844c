// Pictures of all pages, for a review by eye: in both colour schemes and at three widths, below the folder that is given.
import path from "node:path";
import { at, heading, signIn, submitSignIn, t } from "./steps.mjs";

const WIDTHS = [320, 768, 1280];

export async function run({ person, control, users, more: { folder } }) {
  let clock = 0;
  for (const colorScheme of ["light", "dark"]) {
    for (const width of WIDTHS) {
      const browser = await person({ colorScheme, viewport: { width, height: 900 }, locale: width === 768 ? "de-DE" : "en-US" });
      const shoot = async (page, name) => {
        await page.evaluate(() => document.fonts.ready);
        await page.screenshot({ path: path.join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      };
      const page = await browser.newPage();
      const german = width === 768;
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
        await shoot(page, name);
      }
      await browser.close();
      if (german) continue;
      // A user of its own, because failures are counted.
      const user = users.shift();
      const english = await person({ colorScheme, viewport: { width, height: 900 } });
      const wrong = await signIn(english, { login: { ...user.login, password: "wrong" } });
      await wrong.getByRole("alert").waitFor();
      await shoot(wrong, "sign-in-wrong");
      await submitSignIn(wrong, { ...user.login, password: "wrong" });
      await wrong.getByRole("button", { name: /in \d+ s/ }).waitFor();
      await shoot(wrong, "sign-in-back-off");
      await control("clock", { seconds: (clock += 100) });
      const account = await signIn(english, user);
      await at(account, "/account");
      await heading(account, t.account.title);
      await account.getByText(t.sessions.current).waitFor();
      await shoot(account, "account");
      await account.goto("/sign-in");
      await account.getByRole("button", { name: t.signIn.proceed }).waitFor();
      await shoot(account, "sign-in-continue");
      await english.close();
    }
  }
}
