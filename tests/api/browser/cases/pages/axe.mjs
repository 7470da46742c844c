// Checks of axe, for the cases of accessibility.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

/** WCAG 2.2 AA, and what axe recommends beyond it. */
const RULES = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };

/**
 * Languages and widths in which the pages of a colour scheme are checked. Together, the schemes have each pair of scheme, language and
 * width. German, whose words are longer, is checked at 320 px in the dark scheme: the scheme does not change the layout.
 */
export const forms = (colorScheme) =>
  colorScheme === "light" ? [["en-US", 320], ["de-DE", 1280]] : [["de-DE", 320], ["en-US", 1280]];

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
    if (wide > 0) assert.fail(`${state} scrolls sideways by ${wide} px: ${await page.evaluate(wideElements)}`);
  };
}

/** What is wider than the window. Runs in the page. */
function wideElements() {
  const width = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > width);
  return wide.map((element) => element.cloneNode(false).outerHTML).join(" ");
}
