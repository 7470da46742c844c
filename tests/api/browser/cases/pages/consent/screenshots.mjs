// Pictures of all states of the consent page and of the connected applications, for a review by eye: in both colour schemes and at
// three widths, the middle one in German.
import path from "node:path";
import { de } from "../../../../../../pages/src/texts/de.ts";
import { Clock } from "../factors/steps.mjs";
import { visitAll } from "./states.mjs";
import { t as en } from "./steps.mjs";

export async function run({ person, control, users, more: { folder } }) {
  const clock = new Clock(control);
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [320, 768, 1280]) {
      const [locale, t] = width === 768 ? ["de-DE", de] : ["en-US", en];
      const context = await person({ colorScheme, locale, viewport: { width, height: 900 } });
      const visit = async (name, page) => {
        // A dialog is in the middle of the window, not of the page.
        const fullPage = (await page.getByRole("dialog").count()) === 0;
        await page.screenshot({ path: path.join(folder, `consent-${name}-${width}-${colorScheme}.png`), fullPage, animations: "disabled" });
      };
      await visitAll({ context, clock, user: users.shift(), t, visit });
      await context.close();
    }
  }
}
