// The masked credentials and their programs are shown after a click, which is recorded, and can be copied.
import assert from "node:assert/strict";
import { button, c, heading, message, openConsole, section, t } from "./steps.mjs";

export async function run({ person, control, users: [admin], more: { secrets } }) {
  const browser = await person();
  const page = await openConsole(browser, admin, "#/credentials");
  await heading(page, c.credentials.title);
  const views = async () => (await control("sql", { sql: "SELECT kind FROM audit WHERE kind LIKE '%viewed'", params: [] })).map(({ kind }) => kind);
  assert.deepEqual(await views(), []);
  await browser.grantPermissions(["clipboard-read", "clipboard-write"]);
  for (const [name, copied] of [["AWS", c.credentials.fields.region], ["NVIDIA", c.credentials.fields.baseUrl]]) {
    const provider = section(page, name);
    await button(provider, c.credentials.show(name)).click();
    await button(provider, c.credentials.copyLabel(copied)).click();
    await message(provider, "status", t.copied);
    for (const language of ["curl", "Node.js", "Python"]) {
      await provider.getByText(c.credentials.program(language)).click();
      await button(provider, c.credentials.copyLabel(c.credentials.program(language))).click();
      const program = await provider.getByRole("region", { name: c.credentials.program(language) }).innerText();
      assert.equal((await page.evaluate(() => navigator.clipboard.readText())).trim(), program.trim());
    }
  }
  assert.deepEqual(await views(), ["aws_credentials_viewed", "nvidia_credentials_viewed"]);
  const shown = await page.content();
  for (const secret of secrets) assert.ok(!shown.includes(secret));
}
