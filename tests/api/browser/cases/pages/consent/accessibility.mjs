// axe finds no violation in any state of the consent page and of the connected applications, in both languages. No state scrolls
// sideways at 320 px.
import { de } from "../../../../../../pages/src/texts/de.ts";
import { checker, forms } from "../axe.mjs";
import { Clock } from "../factors/steps.mjs";
import { visitAll } from "./states.mjs";
import { t as en } from "./steps.mjs";

export async function run({ person, control, require, users, more: { colorScheme } }) {
  const check = await checker(require);
  const clock = new Clock(control);
  for (const [locale, width] of forms(colorScheme)) {
    const t = locale === "de-DE" ? de : en;
    const context = await person({ colorScheme, locale, viewport: { width, height: 900 } });
    await visitAll({ context, clock, user: users.shift(), t, visit: (name, page) => check(page, `${name}, ${colorScheme}, ${locale}, ${width}`) });
    await context.close();
  }
}
