// Pictures of all views of the console, for a review by eye: in both colour schemes and at three widths, the middle one in German.
import path from "node:path";
import { de as deConsole } from "../../../../../../pages/src/admin/texts/de.ts";
import { de } from "../../../../../../pages/src/texts/de.ts";
import { c, showsAccount, signIn, t } from "./steps.mjs";
import { visitAll } from "./states.mjs";

export async function run({ person, control, users: [root, locked, ...targets], more: { folder } }) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [320, 768, 1280]) {
      const [locale, texts] = width === 768 ? ["de-DE", { t: de, c: deConsole }] : ["en-US", { t, c }];
      const users = [root, targets.shift(), locked];
      await showsAccount(await signIn(await person(), users[1]), users[1]);
      const context = await person({ colorScheme, locale, viewport: { width, height: 900 } });
      const visit = async (name, page) => {
        // A dialog is in the middle of the window, not of the page.
        const fullPage = (await page.getByRole("dialog").count()) === 0;
        await page.screenshot({ path: path.join(folder, `admin-${name}-${width}-${colorScheme}.png`), fullPage, animations: "disabled" });
      };
      await visitAll({ context, control, users, texts, visit });
      await context.close();
    }
  }
}
