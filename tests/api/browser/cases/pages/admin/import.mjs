// An import: the dry run first, then the import, then the same file again. And the export of all users.
import assert from "node:assert/strict";
import { button, c, heading, message, openConsole, saved, section } from "./steps.mjs";

const LINES = [
  { username: "hopper", email: "hopper@example.org", name: "Grace Hopper" },
  { username: "turing", email: "turing@example.org", name: "Alan Turing", role: "user" },
  { username: "nobody", email: "not an address" },
];

export async function run({ person, users: [root] }) {
  const browser = await person();
  const page = await openConsole(browser, root, "#/users");
  await page.getByRole("link", { name: c.users.import }).click();
  await heading(page, c.import.title);
  const form = section(page, c.import.title);
  const check = button(form, c.import.check);
  assert.equal(await check.getAttribute("aria-disabled"), "true");
  const buffer = Buffer.from(LINES.map((line) => JSON.stringify(line)).join("\n"));
  await form.getByLabel(c.import.file).setInputFiles({ name: "users.jsonl", mimeType: "application/x-ndjson", buffer });
  await check.click();
  await message(form, "status", c.import.checked);
  const problems = form.getByRole("table", { name: c.import.problems });
  assert.equal(await problems.getByRole("row").count(), 2);
  await problems.getByRole("rowheader", { name: "3" }).waitFor();

  // Nothing was imported yet.
  const other = await browser.newPage();
  await other.goto("/admin#/users");
  await other.getByRole("searchbox", { name: c.users.search }).fill("hopper");
  await message(other, "status", c.users.empty);
  await button(form, c.import.start(2)).click();
  await message(form, "status", c.import.done);
  await other.reload();
  await other.getByRole("searchbox", { name: c.users.search }).fill("hopper");
  await other.getByRole("link", { name: "hopper" }).waitFor();

  // The same file again changes nothing.
  await check.click();
  await message(form, "status", c.import.checked);
  const result = form.getByRole("table", { name: c.import.result });
  await result.getByRole("row").filter({ hasText: c.import.counts.existing }).filter({ hasText: "2" }).waitFor();
  assert.equal(await form.getByRole("button", { name: /^Import/ }).count(), 0);

  await page.goto("/admin#/users");
  const file = await saved(page, () => button(page, c.users.exportAll).click());
  const users = file.text.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(users.map(({ username }) => username).sort(), [root.login.username, "hopper", "turing"].sort());
  assert.ok(!file.text.includes("$argon2"));
}
