// Checks of axe, for the cases of accessibility.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

/** WCAG 2.2 AA, and what axe recommends beyond it. */
const RULES = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };

/** Returns a function that fails if axe finds a violation in a page, or if the page scrolls sideways. */
export async function checker(require) {
  const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
  return async (page, state) => {
    // Not `addScriptTag`, which the content security policy refuses.
    await page.evaluate(axe);
    const { violations } = await page.evaluate((rules) => window.axe.run(document, rules), RULES);
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(", ")}`);
    assert.deepEqual(found, [], state);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${state} scrolls sideways`);
  };
}
