// axe finds no violation in any view and state of the console, in either language, and no view scrolls sideways at 320 px.
import { de as deConsole } from "../../../../../../pages/src/admin/texts/de.ts";
import { de } from "../../../../../../pages/src/texts/de.ts";
import { checker, forms } from "../axe.mjs";
import { c, t } from "./steps.mjs";
import { visitAll } from "./states.mjs";

export async function run({ person, control, require, users: [root, locked, ...targets], more: { colorScheme } }) {
  const check = await checker(require);
  for (const [locale, width] of forms(colorScheme)) {
    const texts = locale === "de-DE" ? { t: de, c: deConsole } : { t, c };
    const context = await person({ colorScheme, locale, viewport: { width, height: 900 } });
    const users = [root, targets.shift(), locked];
    await seedSession(person, users[1]);
    await visitAll({ context, control, users, texts, visit: (name, page) => check(page, `${name}, ${colorScheme}, ${locale}, ${width}`) });
    await context.close();
  }
}

/** A session of the user that the list shows. */
async function seedSession(person, { login }) {
  const context = await person();
  const page = await context.newPage();
  await page.goto("/sign-in");
  const body = { method: "password", session: "cookie", ...login };
  await page.evaluate((body) => fetch("/api/auth/sign-in", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }), body);
  await context.close();
}
